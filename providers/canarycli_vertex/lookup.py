"""Finds the endpoint a person means, by id, resource name or display name."""

import re

from canarycli.errors import Denied, NotFound, Rejected, Unsupported, UsageError
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import understood
from canarycli_vertex.naming import is_in

_ID = re.compile(r"[0-9]{1,20}|[a-z][a-z0-9-]{0,61}[a-z0-9]")
_RESOURCE = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/endpoints/(?P<id>[^/]+)"
)


class Lookup:
    """Remembers which id a name stands for, so that only the first look needs a list."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ids: dict[str, str] = {}
        self._found: dict[str, Json] = {}

    def path(self, word: str) -> str:
        """The endpoint's resource path, found without a request where that is possible."""
        return self._path(self.known_id(word) or _id_of(self.read(word)))

    def known_id(self, word: str) -> str:
        """The endpoint's id if it can be told without a request, else ""."""
        return self._known(word) or (word if word.isdecimal() else "")

    def read(self, word: str) -> Json:
        """The endpoint's JSON.

        Raises:
            NotFound: there is no such endpoint.
            Unsupported: several have that display name.
        """
        if word in self._found:
            return self._found.pop(word)
        known = self._known(word)
        if known:
            return self._in_project(word, self._api.get(self._path(known)))
        found = self._by_id(word) or self._by_display_name(word)
        self._ids[word] = _id_of(found)
        return self._in_project(word, found)

    def find(self, word: str) -> str:
        """The id of the endpoint a name stands for; its answer serves the look that follows."""
        found = self.read(word)
        self._found[word] = found
        return _id_of(found)

    def _in_project(self, word: str, found: Json) -> Json:
        at = self._api.settings
        if is_in(found, at.number):
            return found
        raise UsageError(
            f"endpoint {word!r} was named in project {at.number}, and {at.project} is another",
            hint=f"--project {at.number}",
        )

    def _known(self, word: str) -> str:
        return self._ids.get(word) or _id_in(word, self._api.settings.region)

    def _by_id(self, word: str) -> Json:
        """The endpoint whose id the word is, {} if there is none."""
        if not _ID.fullmatch(word):
            return {}
        try:
            return self._api.get(self._path(word))
        except (NotFound, Rejected):
            return {}

    def _by_display_name(self, word: str) -> Json:
        if '"' in word or "\\" in word:
            raise UsageError(f"{word!r} can't be the name of an endpoint")
        path = f"{self._api.settings.parent}/endpoints"
        listed = self._api.pages(path, "endpoints", {"filter": f'displayName="{word}"'})
        try:
            found = [one for one in listed if one.get("displayName") == word]
        except Denied as error:
            if not word.isdecimal():
                raise
            raise self._unknown(word, "nor may endpoints be listed to find it by name") from error
        if not found:
            raise self._unknown(word)
        if len(found) > 1:
            raise Unsupported(
                f"{len(found)} endpoints are called {word!r}",
                facts=[f"{_id_of(one)}  {word}" for one in found],
                hint="name it by its id",
            )
        return self._api.get(self._path(_id_of(found[0])))

    def _unknown(self, word: str, *facts: str) -> NotFound:
        at = self._api.settings
        return NotFound(
            f"there is no endpoint {word!r} in {at.place}",
            facts=facts,
            hint=f"gcloud ai endpoints list --region {at.region} --project {at.project}",
        )

    def _path(self, endpoint_id: str) -> str:
        return f"{self._api.settings.parent}/endpoints/{endpoint_id}"


def _id_of(found: Json) -> str:
    with understood("the endpoint"):
        return str(found["name"]).rpartition("/")[2]


def _id_in(word: str, region: str) -> str:
    """The id in a resource name, "" if the word is not one."""
    match = _RESOURCE.fullmatch(word)
    if not match:
        return ""
    if match["region"] != region:
        raise UsageError(f"{word!r} is not in {region}", hint=f"--region {match['region']}")
    return match["id"]
