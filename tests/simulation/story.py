"""One seed, one story: a cloud, machines, people, what goes wrong, and what it comes to."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from simulation import commands
from simulation.bucket import Held, over_a_line, records
from simulation.cloud import BASELINE, CANDIDATE, CLOUDS, OLDER, SECRET, Cloud, Fault, Faults, Line
from simulation.commands import Command, Told, launch
from simulation.machine import HAPPENS_TO_RECORDS, Machine, Shelf
from simulation.plot import Plot
from simulation.promises import CRON, Broken, Watcher
from simulation.timeline import Timeline
from simulation.twists import Twist, twists_of

from canarycli.metrics import Metric
from canarycli.plan import Check, Plan, Shadow, Smoke, Stage, Then, Wait
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
        conditional: whether a bucket heeds the condition of a write.
        twists: the kind of story in which it shows, None for any.
    """

    provider: Callable[[Machine, Line], Provider] = lambda _, line: line
    store: Callable[[Machine, Shelf], Store] = lambda _, shelf: shelf
    told: Callable[[Told], None] = lambda _: None
    late: bool = True
    steady: bool = True
    conditional: bool = True
    twists: frozenset[Twist] | None = None


NO_BUG = Bug()


@dataclass
class Story:
    """Told from its seed, the same each time.

    Attributes:
        twists: the kind of story, None for what its seed says.
    """

    seed: int
    bug: Bug = NO_BUG
    twists: frozenset[Twist] | None = None
    log: list[str] = field(default_factory=list)
    stirred: float = 0.0

    def __post_init__(self) -> None:
        random.seed(self.seed)  # pauses between retries are jittered
        os.environ["STORY_TOKEN"] = SECRET
        dice = random.Random(self.seed)
        self.timeline = Timeline()
        scenario = dice.choice(["healthy", "healthy", "failing", "no-data", "healthy"])
        self.kind = dice.choice(list(CLOUDS))
        self.kinds = self._twists()
        script = {"scenario": scenario, "seed": str(self.seed), **self._versions()}
        self.cloud = Cloud(self.timeline, CLOUDS[self.kind], script)
        if not self.bug.late:
            self.cloud.limits = replace(self.cloud.limits, late_request=timedelta(0))
        self.watcher = Watcher(self.cloud, silent=scenario == "no-data", sound=self.sound)
        rate = dice.choice([0.0, 0.01, 0.04, 0.1])
        kinds = tuple(kind for kind in Fault if dice.random() < 0.6)
        asleep, echoes = dice.choice([0, 0, 0, 1, 2]), Twist.ECHO in self.kinds
        self.faults = Faults(dice, rate, kinds, asleep, echoes)
        its = tuple(kind for kind in kinds if kind in HAPPENS_TO_RECORDS)
        self.record_faults = Faults(dice, rate / 8, its)
        shared, opens = self._shared()
        self.team = self._machine("team", shared, opens)
        laptop = self._machine("laptop", shared, opens)
        phone, other = self._machine("phone", MemoryStore()), self._machine("other", MemoryStore())
        self.machines = (self.team, phone, other, laptop)
        self.watcher.stores = [shared, phone.store, other.store]
        plan = a_plan(dice, judged=scenario != "healthy" or dice.random() < 0.15)
        plan = twisted(plan, self.kinds)
        who = (self.team, laptop, phone, other)
        self.plot = Plot(plan, self.watcher, *who, self._launch, self._note, self.kinds)

    @property
    def told(self) -> list[Told]:
        """Every command so far."""
        return self.watcher.told

    @property
    def again(self) -> str:
        """The line that tells it again."""
        drawn = self.kinds == twists_of(self.seed)
        named = "" if drawn else "".join(f" {twist.name}" for twist in sorted(self.kinds)) or " -"
        return f"PYTHONPATH=tests python -m simulation {self.seed}{named}"

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

    def _twists(self) -> frozenset[Twist]:
        if self.twists is not None:
            return self.twists
        return self.bug.twists if self.bug.twists is not None else twists_of(self.seed)

    def _versions(self) -> dict[str, Any]:
        """Which versions there are, and what the candidate answers when it is asked."""
        self.sound = Twist.DEPLOY in self.kinds or self.seed % 3 > 0
        versions: dict[str, Any] = {BASELINE: {"percent": 100}}
        if Twist.DEPLOY not in self.kinds:
            versions[CANDIDATE] = {"status": 200 if self.sound else 500}
        if Twist.ELSEWHERE in self.kinds:
            versions[OLDER] = {}
        return {"versions": versions}

    def _shared(self) -> tuple[Store, Callable[[], Store] | None]:
        """The records that machines share."""
        if Twist.BUCKET not in self.kinds:
            return MemoryStore(), None
        held = Held(conditional=self.bug.conditional)
        return records(held), over_a_line(held, self.timeline, self.record_faults)

    def _machine(
        self, name: str, store: Store, opens: Callable[[], Store] | None = None
    ) -> Machine:
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
            opens=opens,
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


def twisted(plan: Plan, twists: frozenset[Twist]) -> Plan:
    """The plan with what its kind of story has besides."""
    if Twist.SHADOW in twists:
        plan = replace(plan, shadow=Shadow(20, span(30)))
    if Twist.SMOKE in twists:
        plan = replace(plan, smoke=(Smoke("one question", "1"),))
    return plan


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
