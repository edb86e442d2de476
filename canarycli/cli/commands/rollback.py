"""`canary rollback`: send all traffic back to the baseline, now, with whatever is at hand."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.engine.status import release_status
from canarycli.errors import CanaryError, Exit, NotFound, Unavailable, Unsafe
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.operations.workspace import Work, actor, open_work
from canarycli.provider import Endpoint, Notes
from canarycli.release import orders
from canarycli.release.record import Outcome, Release
from canarycli.release.request import find_version
from canarycli.release.rescue import home, rescue
from canarycli.store import Record
from canarycli.store.memory import MemoryStore
from canarycli.traffic import Traffic

CLEARLY = 80.0
"""A version with so many percent of the traffic is the baseline where no notes can be read."""


def rollback(
    common: Common,
    *,
    reason: Annotated[str, Option(metavar="TEXT", help="Kept in history")] = "",
    to: Annotated[
        str | None, Option(metavar="ARM", help="Another version than the baseline; asks")
    ] = None,
    no_wait: Annotated[
        bool, Option("--no-wait", help="Return when the cloud has accepted it")
    ] = False,
    print_command: Annotated[
        bool, Option("--print-command", help="Print the plain cloud command, run nothing")
    ] = False,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False,
) -> int:
    """Send all traffic back to the baseline, now."""
    with Output(common) as output:
        way = _way_back(open_work(common), output, to)
        if print_command:
            command = way.command()
            output.result({"schema": "canary.command/1", "command": command}, [command])
            return int(Exit.OK)
        way.agree(common, yes=yes)
        try:
            return way.go(reason, wait=not no_wait)
        except Unavailable as error:
            raise way.unsafe(error.message) from error
        except CanaryError as error:
            error.hints = (*error.hints[:1], f"or roll back by hand: {way.command()}")
            raise


@dataclass(frozen=True, slots=True)
class WayBack:
    """How this endpoint goes back.

    Attributes:
        record: its open release, None where none is known here.
        seen: the look that was needed without a record.
        notes: what the endpoint says of itself, {} where the record says it.
        baseline: where everything goes.
        usual: where it would go if nobody had said.
    """

    work: Work
    output: Output
    record: Record | None
    seen: Endpoint | None
    notes: Notes
    baseline: str
    usual: str

    def agree(self, common: Common, *, yes: bool) -> None:
        """Ask, if a person is there; only another arm than the baseline needs a yes."""
        question = f"Send all traffic of {self.work.target.name} back to {self.baseline}?"
        if common.may_ask or self.baseline != self.usual:
            confirm(common, question, yes=yes)

    def go(self, reason: str, *, wait: bool) -> int:
        """Roll back and show it; the exit code is 0 once the traffic is where it should be."""
        work, accepted = self._recorded(reason), _Accepted(self.output)
        controller = work.controller(accepted.hear)
        enough: Callable[[Release], bool] = lambda _: not wait and accepted.yes  # noqa: E731
        release = controller.drive(work.key, seen=self.seen, enough=enough, insist=False)
        if release.outcome is Outcome.UNSAFE:
            raise self.unsafe(release.why)
        record = work.store.load(work.key)
        assert record is not None
        if wait and self.record is not None:
            self.output.say_if(work.let_cool(self.baseline))
        status = {**release_status(record, None, work.clock.now()), "exit_code": int(Exit.OK)}
        self.output.result(status)
        return int(Exit.OK)

    def unsafe(self, why: str) -> Unsafe:
        """The loudest error there is, with the way out."""
        return Unsafe(
            f"ROLLBACK FAILED on {self.work.target.name}: {why}",
            hint=(f"by hand: {self.command()}", f"then: canary status {self.work.target.name}"),
        )

    def command(self) -> str:
        """The cloud's own command for this rollback."""
        shares = {self.baseline: 100.0}
        if self.record is not None:
            release = self.record.release
            others = [release.baseline, release.candidate]
        else:
            others = [version.name for version in self.seen.versions] if self.seen else []
        shares |= {name: 0.0 for name in others if name and name != self.baseline}
        return self.work.provider.plain_command(self.work.target.name, Traffic(shares))

    def _recorded(self, reason: str) -> Work:
        """The rollback written down, in memory if it can't be on disk."""
        try:
            return self._record_in(self.work, reason)
        except CanaryError as error:
            self.output.say(f"warning: {error.message}; rolling back without a record")
        memory = replace(self.work, store=MemoryStore())
        if self.record is not None:
            memory.store.save(replace(self.record, version=0))
        return self._record_in(memory, reason)

    def _record_in(self, work: Work, reason: str) -> Work:
        who, now = actor(os.environ), work.clock.now()
        message = f"{who} rolls back to {self.baseline}" + (f": {reason}" if reason else "")
        event = Event("rollback_started", now, message, "warning", {"by": who, "why": reason})
        controller = work.controller(self.output.event)
        if self.record is not None:
            controller.change(work.key, lambda release: self._turned(release, reason), event)
            return work
        assert self.seen is not None
        controller.create(
            rescue(
                self.seen,
                self.notes,
                to=self.baseline,
                release_id=new_id(),
                provider=work.target.provider,
                place=work.provider.place,
                settings=work.target.settings,
                by=who,
                reason=reason,
                now=now,
            )
        )
        self.output.event(event)
        return work

    def _turned(self, release: Release, reason: str) -> Release:
        who, now = actor(os.environ), self.work.clock.now()
        back = orders.roll_back(release, who, now, reason=reason)
        if self.baseline == release.baseline:
            return back
        return replace(back, baseline=self.baseline, candidate=release.baseline)


class _Accepted:
    """Shows events, and remembers whether the cloud has taken the change."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.yes = False

    def hear(self, event: Event) -> None:
        self.yes = self.yes or event.type == "shift_accepted"
        self._output.event(event)


def _way_back(work: Work, output: Output, to: str | None) -> WayBack:
    record = _known(work, output)
    if record is not None and to is None:
        baseline = record.release.baseline
        return WayBack(work, output, record, None, {}, baseline, baseline)
    try:
        seen = work.provider.describe(work.target.name)
    except CanaryError as error:
        raise _blind(work, record, error) from error
    notes = _notes(work, output, seen) if record is None and to is None else {}
    baseline = find_version(seen, to) if to else home(seen, notes)
    usual = record.release.baseline if record else baseline
    return WayBack(work, output, record, seen, notes, baseline, usual)


def _notes(work: Work, output: Output, seen: Endpoint) -> Notes:
    """What the endpoint says of itself; where that can't be read, its traffic must speak clearly.

    Raises:
        CanaryError: it can't be read, and no version has most of the traffic by far.
    """
    try:
        return work.provider.notes(seen)
    except CanaryError as error:
        most = max((seen.traffic.of(name) for name in seen.traffic.live), default=0.0)
        if most < CLEARLY:
            error.hints = (f"name the version: canary rollback {seen.name} --to VERSION",)
            raise
        output.say(f"warning: {error.message}; going by the traffic: {seen.traffic}")
        return {}


def _blind(work: Work, record: Record | None, error: CanaryError) -> CanaryError:
    """The error of a look that failed, with the command to paste; no answer at all is unsafe."""
    name = work.target.name
    arms = ("BASELINE", "CANDIDATE")
    if record is not None:
        arms = (record.release.baseline, record.release.candidate)
    command = work.provider.plain_command(name, Traffic({arms[0]: 100.0, arms[1]: 0.0}))
    if isinstance(error, NotFound):
        return error
    if isinstance(error, Unavailable):
        return Unsafe(
            f"the traffic of {name} can't be read: {error.message}",
            hint=(f"by hand: {command}", f"then: canary status {name}"),
        )
    error.hints = (*error.hints[:1], f"or roll back by hand: {command}")
    return error


def _known(work: Work, output: Output) -> Record | None:
    """The endpoint's open release, if it is known here and its record can be read."""
    try:
        record = work.target.record or work.record()
    except CanaryError as error:
        output.say(f"warning: {error.message}; going by the endpoint alone")
        return None
    return None if record is None or record.release.over else record
