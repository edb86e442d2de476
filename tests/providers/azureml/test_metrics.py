"""What Azure Monitor's answers become: counts by status, means of percentiles, gauges."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import NotFound, Rejected, Unavailable, Unsupported
from canarycli.metrics import Counts, Measurements, Metric, Point, Value, Window
from canarycli_azureml import AzureML

REQUESTS, FAILED, WRONG, MODEL = (
    Metric(name) for name in ("requests", "errors_5xx", "errors_4xx", "model_errors")
)
ERRORS = Metric("errors")
P99 = Metric("latency_p99")


@pytest.fixture
def minute(server: Server) -> datetime:
    """The start of a whole minute that is over, ten minutes before the server's now."""
    now = server.control("now")["now"]
    return datetime.fromtimestamp(now - now % 60 - 600, UTC)


def made(server: Server, minute: datetime, *answers: tuple[str, str, int]) -> None:
    """So many requests to blue in that minute, by status and model status, of 50 ms each."""
    at = minute.timestamp() + 30
    requests = [["blue", at, s, model, 0.05] for s, model, count in answers for _ in range(count)]
    server.control("requests", endpoint="churn", requests=requests)


def measured(
    provider: AzureML, minute: datetime, *metrics: Metric, minutes: int = 3
) -> Measurements:
    window = Window(minute, minute + timedelta(minutes=minutes))
    return provider.measure("churn", ["blue", "teal"], metrics, window)


def counts(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(point.n, point.bad) for point in points if isinstance(point, Counts)]


def values(points: Sequence[Point]) -> list[float]:
    return [point.value for point in points if isinstance(point, Value)]


MIX = (
    ("200", "200", 80),
    ("500", "", 1),
    ("503", "", 2),
    ("424", "500", 3),
    ("424", "400", 4),
    ("408", "", 1),
    ("429", "", 2),
    ("400", "", 5),
    ("401", "", 2),
)


def test_a_failing_model_is_a_424_and_counts_as_an_error_and_as_what_it_says(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, *MIX)

    found = measured(azureml, minute, ERRORS, FAILED, WRONG, MODEL, REQUESTS)

    assert counts(found.of("blue", ERRORS).points) == [(100, 13)]
    assert counts(found.of("blue", FAILED).points) == [(100, 3)]
    assert counts(found.of("blue", WRONG).points) == [(100, 17)]
    assert counts(found.of("blue", MODEL).points) == [(100, 7)]
    assert values(found.of("blue", REQUESTS).points) == [100]
    assert found.of("blue", FAILED).points[0].at == minute


def test_which_codes_are_errors_is_a_setting(server: Server, minute: datetime) -> None:
    made(server, minute, *MIX)
    provider = AzureML({**PLACE, "failures": ["5xx", 400]})

    found = measured(provider, minute, ERRORS, FAILED)

    provider.close()
    assert counts(found.of("blue", ERRORS).points) == [(100, 8)]
    assert counts(found.of("blue", FAILED).points) == [(100, 3)]


@pytest.mark.parametrize("rollup", ["mean", "sum"])
def test_requests_are_counted_right_whatever_azure_makes_of_coarser_queries(
    server: Server, azureml: AzureML, minute: datetime, rollup: str
) -> None:
    server.control("settings", rollup=rollup)
    made(server, minute, *MIX)

    assert values(measured(azureml, minute, REQUESTS).of("blue", REQUESTS).points) == [100]


def test_more_series_than_azures_default_are_all_counted(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, *((str(400 + n), "", 1) for n in range(30)))

    found = measured(azureml, minute, REQUESTS)

    assert values(found.of("blue", REQUESTS).points) == [30]
    assert int(server.calls("metrics")[0]["query"]["top"]) > 30


def test_a_minute_nobody_asked_in_is_no_data(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, ("200", "200", 5))
    made(server, minute + timedelta(minutes=2), ("200", "200", 7))

    found = measured(azureml, minute, REQUESTS, FAILED, P99, minutes=5)

    assert values(found.of("blue", REQUESTS).points) == [5, 7]
    assert counts(found.of("blue", FAILED).points) == [(5, 0), (7, 0)]
    assert len(found.of("blue", P99).points) == 2
    assert found.of("teal", FAILED).points == ()


def test_a_minute_that_has_not_arrived_yet_is_no_data_though_it_reads_zero(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control("settings", ingestion_seconds=540)
    made(server, minute, ("200", "200", 5))
    made(server, minute + timedelta(minutes=1), ("200", "200", 6))
    made(server, minute + timedelta(minutes=3), ("200", "200", 7))

    found = measured(azureml, minute, REQUESTS, minutes=5)

    assert values(found.of("blue", REQUESTS).points) == [5]
    assert azureml.limits.metric_delay == timedelta(minutes=3)


@pytest.mark.parametrize("missing", ["omit", "zero", "drop"])
def test_latency_is_in_seconds_with_its_requests_and_never_zero(
    server: Server, azureml: AzureML, minute: datetime, missing: str
) -> None:
    server.control("settings", missing=missing)
    made(server, minute, ("200", "200", 20))

    (point,) = measured(azureml, minute, P99, minutes=5).of("blue", P99).points

    assert isinstance(point, Value)
    assert (point.at, point.n) == (minute, 20)
    assert point.value == pytest.approx(0.05)


def test_a_latency_that_arrives_after_its_requests_is_no_data_until_then(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control("settings", latency_seconds=3600, missing="zero")
    made(server, minute, ("200", "200", 20))

    found = measured(azureml, minute, P99, REQUESTS)

    assert values(found.of("blue", REQUESTS).points) == [20]
    assert found.of("blue", P99).points == ()


def test_a_latency_that_arrives_before_its_requests_waits_for_them(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control("settings", ingestion_seconds=3600, latency_seconds=-3600)
    made(server, minute, ("200", "200", 20))

    assert measured(azureml, minute, P99).of("blue", P99).points == ()


def test_a_percentile_is_the_mean_of_the_front_ends_percentiles_and_says_so(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    at = minute.timestamp()
    slow = [["blue", at, "200", "200", seconds] for seconds in (0.1, 0.2, 0.6)]
    server.control("requests", endpoint="churn", requests=slow)

    found = measured(azureml, minute, P99)

    assert values(found.of("blue", P99).points) == [pytest.approx(0.3)]
    assert "a mean of percentiles" in found.queries[P99.key]


def test_cpu_memory_and_gpu_are_read_below_each_deployment(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control("load", endpoint="churn", qualities={"blue": {"cpu": 40.0, "memory": 60.0}})
    gauges = [Metric("cpu"), Metric("memory"), Metric("gpu")]

    found = measured(azureml, minute, *gauges)

    cpu, memory, gpu = (found.of("blue", metric).points for metric in gauges)
    assert len(cpu) == 3
    assert all(40 <= value <= 44 for value in values(cpu))
    assert all(60 <= value <= 64 for value in values(memory))
    assert gpu == ()


def test_a_whole_look_takes_two_calls_for_all_that_comes_from_requests(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    latencies = [Metric(f"latency_p{n}") for n in (50, 90, 95, 99)]
    server.control("clear")

    measured(azureml, minute, REQUESTS, FAILED, WRONG, MODEL, *latencies)

    assert server.operations() == ["metrics", "metrics"]


def test_an_empty_window_takes_no_call(server: Server, azureml: AzureML, minute: datetime) -> None:
    found = measured(azureml, minute, REQUESTS, P99, Metric("cpu"), minutes=0)

    assert found.of("blue", REQUESTS).points == ()
    assert not server.calls("metrics")


def test_the_window_is_half_open_however_it_lies_to_the_minute(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    for number in range(4):
        made(server, minute + timedelta(minutes=number), ("200", "200", number + 1))
    window = Window(minute + timedelta(seconds=30), minute + timedelta(minutes=2, seconds=30))

    found = azureml.measure("churn", ["blue"], [REQUESTS], window)

    assert values(found.of("blue", REQUESTS).points) == [2, 3]
    assert "+" not in server.calls("metrics")[0]["query"]["timespan"]


def test_shadow_requests_are_counted_under_the_shadows_name_where_azure_does_so(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control(
        "endpoint",
        name="churn",
        traffic={"blue": 100},
        mirror={"teal": 50},
        deployments={"blue": {}, "teal": {}},
    )
    server.control("load", endpoint="churn", per_minute=100, since=0)

    both = values(measured(azureml, minute, REQUESTS).of("teal", REQUESTS).points)
    server.control("settings", shadow_counts=False)
    none = measured(azureml, minute, REQUESTS).of("teal", REQUESTS).points

    assert all(30 <= value <= 70 for value in both)
    assert len(both) == 3
    assert none == ()


def test_names_in_another_case_are_the_same_version(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, ("200", "200", 5))
    window = Window(minute, minute + timedelta(minutes=1))

    found = azureml.measure("churn", ["BLUE"], [REQUESTS, P99], window)

    assert values(found.of("BLUE", REQUESTS).points) == [5]
    assert len(found.of("BLUE", P99).points) == 1


def custom(called: str, **source: Any) -> Metric:
    return Metric(called, source={"azure_monitor": source})


def test_a_custom_metric_is_read_by_name_and_aggregation(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    at = minute.timestamp()
    for arm, numbers in {"blue": [3, 5], "teal": [40]}.items():
        server.control(
            "values",
            endpoint="churn",
            namespace="fraud",
            name="ApprovalRate",
            dimensions={"arm": arm},
            values=[[at + n, value] for n, value in enumerate(numbers)],
        )
    where = {"namespace": "fraud", "dimensions": {"arm": "{arm}"}}
    mean = custom("mean approvals", name="ApprovalRate", **where)
    total = custom("approvals", name="ApprovalRate", aggregation="total", **where)

    found = measured(azureml, minute, mean, total)

    assert values(found.of("blue", mean).points) == [4]
    assert values(found.of("blue", total).points) == [8]
    assert values(found.of("teal", mean).points) == [40]
    assert "arm eq" in found.queries[mean.key]


def test_azures_own_metrics_are_told_apart_by_deployment_without_being_asked(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, ("200", "200", 5))
    latency = custom("mean latency", name="RequestLatency", aggregation="Average")
    disk = custom("instances", name="DeploymentCapacity", aggregation="Maximum")
    silent = custom("all requests", name="RequestsPerMinute", aggregation="Average")

    found = measured(azureml, minute, latency, disk, silent)

    assert values(found.of("blue", latency).points) == [pytest.approx(50)]
    assert found.of("teal", latency).points == ()
    assert len(found.of("blue", disk).points) == 3
    assert values(found.of("blue", silent).points) == [5]


TOTAL = custom("requests in all", name="RequestsPerMinute", aggregation="Total")


def test_an_aggregation_azure_refuses_is_told_in_its_words(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    made(server, minute, ("200", "200", 5))

    with pytest.raises(Rejected, match="does not support aggregation Total"):
        measured(azureml, minute, TOTAL)


def test_an_aggregation_azure_ignores_is_no_data_and_never_zero(
    server: Server, azureml: AzureML, minute: datetime
) -> None:
    server.control("settings", strict_aggregation=False)
    made(server, minute, ("200", "200", 5))

    assert measured(azureml, minute, TOTAL).of("blue", TOTAL).points == ()


@pytest.mark.parametrize(
    "source",
    [{"cloudwatch": {"name": "x"}}, {"azure_monitor": {}}, {"azure_monitor": {"nmae": "x"}}],
    ids=["another cloud's", "no name", "a typing error"],
)
def test_a_source_that_is_not_azure_monitors_is_unsupported(
    azureml: AzureML, minute: datetime, source: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported, match="can't read metric 'kpi'"):
        measured(azureml, minute, Metric("kpi", source=source))


def test_an_unknown_aggregation_is_unsupported(azureml: AzureML, minute: datetime) -> None:
    with pytest.raises(Unsupported, match="no aggregation 'p99'"):
        measured(azureml, minute, custom("kpi", name="x", aggregation="p99"))


def test_a_built_in_metric_azure_lacks_is_unsupported_and_not_in_the_limits(
    azureml: AzureML, minute: datetime
) -> None:
    with pytest.raises(Unsupported, match="latency_over"):
        measured(azureml, minute, Metric("latency_over", 0.5))

    assert "latency_over" not in azureml.limits.metrics


def test_metrics_of_an_endpoint_that_is_not_there_are_not_found(
    azureml: AzureML, minute: datetime
) -> None:
    window = Window(minute, minute + timedelta(minutes=1))

    with pytest.raises(NotFound):
        azureml.measure("nowhere", ["blue"], [REQUESTS], window)


def test_gauges_of_a_version_that_is_not_there_are_no_data(
    azureml: AzureML, minute: datetime
) -> None:
    window = Window(minute, minute + timedelta(minutes=1))

    found = azureml.measure("churn", ["gone"], [Metric("cpu")], window)

    assert found.of("gone", Metric("cpu")).points == ()


@pytest.mark.parametrize("kind", ["html", "garbage", "empty", "overloaded"])
def test_an_answer_that_makes_no_sense_is_unavailable_and_not_no_data(
    server: Server, azureml: AzureML, minute: datetime, kind: str
) -> None:
    server.fault("metrics", kind)

    with pytest.raises(Unavailable):
        measured(azureml, minute, FAILED)
