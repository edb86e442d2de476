"""Drives a release in a process of its own, which kills itself with -9 at one of its calls."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from engine.rehearsal import ERRORS, FaultyStore

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.plan import Plan, Stage
from canarycli.simulator import Simulator
from canarycli.store.contract import Store
from canarycli.store.opening import open_at
from canarycli.testing import Faulty, Points

Answer = TypeVar("Answer")

SPEED = 300.0
PLAN = Plan(
    stages=(
        Stage(5, timedelta(seconds=30)),
        Stage(25, timedelta(seconds=30)),
        Stage(100, timedelta(0)),
    )
)
PLANS = {
    "healthy": PLAN,
    "failing": replace(PLAN, checks=(ERRORS,), read_every=timedelta(seconds=10), fails_after=2),
}
"""By what becomes of the candidate: where it fails, a check has to say so."""


class Killing(Points):
    """Kills this process at a call: before it, or when it has been carried out."""

    def __init__(self, call: int, when: str) -> None:
        super().__init__()
        self._call, self._when = call, when

    def reach(
        self,
        verb: str,
        do: Callable[[], Answer],
        *arguments: Any,
        later: Callable[[], object] | None = None,
    ) -> Answer:
        due = len(self.calls) + 1 == self._call
        if due and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = super().reach(verb, do, *arguments, later=later)
        if due:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def a_cloud(state: str, endpoints: int, scenario: str) -> Simulator:
    """The cloud that all processes share, and its clock."""
    names = [f"e{number}" for number in range(endpoints)]
    pace = {"settle": 1, "delay": 0, "period": 10, "rate": 1000, "day": 0, "speed": SPEED}
    return Simulator({"state": state, "endpoints": names, "scenario": scenario, **pace})


def driving(store: Store, cloud: Simulator, points: Points, name: str) -> Controller:
    return Controller(FaultyStore(store, points), Faulty(cloud, points), cloud.clock, Driver(name))


def main(location: str, state: str, endpoints: str, scenario: str, key: str, *at: str) -> None:
    """Kill this process before or after that call; one that is past the end is none."""
    number, when = at
    cloud = a_cloud(state, int(endpoints), scenario)
    drive(driving(open_at(location), cloud, Killing(int(number), when), "killed/1"), key)


if __name__ == "__main__":
    main(*sys.argv[1:])
