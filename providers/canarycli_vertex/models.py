"""Finds the model a person wants deployed, down to one version."""

import re

from canarycli.errors import NotFound, Rejected, Unsupported, UsageError
from canarycli.late_methods import dataclass
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood

_WORD = re.compile(
    r"(?:(?P<parent>projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+))/)?(?P<prefix>models/)?"
    r"(?P<name>[^/@]+)(?:@(?P<tag>[^/@]+))?"
)
_ID = re.compile(r"[0-9]+|[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Model:
    """One version of a model in the registry.

    Attributes:
        resource: its resource name without a version.
        version: the version's number, whatever alias it was asked for by.
        display: its display name.
        elsewhere: another project than the endpoint's was named for it.
    """

    resource: str
    version: str
    display: str
    elsewhere: bool = False

    def is_deployed_as(self, deployed: Json) -> bool:
        """Whether a deployed model is this version of this model.

        Ids that people choose are the same in several projects.
        """
        model, _, tagged = str(deployed.get("model", "")).partition("@")
        number = str(deployed.get("modelVersionId", "") or tagged)
        same = model == self.resource if self.elsewhere else _id(model) == _id(self.resource)
        return same and number == self.version


def find_model(api: Api, word: str) -> Model:
    """The model version meant by `models/ID@version`, `ID@alias`, `ID` or a display name.

    Raises:
        NotFound: there is no such model or version.
        Unsupported: several models have that display name.
    """
    match = _WORD.fullmatch(word)
    if not match:
        raise _no_model(word)
    _refuse_elsewhere(api, word, match["region"])
    parent = match["parent"] or api.settings.parent
    elsewhere = match["project"] not in {None, api.settings.project, api.settings.number}
    tag = f"@{match['tag']}" if match["tag"] else ""
    name = match["name"]
    if _ID.fullmatch(name):
        try:
            return _model(api.get(f"{parent}/models/{name}{tag}"), elsewhere=elsewhere)
        except (NotFound, Rejected):
            if match["prefix"]:
                raise _unknown(api, word) from None
    return _model(api.get(f"{_by_display_name(api, name, word)}{tag}"))


def _by_display_name(api: Api, name: str, word: str) -> str:
    """The path of the one model of that display name."""
    if '"' in name or "\\" in name:
        raise UsageError(f"{word!r} can't be the name of a model")
    path = f"{api.settings.parent}/models"
    listed = api.pages(path, "models", {"filter": f'displayName="{name}"'})
    with understood("models"):
        found = sorted(
            {
                str(one["name"]).partition("@")[0].rpartition("/")[2]
                for one in listed
                if one.get("displayName") == name
            }
        )
    if not found:
        raise _unknown(api, word)
    if len(found) > 1:
        raise Unsupported(
            f"{len(found)} models are called {name!r}",
            facts=[f"models/{one}" for one in found],
            hint="name it as models/ID@VERSION",
        )
    return f"{path}/{found[0]}"


def _model(found: Json, *, elsewhere: bool = False) -> Model:
    with understood("the model"):
        resource, _, tagged = str(found["name"]).partition("@")
        version = str(found.get("versionId") or tagged)
        return Model(resource, version, str(found.get("displayName", "")), elsewhere)


def _id(resource: str) -> str:
    return resource.rpartition("/")[2]


def _no_model(word: str) -> UsageError:
    hint = "write it as models/ID@VERSION"
    if "publishers/" in word:
        hint = "deploy a publisher's model from Model Garden first, then name it by its deployed id"
    return UsageError(f"{word!r} is no model of a registry", hint=hint)


def _refuse_elsewhere(api: Api, word: str, region: str | None) -> None:
    """Raise for a model that no endpoint here can serve.

    Raises:
        UsageError: it is in another region.
    """
    here = api.settings.region
    if region is not None and region != here:
        raise UsageError(
            f"model {word!r} is in {region}, and the endpoint is in {here}",
            hint=f"copy it first: gcloud ai models copy --region {here} --source-model {word}",
        )


def _unknown(api: Api, word: str) -> NotFound:
    at = api.settings
    return NotFound(
        f"there is no model {word!r} in {at.place}",
        hint=f"gcloud ai models list --region {at.region} --project {at.project}",
    )
