"""Drives a release from this process until its outcome, and answers Ctrl-C and SIGTERM."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.signals import Terminated
from canarycli.config import bake_from_option
from canarycli.engine.controller import Driver
from canarycli.engine.status import release_status
from canarycli.errors import CanaryError, Exit, Unsafe, UsageError
from canarycli.journal import Event
from canarycli.operations.artifacts import Papers
from canarycli.operations.workspace import Work, actor
from canarycli.provider import Endpoint
from canarycli.release import orders
from canarycli.release.record import Outcome, Release
from canarycli.store.contract import LEASE
from canarycli.traffic import percent

LAST_WORDS = timedelta(seconds=5)
"""How long a rollback is waited for after an interrupt; CI kills a few seconds later."""


class OnInterrupt(StrEnum):
    """What Ctrl-C or a cancelled job does."""

    HOLD = "hold"
    ROLLBACK = "rollback"


Timeout = Annotated[
    str | None,
    Option(metavar="3h", help="Stop waiting with exit 12; the release stays open"),
]
OkOn = Annotated[
    str | None,
    Option(
        metavar="NAME,…",
        help="Outcomes that count as exit 0: paused, inconclusive, rolled-back, timeout",
    ),
]
Interrupt = Annotated[
    OnInterrupt | None,
    Option(help="What Ctrl-C or a cancelled job does; hold on a terminal, else rollback"),
]

_OK_NAMES = {
    "paused": Exit.PAUSED,
    "inconclusive": Exit.INCONCLUSIVE,
    "rolled-back": Exit.ROLLED_BACK,
    "timeout": Exit.TIMEOUT,
    "stopped": Exit.STOPPED,
    "no-metrics": Exit.NO_METRICS,
    "drift": Exit.DRIFT,
}


@dataclass(frozen=True, slots=True)
class Ride:
    """How one process drives a release.

    Attributes:
        timeout: stop waiting after this, None for never.
        on_interrupt: what Ctrl-C does.
        ok_on: exit codes that count as 0.
        papers: what is left in files at the end.
    """

    work: Work
    output: Output
    timeout: timedelta | None = None
    on_interrupt: OnInterrupt = OnInterrupt.ROLLBACK
    ok_on: frozenset[Exit] = frozenset()
    papers: Papers = field(default_factory=Papers)

    def run(
        self,
        *,
        seen: Endpoint | None = None,
        enough: Callable[[Release], bool] = lambda release: release.waits_for_a_person,
    ) -> int:
        """Drive until the outcome, show it, leave the papers, and return the exit code."""
        try:
            return self._run(seen, enough)
        finally:
            self.papers.write(self.work, self.output)

    def _run(self, seen: Endpoint | None, enough: Callable[[Release], bool]) -> int:
        controller = self.work.controller(self.hear)
        until = None if self.timeout is None else self.work.clock.now() + self.timeout
        try:
            release = controller.drive(
                self.work.key,
                until=until,
                seen=seen,
                enough=lambda release: enough(release) or self._goes_on(release),
            )
        except KeyboardInterrupt as interrupt:
            return self._interrupted(interrupt)
        return self.finish(release, enough=enough, until=until)

    def _goes_on(self, release: Release) -> bool:
        """False; a bake without checks and a pause are told now and then, for logs."""
        self.output.sign_of_life(Event("alive", self.work.clock.now(), standing(release)))
        return False

    def hear(self, event: Event) -> None:
        """Show an event of this release."""
        record = self.work.record()
        self.output.event(event, record.release.id if record else "")

    def finish(
        self,
        release: Release,
        *,
        enough: Callable[[Release], bool],
        until: datetime | None,
    ) -> int:
        """Show where the release stands at the end, and return the exit code."""
        now = self.work.clock.now()
        code = release.exit
        done = release.over or release.waits_for_a_person
        if not done and enough(release):
            code = Exit.OK
        elif not done and until is not None and now >= until:
            code = Exit.TIMEOUT
            message = f"stopped waiting; {release.id} stays open at {release.target:g}%"
            self.hear(Event("timeout", now, message, "warning"))
        record = self.work.store.load(self.work.key)
        status = release_status(record, None, now) if record else {}
        self.output.result({**status, "exit_code": int(code)})
        if release.over and release.outcome is not Outcome.PROMOTED:
            self.output.say_if(self.work.let_cool(release.baseline))
        if release.leaves:
            costs = f"{release.leaves} stays deployed, and costs, until"
            self.output.say(f"{costs} canary cleanup {release.id}")
        return int(Exit.OK if code in self.ok_on else code)

    def _interrupted(self, interrupt: KeyboardInterrupt) -> int:
        code = Exit.TERMINATED if isinstance(interrupt, Terminated) else Exit.INTERRUPTED
        record = self.work.record()
        if record is None or record.release.over:
            return int(code)
        release, now = record.release, self.work.clock.now()
        if self.on_interrupt is OnInterrupt.HOLD:
            message = f"interrupted; {release.id} holds at {release.target:g}% and nobody drives it"
            self.hear(Event("interrupted", now, message, "warning"))
            return int(code)
        self.hear(Event("interrupted", now, "interrupted; rolling back", "warning"))
        try:
            ended = roll_back(self.work, self.hear, "interrupted", until=now + LAST_WORDS)
        except CanaryError as error:
            raise Unsafe(
                f"the rollback after the interrupt failed: {error.message}",
                hint=self.work.provider.plain_command(release.endpoint, release.home),
            ) from error
        if not ended.over:
            message = f"rollback asked for; canary status {release.id} tells when it is in place"
            self.hear(Event("waiting", self.work.clock.now(), message, "warning"))
        unsafe = ended.outcome is Outcome.UNSAFE
        return int(Exit.UNSAFE if unsafe else code)


def standing(release: Release) -> str:
    """Where an open release is, in one short sentence."""
    words = f"{release.state.replace('_', ' ')}: stage {release.stage + 1} of"
    text = f"{words} {len(release.plan.stages)} at {percent(release.target)}"
    if release.pause is None or release.pause.until is None:
        return text
    return f"{text} until {release.pause.until.astimezone():%H:%M}, then {release.pause.then.value}"


def roll_back(
    work: Work,
    hear: Callable[[Event], None],
    reason: str,
    *,
    until: datetime | None = None,
) -> Release:
    """Record that the open release goes back, and see it through; no lease is needed."""
    controller = work.controller(hear)
    who, now = actor(os.environ), work.clock.now()
    message = f"{who} rolled back" + (f": {reason}" if reason else "")
    event = Event("rollback_started", now, message, "warning", {"by": who, "why": reason})
    controller.change(
        work.key, lambda release: orders.roll_back(release, who, now, reason=reason), event
    )
    return controller.drive(work.key, until=until, enough=lambda _: False)


def driven(driver: Driver, now: datetime) -> dict[str, str]:
    """Who drives and until when, for an event."""
    return {"driver": driver.name, "url": driver.url, "expires": (now + LEASE).isoformat()}


def ride(
    work: Work,
    output: Output,
    *,
    timeout: str | None,
    on_interrupt: OnInterrupt | None,
    ok_on: str | None,
    papers: Papers | None = None,
) -> Ride:
    """How this process drives, from the flags."""
    papers = papers or Papers()
    papers.check()
    usual = OnInterrupt.HOLD if sys.stdin.isatty() else OnInterrupt.ROLLBACK
    return Ride(
        work,
        output,
        bake_from_option(timeout, "--timeout") if timeout else None,
        on_interrupt or usual,
        ok_codes(ok_on),
        papers,
    )


def ok_codes(names: str | None) -> frozenset[Exit]:
    """The exit codes that count as 0, from `--ok-on`."""
    words = [word.strip() for word in (names or "").split(",") if word.strip()]
    for word in words:
        if word not in _OK_NAMES:
            raise UsageError(
                f"--ok-on: no outcome {word!r}", hint=f"there are {', '.join(_OK_NAMES)}"
            )
    return frozenset(_OK_NAMES[word] for word in words)
