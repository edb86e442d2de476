"""What Cloud Monitoring says, as canary's series."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from servers.vertex import Server

from canarycli.metrics import Counts, Histogram, Measurements, Metric, Value, Window
from canarycli_vertex import Vertex

from .conftest import provider

ARMS = ("11", "22")
ERRORS = Metric("errors_5xx")


def now(server: Server) -> datetime:
    """The start of the server's minute under way."""
    return datetime.fromtimestamp(server.clock.now() // 60 * 60, UTC)


def measure(vertex: Vertex, server: Server, *metrics: Metric, minutes: int = 10) -> Measurements:
    window = Window(now(server) - timedelta(minutes=minutes), now(server))
    return vertex.measure("1000", ARMS, metrics, window)


def near(value: float) -> Any:
    """Equal to what differs from it only by rounding."""
    return pytest.approx(value)


def requests(server: Server, model: str, minutes_ago: int, **more: Any) -> None:
    server.control(
        "POST", "requests", endpoint="1000", model=model, minutes_ago=minutes_ago, **more
    )


SCORE = {"type": "custom.googleapis.com/score", "labels": {"model": "{arm}"}}


def asked(server: Server) -> list[dict[str, list[str]]]:
    return [parse_qs(call["query"]) for call in server.calls if call["call"] == "timeSeries"]


def test_a_point_is_named_by_the_start_of_its_minute(vertex: Vertex, server: Server) -> None:
    requests(server, "22", 3, count=10)

    found = measure(vertex, server, ERRORS)

    at = now(server) - timedelta(minutes=3)
    assert found.of("22", ERRORS).points == (Counts(at, 10, 0),)


def test_codes_are_counted_by_their_first_digit(vertex: Vertex, server: Server) -> None:
    for code, count in {"200": 80, "404": 5, "429": 3, "503": 7, "5xx": 2, "2xx": 3}.items():
        requests(server, "22", 2, code=code, count=count)
    names = ("errors", "errors_5xx", "errors_4xx", "model_errors", "requests")
    metrics = [Metric(name) for name in names]

    found = measure(vertex, server, *metrics)

    at = now(server) - timedelta(minutes=2)
    assert [found.of("22", metric).points for metric in metrics] == [
        (Counts(at, 100, 12),),
        (Counts(at, 100, 9),),
        (Counts(at, 100, 8),),
        (Counts(at, 100, 17),),
        (Value(at, 100),),
    ]


@pytest.mark.parametrize(
    ("failures", "bad"),
    [(["5xx"], 9), (["5xx", 429], 12), (["4xx"], 8), ("503, 404", 12), (None, 12)],
)
def test_which_codes_are_errors_is_a_setting(server: Server, failures: Any, bad: int) -> None:
    for code, count in {"200": 80, "404": 5, "429": 3, "503": 7, "5xx": 2, "2xx": 3}.items():
        requests(server, "22", 2, code=code, count=count)

    found = measure(provider(server, failures=failures), server, Metric("errors"))

    at = now(server) - timedelta(minutes=2)
    assert found.of("22", Metric("errors")).points == (Counts(at, 100, bad),)


def test_no_errors_are_zero_where_there_is_traffic_and_nothing_where_there_is_none(
    vertex: Vertex, server: Server
) -> None:
    requests(server, "11", 5, count=4)
    requests(server, "11", 2, count=6)

    found = measure(vertex, server, ERRORS)

    assert [(p.n, p.bad) for p in found.of("11", ERRORS).points if isinstance(p, Counts)] == [
        (4, 0),
        (6, 0),
    ]
    assert found.of("22", ERRORS).points == ()


def test_two_questions_answer_every_request_and_latency_metric(
    vertex: Vertex, server: Server
) -> None:
    requests(server, "11", 2, count=5)
    requests(server, "22", 2, count=5)
    names = sorted(vertex.limits.metrics - {"cpu", "gpu", "memory"})
    metrics = [Metric(name, 0.1 if name == "latency_over" else None) for name in names]
    server.calls.clear()

    found = measure(vertex, server, *metrics)

    assert [call["call"] for call in server.calls] == ["token", "timeSeries", "timeSeries"]
    assert all(found.of(arm, metric).points for arm in ARMS for metric in metrics)


KPI = [
    Metric(f"score p{rank}", source={"cloud_monitoring": {**SCORE, "reducer": f"p{rank}"}})
    for rank in (50, 75, 90, 95, 99)
]


@pytest.mark.parametrize(
    ("names", "own", "calls"),
    [
        (["errors"], [], 1),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "requests"], [], 2),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "cpu"], [], 3),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "memory"], KPI, 4),
    ],
    ids=["1 check", "5 checks", "5 checks with a gauge", "10 checks of four metric types"],
)
def test_a_look_takes_one_call_for_each_of_googles_metric_types(
    vertex: Vertex, server: Server, names: list[str], own: list[Metric], calls: int
) -> None:
    """`timeSeries.list` answers one type a call, whatever is read from it."""
    metrics = [*map(Metric, names), *own]
    measure(vertex, server, *metrics)
    server.calls.clear()

    measure(vertex, server, *metrics)

    assert [call["call"] for call in server.calls] == ["timeSeries"] * calls


def test_the_question_is_asked_as_google_wants_it(vertex: Vertex, server: Server) -> None:
    found = measure(vertex, server, ERRORS)

    assert asked(server)[0] == {
        "filter": [
            (
                'metric.type="aiplatform.googleapis.com/prediction/online/response_count" AND '
                'resource.labels.endpoint_id="1000" AND '
                'metric.labels.deployed_model_id=one_of("11","22")'
            )
        ],
        "interval.startTime": [(now(server) - timedelta(minutes=10)).strftime("%FT%TZ")],
        "interval.endTime": [now(server).strftime("%FT%TZ")],
        "aggregation.alignmentPeriod": ["60s"],
        "aggregation.perSeriesAligner": ["ALIGN_DELTA"],
        "aggregation.crossSeriesReducer": ["REDUCE_SUM"],
        "aggregation.groupByFields": [
            "metric.labels.deployed_model_id",
            "metric.labels.response_code",
        ],
        "view": ["FULL"],
    }
    assert found.queries["errors_5xx"].startswith('metric.type="aiplatform')


def test_only_whole_minutes_of_a_ragged_window_are_asked_for(
    vertex: Vertex, server: Server
) -> None:
    for ago in range(1, 6):
        requests(server, "22", ago, count=ago)
    start = now(server) - timedelta(minutes=4, seconds=20)
    window = Window(start, now(server) - timedelta(minutes=1, seconds=-10))

    found = vertex.measure("1000", ARMS, [ERRORS], window)

    points = found.of("22", ERRORS).points
    assert [p.n for p in points if isinstance(p, Counts)] == [4, 3, 2]
    assert found.of("22", ERRORS).within(window).points == points


@pytest.mark.parametrize("seconds", [0, 30], ids=["empty", "within a minute"])
def test_a_window_without_a_whole_minute_asks_nothing(
    vertex: Vertex, server: Server, seconds: int
) -> None:
    window = Window(now(server), now(server) + timedelta(seconds=seconds))

    found = vertex.measure("1000", ARMS, [ERRORS], window)

    assert found.of("22", ERRORS).points == ()
    assert asked(server) == []


@pytest.mark.parametrize("points", [1, 3])
def test_a_series_in_pieces_over_many_pages_is_one(
    vertex: Vertex, server: Server, points: int
) -> None:
    for ago in range(1, 8):
        requests(server, "11", ago, count=ago, code="200")
        requests(server, "22", ago, count=ago, code="503")
    metrics = (ERRORS, Metric("latency"))
    whole = measure(vertex, server, *metrics)
    server.control("POST", "settings", page_points=points)

    paged = measure(vertex, server, *metrics)

    assert paged.series == whole.series
    assert len(asked(server)) > 6


def test_points_not_there_yet_are_missing_and_not_zero(vertex: Vertex, server: Server) -> None:
    for ago in range(1, 8):
        requests(server, "22", ago, count=10)
    server.control("POST", "settings", metric_delay=240)

    found = measure(vertex, server, ERRORS)

    newest = found.of("22", ERRORS).newest
    assert newest is not None
    assert newest <= now(server) - timedelta(minutes=3)


def test_latency_is_a_histogram_in_seconds_with_its_bounds(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", buckets={"explicitBuckets": {"bounds": [50, 100, 200]}})
    requests(server, "22", 2, latencies_ms=[20, 60, 70, 150, 900])
    latency = Metric("latency")

    found = measure(vertex, server, latency)

    at = now(server) - timedelta(minutes=2)
    assert found.of("22", latency).points == (Histogram(at, (0.05, 0.1, 0.2), (1, 2, 1, 1)),)


def test_percentiles_are_interpolated_and_carry_their_count(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", buckets={"explicitBuckets": {"bounds": [100, 200]}})
    requests(server, "22", 2, latencies_ms=[50] * 50 + [150] * 50)
    p50, p95 = Metric("latency_p50"), Metric("latency_p95")

    found = measure(vertex, server, p50, p95)

    at = now(server) - timedelta(minutes=2)
    assert found.of("22", p50).points == (Value(at, near(0.1), 100),)
    assert found.of("22", p95).points == (Value(at, near(0.19), 100),)


def test_slow_requests_are_those_above_the_next_bound_and_the_query_says_so(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "settings", buckets={"explicitBuckets": {"bounds": [100, 200]}})
    requests(server, "22", 2, latencies_ms=[50, 150, 150, 250])
    over = Metric("latency_over", 0.15)

    found = measure(vertex, server, over)

    at = now(server) - timedelta(minutes=2)
    assert found.of("22", over).points == (Counts(at, 4, 1),)
    assert [p.over for p in found.of("22", over).points if isinstance(p, Counts)] == [0.2]
    assert found.queries[over.key].endswith("slower than the first bucket bound at or above 0.15 s")


def test_overhead_is_kept_apart_from_the_whole_latency(vertex: Vertex, server: Server) -> None:
    requests(server, "22", 2, latency_ms=400, count=50)
    total, overhead = Metric("latency_p50"), Metric("overhead_p50")

    found = measure(vertex, server, total, overhead)

    whole, part = found.of("22", total).points[0], found.of("22", overhead).points[0]
    assert isinstance(whole, Value)
    assert isinstance(part, Value)
    assert whole.value > 0.25
    assert part.value < 0.01


def gauge(server: Server, name: str, model: str, value: float, **labels: str) -> None:
    server.control(
        "POST",
        "series",
        type=f"aiplatform.googleapis.com/prediction/online/{name}",
        labels={"deployed_model_id": model, **labels},
        resource={"endpoint_id": "1000"},
        points=[{"minutes_ago": 2, "value": value}],
    )


def test_gauges_are_percent_and_the_mean_of_the_replicas(vertex: Vertex, server: Server) -> None:
    for replica, value in (("a", 0.5), ("b", 0.7)):
        gauge(server, "cpu/utilization", "22", value, replica_id=replica)
    gauge(server, "accelerator/duty_cycle", "22", 0.25, replica_id="a")
    gauge(server, "memory/bytes_used", "22", 7.5 * 1024**3, replica_id="a")
    gauge(server, "replicas", "22", 3)
    names = ("cpu", "gpu", "memory", "replicas")

    found = measure(vertex, server, *map(Metric, names))

    at = now(server) - timedelta(minutes=2)
    assert [found.of("22", Metric(name)).points for name in names] == [
        (Value(at, near(60.0)),),
        (Value(at, 25.0),),
        (Value(at, 50.0),),
        (Value(at, 3.0),),
    ]


def custom(**source: Any) -> Metric:
    return Metric("approval", source={"cloud_monitoring": source})


def test_a_metric_of_ones_own_is_asked_for_both_arms_at_once(
    vertex: Vertex, server: Server
) -> None:
    for model, value in (("11", 0.9), ("22", 0.8)):
        server.control(
            "POST", "series", type="custom.googleapis.com/approved", labels={"model": model},
            points=[{"minutes_ago": 2, "value": value}],
        )  # fmt: skip
    metric = custom(type="custom.googleapis.com/approved", labels={"model": "{arm}"})

    found = measure(vertex, server, metric)

    at = now(server) - timedelta(minutes=2)
    assert [found.of(arm, metric).points for arm in ARMS] == [(Value(at, 0.9),), (Value(at, 0.8),)]
    assert len(asked(server)) == 1


def test_an_arm_within_a_longer_label_is_asked_for_one_by_one(
    vertex: Vertex, server: Server
) -> None:
    server.control(
        "POST", "series", type="custom.googleapis.com/approved", labels={"model": "m-22"},
        points=[{"minutes_ago": 2, "value": 4}, {"minutes_ago": 2, "value": 6}],
    )  # fmt: skip
    metric = custom(
        type="custom.googleapis.com/approved", labels={"model": "m-{arm}"}, reducer="max"
    )

    found = measure(vertex, server, metric)

    assert found.of("22", metric).points == (Value(now(server) - timedelta(minutes=2), 6.0),)
    assert found.of("11", metric).points == ()
    assert len(asked(server)) == 2


@pytest.mark.parametrize(
    ("reducer", "value"), [("distribution", 60.0), ("p50", 50.0)], ids=["mean", "percentile"]
)
def test_a_distribution_of_ones_own_gives_a_value_with_its_count(
    vertex: Vertex, server: Server, reducer: str, value: float
) -> None:
    server.control("POST", "settings", buckets={"explicitBuckets": {"bounds": [50, 100]}})
    points = [{"minutes_ago": 2, "value": v} for v in (40, 60, 80)]
    server.control(
        "POST", "series", type="custom.googleapis.com/score", kind="DELTA", distribution=True,
        labels={"model": "22"}, points=[*points, {"minutes_ago": 2, "value": 60}],
    )  # fmt: skip
    metric = custom(type="custom.googleapis.com/score", labels={"model": "{arm}"}, reducer=reducer)

    found = measure(vertex, server, metric)

    point = found.of("22", metric).points[0]
    assert isinstance(point, Value)
    assert point.n == 4
    assert value <= point.value <= 70


def test_one_of_vertexs_own_metrics_needs_no_labels(vertex: Vertex, server: Server) -> None:
    gauge(server, "target_replicas", "22", 5)
    metric = custom(type="aiplatform.googleapis.com/prediction/online/target_replicas")

    found = measure(vertex, server, metric)

    assert [p.value for p in found.of("22", metric).points if isinstance(p, Value)] == [5.0]
