"""How a request to Resource Manager gets there: signed, sent once, and answered by anything.

There are two ways with one meaning. `Plain` is for a credential that takes one request for its
token, as jobs, machines in Azure and people on call have it; it needs neither azure-identity nor
requests, which are half of a rollback. `Pipeline` is for every other credential, and for whatever
`Plain` is not sure of.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from canarycli import __version__
from canarycli.late_methods import dataclass

CONNECT_SECONDS = 5
READ_SECONDS = 10
"""Resource Manager answers within a second or two; a call must not hold up a rollback."""

AGENT = f"canarycli/{__version__}"

PASSING = frozenset({408, 425, 429})
"""Statuses of a token server that are not the request's fault, beside those from 500 on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer of whatever status."""

    status: int
    text: str
    headers: Mapping[str, str]


class Way(Protocol):
    """Sends a request and has it answered."""

    def send(self, method: str, url: str, body: Any, doing: str, read: float) -> Sent:
        """One signed request, sent once; `body` becomes JSON, None is none."""
        ...

    def close(self) -> None:
        """Close the connections, and forget the token."""
        ...
