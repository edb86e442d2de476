"""Takes away what a finished release left deployed, once nothing needs it any more."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from canarycli.clock import Clock
from canarycli.engine.lease import busy_with
from canarycli.engine.retries import Patient
from canarycli.errors import Conflict, ProviderError, Rejected, UsageError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint, Version
from canarycli.release.record import Outcome, Release
from canarycli.store import Query, Record, Stale, Store
from canarycli.traffic import TOLERANCE, percent

LOOKING = timedelta(seconds=2)
"""How often the endpoint is looked at while a version goes."""

REMOVING = timedelta(minutes=45)
"""A version that is still there after so long is not being removed."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A version that a finished release left, and that could be taken away now.

    Attributes:
        until: it is kept for a rollback until then; None where nothing keeps it.
    """

    release: Release
    seen: Endpoint
    version: Version
    until: datetime | None

    def kept(self, now: datetime) -> bool:
        """Whether a rollback may still want it."""
        return self.until is not None and now < self.until


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Cleans up on one endpoint.

    Attributes:
        keep_baseline: how long the old baseline stays after a promotion.
    """

    store: Store
    provider: Patient
    clock: Clock
    keep_baseline: timedelta

    def leftover(self, release: Release) -> Leftover | None:
        """What there is to take away, None if nothing is or it is gone already.

        Raises:
            UsageError: the release is not over.
            Busy: the endpoint has an open release.
            Conflict: the version has traffic.
        """
        self._refuse_open(release)
        name = release.leaves
        if not name or self._claimed_later(release):
            return None
        seen = self.provider.details(release.endpoint)
        version = seen.version(name)
        if version is None:
            self._note_gone(release)
            return None
        share = seen.traffic.of(name)
        if share > TOLERANCE or seen.traffic.shadow.get(name, 0.0) > TOLERANCE:
            raise Conflict(
                f"{name} can't be removed: it has {percent(share)} of {release.endpoint}'s traffic",
                hint=f"canary status {release.endpoint}",
            )
        promoted = release.outcome is Outcome.PROMOTED and release.ended_at is not None
        until = release.ended_at + self.keep_baseline if promoted and release.ended_at else None
        return Leftover(release, seen, version, until)

    def remove(self, leftover: Leftover, tell: Callable[[str], None]) -> None:
        """Ask for it to be removed, and wait until it is gone.

        Raises:
            Conflict: somebody gave it traffic meanwhile, or another change is under way.
            Rejected: the cloud took the removal back.
            ProviderError: it is still there after long.
        """
        release, name = leftover.release, leftover.version.name
        self.provider.retire(leftover.seen, name)
        tell(f"removing {name} from {release.endpoint}; Ctrl-C only leaves")
        start = self.clock.now()
        while True:
            seen = self.provider.describe(release.endpoint)
            if seen.settled and seen.version(name) is None:
                self._note_gone(release)
                return
            if seen.settled and seen.failure:
                raise Rejected(f"{name} could not be removed: {seen.failure}")
            if self.clock.now() - start > REMOVING:
                raise ProviderError(
                    f"{name} is still on {release.endpoint} after {REMOVING}",
                    hint=f"look at it with the cloud's own tools, then canary cleanup {release.id}",
                )
            self.clock.sleep(LOOKING.total_seconds())

    def _refuse_open(self, release: Release) -> None:
        newest = self.store.load(release.key)
        if newest is not None and not newest.release.over:
            raise busy_with(newest, self.clock.wall())
        if not release.over:
            raise UsageError(
                f"release {release.id} is not over", hint=f"canary status {release.id}"
            )

    def _claimed_later(self, release: Release) -> bool:
        """Whether a later release had the version as an arm: then that one decides."""
        since = Query(endpoint=release.endpoint, since=release.started_at)
        arms = (
            {later.baseline, later.candidate}
            for later in (record.release for record in self.store.history(since))
            if later.key == release.key and later.started_at > release.started_at
        )
        return any(release.leaves in pair for pair in arms)

    def _note_gone(self, release: Release) -> None:
        """Remember it, so that a version of that name that comes later is nobody's leftover.

        Only the newest release of an endpoint can be written; older ones are looked at again.
        """
        record = self.store.load(release.key)
        if record is None or record.release.id != release.id:
            return
        now = self.clock.now()
        event = Event("cleaned", now, f"{release.leaves} is no longer on {release.endpoint}")
        with suppress(Stale):
            self.store.save(_cleaned(record, now), (event,))


def _cleaned(record: Record, now: datetime) -> Record:
    return replace(record, release=replace(record.release, cleaned_at=now))
