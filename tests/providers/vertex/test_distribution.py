"""Distributions as Google sends them: every form of bucket, every way of leaving things out."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.vertex.series import distribution

from canarycli.metrics import Histogram
from canarycli_vertex.distribution import merged, percentile, read_histogram, slower_than

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EXPONENTIAL = {"exponentialBuckets": {"numFiniteBuckets": 40, "growthFactor": 1.4, "scale": 1.0}}
LINEAR = {"linearBuckets": {"numFiniteBuckets": 50, "width": 20.0, "offset": 0.0}}
EXPLICIT = {"explicitBuckets": {"bounds": [10.0, 50.0, 100.0, 200.0, 500.0]}}


def read(found: dict[str, Any], scale: float = 0.001) -> Histogram:
    histogram = read_histogram(NOON, found, scale)
    assert histogram is not None
    return histogram


@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        (
            {"exponentialBuckets": {"numFiniteBuckets": 2, "growthFactor": 2, "scale": 10}},
            (0.01, 0.02, 0.04),
        ),
        ({"linearBuckets": {"numFiniteBuckets": 2, "width": 5}}, (0.0, 0.005, 0.01)),
        ({"explicitBuckets": {"bounds": [5, 50]}}, (0.005, 0.05)),
    ],
    ids=["exponential", "linear without offset", "explicit"],
)
def test_every_form_of_bucket_has_its_bounds_in_seconds(
    options: dict[str, Any], bounds: tuple[float, ...]
) -> None:
    histogram = read({"bucketOptions": options, "bucketCounts": ["1"]})

    assert histogram.bounds == pytest.approx(bounds)
    assert histogram.counts == (1.0, *[0.0] * len(bounds))


def test_a_distribution_without_buckets_is_no_histogram() -> None:
    assert read_histogram(NOON, {"count": "3", "mean": 80.0}, 0.001) is None


@pytest.mark.parametrize(
    "found",
    [
        {"bucketOptions": EXPLICIT, "bucketCounts": ["1"] * 7},
        {"bucketOptions": EXPLICIT, "bucketCounts": ["-1"]},
        {"bucketOptions": {"explicitBuckets": {"bounds": [5, 5]}}},
        {"bucketOptions": {"linearBuckets": {"numFiniteBuckets": 10**9, "width": 1}}},
    ],
    ids=["too many counts", "a negative count", "bounds that stand still", "endless buckets"],
)
def test_buckets_that_contradict_themselves_are_not_read(found: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"count|bound|bucket"):
        read(found)


@pytest.mark.parametrize("options", [EXPONENTIAL, LINEAR, EXPLICIT])
@given(values=st.lists(st.floats(0.5, 900), min_size=1, max_size=60))
def test_what_is_read_is_what_the_raw_requests_say(
    options: dict[str, Any], values: list[float]
) -> None:
    histogram = read(distribution(values, options))

    assert histogram.n == len(values)
    for bound, count in zip(histogram.bounds, _cumulated(histogram), strict=False):
        assert count == sum(value / 1000 < bound - 1e-12 for value in values) or any(
            abs(value / 1000 - bound) < 1e-9 for value in values
        )


@given(values=st.lists(st.floats(1.5, 5000), min_size=1, max_size=60), rank=st.floats(0.01, 0.99))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(values: list[float], rank: float) -> None:
    histogram = read(distribution(values, EXPONENTIAL))
    ordered = sorted(values)
    true = ordered[min(int(rank * len(ordered)), len(ordered) - 1)] / 1000
    below = ordered[max(int(rank * len(ordered)) - 1, 0)] / 1000

    found = percentile(histogram, rank)

    assert found is not None
    assert below / 1.41 <= found <= true * 1.41


def test_percentiles_rise_with_their_rank() -> None:
    histogram = read(distribution([20, 40, 80, 160, 320, 640], EXPONENTIAL))

    found = [percentile(histogram, rank / 100) or 0.0 for rank in range(1, 100)]

    assert all(low <= high for low, high in pairwise(found))


def test_above_the_last_bound_the_bound_is_the_answer() -> None:
    assert percentile(Histogram(NOON, (0.1, 0.2), (0, 0, 5)), 0.5) == 0.2


def test_without_requests_there_is_no_percentile() -> None:
    assert percentile(Histogram(NOON, (0.1,), (0, 0)), 0.5) is None


@pytest.mark.parametrize(
    ("threshold", "slow"),
    [(0.1, 6.0), (0.15, 3.0), (0.2, 3.0), (0.25, 0.0), (0.05, 6.0)],
    ids=["on a bound", "within a bucket", "on the last bound", "above all", "below all"],
)
def test_a_request_that_may_have_been_in_time_is_not_slow(threshold: float, slow: float) -> None:
    histogram = Histogram(NOON, (0.1, 0.2), (10, 3, 3))

    assert slower_than(histogram, threshold).bad == slow


def test_histograms_of_one_minute_add_up() -> None:
    same = Histogram(NOON, (0.1, 0.2), (1, 2, 3))

    assert merged([same, same]) == Histogram(NOON, (0.1, 0.2), (2, 4, 6))


def test_histograms_with_other_bounds_meet_on_those_they_share() -> None:
    fine = Histogram(NOON, (0.1, 0.15, 0.2), (1, 2, 3, 4))
    coarse = Histogram(NOON, (0.1, 0.2), (5, 6, 7))

    assert merged([fine, coarse]) == Histogram(NOON, (0.1, 0.2), (6, 11, 11))


def _cumulated(histogram: Histogram) -> list[float]:
    return [sum(histogram.counts[: index + 1]) for index in range(len(histogram.bounds))]
