"""The waves of a fleet go on from any process that knows its endpoints, and from no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from canarycli.clock import SystemClock
from canarycli.errors import Exit
from canarycli.operations.fleet import begin, insisting
from canarycli.operations.waves import Waves
from canarycli.release.fleet import Course, Fleet
from canarycli.release.record import Outcome, Release, State

ENDPOINT = "  {name}:\n    provider: simulator\n    state: {state}\n    plan: calm\n"
PLAN = "plans:\n  calm:\n    stages: [{percent: 5, bake: 20h}, {percent: 100}]\n    checks: []\n"
FLEET = "fleet: fraud\nmodel: v42\nwaves:\n  - endpoints: [eu]\n  - endpoints: [us]\n"


class Machine:
    """One machine, with a canary.yaml of its own and records it shares."""

    def __init__(self, folder: Path, name: str, endpoints: tuple[str, ...]) -> None:
        entries = "".join(
            ENDPOINT.format(name=one, state=folder / "simulator.json") for one in endpoints
        )
        self.config = folder / f"{name}.yaml"
        self.config.write_text(f"version: 1\nendpoints:\n{entries}{PLAN}")
        self.env = {"CANARY_STATE": str(folder / "shared"), "CANARY_ACTOR": name}
        self.said: list[str] = []
        self.waves = Waves(self.env, self.config, lambda _release, _event: None, self.said.append)

    @property
    def fleet(self) -> Fleet:
        return self.waves.fleets.named("fraud").fleet

    def begin(self, folder: Path, *, insist: bool = True) -> Fleet:
        (folder / "fleet.yaml").write_text(FLEET)
        return begin(folder / "fleet.yaml", self.config, self.env, None, insist=insist)

    def end(self, outcome: Outcome = Outcome.PROMOTED) -> None:
        """Have every open release be over, as if somebody drove it."""
        store = self.waves.fleets.store
        for record in store.newest(still_open=True):
            over: Release = replace(
                record.release, state=State.ENDED, outcome=outcome, ended_at=SystemClock().now()
            )
            store.save(replace(record, release=over, lease=None))

    def releases(self) -> list[str]:
        return [seat.release for seat in self.fleet.seats]


@pytest.fixture
def ann(tmp_path: Path) -> Machine:
    return Machine(tmp_path, "ann", ("eu", "us"))


def test_another_process_begins_what_is_due(ann: Machine, tmp_path: Path) -> None:
    bob = Machine(tmp_path, "bob", ("us", "eu", "asia"))
    ann.begin(tmp_path)

    bob.waves.go_on()
    first = bob.releases()
    bob.end()
    bob.waves.go_on()

    assert (bool(first[0]), first[1]) == (True, "")
    assert all(bob.releases())
    assert bob.fleet.seats[0].outcome is Outcome.PROMOTED


def test_a_process_that_does_not_know_an_endpoint_begins_nothing_and_says_so_once(
    ann: Machine, tmp_path: Path
) -> None:
    poor = Machine(tmp_path, "poor", ("eu",))
    ann.begin(tmp_path)

    poor.waves.go_on()
    poor.waves.go_on()

    assert poor.releases() == ["", ""]
    assert poor.said == ["fleet fraud does not go on from here: canary.yaml has no endpoint 'us'"]


def test_a_fleet_that_a_newer_canary_wrote_does_not_go_on_from_here(
    ann: Machine, tmp_path: Path
) -> None:
    ann.begin(tmp_path)
    sheet = ann.waves.fleets.store.sheet("fleet/fraud")
    assert sheet is not None
    newer = replace(sheet, body=sheet.body.replace('"schema": 1', '"schema": 99'))
    ann.waves.fleets.store.put(newer)

    ann.waves.go_on()
    ann.waves.go_on()

    assert ann.releases() == ["", ""]
    assert ann.said == ["fleet fraud: a newer canary wrote fleet fraud"]


def test_a_file_that_can_not_be_read_fails_no_endpoint(ann: Machine, tmp_path: Path) -> None:
    bob = Machine(tmp_path, "bob", ("eu", "us"))
    ann.begin(tmp_path)
    bob.config.write_text("version: 1\nendpoints: [\n")

    bob.waves.go_on()

    assert (bob.fleet.failures, bob.releases(), len(bob.said)) == (0, ["", ""], 1)


@pytest.mark.parametrize("over", [False, True], ids=["while it is open", "after it is over"])
def test_a_release_that_was_begun_but_not_noted_is_not_begun_again(
    ann: Machine, tmp_path: Path, *, over: bool
) -> None:
    ann.begin(tmp_path)
    before = ann.fleet
    ann.waves.go_on()
    [begun, _] = ann.releases()
    assert begun
    if over:
        ann.end()
    ann.waves.fleets.change("fraud", lambda _: before)

    Machine(tmp_path, "bob", ("eu", "us")).waves.go_on()

    assert ann.releases()[0] == begun


def test_where_the_model_is_the_baseline_already_nothing_is_to_be_done(
    ann: Machine, tmp_path: Path
) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET.replace("v42", "v41"))
    begin(tmp_path / "fleet.yaml", ann.config, ann.env, None, insist=True)

    for _ in range(3):
        ann.waves.go_on()

    assert (ann.fleet.course, ann.fleet.exit) == (Course.DONE, Exit.OK)
    assert "is the baseline already" in ann.fleet.seats[0].why
    assert ann.releases() == ["", ""]


def test_that_risks_are_taken_is_known_to_whoever_goes_on(ann: Machine, tmp_path: Path) -> None:
    insisting(ann.waves.fleets, ann.begin(tmp_path, insist=False))

    Machine(tmp_path, "bob", ("eu", "us")).waves.go_on()

    assert ann.releases()[0]


def test_without_that_a_risk_fails_the_endpoint(ann: Machine, tmp_path: Path) -> None:
    ann.begin(tmp_path, insist=False)

    Machine(tmp_path, "bob", ("eu", "us")).waves.go_on()

    assert "the plan has no check" in ann.fleet.seats[0].why
