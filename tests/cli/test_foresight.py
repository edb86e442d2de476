"""What is said before a release when the metrics can't be read, or say little."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from canarycli.config import plan_from_options
from canarycli.engine.controller import Driver
from canarycli.engine.retries import Patient
from canarycli.errors import Denied, Unavailable
from canarycli.forecast.flow import requests_per_minute
from canarycli.ids import new_id
from canarycli.metrics import Counts, Measurements, Metric, Point, Series, Value, Window
from canarycli.operations.foresight import Foresight, foresee, foreseen, why_no_flow
from canarycli.operations.start import Intent
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace
from canarycli.plan import Check, Margin
from canarycli.release.request import Request, prepare
from canarycli.simulator import Simulator
from canarycli.store import LocalStore
from canarycli.testing import FakeClock, Fault, Faulty
from canarycli.testing.faulty import Call

NOON = FakeClock().now()
MINUTE = timedelta(minutes=1)


def intent(folder: Path, fault: Fault | None = None, **script: object) -> Intent:
    """Five percent of a pretend endpoint whose metrics have that fault."""
    clock = FakeClock()
    settings = {"state": ":memory:", "day": 0, **script}

    def at_metrics(call: Call) -> Fault | None:
        return fault if call.verb == "measure" else None

    provider = Faulty(Simulator(settings, clock=clock), at_metrics)
    store = LocalStore(folder)
    target = Target("demo", "simulator", settings)
    work = Workspace(target, store, Patient(provider, clock), clock, Driver("ann"), "ann")
    endpoint = provider.describe("demo")
    request = Request("simulator", "local", "v42", plan_from_options(percent=5.0), "ann")
    return Intent(
        work, endpoint, prepare(request, endpoint, release_id=new_id(), now=clock.now()), ()
    )


def test_metrics_that_may_not_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(Denied):
        foresee(intent(tmp_path, Fault.DENIED))


def test_metrics_that_do_not_answer_are_said(tmp_path: Path) -> None:
    seen = foresee(intent(tmp_path, Fault.UNAVAILABLE))

    assert seen.forecast is None
    assert seen.why.startswith("the metrics can't be read now: ")
    assert seen.troubles == ()


def test_a_start_insists_on_an_answer(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        foresee(intent(tmp_path, Fault.UNAVAILABLE), insist=True)


def test_what_is_foreseen_goes_into_the_release(tmp_path: Path) -> None:
    before = intent(tmp_path, rate=0.5)
    seen = foresee(before)
    after = foreseen(before, seen)

    assert after.release.judge["errors"]["facts"]["rate"] == pytest.approx(0.002, rel=0.2)
    assert after.troubles == ()
    assert [warning.blocks for warning in seen.warnings] == [False, False]


def test_no_traffic_at_all_is_no_forecast(tmp_path: Path) -> None:
    seen: Foresight = foresee(intent(tmp_path, rate=0))

    assert (seen.per_minute, seen.forecast) == (None, None)


CTR = Metric("ctr", source={"cloudwatch": {"namespace": "Shop", "name": "CTR"}})
SAID = "+1% is less than two equal machines may differ by (3%)"


@pytest.mark.parametrize(
    ("margin", "known", "said"),
    [
        (Margin(0.01), {}, True),
        (Margin(0.01), {"level": 0.8}, True),
        (Margin(0.05), {}, False),
        (Margin(0.01), {"rate": 0.03}, False),
        (Margin(absolute=0.01), {}, False),
    ],
    ids=["unknown so far", "known", "wide enough", "counted", "an amount of what is unknown"],
)
def test_a_limit_within_what_equal_machines_differ_by_is_said(
    tmp_path: Path, margin: Margin, known: dict[str, float], *, said: bool
) -> None:
    release = intent(tmp_path).release
    plan = replace(release.plan, checks=(Check("ctr", CTR, no_worse_by=margin),))
    seen = Foresight(replace(release, plan=plan), known={"ctr": known})
    assert [SAID in remark for remark in seen.remarks] == [True] * said


def flow(*series: tuple[Metric, Series]) -> float | None:
    found = {metric.key: points for metric, points in series}
    measured = Measurements(Window(NOON, NOON + 120 * MINUTE), NOON, {"v41": found})
    return requests_per_minute((), measured, "v41", NOON + 120 * MINUTE)


def points(numbers: list[float], first: datetime = NOON, each: timedelta = MINUTE) -> Series:
    rows = (Value(first + n * each, number) for n, number in enumerate(numbers))
    return Series(tuple(rows), each)


REQUESTS = Metric("requests")


def test_the_last_hour_counts() -> None:
    assert flow((REQUESTS, points([900.0] * 60 + [100.0] * 60))) == 100


def test_a_minute_without_a_point_had_no_requests() -> None:
    gappy = points([0.0] * 60 + [100.0] * 60)
    kept = Series(tuple(p for n, p in enumerate(gappy.points) if n % 2 == 0))

    assert flow((REQUESTS, kept)) == 50


def test_requests_are_per_minute_whatever_the_period() -> None:
    assert flow((REQUESTS, points([500.0] * 24, each=5 * MINUTE))) == 100


def test_nothing_known_is_nothing_said() -> None:
    assert flow() is None


def test_a_check_s_own_counts_tell_the_requests_too() -> None:
    check = plan_from_options(percent=5.0).checks[0]
    counts = Series(tuple(Counts(NOON + n * MINUTE, 300, 1) for n in range(120)))
    measured = Measurements(
        Window(NOON, NOON + 120 * MINUTE), NOON, {"v41": {check.metric.key: counts}}
    )

    assert requests_per_minute((check,), measured, "v41", NOON + 120 * MINUTE) == 300


@pytest.mark.parametrize(
    ("points_so_far", "said"),
    [
        ((Counts(NOON + 119 * MINUTE, 300, 1),), "no history yet"),
        ((Value(NOON + 119 * MINUTE, 0.2),), "no metric tells how many requests there are"),
        ((), "no history yet"),
    ],
    ids=["a period that is not over", "no counts", "nothing"],
)
def test_a_metric_without_a_whole_period_is_not_called_one_that_tells_nothing(
    tmp_path: Path, points_so_far: tuple[Point, ...], said: str
) -> None:
    release = intent(tmp_path).release
    key = release.plan.checks[0].metric.key
    found = {release.baseline: {key: Series(points_so_far)}}

    why = why_no_flow(release, Measurements(Window(NOON, NOON + 120 * MINUTE), NOON, found))

    assert why == said
