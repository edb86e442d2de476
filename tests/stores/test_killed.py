"""SIGKILL at the calls of a real process, on each kind of store; another machine goes on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import pytest
from stores import killed

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.release.record import Outcome, Release
from canarycli.release.request import Request, prepare
from canarycli.simulator import Simulator
from canarycli.store.contract import Store
from canarycli.store.opening import open_at
from canarycli.testing import Points
from canarycli.testing.stores import Place
from canarycli.traffic import Traffic

pytestmark = pytest.mark.slow

EVERY = "CANARY_KILL_AT_EVERY_CALL" in os.environ
"""Whether a process is killed before each call and after each, which takes half an hour."""

MOST = {"sqlite": 12, "s3": 8, "postgresql": 8, "gs": 6, "az": 4}
"""Otherwise so many on a kind of store, at calls spread over a whole release."""

ROOM = 400
"""Endpoints, so that there is one for each process that is killed at every call."""


class Scene:
    """A pretend cloud with many endpoints, and records that machines share."""

    def __init__(self, folder: Path, location: str, scenario: str, most: int) -> None:
        self.state, self.location = str(folder / "cloud.json"), location
        self.scenario, self.plan, self.most = scenario, killed.PLANS[scenario], most
        self.cloud: Simulator = killed.a_cloud(self.state, most + 1, scenario)
        self.store: Store = open_at(location)
        self.victims = subprocess.Popen(
            [sys.executable, killed.__file__, location, self.state, str(most + 1), scenario],
            env={**os.environ, "PYTHONPATH": str(Path(killed.__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, number: int) -> Release:
        """A release on one of the endpoints, that nobody drives yet."""
        request = Request("simulator", "local", "v42", self.plan, "ann", deploy={})
        endpoint, now = self.cloud.describe(f"e{number}"), self.cloud.clock.now()
        release = prepare(request, endpoint, release_id=f"r-{uuid4().hex[:6]}", now=now)
        ann = self.machine("ann/1")
        ann.create(release)
        ann.let_go(release.key)
        return release

    def machine(self, name: str) -> Controller:
        return Controller(self.store, self.cloud, self.cloud.clock, Driver(name))

    def calls(self) -> int:
        """How many calls a whole release makes; it is seen to its end."""
        points, release = Points(), self.begin(self.most)
        drive(killed.driving(self.store, self.cloud, points, "whole/1"), release.key)
        return len(points.calls)

    def points(self) -> list[tuple[int, str]]:
        """The calls at which processes are killed, and whether before or after them."""
        every = range(1, self.calls() + 1)
        if EVERY:
            return [(call, when) for call in every for when in ("before", "after")]
        some = every[:: max(1, -(-len(every) // self.most))]
        return list(zip(some, cycle(("before", "after")), strict=False))

    def kill_at(self, call: int, when: str, release: Release) -> int:
        """How a process ended that was to kill itself before or after that call."""
        assert self.victims.stdin is not None
        assert self.victims.stdout is not None
        print(json.dumps([release.key, call, when]), file=self.victims.stdin, flush=True)
        return int(self.victims.stdout.readline())

    def go_on(self, release: Release) -> Release:
        """See it to its end from this process, once the lease of the dead one is over."""
        clock, other = self.cloud.clock, self.machine("bob/1")
        record = other.load(release.key)
        if record.lease is not None:
            clock.sleep(max(0.0, (record.lease.until - clock.now()).total_seconds()) + 1)
        return drive(other, release.key)


@pytest.fixture
def scene(
    kind: str, scenario: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Scene]:
    location = str(tmp_path / "records")
    if kind != "sqlite":
        place: Place = request.getfixturevalue("place")
        location = place.location
    scene = Scene(tmp_path, location, scenario, ROOM if EVERY else MOST[kind])
    yield scene
    scene.victims.communicate(timeout=60)


ENDS = {
    "healthy": (Outcome.PROMOTED, "v42", [5, 25, 100]),
    "failing": (Outcome.ROLLED_BACK, "v41", [5, 25, 0]),
}
"""How it has to end, with whom, and the shares that were asked for on the way."""


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [(kind, scenario) for kind in MOST for scenario in killed.PLANS],
)
def test_whatever_call_a_process_is_killed_at_another_machine_sees_it_through(
    scene: Scene,
) -> None:
    kills, points = 0, scene.points()
    outcome, live, shares = ENDS[scene.scenario]
    for number, (call, when) in enumerate(points):
        release = scene.begin(number)

        code = scene.kill_at(call, when, release)
        ended = scene.go_on(release)

        # How often a change is looked at is a matter of time, so a release may have fewer calls.
        at = (when, call)
        assert code in {-signal.SIGKILL, 0}, at
        kills += code != 0
        assert (ended.outcome, at) == (outcome, at)
        assert scene.cloud.describe(release.endpoint).traffic.same_as(Traffic.all_to(live)), at
        asked = [
            event.fields["to"]
            for event in scene.store.events(release.id)
            if event.type == "shift_requested"
        ]
        assert list(dict.fromkeys(asked)) == shares, at
    print(f"{kills} of {len(points)} processes were killed")
    assert kills >= len(points) // 2
