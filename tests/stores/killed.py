"""Drives a release in a process of its own, which kills itself with -9 at one of its calls."""

import os
import signal
import sys
from datetime import timedelta

from engine.rehearsal import FaultyStore

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.plan import Plan, Stage
from canarycli.simulator import Simulator
from canarycli.store.contract import Store
from canarycli.store.opening import open_at
from canarycli.testing import Call, Faulty, Points

SPEED = 300.0
PLAN = Plan(
    stages=(
        Stage(5, timedelta(seconds=30)),
        Stage(25, timedelta(seconds=30)),
        Stage(100, timedelta(0)),
    )
)


def a_cloud(state: str, endpoints: int) -> Simulator:
    """The cloud that all processes share, and its clock."""
    names = [f"e{number}" for number in range(endpoints)]
    settings = {"state": state, "endpoints": names, "settle": 1, "delay": 0, "speed": SPEED}
    return Simulator(settings)


def driving(store: Store, cloud: Simulator, points: Points, name: str) -> Controller:
    return Controller(FaultyStore(store, points), Faulty(cloud, points), cloud.clock, Driver(name))


def main(location: str, state: str, endpoints: str, key: str, number: str) -> None:
    """Kill this process before that call; one that is past the end is none."""

    def script(call: Call) -> None:
        if call.number == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    cloud = a_cloud(state, int(endpoints))
    drive(driving(open_at(location), cloud, Points(script), "killed/1"), key)


if __name__ == "__main__":
    main(*sys.argv[1:])
