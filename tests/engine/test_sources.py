"""Sources are asked beside the cloud; one that fails silences its own checks and nothing else."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from engine.rehearsal import CANDIDATE, ENDPOINT, PLAN, Rehearsal
from engine.rehearsal import ERRORS as ERRORS_5XX

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.engine.sources import arms_of, ask, beside
from canarycli.errors import Denied, Unavailable
from canarycli.judge import Arms, Verdict, judge
from canarycli.metrics import Counts, Measurements, Metric, Origin, Series, Window
from canarycli.plan import Check, Margin, Role, Then, Wait
from canarycli.release.record import Outcome
from canarycli.simulator import Simulator
from canarycli.source import Arm
from canarycli.testing import NOON, FakeClock

WINDOW = Window(NOON - timedelta(minutes=30), NOON)
ERRORS = Metric("errors_5xx")
GOOD = Metric("declined", origin=Origin("good", "good"))
BAD = Metric("bought", origin=Origin("bad", "bad"))
ENTRIES = """[canarycli.sources]
good = engine.test_sources:Good
bad = engine.test_sources:Bad
odd = engine.test_sources:Odd
telling = engine.test_sources:Telling
deaf = engine.test_sources:Deaf
shy = engine.test_sources:Shy
dying = engine.test_sources:Dying
"""


class Good:
    """Ten answers a minute for each arm, one of them declined."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        minutes = int(window.length / timedelta(minutes=1))
        points = tuple(
            Counts(window.start + n * timedelta(minutes=1), 10, 1) for n in range(minutes)
        )
        return Measurements(
            window, window.end, {a.version: {m.key: Series(points) for m in metrics} for a in arms}
        )


class Bad(Good):
    def measure(self, *_: Any) -> Measurements:
        raise Denied("no permission to read sales")


class Odd(Good):
    def measure(self, *_: Any) -> Measurements:
        raise KeyError("data")


class Telling(Good):
    def measure(self, *_: Any) -> Measurements:
        raise ConnectionError("postgresql://ann:hunter2@shop/sales is closed")


RELEASED = Event()


class Deaf(Good):
    def measure(self, *args: Any) -> Measurements:
        RELEASED.wait(20)
        return super().measure(*args)


class Shy(Good):
    calls = 0

    def measure(self, *args: Any) -> Measurements:
        Shy.calls += 1
        if Shy.calls == 1:
            raise Unavailable("a moment")
        return super().measure(*args)


class Dying(Good):
    lives = 0

    def measure(self, *args: Any) -> Measurements:
        Dying.lives -= 1
        if Dying.lives < 0:
            raise Denied("the token was revoked")
        return super().measure(*args)


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path / "stores-1.0.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("Name: stores\nVersion: 1.0\n")
    (home / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    RELEASED.clear()
    yield
    RELEASED.set()


def patient(clock: FakeClock | None = None) -> Patient:
    simulator = Simulator({"state": ":memory:", "endpoints": ["churn"]})
    return Patient(simulator, clock or FakeClock())


def look(*metrics: Metric) -> Measurements:
    return patient().measure("churn", ("v41", "v42"), metrics, WINDOW)


def test_a_metric_of_a_source_comes_with_those_of_the_cloud() -> None:
    found = look(ERRORS, GOOD)

    assert len(found.of("v41", GOOD).points) == len(found.of("v42", GOOD).points) == 30
    assert ERRORS.key in found.queries
    assert found.failed == {}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("bad", "source x: no permission to read sales"),
        ("odd", "source x: it broke: KeyError 'data'"),
        ("telling", "source x: it broke: ConnectionError postgresql://***@shop/sales is closed"),
        ("none", "source x: no kind of source is named 'none'"),
    ],
)
def test_a_source_that_fails_says_why_and_takes_nobody_with_it(kind: str, why: str) -> None:
    broken = Metric("bought", origin=Origin("x", kind))

    found = look(ERRORS, GOOD, broken)

    assert found.failed == {"bought": why}
    assert found.of("v42", GOOD).points
    assert ERRORS.key in found.queries


def test_a_source_that_never_answers_costs_its_own_time_only() -> None:
    deaf = Metric("bought", origin=Origin("x", "deaf"))
    asked = ask(
        patient().provider,
        arms_of("churn", ("v41", "v42")),
        [GOOD, deaf],
        WINDOW,
        lambda ask_it: ask_it(),
    )

    found = beside(Measurements(WINDOW, NOON, {}), asked, seconds=0.2)

    assert found.failed == {"bought": "source x takes too long to answer"}
    assert found.of("v42", GOOD).points


def test_a_source_that_is_busy_for_a_moment_is_asked_again() -> None:
    Shy.calls = 0
    shy = Metric("declined", origin=Origin("x", "shy"))

    found = look(shy)

    assert found.failed == {}
    assert found.of("v42", shy).points


def test_a_failed_source_is_no_data_for_its_own_check_and_never_a_pass() -> None:
    checks = [
        Check("declined", GOOD, no_worse_by=Margin(absolute=0.5)),
        Check("bought", BAD, no_worse_by=Margin(absolute=0.5)),
    ]
    arms = Arms("v41", "v42", 50.0, WINDOW.start, NOON, timedelta(0))

    first = judge(checks, look(GOOD, replaced(BAD, "good")), arms, {})
    found = judge(checks, look(GOOD, BAD), arms, first.state)

    assert [f.verdict for f in first.findings] == [Verdict.PASS, Verdict.PASS]
    assert [f.verdict for f in found.findings] == [Verdict.PASS, Verdict.NO_DATA]
    assert found.findings[1].sentence == (
        "bought has no data: source bad: no permission to read sales"
    )


@pytest.mark.parametrize(
    ("role", "outcome"),
    [(Role.GATE, Outcome.NO_METRICS), (Role.WATCH, Outcome.PROMOTED)],
    ids=["gates", "only watched"],
)
def test_a_source_that_dies_in_the_middle_ends_only_a_release_that_needs_it(
    role: Role, outcome: Outcome
) -> None:
    dying = import_module("engine.test_sources").Dying  # as its entry point has it
    dying.lives = 3
    declined = Metric("declined", origin=Origin("shop", "dying"))
    check = Check("declined", declined, no_worse_by=Margin(absolute=0.5), role=role)
    wait = Wait(timedelta(minutes=1), Then.ROLLBACK)
    rehearsal = Rehearsal(replace(PLAN, checks=(ERRORS_5XX, check), on_no_metrics=wait))
    watched = Patient(rehearsal.watched, rehearsal.clock)
    controller = Controller(
        rehearsal.store, watched, rehearsal.clock, Driver("ann"), rehearsal.heard.append
    )

    rehearsal.start(controller)
    release = rehearsal.finish(controller)

    assert dying.lives < 0
    assert release.outcome is outcome, release.why
    if role is Role.GATE:
        assert "source shop: the token was revoked" in release.why
        assert rehearsal.simulator.describe(ENDPOINT).traffic.of(CANDIDATE) == 0


def replaced(metric: Metric, kind: str) -> Metric:
    return Metric(metric.name, origin=Origin("bad", kind))
