"""Drives a release from this process until its outcome, and answers Ctrl-C and SIGTERM."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from canarycli.clock import Clock
from canarycli.engine.by_hand import way_home, ways_in
from canarycli.engine.controller import Driver
from canarycli.engine.lease import has_driver, length_of
from canarycli.engine.loop import drive, looked_enough
from canarycli.engine.status import release_status
from canarycli.engine.undo import undo
from canarycli.errors import (
    CanaryError,
    Exit,
    Left,
    StoreError,
    Terminated,
    Unsafe,
    UsageError,
)
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.accepted import Accepted
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.workspace import Workspace
from canarycli.provider import Deployer, Endpoint
from canarycli.release import orders
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Record
from canarycli.traffic import percent
from canarycli.verbs import offers

LAST_WORDS = timedelta(seconds=5)
"""How long the arrival of a rollback is waited for after an interrupt."""


def waits(release: Release) -> bool:
    """Whether nothing more happens soon."""
    return release.rests


@dataclass(frozen=True, slots=True)
class Ending:
    """How driving, or following, came to its end.

    Attributes:
        exit: what the process tells its caller.
        release: as it stands now, None where its record is gone.
        status: the same as `canary.status/1`, {} after an interrupt.
        advice: what a person should know besides.
    """

    exit: Exit
    release: Release | None = None
    status: Mapping[str, Any] | None = None
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drive:
    """How one process drives a release.

    Attributes:
        listen: hears every event of the release.
        idle: hears where it stands while nothing happens, now and then.
        timeout: stop waiting after this, None for never.
        on_interrupt: what Ctrl-C does.
        patient: stay with a rollback until nothing sent before can land any more.
        choose: asks a person what Ctrl-C is to do, None for going on; None where nobody is asked.
    """

    work: Workspace
    listen: Callable[[Event], None]
    idle: Callable[[Event], None] = lambda _: None
    timeout: timedelta | None = None
    on_interrupt: OnInterrupt = OnInterrupt.ROLLBACK
    patient: bool = False
    choose: Callable[[Release], OnInterrupt | None] | None = None

    @property
    def until(self) -> datetime | None:
        """When waiting ends, counted from now."""
        return None if self.timeout is None else self.work.clock.now() + self.timeout

    def run(
        self, *, seen: Endpoint | None = None, enough: Callable[[Release], bool] = waits
    ) -> Ending:
        """Drive until the release is over, is `enough`, or the time is up."""
        until, last = self.until, None

        def done(release: Release) -> bool:
            nonlocal last
            last = release
            return enough(release) or self._rolled_back(release) or self._goes_on(release)

        controller = self.work.controller(self.listen)
        while True:
            try:
                release = drive(controller, self.work.key, until=until, seen=seen, enough=done)
            except KeyboardInterrupt as interrupt:
                ending = self._interrupted(interrupt, last)
                if ending is not None:
                    return ending
                seen = None
            else:
                return self.finish(release, enough=enough, until=until)

    def finish(
        self, release: Release, *, enough: Callable[[Release], bool], until: datetime | None
    ) -> Ending:
        """Where the release stands at the end."""
        now = self.work.clock.now()
        code = release.exit
        if not (release.over or waits(release) or release.is_home):
            if enough(release):
                code = Exit.OK
            elif until is not None and now >= until:
                code = Exit.TIMEOUT
                message = f"stopped waiting; {release.id} stays open at {release.target:g}%"
                self.listen(Event("timeout", now, message, "warning"))
        record = self._record(release)
        status = release_status(record, None, now) if record else {}
        if record is not None and not release.over:
            status["guarded"] = has_driver(record, self.work.clock.wall())
        return Ending(code, release, status, tuple(filter(None, self._advice(release))))

    def _advice(self, release: Release) -> tuple[str, ...]:
        cooled = ""
        if release.over and release.outcome is not Outcome.PROMOTED:
            cooled = self.work.let_cool(release.baseline)
        return (cooled, self._left(release), self._unguarded(release))

    def _left(self, release: Release) -> str:
        """What stays deployed and cleanup takes away; what the cloud took back is gone."""
        name = release.leaves
        if (
            not name
            or not offers(self.work.provider.provider, Deployer)
            or not self._is_there(name)
        ):
            return ""
        return f"{name} stays deployed, and costs, until canary cleanup {release.id}"

    def _is_there(self, version: str) -> bool:
        try:
            seen = self.work.provider.describe(self.work.target.name)
        except CanaryError:
            return True  # nobody can tell, and a version that costs is worth a word
        return seen.version(version) is not None

    def _unguarded(self, release: Release) -> str:
        if not waits(release):
            return ""
        return (
            f"nobody guards {release.candidate} at {percent(release.target)}: "
            f"run canary guard {release.id}, canary sweep from cron, or canary promote {release.id}"
        )

    def _rolled_back(self, release: Release) -> bool:
        return not self.patient and looked_enough(release, self.work.clock.now())

    def _goes_on(self, release: Release) -> bool:
        """False; a bake without checks and a pause are told now and then, for logs."""
        self.idle(Event("alive", self.work.clock.now(), standing(release)))
        return False

    def _interrupted(self, interrupt: KeyboardInterrupt, last: Release | None) -> Ending | None:
        """Do what is to be done at an interrupt; None where the person would rather stay."""
        code = Exit.TERMINATED if isinstance(interrupt, Terminated) else Exit.INTERRUPTED
        record = self._record(last)
        if record is None:
            return Ending(code)
        if record.release.over:  # it came too late, maybe before that was told
            return self._ended(record.release)
        release, what = record.release, self._wanted(interrupt, record.release)
        if what is None:
            return None
        now = self.work.clock.now()
        if what is OnInterrupt.HOLD:
            message = f"{release.id} holds at {release.target:g}% and nobody drives it"
            self.listen(Event("interrupted", now, message, "warning"))
            go_on = f"go on: canary resume {release.id}; go back: canary rollback {release.id}"
            return Ending(code, release, advice=(go_on,))
        self.listen(Event("interrupted", now, "rolling back", "warning"))
        return self._back(release, code)

    def _ended(self, release: Release) -> Ending:
        """A release that was over when the interrupt came: how it ended is what is told."""
        with suppress(StoreError):
            for event in self.work.store.events(release.id)[-1:]:
                self.listen(event)
        status = release_status(Record(release), None, self.work.clock.now())
        return Ending(release.exit, release, status)

    def _wanted(self, interrupt: KeyboardInterrupt, release: Release) -> OnInterrupt | None:
        """What an interrupt does; a person at a terminal is asked, but for SIGTERM."""
        if isinstance(interrupt, Left):
            return OnInterrupt.HOLD
        if self.choose is None or isinstance(interrupt, Terminated):
            return self.on_interrupt
        try:
            return self.choose(release)
        except KeyboardInterrupt:
            return self.on_interrupt

    def _record(self, last: Release | None) -> Record | None:
        """The record; what this process last knew of it where it can't be read."""
        try:
            return self.work.record()
        except StoreError:
            return None if last is None else Record(last)

    def _back(self, release: Release, code: Exit) -> Ending:
        """Go on until the cloud has taken the way back; only a second signal ends that.

        Once it has, its arrival is waited for a little: a CI system kills some seconds later.
        """
        accepted, clock = Accepted(self.listen), self.work.clock

        def enough(release: Release) -> bool:
            if not accepted.yes:
                return False
            taken = release.asked_at or clock.now()
            return release.is_home or clock.now() - taken >= LAST_WORDS

        try:
            ended = self._recorded_or_not(release, accepted.hear, enough)
        except (CanaryError, KeyboardInterrupt) as error:
            why = error.message if isinstance(error, CanaryError) else "interrupted again"
            ways = ways_in(error) if isinstance(error, CanaryError) else ()
            raise Unsafe(
                f"the rollback after the interrupt is not in force: {why}",
                facts=[f"traffic last seen: {self._last_seen(release)}"],
                hint=(
                    f"canary sweep, or canary rollback {release.id}",
                    *(ways or (way_home(self.work.provider, release),)),
                ),
            ) from error
        if ended.outcome in {Outcome.PROMOTED, Outcome.DRIFT}:  # it ended before it could go back
            return self._ended(ended)
        if not (ended.over or ended.is_home):
            message = f"rollback accepted; canary status {release.id} tells when it is in place"
            self.listen(Event("waiting", self.work.clock.now(), message, "warning"))
        return Ending(code, ended)

    def _recorded_or_not(
        self, release: Release, hear: Callable[[Event], None], enough: Callable[[Release], bool]
    ) -> Release:
        """The way back with a record of it, or from memory where there can be none."""
        try:
            return roll_back(self.work, hear, "interrupted", enough=enough)
        except StoreError:
            undo(self.work.provider, self.work.clock, release)
            return replace(release, traffic=dict(release.home.shares), state=State.ENDED)

    def _last_seen(self, release: Release) -> str:
        record = self._record(release)
        shares = (record.release if record else release).traffic
        return ", ".join(f"{name} {percent(share)}" for name, share in shares.items())


def standing(release: Release) -> str:
    """Where an open release is, in one short sentence."""
    words = f"{release.state.replace('_', ' ')}: stage {release.stage + 1} of"
    text = f"{words} {len(release.plan.stages)} at {percent(release.target)}"
    if release.pause is None or release.pause.until is None:
        return text
    return f"{text} until {release.pause.until.astimezone():%H:%M}, then {release.pause.then.value}"


def roll_back(
    work: Workspace,
    hear: Callable[[Event], None],
    reason: str,
    *,
    enough: Callable[[Release], bool] = lambda _: False,
) -> Release:
    """Record that the open release goes back, and see it through; no lease is needed.

    One that ended meanwhile stays as it is.
    """
    controller = work.controller(hear)
    who, now = work.actor, work.clock.now()
    message = f"{who} rolled back" + (f": {reason}" if reason else "")
    event = Event("rollback_started", now, message, "warning", {"by": who, "why": reason})
    with suppress(UsageError):
        controller.change(
            work.key, lambda release: orders.roll_back(release, who, now, reason=reason), event
        )
    return drive(controller, work.key, enough=enough)


def driven(driver: Driver, clock: Clock) -> dict[str, str]:
    """Who drives and until when, for an event."""
    expires = clock.now() + length_of(clock)
    return {"driver": driver.name, "url": driver.url, "expires": expires.isoformat()}
