"""The contract with a provider whose cloud keeps what its versions answered.

SageMaker's data capture, Vertex's request-response log, Azure ML's data collector: each lies
elsewhere and in another envelope. A recorder takes the envelopes off, and `canarycli.answers`
reads what is in them the same way for all.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from canarycli.late_methods import dataclass
from canarycli.metrics import Window

RECORDED = "recorded"
"""The kind of a metric's origin that is the endpoint's own recorded answers."""

USUAL_DELAY = timedelta(minutes=10)
"""How late a recorded answer can be read where nobody says: no cloud promises anything."""


MOST = 64_000_000
"""Bytes of recorded answers that one look reads where nobody says."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Whether one version's answers are kept.

    Attributes:
        where: the place, for people.
        percent: the part of the answers that is kept.
        why: why none is kept, "" where they are.
    """

    where: str = ""
    percent: float = 100.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one version answered to one request.

    Attributes:
        version: who answered.
        at: when, by the record's own time.
        key: tells this answer from every other of the endpoint.
        body: as the model said it, without the cloud's envelope.
        content_type: of the body, "" where nothing says.
    """

    version: str
    at: datetime
    key: str
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of what is kept one look may read.

    Attributes:
        part: a fixed part of it, above 0 and up to 1, the same in every look.
        most: bytes; more is refused, not cut short.
    """

    part: float = 1.0
    most: int = MOST


@runtime_checkable
class Recorder(Protocol):
    """A provider whose cloud keeps answers."""

    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        """Whether each version's answers are kept, by version.

        Raises:
            NotFound: there is no such endpoint.
        """
        ...

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        """What the versions answered in a window, in any order, perhaps one twice.

        Raises:
            Unsupported: nothing is kept of one of them.
            Rejected: it is more than the budget.
        """
        ...
