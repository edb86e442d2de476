"""How requests travel: with the headers they were given, whatever ~/.netrc says."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from canarycli.errors import Rejected

if TYPE_CHECKING:
    from requests import PreparedRequest

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
"""The only hosts that may be asked without encryption."""


def transport() -> Any:
    """azure-core's own, but an entry in ~/.netrc does not replace the token."""
    from azure.core.pipeline.transport import RequestsTransport
    from requests import Session

    session = Session()
    session.auth = _as_given
    return RequestsTransport(session=session)


def encrypted(url: str, doing: str) -> str:
    """The address, if a key may be sent there.

    Raises:
        Rejected: the key would travel unencrypted.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise Rejected(f"{doing}: its scoring address {url!r} is not https")
    return url


def _as_given(request: "PreparedRequest") -> "PreparedRequest":
    return request
