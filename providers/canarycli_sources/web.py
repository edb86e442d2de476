"""Asks a store over HTTP: one request, one JSON answer or one error, no retries."""

import json
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from time import monotonic
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from canarycli import __version__
from canarycli.errors import Denied, NotFound, ProviderError, Rejected, Unavailable
from canarycli_sources.auth import auth_of
from canarycli_sources.settings import checked

TIMEOUT = 20.0
LARGEST = 16 * 1024 * 1024
"""Bytes of an answer; a look that needs more asks for too much."""

CHUNK = 256 * 1024
SAID = 300
"""Characters of a store's own words that are passed on."""


class _Stay(HTTPRedirectHandler):
    """Follows nothing: a credential must not travel to where an answer points."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Web:
    """A line to one store.

    Attributes:
        base: its address, without a slash at the end.
    """

    def __init__(self, settings: Mapping[str, Any], timeout: float = TIMEOUT) -> None:
        self.base = checked(settings["url"])
        self._timeout = timeout
        self._auth = auth_of(settings, self._plainly)
        self._opener: OpenerDirector = build_opener(
            _Stay, HTTPSHandler(context=ssl.create_default_context())
        )

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Read a path below the address."""
        return self._call("GET", path + (f"?{urlencode(query)}" if query else ""), None, "")

    def form(self, path: str, fields: Mapping[str, str]) -> Any:
        """Send a form, as browsers do."""
        return self._call(
            "POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded"
        )

    def post(self, path: str, body: Any) -> Any:
        """Send JSON."""
        return self._call("POST", path, json.dumps(body).encode(), "application/json")

    def _call(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        try:
            return self._once(method, path, body, kind)
        except Denied:
            if not self._auth.renewed():
                raise
            return self._once(method, path, body, kind)

    def _once(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        url = self.base + path
        request = Request(url, data=body, method=method)  # noqa: S310 - the scheme was checked
        request.add_header("Accept", "application/json")
        request.add_header("User-Agent", f"canarycli/{__version__}")
        if kind:
            request.add_header("Content-Type", kind)
        for name, value in self._auth.headers(method, url, body or b"").items():
            request.add_header(name, value)
        return self._plainly(request)

    def _plainly(self, request: Request) -> Any:
        return parsed(self._read(request), request.host)

    def _read(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return whole(response, request.host, monotonic() + self._timeout)
        except HTTPError as error:
            raise refusal(request.host, error) from error
        except (URLError, OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            raise Unavailable(f"{request.host} does not answer: {why}") from error


def whole(response: IO[bytes], host: str, until: float) -> bytes:
    """The whole body of an answer.

    Raises:
        Rejected: it is too large.
        Unavailable: it takes too long, or breaks off.
    """
    body = bytearray()
    while piece := response.read(CHUNK):
        body += piece
        if len(body) > LARGEST:
            raise Rejected(
                f"{host} answers with more than {LARGEST // 2**20} MB",
                hint="ask for less: aggregate in the query",
            )
        if monotonic() > until:
            raise Unavailable(f"{host} takes too long to answer")
    return bytes(body)


def parsed(body: bytes, host: str) -> Any:
    """The JSON of an answer.

    Raises:
        Unavailable: it is none, as when a proxy answers, or it was cut.
    """
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unavailable(f"{host} does not answer with JSON") from error


def refusal(host: str, error: HTTPError) -> ProviderError:
    """The error for an answer that is no success, with the store's own words where it has any."""
    with error:
        try:
            said = message_of(error.read(64 * 1024))
        except (OSError, HTTPException):
            said = ""
    facts = [said] if said else []
    match error.code:
        case 401 | 403:
            return Denied(f"{host} does not accept the credentials ({error.code})", facts=facts)
        case 404:
            return NotFound(f"{host} has no such path", facts=facts)
        case 408 | 425 | 429:
            return Unavailable(f"{host} is busy ({error.code})", facts=facts, after=_after(error))
        case code if 300 <= code < 400:
            to = urlsplit(error.headers.get("Location", "")).netloc or "another place"
            return Rejected(
                f"{host} sends to {to}, and credentials don't follow",
                hint="write the address it sends to",
            )
        case code if code >= 500:
            return Unavailable(f"{host} answers {code}", facts=facts, after=_after(error))
        case code:
            return Rejected(f"{host} refuses the question ({code})", facts=facts)


def message_of(body: bytes) -> str:
    """What a store says of its own error, as far as it can be told."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    found: Any = said
    for key in ("error", "message"):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
    return found[:SAID] if isinstance(found, str) else ""


def _after(error: HTTPError) -> float | None:
    try:
        return float(error.headers.get("Retry-After", ""))
    except ValueError:
        return None
