"""What CloudWatch is asked and what becomes of its numbers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.sagemaker import Server
from servers.sagemaker.newer import needs

from canarycli.errors import Denied, Unavailable, Unsupported, UsageError
from canarycli.metrics import Counts, Measurements, Metric, Point, Value, Window
from canarycli_sagemaker import SageMaker
from canarycli_sagemaker.monitoring import period_for, rounded_up

MINUTE = 60
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Past:
    """The last ten whole minutes on one variant, with hand-made values."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.start = time.time() // MINUTE * MINUTE - 10 * MINUTE
        self.window = Window(self.at(0), self.at(10))

    def at(self, minute: float) -> datetime:
        return datetime.fromtimestamp(self.start + minute * MINUTE, UTC)

    def put(
        self, name: str, minute: float, values: Sequence[float], variant: str = "blue", **more: Any
    ) -> None:
        body = {
            "namespace": "AWS/SageMaker",
            "name": name,
            "dimensions": {"EndpointName": "churn", "VariantName": variant},
            "at": self.start + minute * MINUTE,
            "values": list(values),
        }
        self.server.control("values", body | more)


@pytest.fixture
def past(server: Server) -> Past:
    server.endpoint("churn", {"blue": 90, "green": 10})
    return Past(server)


def measured(sagemaker: SageMaker, past: Past, *metrics: Metric) -> Measurements:
    return sagemaker.measure("churn", ["blue", "green"], metrics, past.window)


def points(sagemaker: SageMaker, past: Past, metric: Metric) -> tuple[Point, ...]:
    return measured(sagemaker, past, metric).of("blue", metric).points


OWN = [
    Metric(f"own {n}", source={"cloudwatch": {"namespace": "Shop", "name": f"Own{n}"}})
    for n in range(5)
]


@pytest.mark.parametrize("checks", [1, 5, 10, 99])
def test_both_arms_and_all_metrics_are_one_call(
    sagemaker: SageMaker, past: Past, server: Server, checks: int
) -> None:
    names = ["errors", "cpu", *sorted(sagemaker.limits.metrics - {"latency_over", "errors", "cpu"})]
    every = [*map(Metric, names[:5]), *OWN, *map(Metric, names[5:]), Metric("latency_over", 0.5)]

    measured(sagemaker, past, *every[:checks])

    assert server.operations() == ["GetMetricData"]


def test_errors_are_counted_among_invocations(sagemaker: SageMaker, past: Past) -> None:
    past.put("Invocations", 3, [1] * 20)
    past.put("Invocation5XXErrors", 3, [0] * 17 + [1] * 3)

    assert points(sagemaker, past, Metric("errors_5xx")) == (Counts(past.at(3), 20, 3),)


@pytest.mark.parametrize(
    ("server_errors", "model_errors", "callers", "bad"),
    [
        pytest.param(3, 3, 0, 3, id="a model that fails"),
        pytest.param(0, 4, 0, 4, id="a time-out or a broken connection is no 5xx"),
        pytest.param(0, 5, 5, 0, id="the caller's mistakes are none"),
        pytest.param(2, 6, 3, 3, id="all of them"),
        pytest.param(2, 0, 5, 2, id="a 5xx that never reached the model"),
    ],
)
def test_errors_are_requests_without_their_models_answer(
    sagemaker: SageMaker,
    past: Past,
    *,
    server_errors: int,
    model_errors: int,
    callers: int,
    bad: int,
) -> None:
    past.put("Invocations", 3, [1] * 20)
    past.put("Invocation5XXErrors", 3, [1] * server_errors + [0])
    past.put("InvocationModelErrors", 3, [1] * model_errors + [0])
    past.put("Invocation4XXErrors", 3, [1] * callers + [0])

    assert points(sagemaker, past, Metric("errors")) == (Counts(past.at(3), 20, bad),)


@pytest.mark.parametrize(
    ("failures", "bad"),
    [(["5xx"], 2), (["4xx"], 3), (["5xx", "4xx"], 6), (["5xx", 424, 408, 429], 3), (None, 3)],
)
def test_which_codes_are_errors_is_a_setting(past: Past, failures: Any, bad: int) -> None:
    names = {"Invocation5XXErrors": 2, "InvocationModelErrors": 6, "Invocation4XXErrors": 3}
    past.put("Invocations", 3, [1] * 20)
    for name, failed in names.items():
        past.put(name, 3, [1] * failed + [0])

    sagemaker = SageMaker({"failures": failures})

    assert points(sagemaker, past, Metric("errors")) == (Counts(past.at(3), 20, bad),)


def test_codes_that_cloudwatch_does_not_count_are_refused_at_once() -> None:
    with pytest.raises(UsageError, match="by class, not 429, 5xx"):
        SageMaker({"failures": ["5xx", 429]})


def test_errors_missing_where_there_are_invocations_are_zero(
    sagemaker: SageMaker, past: Past
) -> None:
    past.put("Invocations", 3, [1] * 20)

    assert points(sagemaker, past, Metric("errors_4xx")) == (Counts(past.at(3), 20, 0),)


def test_an_async_endpoint_counts_requests_by_its_errors(sagemaker: SageMaker, past: Past) -> None:
    past.put("InvocationModelErrors", 3, [0] * 9 + [1])

    assert points(sagemaker, past, Metric("model_errors")) == (Counts(past.at(3), 10, 1),)


def test_an_async_endpoint_counts_requests_by_their_latency(
    sagemaker: SageMaker, past: Past
) -> None:
    past.put("ModelLatency", 3, [80_000] * 7)

    assert points(sagemaker, past, Metric("requests")) == (Value(past.at(3), 7, 7),)


def test_microseconds_become_seconds(sagemaker: SageMaker, past: Past) -> None:
    past.put("ModelLatency", 3, [1000.0 * ms for ms in range(1, 101)])

    assert points(sagemaker, past, Metric("latency_p99")) == (Value(past.at(3), 0.099, 100),)


def test_overhead_is_not_the_models(sagemaker: SageMaker, past: Past) -> None:
    past.put("ModelLatency", 3, [80_000] * 5)
    past.put("OverheadLatency", 3, [4_000] * 5)

    assert points(sagemaker, past, Metric("overhead_p50")) == (Value(past.at(3), 0.004, 5),)


def test_slow_requests_are_those_above_the_threshold(sagemaker: SageMaker, past: Past) -> None:
    past.put("ModelLatency", 3, [499_999, 500_000, 500_001, 900_000])

    found = points(sagemaker, past, Metric("latency_over", 0.5))

    assert found == (Counts(past.at(3), 4, 2),)


def test_two_thresholds_are_two_series(sagemaker: SageMaker, past: Past) -> None:
    past.put("ModelLatency", 3, [100_000, 300_000, 900_000])
    slow, slower = Metric("latency_over", 0.2), Metric("latency_over", 0.5)

    found = measured(sagemaker, past, slow, slower)

    assert found.of("blue", slow).points == (Counts(past.at(3), 3, 2),)
    assert found.of("blue", slower).points == (Counts(past.at(3), 3, 1),)


def test_machines_have_a_namespace_of_their_own(sagemaker: SageMaker, past: Past) -> None:
    past.put("CPUUtilization", 3, [30, 50], namespace="/aws/sagemaker/Endpoints")

    assert points(sagemaker, past, Metric("cpu")) == (Value(past.at(3), 40, None),)


def test_a_dimension_more_is_another_metric(sagemaker: SageMaker, past: Past) -> None:
    where = {"EndpointName": "churn", "VariantName": "blue", "InstanceId": "i-1"}
    past.put("Invocations", 3, [1] * 20, dimensions=where)

    assert points(sagemaker, past, Metric("requests")) == ()


def test_silence_is_no_points_and_not_zero(sagemaker: SageMaker, past: Past) -> None:
    past.put("Invocations", 3, [1] * 20)

    found = measured(sagemaker, past, Metric("errors_5xx"), Metric("latency_p99"))

    assert found.of("green", Metric("errors_5xx")).points == ()
    assert found.of("blue", Metric("latency_p99")).points == ()


def test_a_custom_metric_is_filled_in_by_arm(sagemaker: SageMaker, past: Past) -> None:
    where = {"Model": "churn/green"}
    past.put("Approved", 3, [0, 1, 1, 1], namespace="Fraud", dimensions=where)
    source = {
        "namespace": "Fraud",
        "name": "Approved",
        "dimensions": {"Model": "{endpoint}/{arm}"},
    }
    metric = Metric("approval rate", source={"cloudwatch": source})

    found = measured(sagemaker, past, metric)

    assert found.of("green", metric).points == (Value(past.at(3), 0.75, 4),)
    assert found.of("blue", metric).points == ()
    assert found.queries["approval rate"] == "Fraud Approved Average"


@pytest.mark.parametrize(
    "metric",
    [
        Metric("latency_p42"),
        Metric("latency_over"),
        Metric("mine", source={"cloudwatch": {"name": "x"}}),
        Metric("mine", source={"cloudwatch": {"namespace": "x", "name": "y", "stat": "Sum"}}),
        Metric("mine", source={"azure_monitor": {"name": "x"}}),
    ],
    ids=["unknown", "no threshold", "no namespace", "unknown key", "another cloud's"],
)
def test_a_metric_that_makes_no_sense_is_refused_without_a_call(
    sagemaker: SageMaker, past: Past, server: Server, metric: Metric
) -> None:
    with pytest.raises(Unsupported) as caught:
        measured(sagemaker, past, metric)

    assert caught.value.hints
    assert server.operations() == []


def test_each_metric_says_what_it_asked(sagemaker: SageMaker, past: Past) -> None:
    metrics = [Metric("errors_5xx"), Metric("latency_p99"), Metric("latency_over", 0.25)]

    queries = measured(sagemaker, past, *metrics).queries

    assert queries == {
        "errors_5xx": "AWS/SageMaker Invocation5XXErrors",
        "latency_p99": "AWS/SageMaker ModelLatency p99",
        "latency_over(0.25s)": "AWS/SageMaker ModelLatency PR(:250000)",
    }


def test_pages_are_put_together(sagemaker: SageMaker, past: Past, server: Server) -> None:
    server.control("settings", {"page_size": 2})
    past.put("Invocations", 3, [1] * 20)
    past.put("ModelLatency", 3, [80_000] * 20, variant="green")

    found = measured(sagemaker, past, Metric("errors_5xx"), Metric("latency_p50"))

    assert len(server.calls("GetMetricData")) > 2
    assert found.of("blue", Metric("errors_5xx")).points == (Counts(past.at(3), 20, 0),)
    assert found.of("green", Metric("latency_p50")).points == (Value(past.at(3), 0.08, 20),)


def test_a_period_that_began_before_the_window_is_left_out(
    sagemaker: SageMaker, past: Past
) -> None:
    past.put("Invocations", 3, [1] * 20)
    past.put("Invocations", 4, [1] * 30)
    window = Window(past.at(3.5), past.at(10))

    found = sagemaker.measure("churn", ["blue"], [Metric("requests")], window)

    assert found.of("blue", Metric("requests")).points == (Value(past.at(4), 30, 30),)
    assert found.window == window


def test_long_periods_begin_where_the_clock_does(past: Past) -> None:
    sagemaker = SageMaker({"metric_period": timedelta(minutes=5)})
    fives = [m for m in range(10) if past.at(m).minute % 5 == 0]
    past.put("Invocations", fives[-1] + 1, [1] * 20)
    past.put("Invocations", fives[-1] + 2, [1] * 30)
    window = Window(past.at(fives[-1] - 2), past.at(12))

    found = sagemaker.measure("churn", ["blue"], [Metric("requests")], window)

    assert found.of("blue", Metric("requests")).points == (Value(past.at(fives[-1]), 50, 50),)


@needs("CreateEndpointConfigInput", "MetricsConfig")
def test_ten_second_periods_are_used_where_the_endpoint_publishes_them(
    sagemaker: SageMaker, server: Server
) -> None:
    often = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
    server.endpoint("churn", {"blue": 90}, config={"MetricsConfig": often})
    past = Past(server)
    past.put("Invocations", 3, [1] * 20, resolution=10)
    past.put("Invocations", 3.5, [1] * 30, resolution=10)
    sagemaker.describe("churn")

    series = measured(sagemaker, past, Metric("requests")).of("blue", Metric("requests"))

    assert series.period == timedelta(seconds=10)
    assert [point.at for point in series.points] == [past.at(3), past.at(3.5)]


def test_a_config_that_may_not_be_read_leaves_minutes(
    sagemaker: SageMaker, past: Past, server: Server
) -> None:
    server.fault("DescribeEndpointConfig", "denied")
    sagemaker.describe("churn")

    assert measured(sagemaker, past, Metric("requests")).of(
        "blue", Metric("requests")
    ).period == timedelta(minutes=1)


def test_a_period_from_the_settings_needs_no_config(past: Past, server: Server) -> None:
    sagemaker = SageMaker({"metric_period": timedelta(seconds=10)})
    sagemaker.describe("churn")

    measured(sagemaker, past, Metric("requests"))

    assert server.operations() == ["DescribeEndpoint", "GetMetricData"]
    assert sagemaker.limits.metric_period == timedelta(seconds=10)


def test_a_period_cloudwatch_has_not_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="no periods of 45 seconds"):
        SageMaker({"metric_period": timedelta(seconds=45)})


def test_the_delay_of_metrics_can_be_set() -> None:
    assert SageMaker({}).limits.metric_delay == timedelta(minutes=2)
    assert SageMaker({"metric_delay": timedelta(0)}).limits.metric_delay == timedelta(0)


@pytest.mark.parametrize(
    ("age", "wanted", "period"),
    [
        (timedelta(hours=1), 10, 10),
        (timedelta(hours=4), 10, 60),
        (timedelta(days=20), 60, 300),
        (timedelta(days=70), 60, 3600),
        (timedelta(days=70), 86400, 86400),
    ],
)
def test_old_data_has_longer_periods(age: timedelta, wanted: int, period: int) -> None:
    found = period_for(NOON - age, NOON, timedelta(seconds=wanted))

    assert found == timedelta(seconds=period)


@pytest.mark.parametrize(
    ("second", "up"), [(0, 0), (1, 60), (59.5, 60), (60, 60)], ids=["on", "just", "half", "next"]
)
def test_a_window_begins_at_the_next_period(second: float, up: int) -> None:
    found = rounded_up(NOON + timedelta(seconds=second), timedelta(minutes=1))

    assert found == NOON + timedelta(seconds=up)


@pytest.mark.parametrize(
    ("status", "error"), [("InternalError", Unavailable), ("Forbidden", Denied)]
)
def test_a_metric_that_cloudwatch_could_not_answer_is_not_silence(
    sagemaker: SageMaker, past: Past, server: Server, status: str, error: type[Exception]
) -> None:
    server.fault("GetMetricData", "partial", code=status)

    with pytest.raises(error):
        measured(sagemaker, past, Metric("requests"))
