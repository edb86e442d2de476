"""What a provider must measure, in which form and unit."""

# ruff: noqa: D102 - a test's name is its sentence

from datetime import timedelta
from itertools import pairwise

import pytest

from canarycli.errors import Rejected, Unsupported
from canarycli.metrics import Counts, Histogram, Metric, Series, Value, Window
from canarycli.testing.kit.world import (
    CANDIDATE_LOAD,
    GAUGES,
    World,
    loads,
    measure,
    minutes,
    needs,
    request_metrics,
)

ERRORS = Metric("errors_5xx")


class MetricsKit:
    """Series of both arms, in our forms and units."""

    def test_a_version_has_no_points_before_its_first_request(self, world: World) -> None:
        driven = world.drive(2)
        before = Window(driven.start - timedelta(hours=3), driven.start - timedelta(hours=2))

        found = measure(world, request_metrics(world), before)

        assert all(found.of(world.candidate, m).points == () for m in request_metrics(world))

    def test_a_version_that_never_was_has_no_points(self, world: World) -> None:
        window = world.drive(2)
        arms = [world.baseline, "no-such-version"]

        found = world.provider.measure(world.endpoint, arms, [ERRORS], window)

        assert found.of("no-such-version", ERRORS).points == ()
        assert found.of(world.baseline, ERRORS).points

    def test_one_look_brings_every_metric_of_both_arms(self, world: World) -> None:
        window, metrics = world.drive(4), request_metrics(world)

        found = measure(world, metrics, window)

        lengths = {
            (version, metric.key): len(found.of(version, metric).points)
            for version in (world.baseline, world.candidate)
            for metric in metrics
        }
        assert found.window == window
        assert found.taken_at.utcoffset() == timedelta(0)
        assert {key: length for key, length in lengths.items() if length < 3} == {}
        assert {metric.key for metric in metrics} <= found.queries.keys()

    def test_points_are_in_the_window_oldest_first_one_a_period(self, world: World) -> None:
        window, metrics = world.drive(4), request_metrics(world)

        found = measure(world, metrics, window)

        for series in (found.of(world.candidate, metric) for metric in metrics):
            times = [point.at for point in series.points]
            assert times == sorted(set(times))
            assert all(at in window for at in times)
            assert all(at.utcoffset() == timedelta(0) for at in times)
            assert all(b - a >= series.period for a, b in pairwise(times))

    def test_a_window_holds_its_start_and_not_its_end(self, world: World) -> None:
        whole = measure(world, [ERRORS], world.drive(4)).of(world.baseline, ERRORS)
        second, third = whole.points[1:3]

        found = measure(world, [ERRORS], Window(second.at, third.at))

        assert [point.at for point in found.of(world.baseline, ERRORS).points] == [second.at]

    def test_an_empty_window_has_no_points(self, world: World) -> None:
        window = world.drive(2)

        found = measure(world, [ERRORS], Window(window.start, window.start))

        assert found.of(world.baseline, ERRORS).points == ()

    @pytest.mark.parametrize("name", ["errors_5xx", "errors_4xx"])
    def test_errors_are_counted_among_requests_on_the_arm_that_had_them(
        self, world: World, name: str
    ) -> None:
        errors = Metric(name)
        needs(world, errors)
        window = world.drive(5)

        found = measure(world, [errors], window)

        for version, load in loads(world).items():
            series = found.of(version, errors)
            points = [p for p in series.points if isinstance(p, Counts)]
            n, bad = sum(p.n for p in points), sum(p.bad for p in points)
            assert len(points) == len(series.points)
            assert all(0 <= p.bad <= p.n for p in points)
            assert n == pytest.approx(load.requests * minutes(window), rel=0.3)
            share = load.errors_5xx if name == "errors_5xx" else load.errors_4xx
            assert bad / n == pytest.approx(share, rel=0.5)

    def test_requests_are_counted_on_the_arm_that_had_them(self, world: World) -> None:
        requests = Metric("requests")
        window = world.drive(5)

        found = measure(world, [requests], window)

        for version, load in loads(world).items():
            points = found.of(version, requests).points
            total = sum(p.value for p in points if isinstance(p, Value))
            assert total == pytest.approx(load.requests * minutes(window), rel=0.3)

    def test_what_came_since_the_last_look_is_there(self, world: World) -> None:
        measure(world, [ERRORS], world.drive(1))

        found = measure(world, [ERRORS], world.drive(5))

        assert len(found.of(world.candidate, ERRORS).points) >= 3

    def test_every_metric_it_names_has_points(self, world: World) -> None:
        names = sorted(world.provider.limits.metrics & GAUGES - world.silent)
        gauges = [Metric(name) for name in names]
        if not gauges:
            pytest.skip("nothing is measured without requests")

        found = measure(world, gauges, world.drive(4))

        assert all(found.of(world.candidate, metric).points for metric in gauges)

    def test_a_long_window_brings_every_point(self, world: World) -> None:
        driven = world.drive(30)
        day = Window(driven.end - timedelta(days=1), driven.end)

        for window in (driven, day):
            found = measure(world, [ERRORS], window).of(world.candidate, ERRORS)
            there = {point.at for point in found.points if point.at in driven}
            assert len(there) >= 30 / max(1, found.period / timedelta(minutes=1)) - 1

    def test_a_metric_of_ones_own_has_its_known_answer(self, world: World) -> None:
        metric = own_metric(world)

        series = measure(world, [metric], world.drive(5)).of(world.candidate, metric)

        assert len(series.points) >= 3
        assert mean(series) == pytest.approx(world.custom.share if world.custom else 0, rel=0.5)

    def test_a_metric_of_ones_own_that_makes_no_sense_is_unsupported(self, world: World) -> None:
        own_metric(world)
        word = world.provider.limits.custom_source
        senseless = Metric("senseless", source={word: {"no-such-key": 1}})

        with pytest.raises((Unsupported, Rejected)):
            measure(world, [senseless], world.drive(1))

    @pytest.mark.parametrize("name", ["latency_p50", "latency_p90", "latency_p95", "latency_p99"])
    def test_percentiles_are_in_seconds(self, world: World, name: str) -> None:
        percentile = Metric(name)
        needs(world, percentile)

        series = measure(world, [percentile], world.drive(4)).of(world.candidate, percentile)

        values = [p.value for p in series.points if isinstance(p, Value)]
        assert len(values) == len(series.points)
        assert len(values) >= 3
        usual = CANDIDATE_LOAD.latency
        assert all(usual / 3 <= value <= usual * 10 for value in values)

    def test_the_slower_arm_is_slower(self, world: World) -> None:
        median = Metric("latency_p50")
        needs(world, median)

        found = measure(world, [median], world.drive(5))

        assert mean(found.of(world.candidate, median)) > mean(found.of(world.baseline, median))

    def test_a_latency_histogram_is_in_seconds(self, world: World) -> None:
        latency = Metric("latency")
        needs(world, latency)

        found = measure(world, [latency], world.drive(4))
        series = found.of(world.candidate, latency)

        shapes = [p for p in series.points if isinstance(p, Histogram)]
        assert len(shapes) == len(series.points)
        assert len(shapes) >= 3
        assert all(list(shape.bounds) == sorted(set(shape.bounds)) for shape in shapes)
        assert all(_inside(shape) >= 0.9 * shape.n > 0 for shape in shapes)
        every = CANDIDATE_LOAD.requests * minutes(found.window)
        assert sum(shape.n for shape in shapes) == pytest.approx(every, rel=0.3)

    def test_slow_requests_are_counted(self, world: World) -> None:
        never, always = (
            Metric("latency_over", 3600.0),
            Metric("latency_over", CANDIDATE_LOAD.latency / 10),
        )
        needs(world, never)

        found = measure(world, [never, always], world.drive(4))

        every = CANDIDATE_LOAD.requests * minutes(found.window)
        few = [p for p in found.of(world.candidate, never).points if isinstance(p, Counts)]
        many = [p for p in found.of(world.candidate, always).points if isinstance(p, Counts)]
        assert len(few) >= 3
        assert sum(p.n for p in few) == pytest.approx(every, rel=0.3)
        assert sum(p.bad for p in few) == 0
        assert sum(p.bad for p in many) >= 0.9 * sum(p.n for p in many) > 0

    def test_it_counts_at_a_threshold_or_says_that_it_counts_in_buckets(self, world: World) -> None:
        needs(world, Metric("latency_over", 1.0))
        window = world.drive(4)
        percentiles = {
            Metric(name): 1 - int(name[-2:]) / 100
            for name in sorted(world.provider.limits.metrics & PERCENTILES)
        }
        found = measure(world, list(percentiles), window)
        above = {
            Metric("latency_over", 0.97 * min(values)): share
            for metric, share in percentiles.items()
            if (values := values_of(found.of(world.candidate, metric)))
        }

        counted = measure(world, list(above), window)

        for metric, share in above.items():
            points = [
                p for p in counted.of(world.candidate, metric).points if isinstance(p, Counts)
            ]
            moved = [p.over for p in points if p.over is not None]
            assert all(over >= (metric.threshold or 0) for over in moved), "over is at or above it"
            if moved or not world.provider.limits.exact_thresholds:
                continue
            bad, n = sum(p.bad for p in points), sum(p.n for p in points)
            assert bad >= 0.9 * share * n - len(points), (
                f"{bad / n:.1%} counted above {metric.threshold:.3g} s, of which at least"
                f" {share:.0%} are slower: do buckets count them? then exact_thresholds is False"
            )


PERCENTILES = frozenset({"latency_p50", "latency_p90", "latency_p95", "latency_p99"})


def values_of(series: Series) -> list[float]:
    """The values of a series."""
    return [p.value for p in series.points if isinstance(p, Value)]


def own_metric(world: World) -> Metric:
    """The world's metric of a team's own; the test is left out where it has none."""
    if world.custom is None:
        pytest.skip("this world knows the answer to no metric of one's own")
    return Metric("own", source=world.custom.source)


def mean(series: Series) -> float:
    """The share of a count, the mean of values."""
    counts = [p for p in series.points if isinstance(p, Counts)]
    if counts:
        return sum(p.bad for p in counts) / sum(p.n for p in counts)
    values = [p.value for p in series.points if isinstance(p, Value)]
    return sum(values) / len(values)


def _inside(shape: Histogram) -> float:
    """The requests in bins that end between a third and fifteen times the median driven."""
    low, high = CANDIDATE_LOAD.latency / 3, CANDIDATE_LOAD.latency * 15
    bins = zip(shape.bounds, shape.counts, strict=False)
    return sum(count for bound, count in bins if low <= bound <= high)
