"""Questions to Cloud Monitoring that are refused, here or there, and what is said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from servers.vertex import Server

from canarycli.errors import Denied, Rejected, Unavailable, Unsupported
from canarycli.metrics import Measurements, Metric, Value, Window
from canarycli_vertex import Vertex

ARMS = ("11", "22")
ERRORS = Metric("errors_5xx")


def now(server: Server) -> datetime:
    """The start of the server's minute under way."""
    return datetime.fromtimestamp(server.clock.now() // 60 * 60, UTC)


def measure(vertex: Vertex, server: Server, *metrics: Metric, minutes: int = 10) -> Measurements:
    window = Window(now(server) - timedelta(minutes=minutes), now(server))
    return vertex.measure("1000", ARMS, metrics, window)


def requests(server: Server, model: str, minutes_ago: int, **more: Any) -> None:
    server.control(
        "POST", "requests", endpoint="1000", model=model, minutes_ago=minutes_ago, **more
    )


def asked(server: Server) -> list[dict[str, list[str]]]:
    return [parse_qs(call["query"]) for call in server.calls if call["call"] == "timeSeries"]


def custom(**source: Any) -> Metric:
    return Metric("approval", source={"cloud_monitoring": source})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"type": "custom.googleapis.com/x"}, "nothing in its labels tells the versions apart"),
        ({"labels": {"m": "{arm}"}}, "needs a type"),
        ({"type": "t", "labels": {"m": "{arm}"}, "reducer": "median"}, "no reducer 'median'"),
        ({"type": "t", "labels": {'m" OR "': "{arm}"}}, "can't be a label"),
        ({"type": "t", "labels": {"m": "{arm}"}, "kind": "x"}, "no key 'kind'"),
    ],
)
def test_a_source_that_says_too_little_is_refused_before_anything_is_asked(
    vertex: Vertex, server: Server, source: dict[str, Any], message: str
) -> None:
    with pytest.raises(Unsupported, match=message):
        measure(vertex, server, custom(**source))

    assert asked(server) == []


def test_a_quote_in_a_label_stays_text(vertex: Vertex, server: Server) -> None:
    metric = custom(type="custom.googleapis.com/x", labels={"m": '"} OR {arm}'})

    found = measure(vertex, server, metric)

    assert found.of("22", metric).points == ()


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (Metric("approval"), "no metric 'approval'"),
        (Metric("approval", source={"cloudwatch": {}}), "no cloud_monitoring: source"),
        (Metric("latency_over"), "needs a threshold"),
    ],
)
def test_a_metric_vertex_does_not_have_is_refused(
    vertex: Vertex, server: Server, metric: Metric, message: str
) -> None:
    with pytest.raises(Unsupported, match=message):
        measure(vertex, server, metric)


def test_what_google_finds_wrong_with_a_question_is_told(vertex: Vertex, server: Server) -> None:
    requests(server, "22", 2, count=5)
    metric = custom(
        type="aiplatform.googleapis.com/prediction/online/prediction_latencies", reducer="mean"
    )

    with pytest.raises(Rejected, match="ALIGN_MEAN is not valid for a distribution"):
        measure(vertex, server, metric)


def test_a_missing_permission_is_named(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", denied=["monitoring.timeSeries.list"])

    with pytest.raises(Denied) as caught:
        measure(vertex, server, ERRORS)

    assert caught.value.hints[0] == "grant monitoring.timeSeries.list"


def test_a_throttled_question_says_which_quota_and_how_long_to_wait(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "faults", call="timeSeries", kind="throttle", retry_after="17")

    with pytest.raises(Unavailable, match="quota of google's is used up") as caught:
        measure(vertex, server, ERRORS)

    assert caught.value.after == 17.0
    assert "quota_limit_value: 600" in caught.value.facts


def test_generated_traffic_follows_the_split(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 75, "22": 25})
    server.control("POST", "load", endpoint="1000", per_minute=240, since_minutes=11)

    found = measure(vertex, server, Metric("requests"))

    totals = [
        sum(p.value for p in found.of(arm, Metric("requests")).points if isinstance(p, Value))
        for arm in ARMS
    ]
    assert totals == [pytest.approx(1800, rel=0.1), pytest.approx(600, rel=0.1)]
