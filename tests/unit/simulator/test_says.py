"""What a pretend model says is what its script says, and labels come late and are biased first."""

import pytest
from unit.simulator.test_metrics import Bench

from canarycli.errors import UsageError
from canarycli.metrics import Counts, Histogram, Metric, Value
from canarycli.simulator import Simulator

HOUR = 3600


def says(name: str, about: str = "") -> Metric:
    return Metric(name, about=about)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (says("class_share", "fraud"), 0.2),
        (says("class_share", "ok"), 0.7),
        (says("class_share", "never"), 0.0),
        (says("score_over", "0.6"), 0.159),
        (says("answer_invalid"), 0.04),
        (says("answer_empty"), 0.06),
    ],
)
def test_answers_are_as_the_script_has_them(metric: Metric, expected: float) -> None:
    worse = {"classes": {"fraud": 0.2, "ok": 0.7}, "score": 0.5, "invalid": 0.04, "empty": 0.06}
    bench = Bench(versions={"v41": {"percent": 100}, "v42": worse})
    bench.split(50)
    bench.clock.advance(HOUR)

    assert bench.ratio(metric) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("name", "expected"), [("answer_length", 800), ("answer_tokens", 200)])
def test_answers_are_as_long_as_the_script_has_them(name: str, expected: float) -> None:
    bench = Bench(versions={"v41": {"percent": 100, "length": 800}})
    bench.clock.advance(HOUR)

    points = bench.series(says(name), "v41").points

    assert all(
        isinstance(p, Value) and p.value == pytest.approx(expected, rel=0.05) for p in points
    )
    assert points


def test_scores_are_counted_between_bounds() -> None:
    bench = Bench(versions={"v41": {"percent": 100, "score": 0.4, "scatter": 0.1}})
    bench.clock.advance(HOUR)

    points = bench.series(says("scores"), "v41").points

    whole = [p for p in points if isinstance(p, Histogram)]
    below = sum(sum(p.counts[:40]) for p in whole) / sum(p.n for p in whole)
    assert below == pytest.approx(0.5, abs=0.01)


def test_labels_come_late_cover_a_part_and_the_first_are_worse() -> None:
    bench = Bench(labels={"delay": HOUR, "coverage": 0.5}, versions={"v41": {"percent": 100}})
    bench.clock.advance(2 * HOUR)

    series = bench.series(says("accuracy"), "v41")
    requests = bench.series(Metric("requests"), "v41")

    assert series.delay is not None
    assert series.delay.total_seconds() == HOUR
    counts = [p for p in series.points if isinstance(p, Counts)]
    old, young = counts[:60], counts[-10:]
    answered = sum(p.n or 0 for p in requests.points[:60])
    assert sum(p.n for p in old) / answered == pytest.approx(0.5, abs=0.01)
    assert sum(p.bad for p in old) / sum(p.n for p in old) == pytest.approx(0.92, abs=0.01)
    assert sum(p.bad for p in young) / sum(p.n for p in young) < 0.75


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"labels": {"delays": 3}}, "delays"),
        ({"labels": {"coverage": 2}}, "up to 1"),
        ({"versions": {"v41": {"percent": 100, "classes": [1]}}}, "is a mapping"),
        ({"versions": {"v41": {"percent": 100, "classes": {"a": 7}}}}, "up to 1"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused(setting: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Simulator({"state": ":memory:", **setting})
