"""Who does what in a story, and what befalls them: all of it drawn from the story's dice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from simulation import commands
from simulation.cloud import BASELINE, CANDIDATE, ENDPOINT, OLDER
from simulation.commands import Command, Told
from simulation.machine import Machine
from simulation.promises import Watcher
from simulation.twists import NONE, Twist

from canarycli.errors import Exit, Terminated
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.workspace import Workspace
from canarycli.plan import Plan
from canarycli.testing import Crash

Launch = Callable[[str, Machine, Command, float], Told]


@dataclass
class Plot:
    """What happens besides the one start that every story begins with.

    Attributes:
        team: a machine that shares its records with the laptop.
        laptop: where the release is started.
        phone, other: machines that know nothing.
        launch: runs a command on a machine in so many seconds.
        note: hears what happens.
        twists: the kind of story.
        until: when the last of it happens.
    """

    plan: Plan
    watcher: Watcher
    team: Machine
    laptop: Machine
    phone: Machine
    other: Machine
    launch: Launch
    note: Callable[[str], None]
    twists: frozenset[Twist] = NONE
    until: float = 0.0

    def begin(self) -> None:
        """Let everybody know what they do."""
        self.dice = self.team.faults.dice
        self.timeline = self.team.cloud.timeline
        self.driver = self._crews() if Twist.CREW in self.twists else self._driver()
        for chance, happens in (
            (0.25, self._another_start),
            (0.6, self._rollback),
            (0.2, self._another_rollback),
            (0.25, self._promote),
            (0.15, self._pause),
            (0.15, self._resume),
            (0.15, self._console),
            (0.3, self._signal),
            (0.2, self._kill),
            (0.2, self._set_clock),
            (0.1, self._fill),
            (0.1, self._outage),
        ):
            if self.dice.random() < chance:
                happens()

    def _driver(self) -> Told:
        return self.launch("start", self.laptop, self._start(), 0.0)

    def _crews(self) -> Told:
        """A release handed over to two crews, of which something befalls the first."""
        order = commands.handed_over(self.plan, deploys=Twist.DEPLOY in self.twists)
        self.launch("start --detach", self.laptop, order, 0.0)
        first, second = (timedelta(seconds=self.dice.uniform(20, 400)) for _ in range(2))
        self.launch("crew", self.team, commands.crew(second), self.dice.uniform(0, 60))
        return self.launch("crew", self.laptop, commands.crew(first), self.dice.uniform(0, 5))

    def _when(self) -> float:
        at = self.dice.choice([self.dice.uniform(0, 12), self.dice.uniform(0, 260)])
        self.until = max(self.until, at)
        return at

    def _interrupt(self) -> OnInterrupt:
        return self.dice.choice([OnInterrupt.ROLLBACK, OnInterrupt.ROLLBACK, OnInterrupt.HOLD])

    def _start(self) -> Command:
        stay = self.dice.choice([timedelta(0), timedelta(seconds=200)])
        deploys = Twist.DEPLOY in self.twists
        return commands.start(self.plan, self._interrupt(), stay, deploys=deploys)

    def _another_start(self) -> None:
        machine = self.dice.choice([self.other, self.team])
        self.launch("start", machine, self._start(), self.dice.choice([0.0, 0.2, 30.0]))

    def _back(self) -> Command:
        patient = self.dice.random() < 0.5
        wait, to = self.dice.random() < 0.8, None
        if Twist.ELSEWHERE in self.twists:
            to = self.dice.choice([OLDER, OLDER, None])
        return commands.rollback(wait=wait, patient=patient, to=to)

    def _rollback(self) -> None:
        machine = self.dice.choice([self.phone, self.phone, self.laptop])
        self.launch("rollback", machine, self._back(), self._when())

    def _another_rollback(self) -> None:
        machine = self.dice.choice([self.other, self.team])
        self.launch("rollback", machine, self._back(), self._when())

    def _promote(self) -> None:
        order = commands.promoted(full=self.dice.random() < 0.2, on_interrupt=self._interrupt())
        self.launch("promote", self.team, self._by_a_person(order), self._when())

    def _pause(self) -> None:
        self.launch("pause", self.team, commands.paused(timedelta(seconds=60)), self._when())

    def _resume(self) -> None:
        take_over = self.dice.random() < 0.5
        order = commands.resumed(take_over=take_over, on_interrupt=self._interrupt())
        going_on = self._by_a_person(order, take_over=take_over)
        self.launch("resume", self.team, going_on, self._when())

    def _by_a_person(self, order: Command, *, take_over: bool = False) -> Command:
        """An order after which a stage need not have baked, nor a lease have ended."""

        def run(work: Workspace, told: Told) -> Exit:
            self.watcher.promoted_by_hand = True
            if take_over:
                self.watcher.taken_over.add(work.driver.name)
            return order(work, told)

        return run

    def _console(self) -> None:
        self.timeline.later(self._when(), self._set_by_hand)

    def _set_by_hand(self) -> None:
        cloud = self.team.cloud
        share = self.dice.choice([0.0, 0.0, cloud.share / 2, 60.0])
        self.watcher.by_hand = self.watcher.by_hand or share > 0
        self.note(f"somebody sets {share:g}% in the console")
        cloud.impose(share)

    def _signal(self) -> None:
        at, again = self._when(), self.dice.random() < 0.2
        signal = self.dice.choice([KeyboardInterrupt, Terminated])
        self.timeline.later(at, lambda: self._befall(signal()))
        if again:
            self.timeline.later(at + self.dice.uniform(0.5, 20), lambda: self._befall(signal()))

    def _kill(self) -> None:
        self.timeline.later(self._when(), lambda: self._befall(Crash("killed")))

    def _befall(self, fate: BaseException) -> None:
        process = self.driver.process
        if process is not None and process.alive:
            self.note(f"{self.driver.driver} {self.driver.what} gets {fate!r}")
            self.timeline.befall(process, fate)

    def _set_clock(self) -> None:
        step = self.dice.choice([120.0, -120.0, -3600.0])

        def happens() -> None:
            self.note(f"the clock of {self.laptop.name} is set by {step:g} s")
            self.laptop.step = step
            self.watcher.clocks_differ = True

        self.timeline.later(self._when(), happens)

    def _fill(self) -> None:
        def happens() -> None:
            self.note(f"the disk of {self.laptop.name} is full")
            self.laptop.disk_full = True

        def over() -> None:
            self.laptop.disk_full = False

        at = self._when()
        self.timeline.later(at, happens)
        self.timeline.later(at + 90, over)

    def _outage(self) -> None:
        version, at = self.dice.choice([BASELINE, CANDIDATE]), self._when()
        put_out = self.team.cloud.simulator.put_out
        self.timeline.later(at, lambda: put_out(ENDPOINT, version))
        self.timeline.later(at + 100, lambda: put_out(ENDPOINT, version, back=True))
