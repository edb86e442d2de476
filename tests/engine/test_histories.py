"""Random histories: two drivers, a person, a console, faults and crashes; found by seed."""

import random
from dataclasses import replace

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, ENDPOINT, PLAN, Rehearsal, seconds

from canarycli.engine.controller import Controller
from canarycli.errors import CanaryError, UsageError
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.release.record import Outcome, Release
from canarycli.testing import Call, Crash, Fault, Late, Points
from canarycli.traffic import Traffic

SEEDS = range(250)
FAULTS = (Fault.LOST, Fault.UNAVAILABLE, Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.CONFLICT)
GOES_HOME = {
    Outcome.ROLLED_BACK,
    Outcome.STOPPED,
    Outcome.INCONCLUSIVE,
    Outcome.NO_METRICS,
    Outcome.CLOUD_FAILED,
}


class History:
    """One seed's story, told until nothing happens any more."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rehearsal = Rehearsal(
            replace(PLAN, read_every=seconds(self.dice.choice([5, 10, 20]))),
            scenario=self.dice.choice(["healthy", "failing", "healthy"]),
            settle=self.dice.choice([0, 3, 8]),
            seed=str(seed),
        )
        self.rehearsal.start()
        self.log: list[str] = []

    def faulty(self, name: str) -> Controller:
        def script(call: Call) -> Fault | Late | None:
            if self.dice.random() > 0.06 or call.verb in {"load", "save"}:
                crash = call.verb in {"load", "save"} and self.dice.random() < 0.02
                return Fault.CRASH_AFTER if crash else None
            if call.verb == "shift" and self.dice.random() < 0.3:
                return Late(calls=self.dice.randint(1, 6), crash=self.dice.random() < 0.5)
            return self.dice.choice(FAULTS)

        return self.rehearsal.controller(name, Points(script))

    def run(self) -> Release:
        drivers = {name: self.faulty(name) for name in ("ann@laptop", "bob@ci")}
        for _ in range(120):
            if self.rehearsal.release.over:
                break
            self.one_step(drivers)
        calm = self.rehearsal.controller("eve@ci")
        self.rehearsal.clock.advance(120)
        release = self.rehearsal.release
        if release.waits_for_a_person:
            self.order(lambda r: orders.resume(r, self.rehearsal.clock.now()))
        return self.rehearsal.finish(calm)

    def one_step(self, drivers: dict[str, Controller]) -> None:
        name = self.dice.choice(list(drivers))
        what = self.dice.random()
        if what < 0.02:
            self.order(
                lambda r: orders.roll_back(r, "dana", self.rehearsal.clock.now(), reason="x")
            )
        elif what < 0.05:
            self.order(lambda r: orders.promote(r, "dana"))
        elif what < 0.07:
            now = self.rehearsal.clock.now()
            self.order(lambda r: orders.pause(r, "dana", now, length=seconds(40), then=Then.HOLD))
        elif what < 0.09:
            self.order(lambda r: orders.resume(r, self.rehearsal.clock.now()))
        elif what < 0.11:
            self.console()
        else:
            self.tick(name, drivers)

    def tick(self, name: str, drivers: dict[str, Controller]) -> None:
        try:
            wake = drivers[name].tick(self.rehearsal.key).wake.total_seconds()
        except Crash:
            drivers[name] = self.faulty(f"{name}{self.dice.random()}")
            wake = self.dice.choice([1, 30, 100])
        except CanaryError as error:
            self.log.append(f"{name}: {error.message}")
            wake = 3
        self.rehearsal.clock.sleep(max(wake, 0.5) * self.dice.choice([0.5, 1, 1, 3]))

    def console(self) -> None:
        share = self.rehearsal.simulator.describe(ENDPOINT).traffic.of(CANDIDATE)
        lower = self.dice.choice([0.0, share / 2])
        self.rehearsal.simulator.impose(ENDPOINT, Traffic.split(BASELINE, CANDIDATE, lower))

    def order(self, edit: object) -> None:
        record = self.rehearsal.store.load(self.rehearsal.key)
        assert record is not None
        assert callable(edit)
        try:
            self.rehearsal.store.save(replace(record, release=edit(record.release)))
        except UsageError:
            self.log.append("refused")


@pytest.mark.parametrize("decade", range(0, len(SEEDS), 50))
def test_no_history_breaks_a_promise(decade: int) -> None:
    for seed in range(decade, decade + 50):
        history = History(seed)
        release = history.run()
        rehearsal = history.rehearsal
        assert not rehearsal.watched.broken, seed
        assert release.over or release.waits_for_a_person, seed
        rehearsal.let_settle()
        traffic = rehearsal.simulator.describe(ENDPOINT).traffic
        if release.outcome is Outcome.PROMOTED:
            assert traffic.of(CANDIDATE) == 100, (seed, traffic, history.log)
        if release.outcome in GOES_HOME:
            assert traffic.of(BASELINE) == 100, (seed, traffic, history.log)
