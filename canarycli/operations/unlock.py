"""Frees an endpoint whose driver is gone, without waiting for its lease to end."""

from datetime import datetime

from canarycli.engine.lease import busy_with, free, has_driver
from canarycli.errors import Busy, NotFound
from canarycli.late_methods import dataclass
from canarycli.operations.workspace import Workspace
from canarycli.store import Record


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has an endpoint."""

    record: Record
    now: datetime

    @property
    def name(self) -> str:
        """The driver, "" if nobody has it."""
        return self.record.lease.holder if self.record.lease else ""

    @property
    def alive(self) -> bool:
        """Whether it was heard within its lease."""
        return has_driver(self.record, self.now)

    def busy(self) -> Busy:
        """The error where nobody is there to say that it is gone all the same."""
        error = busy_with(self.record, self.now)
        error.hints = ("it may be gone all the same: canary unlock --yes",)
        return error


def holder_of(work: Workspace) -> Holder:
    """Who has the endpoint.

    Raises:
        NotFound: no release of it is known here.
    """
    record = work.record()
    if record is None:
        raise NotFound(
            f"no release of {work.target.name} is known here", hint="canary history lists them"
        )
    return Holder(record, work.clock.wall())


def free_endpoint(work: Workspace) -> str | None:
    """Take the lease from whoever has it; no traffic moves. Returns who that was."""
    freed = free(work.store, work.key, work.actor, work.clock)
    return freed.holder if freed else None
