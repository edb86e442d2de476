"""A team with nothing in common but its records: any machine asks, one machine drives."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary, Running, simulated
from stores.conftest import a_place

from canarycli.store.opening import open_at

pytestmark = pytest.mark.slow

PLAN = """\
  slow:
    read_every: 5s
    stages: [{percent: 5, bake: 20h}, {percent: 25, bake: 20h}, {percent: 100}]
    checks: []
"""
START = ("start", "-m", "v42", "--plan", "slow", "--yes")


class Team:
    """Machines that share canary.yaml, the pretend cloud, and the place of the records."""

    def __init__(self, folder: Path, **records: str) -> None:
        self.ann = simulated(folder, PLAN, settle="0s")
        self.ann.env |= records
        self.text = (self.ann.folder / "canary.yaml").read_text()

    def machine(self, name: str) -> Canary:
        other = self.ann.elsewhere(name)
        other.write(self.text)
        return other

    def drives(self) -> Running:
        driving = self.ann.begin(*START, "--stay", "20h")
        driving.wait_for("confirmed")
        return driving

    def status(self) -> dict[str, Any]:
        return self.ann.run("status", "demo", "-o", "json").json

    def journal(self, kind: str) -> list[Mapping[str, Any]]:
        """What is noted of events of that kind."""
        store = open_at(self.ann.env["CANARY_STATE"])
        [record] = store.newest()
        events = store.events(record.release.id)
        store.close()
        return [event.fields for event in events if event.type == kind]

    def who(self, kind: str) -> list[str]:
        """Who is named as having asked for it, each time it happened."""
        return [fields["by"] for fields in self.journal(kind)]


@pytest.fixture
def team(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Team]:
    if getattr(request, "param", "file") == "file":
        yield Team(tmp_path, CANARY_STATE=str(tmp_path / "shared"))
        return
    with a_place("s3", request.getfixturevalue("s3_port")) as place:
        yield Team(tmp_path, CANARY_STATE=place.location, **place.env)


@pytest.mark.parametrize("team", ["file", "s3"], indirect=True)
def test_what_others_ask_for_reaches_the_driver_and_the_journal(team: Team) -> None:
    driving = team.drives()
    bob, carol = team.machine("bob"), team.machine("carol")

    shifted = bob.run("shift", "demo", "--percent", "10", "--yes", "--reason", "look closer")
    driving.wait_for("asking for v42 10%")
    resumed = bob.run("resume", "demo", "--detach")
    promoted = bob.run("promote", "demo", "--detach")
    driving.wait_for("asking for v42 25%")
    paused = bob.run("pause", "demo", "--for", "20h")
    seen = team.status()
    back = carol.run("rollback", "demo", "--yes", "--reason", "no")
    ended = driving.end()

    codes = [ran.code for ran in (shifted, resumed, promoted, paused, back)]
    assert codes == [0] * 5, [ran.err for ran in (shifted, resumed, promoted, paused, back)]
    assert (seen["state"], seen["driver"]["alive"]) == ("paused", True)
    assert seen["driver"]["id"].startswith("ann/")
    assert (ended.code, "rolled back by carol" in ended.out) == (6, True), ended.out
    assert team.who("paused") == ["bob", "bob"]
    assert team.who("resumed") == team.who("stage_passed") == ["bob"]
    assert team.who("rollback_started") == ["carol"]


def test_where_nobody_drives_the_command_does_it_itself(team: Team) -> None:
    assert team.ann.run(*START, "--detach").code == 0
    bob = team.machine("bob")

    taken = bob.run("resume", "demo", "--take-over", "--timeout", "1s", "--yes")
    shifted = bob.run("shift", "demo", "--percent", "10", "--yes")
    seen = team.status()

    assert (taken.code, shifted.code) == (12, 0), taken.err + shifted.err
    assert seen["candidate"]["share"] == 10
    assert team.who("paused") == ["bob"]
    assert team.journal("taken_over")[0]["driver"].startswith("bob/")


def test_of_two_pipelines_one_drives_and_the_other_waits_or_says_busy(team: Team) -> None:
    driving = team.drives()
    bob, carol = team.machine("bob"), team.machine("carol")

    busy = bob.run(*START)
    impatient = bob.run(*START, "--wait", "1s")
    waiting = carol.begin(*START, "--detach", "--wait", "20h")
    assert bob.run("rollback", "demo", "--yes").code == 0
    second = waiting.end()

    assert (busy.code, impatient.code) == (7, 7), busy.err + impatient.err
    assert "waiting: demo is busy with release" in impatient.err
    assert (driving.end().code, second.code) == (6, 0), second.err
    assert team.status()["started_by"] == "carol"
