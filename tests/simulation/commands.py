"""The commands people and pipelines run, as `canarycli/cli/commands` put them together."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from simulation.cloud import BASELINE, CANDIDATE, ENDPOINT
from simulation.machine import Machine
from simulation.timeline import Process

from canarycli.engine.controller import Controller
from canarycli.engine.looks import Hands, Looks, Noting
from canarycli.engine.wakes import Lane
from canarycli.errors import CanaryError, Exit, Terminated
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.guard import Stay, guard
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.promote import promote
from canarycli.operations.resume import resume
from canarycli.operations.rollback import way_back
from canarycli.operations.start import Intent
from canarycli.operations.sweep import Wanted, as_found
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import Workspace
from canarycli.plan import Plan, Then
from canarycli.release import orders
from canarycli.release.request import Request, prepare


@dataclass
class Told:
    """One command: what it told and how it ended.

    Attributes:
        code: its exit code, None while it runs and where it was killed.
        events: everything it told, with the time.
        words: what it said besides, its error included.
        began, ended: when.
        release: the release it is about, as far as it is known.
        waited_for: what a rollback says it has waited for.
        home: where a rollback sent everything.
        fault: what broke, where anything of canary's own did.
    """

    what: str
    machine: Machine
    code: Exit | None = None
    events: list[Event] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    began: float = 0.0
    ended: float | None = None
    release: str = ""
    driver: str = ""
    waited_for: str = ""
    home: str = ""
    fault: BaseException | None = None
    process: Process | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs, or is yet to."""
        return self.process is not None and self.process.alive

    @property
    def now(self) -> float:
        """The true time."""
        return self.machine.cloud.timeline.now


PATROL = 5.0
"""Seconds between two looks of a crew for what is new; it takes longer than the real ones."""

Command = Callable[[Workspace, Told], Exit]


def launch(
    what: str,
    machine: Machine,
    command: Command,
    after: float = 0.0,
    done: Callable[[Told], None] = lambda _: None,
) -> Told:
    """Run a command as a process of its own."""
    told = Told(what, machine)

    def run() -> None:
        told.began = told.now
        try:
            work = machine.workspace()
            told.driver = work.driver.name
            told.code = command(work, told)
        except CanaryError as error:
            told.code = Exit(error.exit)
            told.words.append(" | ".join((error.message, *error.facts, *error.hints)))
        except KeyboardInterrupt as signal:
            told.code = Exit.TERMINATED if isinstance(signal, Terminated) else Exit.INTERRUPTED
        except Exception as fault:  # noqa: BLE001 - told as a fault of canary's own
            told.code, told.fault = Exit.ERROR, fault
        told.ended = told.now
        done(told)

    told.process = machine.cloud.timeline.spawn(f"{what} on {machine.name}", run, after)
    return told


def start(
    plan: Plan, on_interrupt: OnInterrupt, stay: timedelta | None, *, deploys: bool = False
) -> Command:
    """`canary start`."""

    def run(work: Workspace, told: Told) -> Exit:
        intent = _begun(work, told, plan, deploys=deploys)
        enough = Stay(work.clock, stay, told.events.append)
        drive = _drive(work, told, on_interrupt)
        return _end(told, drive.run(seen=intent.look, enough=enough))

    return run


def handed_over(plan: Plan, *, deploys: bool) -> Command:
    """`canary start` where a crew does the rest."""

    def run(work: Workspace, told: Told) -> Exit:
        _begun(work, told, plan, deploys=deploys)
        work.controller(told.events.append).let_go(work.key)
        return Exit.OK

    return run


def crew(length: timedelta) -> Command:
    """`canary drive --all`, with the looks of a crew and a queue of one: there is one endpoint."""

    def run(work: Workspace, told: Told) -> Exit:
        store = Noting(work.store)
        controller = Controller(store, work.provider, work.clock, work.driver, told.events.append)
        hands = Hands(controller, Lane())
        looks = Looks(store, lambda _: hands, lambda _, event: told.events.append(event))
        end, due = told.now + length.total_seconds(), 0.0
        try:
            while told.now < end:
                marks = looks.marks()
                if marks is not None and looks.changed(marks):
                    due = told.now
                if due <= told.now and (looks.members or marks):
                    wake = looks.look(work.key)
                    due = told.now + (PATROL if wake is None else wake)
                work.clock.sleep(max(0.05, min(PATROL, due - told.now)))
        finally:
            looks.let_go()
        return Exit.OK

    return run


def rollback(*, wait: bool, patient: bool, to: str | None = None) -> Command:
    """`canary rollback`, and `--to` a version."""

    def run(work: Workspace, told: Told) -> Exit:
        way = way_back(work, to, told.words.append)
        status = way.go("the pager rang", told.events.append, wait=wait, patient=patient)
        told.waited_for = str(status["waited_for"])
        told.release, told.home = str(status["release"]), way.baseline
        return Exit.OK

    return run


def promoted(*, full: bool, on_interrupt: OnInterrupt) -> Command:
    """`canary promote`."""

    def run(work: Workspace, told: Told) -> Exit:
        told.release = work.open_record().release.id
        return _end(told, promote(_drive(work, told, on_interrupt), full=full))

    return run


def paused(length: timedelta) -> Command:
    """`canary pause`."""

    def run(work: Workspace, told: Told) -> Exit:
        work.open_record()
        now = work.clock.now()
        work.controller(told.events.append).change(
            work.key, lambda r: orders.pause(r, work.actor, now, length=length, then=Then.ROLLBACK)
        )
        return Exit.OK

    return run


def resumed(*, take_over: bool, on_interrupt: OnInterrupt) -> Command:
    """`canary resume`."""

    def run(work: Workspace, told: Told) -> Exit:
        record = work.open_record()
        told.release = record.release.id
        drive = _drive(work, told, on_interrupt)
        return _end(told, resume(drive, record, take_over=take_over, detach=False))

    return run


def guarded(length: timedelta) -> Command:
    """`canary guard`."""

    def run(work: Workspace, told: Told) -> Exit:
        record = work.open_record()
        told.release = record.release.id
        return _end(told, guard(_drive(work, told, OnInterrupt.HOLD), record, length))

    return run


def swept(older_than: timedelta) -> Command:
    """`canary sweep`, as cron runs it."""

    def run(work: Workspace, told: Told) -> Exit:
        codes = [Exit.OK]
        for record in work.store.newest(still_open=True):
            its = replace(work, target=replace(work.target, record=record))
            one = as_found(Wanted(older_than), record, its, lambda _, e: told.events.append(e))
            if one is None:
                continue
            one.run()
            if one.fault is not None:
                raise one.fault
            if one.failure is not None:
                told.words.append(one.failure.message)
            codes.append(Exit(one.code))
        return max(codes)

    return run


def _begun(work: Workspace, told: Told, plan: Plan, *, deploys: bool) -> Intent:
    """A release as it is recorded at its start."""
    intent = _intend(work, plan, deploys=deploys)
    if refuse_busy(intent):
        intent = _intend(work, plan, deploys=deploys)
    told.release = intent.release.id
    record_start(intent, told.events.append)
    return intent


def _intend(work: Workspace, plan: Plan, *, deploys: bool) -> Intent:
    """What `intend` comes to, without files and options."""
    seen = work.provider.describe(ENDPOINT)
    how: dict[str, object] | None = {} if deploys else None
    request = Request("simulator", "local", CANDIDATE, plan, work.actor, BASELINE, deploy=how)
    release = prepare(request, seen, release_id=new_id(), now=work.clock.now())
    release = replace(release, found=dict(work.provider.notes(seen)))
    return Intent(work, seen, release, ())


def _drive(work: Workspace, told: Told, on_interrupt: OnInterrupt) -> Drive:
    return Drive(work, told.events.append, on_interrupt=on_interrupt)


def _end(told: Told, ending: Ending) -> Exit:
    told.words += ending.advice
    return ending.exit
