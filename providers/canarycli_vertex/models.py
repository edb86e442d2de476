"""Finds the model a person wants deployed, down to one version."""

import re
from dataclasses import dataclass

from canarycli.errors import NotFound, Rejected, Unsupported, UsageError
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood

_WORD = re.compile(
    r"(?:(?P<parent>projects/[^/]+/locations/[^/]+)/)?(?P<prefix>models/)?"
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
    """

    resource: str
    version: str
    display: str

    def is_deployed_as(self, deployed: Json) -> bool:
        """Whether a deployed model is this version of this model."""
        model, _, tagged = str(deployed.get("model", "")).partition("@")
        number = str(deployed.get("modelVersionId", "") or tagged)
        return model.rpartition("/")[2] == self.resource.rpartition("/")[2] and (
            number == self.version
        )


def find_model(api: Api, word: str) -> Model:
    """The model version meant by `models/ID@version`, `ID@alias`, `ID` or a display name.

    Raises:
        NotFound: there is no such model or version.
        Unsupported: several models have that display name.
    """
    match = _WORD.fullmatch(word)
    if not match:
        raise UsageError(f"{word!r} is no model", hint="write it as models/ID@VERSION")
    parent = match["parent"] or api.settings.parent
    tag = f"@{match['tag']}" if match["tag"] else ""
    name = match["name"]
    if _ID.fullmatch(name):
        try:
            return _model(api.get(f"{parent}/models/{name}{tag}"))
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


def _model(found: Json) -> Model:
    with understood("the model"):
        resource, _, tagged = str(found["name"]).partition("@")
        version = str(found.get("versionId") or tagged)
        return Model(resource, version, str(found.get("displayName", "")))


def _unknown(api: Api, word: str) -> NotFound:
    at = api.settings
    return NotFound(
        f"there is no model {word!r} in {at.place}",
        hint=f"gcloud ai models list --region {at.region} --project {at.project}",
    )
