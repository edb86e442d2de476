"""Carries requests to Google: by the short line where that does the same, else by requests."""

import json as codec
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from canarycli.https import Line, Unsuited
from canarycli.late_methods import dataclass

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0

_PLAIN = "!#$%&'()*+,/:;=?@[]~"
"""What requests leaves as it is in a path."""

Params = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of whatever status."""

    url: str
    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether it is no refusal."""
        return self.status_code < 400


class Wire:
    """One request, one answer, no redirects; for many threads at a time.

    Args:
        session: a `requests.Session` to use instead, for tests and special proxies.
    """

    def __init__(self, session: "requests.Session | None" = None) -> None:
        self._session = session
        self._idle: dict[str, list[Line]] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        params: Params | None = None,
        json: Any = None,
        data: bytes | str | None = None,
    ) -> Response:
        """One request, sent once.

        Raises:
            OSError: no answer came, as requests or the standard library have it.
            http.client.HTTPException: the same.
        """
        if params:
            url = f"{url}?{urlencode(params, doseq=True)}"
        given = dict(headers or {})
        if json is not None:
            data = codec.dumps(json, allow_nan=False)
            given["Content-Type"] = "application/json"
        body = data.encode() if isinstance(data, str) else data
        if self._session is None:
            try:
                return self._short(method, url, given, body)
            except Unsuited:
                self._session = _session()
        got = self._session.request(
            method,
            url,
            data=body,
            headers=given,
            auth=_as_given,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
        return Response(url, got.status_code, got.headers, got.content)

    def _short(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        idle = self._idle.setdefault(host, [])
        try:
            line = idle.pop()  # and no look before it: another thread may take the last one
        except IndexError:
            line = Line(host, connect=CONNECT_SECONDS)
        target = quote(parts.path, safe=_PLAIN) or "/"
        if parts.query:
            target = f"{target}?{parts.query}"
        got = line.ask(method, target, headers=headers, body=body, read=READ_SECONDS)
        idle.append(line)
        return Response(url, got.status, got.headers, got.body)


def _session() -> "requests.Session":
    import requests

    return requests.Session()


def _as_given(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Keep the headers as they are: without this, an entry in ~/.netrc would replace the token."""
    return request
