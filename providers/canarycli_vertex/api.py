"""Calls Google's REST APIs: one request, one answer or one error, no retries."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from canarycli import __version__
from canarycli.errors import Unavailable
from canarycli_vertex.credentials import Tokens
from canarycli_vertex.errors import answered, refusal
from canarycli_vertex.settings import Settings
from canarycli_vertex.wire import Params, Response, Wire

if TYPE_CHECKING:
    import requests

Json = dict[str, Any]

OWN_HEADERS = {"Accept": "application/json", "User-Agent": f"canarycli/{__version__}"}
"""Sent with every call; the agent is what Google's audit log shows of us."""

_PAGES = 1000


class Api:
    """An authenticated line to Vertex AI, Cloud Monitoring and BigQuery.

    A 401 makes it refresh the token and ask once more; everything else that fails is raised as
    it is, to be retried by whoever called.

    Attributes:
        tokens: who we are.
        date: Google's clock at its last answer, as HTTP writes it.
    """

    def __init__(self, settings: Settings, http: "requests.Session | None" = None) -> None:
        self.settings = settings
        self._http = Wire(http)
        self.tokens = Tokens(settings, self._http)
        self.date = ""

    def get(self, path: str, params: Params | None = None) -> Json:
        """Read a Vertex AI resource by its path below `/v1/`."""
        return self._call("GET", f"{self.settings.api}/v1/{path}", params)

    def patch(self, path: str, mask: str, body: Mapping[str, Any]) -> Json:
        """Write the fields named in `mask`."""
        return self._call("PATCH", f"{self.settings.api}/v1/{path}", {"updateMask": mask}, body)

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Call a method of a resource, `endpoints/1:deployModel`."""
        return self._call("POST", f"{self.settings.api}/v1/{path}", None, body)

    def delete(self, path: str) -> Json:
        """Delete a resource."""
        return self._call("DELETE", f"{self.settings.api}/v1/{path}")

    def pages(self, path: str, items: str, params: Params) -> Iterator[Json]:
        """Every item of a list of Vertex AI, over all pages."""
        yield from self._pages(f"{self.settings.api}/v1/{path}", items, params)

    def time_series(self, params: Params) -> Iterator[Json]:
        """Every series Cloud Monitoring has for a question; one series may come in parts."""
        url = f"{self.settings.monitoring}/v3/projects/{self.settings.project}/timeSeries"
        yield from self._pages(url, "timeSeries", params)

    def bigquery(
        self, method: str, path: str, params: Params | None = None, body: Any = None
    ) -> Json:
        """One call of BigQuery, by its path below the project."""
        project = self.settings.project
        url = f"{self.settings.bigquery}/bigquery/v2/projects/{project}/{path}"
        return self._call(method, url, params, body)

    def _pages(self, url: str, items: str, params: Params) -> Iterator[Json]:
        token = ""
        for _ in range(_PAGES):
            page = self._call("GET", url, {**params, **({"pageToken": token} if token else {})})
            found = page.get(items, [])
            if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
                raise Unavailable(f"google's answer has no list of {items}")
            yield from found
            token = str(page.get("nextPageToken") or "")
            if not token:
                return
        raise Unavailable(f"google's list of {items} does not end")

    def _call(
        self,
        method: str,
        url: str,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Json:
        response = self._send(method, url, params, body, fresh=False)
        if response.status_code == 401:
            response = self._send(method, url, params, body, fresh=True)
        if not response.ok:
            raise refusal(response)
        return _json_of(response)

    def _send(
        self,
        method: str,
        url: str,
        params: Params | None,
        body: Mapping[str, Any] | None,
        *,
        fresh: bool,
    ) -> Response:
        headers = self.tokens.headers(fresh=fresh)
        with answered(url.split("/")[2]):
            response = self._http.request(
                method,
                url,
                params=params,
                json=body,
                headers={**headers, **OWN_HEADERS},
            )
        self.date = response.headers.get("Date", "")
        return response


def _json_of(response: Response) -> Json:
    """The answer's object; HTML, rubbish and redirects are no answer."""
    try:
        found = json.loads(response.content) if response.status_code < 300 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        kind = response.headers.get("Content-Type", "nothing").split(";")[0]
        raise Unavailable(f"google answered {response.status_code} with {kind}, not JSON")
    return found
