"""Which failures no check of a plan would count."""

from datetime import timedelta

import pytest

from canarycli.forecast.unseen import FAILURES, left_out, unseen
from canarycli.metrics import Counts, Measurements, Metric, Series, Window
from canarycli.plan import Check
from canarycli.testing import FakeClock

NOON = FakeClock().now()
DAY = timedelta(hours=24)
ALL = frozenset({"errors", "errors_5xx", "errors_4xx", "model_errors", "latency_p99"})


def checks(*names: str) -> tuple[Check, ...]:
    return tuple(Check(name, Metric(name), never_above=0.05) for name in names)


@pytest.mark.parametrize(
    ("names", "there", "measured"),
    [
        (["errors_5xx"], ALL, (FAILURES,)),
        (["errors_5xx", "latency_p99"], ALL, (FAILURES,)),
        (["errors_5xx", "errors"], ALL, ()),
        (["errors_5xx", "errors_4xx"], ALL, ()),
        (["latency_p99"], ALL, ()),
        ([], ALL, ()),
        (["errors_5xx"], {"errors_5xx"}, ()),
    ],
)
def test_only_who_counts_nothing_but_5xx_leaves_something_out(
    names: list[str], there: frozenset[str], measured: tuple[Metric, ...]
) -> None:
    assert left_out(checks(*names), there) == measured


@pytest.mark.parametrize(
    ("beyond", "bad", "says"),
    [
        ("429, 408", (3, 3), "check 'errors_5xx' leaves out 429, 408, which metric: errors counts"),
        ("429, 408", (28, 3), "counts: 2.50% of v1's requests in the last 24 h"),
        ("", (28, 3), "leaves out other failures, which metric: errors counts: 2.50%"),
        ("", (3, 3), ""),
    ],
)
def test_what_is_left_out_is_named_with_how_much_of_it_there_was(
    beyond: str, bad: tuple[float, float], says: str
) -> None:
    series = {
        metric.key: Series((Counts(NOON - DAY, 400, 1), Counts(NOON, 600, count - 1)))
        for metric, count in zip((FAILURES, Metric("errors_5xx")), bad, strict=True)
    }

    told = unseen(beyond, Measurements(Window(NOON - DAY, NOON), NOON, {"v1": series}), "v1")

    assert says in told
    assert bool(told) == bool(says)
    assert ("of v1's requests" in told) == (bad[0] > bad[1])
