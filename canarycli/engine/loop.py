"""Drives a release: ticks until it is over, and holds or turns back while a cloud refuses."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from canarycli.engine.controller import Controller
from canarycli.engine.undo import undo
from canarycli.errors import (
    Busy,
    CanaryError,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    StoreError,
    Unavailable,
    Unsafe,
    Unsupported,
)
from canarycli.provider import Endpoint
from canarycli.release.context import SETTLING, Decision, begin_rollback
from canarycli.release.record import Outcome, Release, State

SLICE = timedelta(seconds=2)
"""While waiting, the record is read so often for what people asked meanwhile."""

BLIND = SETTLING * 2
"""How soon a cloud that gave no answer is asked again."""

MINUTE = timedelta(minutes=1)
"""While the way back is not in force, that is told so often."""

LOOK_ON = timedelta(seconds=12)
"""How long a rollback that is in place is watched where nobody is there to wait longer."""


def looked_enough(release: Release, now: datetime) -> bool:
    """Whether to leave a rollback that is in place, though a raise may still land.

    The release stays open, so that whoever looks next goes on looking.
    """
    since = release.confirmed_at
    return release.is_home and since is not None and now - since >= LOOK_ON


def drive(
    controller: Controller,
    key: str,
    *,
    until: datetime | None = None,
    seen: Endpoint | None = None,
    enough: Callable[[Release], bool] = lambda release: release.rests,
    insist: bool = True,
) -> Release:
    """Tick until the release is over, is `enough`, or `until` has come.

    The lease is given back at the end, however it ends. Without `insist` a cloud that denies
    or refuses is an error at once, for a person who is there to do something about it.

    A cloud that does not answer, or denies, is waited for: the release holds meanwhile. One
    that refuses a change has the release go back; before any traffic has moved it just ends.

    Raises:
        Unsafe: the endpoint could not be read for as long as the plan lets a change take.
        Busy: somebody took the endpoint over.
    """
    steps = Steps(controller, key, insist=insist)
    try:
        return _Loop(steps, until, enough).run(seen)
    except (Busy, ProviderError, Unsafe):
        raise
    except Exception as error:
        steps.go_back_from_memory(error)
        raise
    finally:
        with suppress(StoreError):
            controller.let_go(key)


@dataclass(slots=True)
class Steps:
    """One drive, step by step, for whoever waits in between.

    Attributes:
        insist: hold where the cloud denies or refuses; else that is an error at once.
        last: the release as this process last knew it.
        blind_since: when the cloud stopped to answer, None while it does.
        minutes: of waiting for the way back, as they were last told.
    """

    controller: Controller
    key: str
    insist: bool = True
    last: Release | None = None
    blind_since: datetime | None = None
    minutes: int = 0

    def take(self, seen: Endpoint | None = None) -> Decision | None:
        """One tick; None where the cloud refused it, and the release holds or turns back.

        Raises:
            Unsafe: the endpoint could not be read for too long.
            Busy: somebody took the endpoint over.
        """
        try:
            decision = self.controller.tick(self.key, seen)
        except (Unavailable, Denied, Rejected, Unsupported, NotFound) as error:
            if not self.insist and not isinstance(error, Unavailable):
                raise
            self._refused(error)
            now = self.controller.clock.now()
            self.blind_since = self.blind_since or now
            self._blind(error, now - self.blind_since)
            return None
        except Busy as error:
            raise Busy(
                f"somebody else drives it now: {error.message}",
                facts=error.facts,
                hint=error.hints,
            ) from error
        if self.blind_since is not None:
            self.controller.tell("visible", "the cloud answers again")
            self.blind_since = None
        self.last = decision.release
        self._tell_wait(decision.release)
        if decision.release.over and not decision.events:
            self._tell_end(decision.release)
        return decision

    def go_back_from_memory(self, error: Exception) -> None:
        """Lower what this process raised though nothing can be recorded or told any more.

        Raises:
            Unsafe: it was not seen at the baseline again.
        """
        release, here = self.last, self.controller
        if release is None or release.over or not release.exposed:
            return
        undo(here.provider, here.clock, release)
        if isinstance(error, CanaryError):
            error.facts = (*error.facts, f"rolled back: {release.baseline} has all traffic again")

    def _refused(self, error: ProviderError) -> None:
        """End, or turn back, a release whose change the cloud refused for good."""
        record = self.controller.load(self.key)
        release = record.release
        if release.state is State.ROLLING_BACK or isinstance(error, Unavailable):
            return
        now = self.controller.clock.now()
        if not release.exposed:
            ended = replace(
                release,
                state=State.ENDED,
                outcome=Outcome.CLOUD_FAILED,
                why=error.said,
                ended_at=now,
            )
            self.controller.save(replace(record, release=ended, lease=None))
            raise error
        if isinstance(error, Rejected):
            back = begin_rollback(release, Outcome.CLOUD_FAILED, error.said, "canary", now)
            self.controller.save(replace(record, release=back))

    def _blind(self, error: ProviderError, length: timedelta) -> None:
        record = self.controller.load(self.key)
        limit = record.release.plan.settle_within
        seen_at = record.release.seen_at
        if seen_at is not None:  # looks come through, it is a write that does not
            length = min(length, max(self.controller.clock.now() - seen_at, timedelta(0)))
        if length == timedelta(0):
            self.controller.tell(
                "waiting", f"{error.said}; holding until the cloud answers", "warning"
            )
        if length > limit:
            raise Unsafe(
                f"the traffic of {record.release.endpoint} can't be read: {error.said}",
                hint=self.controller.provider.plain_command(
                    record.release.endpoint, record.release.home
                ),
            ) from error

    def _tell_wait(self, release: Release) -> None:
        """Say every minute that the way back is asked for and not in force yet."""
        minutes = (self.controller.clock.now() - (release.asked_at or release.started_at)) // MINUTE
        back = release.state is State.ROLLING_BACK and not release.is_home
        if back and minutes and minutes != self.minutes:
            self.controller.tell(
                "waiting",
                f"{release.home} is not in force after {minutes} min; still waiting",
                "warning",
            )
        self.minutes = minutes if back else 0

    def _tell_end(self, release: Release) -> None:
        """Tell how a release ended that somebody else saw to its end."""
        for event in self.controller.store.events(release.id)[-1:]:
            self.controller.listen(event)


@dataclass(slots=True)
class _Loop:
    """Steps with the waits between them.

    Attributes:
        until: when to stop waiting, None for never.
        enough: whether a release has come far enough.
    """

    steps: Steps
    until: datetime | None
    enough: Callable[[Release], bool]

    def run(self, seen: Endpoint | None) -> Release:
        """Tick until it is done."""
        while True:
            decision, seen = self.steps.take(seen), None
            if decision is None:
                self._sleep(BLIND)
                continue
            release = decision.release
            if release.over or self.enough(release) or self._late():
                return release
            self._sleep(decision.wake)

    def _sleep(self, length: timedelta) -> None:
        """Wait, but not past the time that is left, nor past a change of the record by others."""
        here, key = self.steps.controller, self.steps.key
        end = here.clock.now() + length
        if self.until is not None:
            end = min(end, self.until)
        before = here.store.load(key)
        while (left := end - here.clock.now()) > timedelta(0):
            here.clock.sleep(min(left, SLICE).total_seconds())
            if left > SLICE and here.store.load(key) != before:
                return

    def _late(self) -> bool:
        return self.until is not None and self.steps.controller.clock.now() >= self.until
