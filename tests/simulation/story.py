"""One seed, one story: a cloud, machines, people, what goes wrong, and what it comes to."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from simulation import commands
from simulation.cloud import CLOUDS, SECRET, Cloud, Fault, Faults, Line
from simulation.commands import Command, Told, launch
from simulation.machine import HAPPENS_TO_RECORDS, Machine, Shelf
from simulation.plot import Plot
from simulation.promises import CRON, Broken, Watcher
from simulation.timeline import Timeline

from canarycli.metrics import Metric
from canarycli.plan import Check, Plan, Stage, Then, Wait
from canarycli.provider import Provider
from canarycli.store import Store
from canarycli.store.memory import MemoryStore

ERRORS = Check("errors_5xx", Metric("errors_5xx"), never_above=0.01, min_requests=20)

ACT, CALM = 600.0, 2400.0
"""Seconds in which things happen, and in which they come to an end without faults."""

QUIET = 90.0
"""Seconds after which nothing that is still on its way can land."""


def span(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


@dataclass(frozen=True)
class Bug:
    """A planted bug: how the parts that canary is given are bent.

    Attributes:
        provider: bends each process's line to the cloud.
        store: bends each process's records.
        told: bends what a command is said to have ended with.
        late: whether the cloud tells how late a request may land.
        steady: whether time goes by what nobody can set.
    """

    provider: Callable[[Machine, Line], Provider] = lambda _, line: line
    store: Callable[[Machine, Shelf], Store] = lambda _, shelf: shelf
    told: Callable[[Told], None] = lambda _: None
    late: bool = True
    steady: bool = True


NO_BUG = Bug()


@dataclass
class Story:
    """Told from its seed, the same each time."""

    seed: int
    bug: Bug = NO_BUG
    log: list[str] = field(default_factory=list)
    stirred: float = 0.0

    def __post_init__(self) -> None:
        random.seed(self.seed)  # pauses between retries are jittered
        os.environ["STORY_TOKEN"] = SECRET
        dice = random.Random(self.seed)
        self.timeline = Timeline()
        scenario = dice.choice(["healthy", "healthy", "failing", "no-data", "healthy"])
        self.kind = dice.choice(list(CLOUDS))
        script = {"scenario": scenario, "seed": str(self.seed)}
        self.cloud = Cloud(self.timeline, CLOUDS[self.kind], script)
        if not self.bug.late:
            self.cloud.limits = replace(self.cloud.limits, late_request=timedelta(0))
        self.watcher = Watcher(self.cloud, silent=scenario == "no-data")
        rate = dice.choice([0.0, 0.01, 0.04, 0.1])
        kinds = tuple(kind for kind in Fault if dice.random() < 0.6)
        self.faults = Faults(dice, rate, kinds, asleep=dice.choice([0, 0, 0, 1, 2]))
        its = tuple(kind for kind in kinds if kind in HAPPENS_TO_RECORDS)
        self.record_faults = Faults(dice, rate / 8, its)
        shared = MemoryStore()
        self.team, laptop = self._machine("team", shared), self._machine("laptop", shared)
        phone, other = self._machine("phone", MemoryStore()), self._machine("other", MemoryStore())
        self.machines = (self.team, phone, other, laptop)
        self.watcher.stores = [shared, phone.store, other.store]
        plan = a_plan(dice, judged=scenario != "healthy" or dice.random() < 0.15)
        self.plot = Plot(
            plan, self.watcher, self.team, laptop, phone, other, self._launch, self._note
        )

    @property
    def told(self) -> list[Told]:
        """Every command so far."""
        return self.watcher.told

    def run(self) -> list[Broken]:
        """Let it happen; the promises that did not hold."""
        try:
            self.plot.begin()
            self._cron()
            self._look()
            self.timeline.run(ACT)
            self.faults.rate = self.record_faults.rate = 0.0
            self.timeline.run(CALM)
            self.watcher.finished()
        finally:
            self.timeline.close()
        return self.watcher.broken

    def _machine(self, name: str, store: MemoryStore) -> Machine:
        return Machine(
            name,
            self.cloud,
            store,
            self.faults,
            self.record_faults,
            self.watcher.sent,
            self.watcher.saved,
            bent=self.bug.provider,
            shelved=self.bug.store,
            steady=self.bug.steady,
        )

    def _launch(self, what: str, machine: Machine, command: Command, after: float) -> Told:
        def done(told: Told) -> None:
            self.bug.told(told)
            ends = f"ends {told.code!r} {told.waited_for} {told.words[-1:]}"
            self._note(f"{told.driver} {what} {ends}")
            self.watcher.tell(told)

        told = launch(what, machine, command, after, done)
        self.told.append(told)
        return told

    def _cron(self) -> None:
        """Sweep wherever a release is open."""
        for machine in self.machines[:3]:
            if machine.store.newest(still_open=True):
                self._launch("sweep", machine, commands.swept(span(60)), 0.0)
        self.timeline.later(CRON, self._cron)

    def _look(self) -> None:
        """Compare with the truth every now and then; the end, once nothing more can come."""
        self.watcher.look()
        now = self.timeline.now
        if any(told.alive for told in self.told) or any(
            store.newest(still_open=True) for store in self.watcher.stores
        ):
            self.stirred = now
        if now - self.stirred > QUIET and now > self.plot.until:
            self.timeline.stop()
        self.timeline.later(5, self._look)

    def _note(self, what: str) -> None:
        self.log.append(f"{self.timeline.now:8.1f} s  {what}")


def a_plan(dice: random.Random, *, judged: bool) -> Plan:
    """Three stages, the second of which may hold."""
    return Plan(
        stages=(
            Stage(5, span(dice.choice([20, 40]))),
            Stage(25, span(40), dice.choice([Then.GO, Then.GO, Then.HOLD])),
            Stage(100, span(0)),
        ),
        checks=(ERRORS,) if judged else (),
        name="story",
        read_every=span(20),
        fails_after=2,
        unclear_after=span(200),
        settle_within=span(120),
        hold_at_most=Wait(span(600), Then.ROLLBACK),
    )
