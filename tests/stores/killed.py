"""Drives releases, each in a process of its own that kills itself with -9 at one of its calls.

A line on stdin is one of them, as JSON; the answer is how its process ended. They are forked from
this one, so that a dozen cost little more than one.
"""

import json
import os
import signal
import sys
import traceback
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


def drive_and_die(location: str, cloud: Simulator, key: str, at: int, when: str) -> None:
    """Kill this process before or after that call; one that is past the end is none."""
    drive(driving(open_at(location), cloud, Killing(at, when), "killed/1"), key)


def in_its_own(do: Callable[[], None]) -> int:
    """How a process ended that did it, within a minute."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(60)
    try:
        do()
    except BaseException:  # noqa: BLE001 - whatever it is, this process must not read on
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(location: str, state: str, endpoints: str, scenario: str) -> None:
    """Have one process after the other killed, as the lines say."""
    for line in sys.stdin:
        key, at, when = json.loads(line)

        def run(key: str = key, at: int = at, when: str = when) -> None:
            cloud = a_cloud(state, int(endpoints), scenario)
            drive_and_die(location, cloud, key, at, when)

        print(in_its_own(run), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
