"""What the simulator measures is what its script says, twice the same, and never rewritten."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canarycli.errors import Unsupported
from canarycli.metrics import Counts, Histogram, Metric, Point, Series, Value, Window
from canarycli.simulator import Simulator
from canarycli.testing import NOON, FakeClock
from canarycli.traffic import Traffic

HALF = Traffic.split("v41", "v42", 50)
ERRORS = Metric("errors_5xx")
MINUTE = timedelta(minutes=1)


class Bench:
    """A simulator, its clock, and short words to move and to measure."""

    def __init__(self, **script: Any) -> None:
        self.clock = FakeClock()
        script = {"settle": 0, "delay": 0, "day": 0, **script}
        self.simulator = Simulator({"state": ":memory:", **script}, clock=self.clock)
        self.simulator.describe("demo")

    def split(self, percent: float) -> None:
        self.simulator.impose("demo", Traffic.split("v41", "v42", percent))

    def series(self, metric: Metric, version: str = "v42", *, start: int = 0) -> Series:
        """The points from so many minutes after noon until now."""
        window = Window(NOON + start * MINUTE, self.clock.now())
        return self.simulator.measure("demo", [version], [metric], window).of(version, metric)

    def ratio(self, metric: Metric, version: str = "v42", *, start: int = 0) -> float:
        points = self.series(metric, version, start=start).points
        counts = [p for p in points if isinstance(p, Counts)]
        return sum(p.bad for p in counts) / sum(p.n for p in counts)


def values(series: Series) -> list[float]:
    return [p.value for p in series.points if isinstance(p, Value)]


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def requests_in(point: Point) -> float:
    return float(point.n or 0)


def test_requests_follow_rate_and_share() -> None:
    bench = Bench(rate=100)
    bench.split(20)
    bench.clock.advance(3600)

    assert mean(values(bench.series(Metric("requests"), "v41"))) == pytest.approx(4800, rel=0.01)
    assert mean(values(bench.series(Metric("requests"), "v42"))) == pytest.approx(1200, rel=0.01)


def test_the_rate_swings_over_the_day_with_its_top_at_two() -> None:
    bench = Bench(rate=100, day=0.5)
    bench.clock.advance(24 * 3600)

    requests = values(bench.series(Metric("requests"), "v41"))

    assert requests[120] == pytest.approx(9000, rel=0.06)
    assert requests[14 * 60] == pytest.approx(3000, rel=0.1)
    assert mean(requests) == pytest.approx(6000, rel=0.01)


def test_a_split_in_the_middle_of_a_minute_shows_in_a_part_of_it() -> None:
    bench = Bench(rate=1000)
    bench.clock.advance(45)
    bench.split(100)
    bench.clock.advance(75)

    mixed, whole = values(bench.series(Metric("requests")))

    assert mixed == pytest.approx(15_000, rel=0.05)
    assert whole == pytest.approx(60_000, rel=0.05)


def test_a_split_that_was_overruled_before_it_came_into_force_never_shows() -> None:
    bench = Bench(settle=300, rate=1000)
    bench.simulator.shift(bench.simulator.describe("demo"), HALF, {})
    bench.clock.advance(60)
    bench.split(2)
    bench.clock.advance(600)

    requests = values(bench.series(Metric("requests"), start=1))

    assert len(requests) == 10
    assert max(requests) == pytest.approx(1200, rel=0.15)


@pytest.mark.parametrize("name", ["errors_5xx", "errors_4xx", "model_errors"])
def test_errors_have_the_share_they_are_scripted_with(name: str) -> None:
    bench = Bench(versions={"v41": {"percent": 100}, "v42": {name: 0.03}})
    bench.split(50)
    bench.clock.advance(3600)

    assert bench.ratio(Metric(name)) == pytest.approx(0.03, rel=0.05)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("latency_p50", 0.1), ("latency_p90", 0.19), ("latency_p95", 0.2277), ("latency_p99", 0.3203)],
)
def test_percentiles_are_those_of_the_scripted_lognormal(name: str, seconds: float) -> None:
    script = {"latency": 0.1, "spread": 0.5005}
    bench = Bench(versions={"v41": {"percent": 100}, "v42": script})
    bench.split(50)
    bench.clock.advance(3600)

    assert mean(values(bench.series(Metric(name)))) == pytest.approx(seconds, rel=0.01)


def test_percentiles_of_one_minute_rise() -> None:
    bench = Bench(rate=2)
    bench.split(20)
    bench.clock.advance(3600)

    names = ["latency_p50", "latency_p90", "latency_p95", "latency_p99"]
    columns = [values(bench.series(Metric(name))) for name in names]

    assert len(columns[0]) > 50
    assert all(list(row) == sorted(row) for row in zip(*columns, strict=True))


def test_slow_requests_and_the_histogram_tell_of_the_same_latency() -> None:
    bench = Bench()
    bench.split(50)
    bench.clock.advance(1800)

    shapes = [p for p in bench.series(Metric("latency")).points if isinstance(p, Histogram)]
    limit = shapes[0].bounds[16]
    slower = sum(sum(shape.counts[17:]) for shape in shapes) / sum(shape.n for shape in shapes)

    assert bench.ratio(Metric("latency_over", limit)) == pytest.approx(slower, rel=0.05)


def test_every_form_of_a_minute_counts_the_same_requests() -> None:
    bench = Bench(rate=30)
    bench.split(10)
    bench.clock.advance(600)

    metrics = ["requests", "errors_5xx", "latency_p99", "latency"]
    counts = [[requests_in(p) for p in bench.series(Metric(name)).points] for name in metrics]

    assert counts[0] == counts[1] == counts[2] == counts[3]


def test_an_idle_version_is_silent_but_for_its_machines() -> None:
    bench = Bench()
    bench.clock.advance(600)

    assert bench.series(Metric("requests")).points == ()
    assert bench.series(ERRORS).points == ()
    assert len(bench.series(Metric("cpu")).points) == 10


def test_work_costs_cpu_in_percent_and_never_more_than_there_is() -> None:
    bench = Bench(rate=100)
    bench.clock.advance(600)
    busy, idle = values(bench.series(Metric("cpu"), "v41")), values(bench.series(Metric("cpu")))
    flooded = Bench(rate=1e5)
    flooded.clock.advance(600)

    assert mean(busy) == pytest.approx(24, abs=2)
    assert mean(idle) == pytest.approx(4, abs=1)
    assert max(values(flooded.series(Metric("cpu"), "v41"))) == 100


def test_shadow_traffic_is_measured() -> None:
    bench = Bench(rate=100)
    bench.simulator.impose("demo", Traffic({"v41": 100}, {"v42": 30}))
    bench.clock.advance(600)

    assert mean(values(bench.series(Metric("requests")))) == pytest.approx(1800, rel=0.05)


def test_a_custom_ratio_may_differ_between_the_arms() -> None:
    approved = Metric("approval", source={"simulator": {"ratio": {"v41": 0.6, "v42": 0.5}}})
    bench = Bench()
    bench.split(50)
    bench.clock.advance(1800)

    assert bench.ratio(approved, "v41") == pytest.approx(0.6, rel=0.02)
    assert bench.ratio(approved, "v42") == pytest.approx(0.5, rel=0.02)


def test_a_custom_mean_has_the_noise_of_its_requests() -> None:
    score = Metric("score", source={"simulator": {"mean": 12, "sd": 3}})
    bench = Bench(rate=10)
    bench.split(50)
    bench.clock.advance(6 * 3600)

    found = values(bench.series(score))
    deviation = mean([(value - 12) ** 2 for value in found]) ** 0.5

    assert mean(found) == pytest.approx(12, abs=0.05)
    assert deviation == pytest.approx(3 / 300**0.5, rel=0.2)


@pytest.mark.parametrize(
    "source",
    [
        {"cloudwatch": {"name": "x"}},
        {"simulator": {}},
        {"simulator": {"ratio": 0.5, "mean": 3}},
        {"simulator": "x"},
    ],
    ids=str,
)
def test_a_custom_metric_it_can_not_make_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match="can't make metric 'x'"):
        Bench().series(Metric("x", source=source))


def test_a_count_of_slow_requests_needs_a_threshold() -> None:
    with pytest.raises(Unsupported, match="needs a threshold"):
        Bench().series(Metric("latency_over"))


def test_a_point_appears_at_half_its_delay_and_grows_until_all_of_it() -> None:
    bench = Bench(delay=60)
    bench.clock.advance(60 + 29)
    nothing = bench.series(ERRORS, "v41")
    bench.clock.advance(1)
    (young,) = bench.series(ERRORS, "v41").points
    bench.clock.advance(30)
    (grown, *_) = bench.series(ERRORS, "v41").points

    assert nothing.points == ()
    assert isinstance(young, Counts)
    assert isinstance(grown, Counts)
    assert 0 < young.n < grown.n
    assert young.bad <= grown.bad


def test_a_failing_candidate_fails_above_a_tenth_of_the_traffic() -> None:
    bench = Bench(scenario="failing")
    bench.split(10)
    bench.clock.advance(1800)
    before = bench.ratio(ERRORS)
    bench.split(25)
    bench.clock.advance(1800)

    assert before == pytest.approx(0.002, abs=0.001)
    assert bench.ratio(ERRORS, start=30) == pytest.approx(0.04, rel=0.05)
    assert bench.ratio(ERRORS, "v41") == pytest.approx(0.002, rel=0.2)


def test_a_slow_candidate_is_slower_at_any_share() -> None:
    bench = Bench(scenario="slow")
    bench.split(1)
    bench.clock.advance(1800)

    candidate = mean(values(bench.series(Metric("latency_p50"))))
    baseline = mean(values(bench.series(Metric("latency_p50"), "v41")))

    assert candidate / baseline == pytest.approx(1.7, rel=0.05)


def test_a_candidate_without_data_has_none_at_any_share() -> None:
    bench = Bench(scenario="no-data")
    bench.split(50)
    bench.clock.advance(1800)

    assert all(bench.series(Metric(name)).points == () for name in ("requests", "cpu"))
    assert bench.series(ERRORS, "v41").points


def test_a_healthy_candidate_is_as_good_as_the_baseline() -> None:
    bench = Bench(scenario="healthy")
    bench.split(50)
    bench.clock.advance(4 * 3600)

    assert bench.ratio(ERRORS) == pytest.approx(bench.ratio(ERRORS, "v41"), rel=0.05)


def test_a_turn_may_wait_for_a_time_after_the_first_traffic() -> None:
    turn = {"after": 600, "errors_5xx": 0.5}
    bench = Bench(versions={"v41": {"percent": 100}, "v42": {"turns": [turn]}})
    bench.clock.advance(300)
    bench.split(50)
    bench.clock.advance(1200)

    ratios = [p.bad / p.n for p in bench.series(ERRORS).points if isinstance(p, Counts)]

    assert max(ratios[:10]) < 0.05
    assert min(ratios[10:]) > 0.4


def test_a_deployed_version_is_as_bad_as_the_scenario_has_it() -> None:
    bench = Bench(scenario="failing", startup=0)
    name = bench.simulator.deploy(bench.simulator.describe("demo"), "v50", "v41", {}, "r-1")
    bench.simulator.impose("demo", Traffic.split("v41", name, 50))
    bench.clock.advance(600)

    assert bench.ratio(ERRORS, name) == pytest.approx(0.04, rel=0.1)


def test_what_a_retired_version_did_can_still_be_read() -> None:
    bench = Bench()
    bench.split(50)
    bench.clock.advance(300)
    bench.split(0)
    before = bench.series(ERRORS)

    bench.simulator.retire(bench.simulator.describe("demo"), "v42")

    assert bench.series(ERRORS) == before


def test_points_older_than_what_is_kept_are_gone() -> None:
    bench = Bench(period=3600)
    bench.clock.advance(16 * 24 * 3600)

    assert len(bench.series(ERRORS, "v41").points) == 15 * 24


def test_another_seed_is_another_day() -> None:
    one, same, other = Bench(seed=1), Bench(seed="1"), Bench(seed=2)
    for bench in (one, same, other):
        bench.clock.advance(600)

    assert one.series(ERRORS, "v41") == same.series(ERRORS, "v41")
    assert one.series(ERRORS, "v41") != other.series(ERRORS, "v41")


def test_a_day_of_minutes_is_drawn_in_full() -> None:
    bench = Bench()
    bench.split(50)
    bench.clock.advance(24 * 3600)
    names = sorted(bench.simulator.limits.metrics - {"latency_over"})
    window = Window(NOON, bench.clock.now())

    found = bench.simulator.measure("demo", ["v41", "v42"], [Metric(n) for n in names], window)

    assert {len(found.of("v42", Metric(name)).points) for name in names} == {1440}


STEPS = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from([0, 1, 5, 25, 50, 100])), min_size=1, max_size=8
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_no_later_change_rewrites_a_complete_point(steps: list[tuple[int, int]]) -> None:
    bench = Bench(rate=5, delay=60, scenario="failing")
    kept: dict[str, tuple[Point, ...]] = {"v41": (), "v42": ()}

    for wait, percent in steps:
        bench.clock.advance(wait)
        bench.split(percent)
        for version, before in kept.items():
            now = bench.series(ERRORS, version)
            assert now.points[: len(before)] == before
            final = now.within(Window(NOON, bench.clock.now() - MINUTE))
            kept[version] = final.points


@given(st.integers(0, 3600), st.integers(1, 3600))
@settings(max_examples=40, deadline=None)
def test_any_window_shows_the_same_points(start: int, length: int) -> None:
    bench = Bench(rate=5)
    bench.split(30)
    bench.clock.advance(7200)
    window = Window(NOON + timedelta(seconds=start), NOON + timedelta(seconds=start + length))
    whole = bench.series(ERRORS)

    found = bench.simulator.measure("demo", ["v42"], [ERRORS], window).of("v42", ERRORS)

    assert found.points == tuple(point for point in whole.points if point.at in window)
