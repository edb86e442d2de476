"""The metrics of many endpoints in one call say of each what a call of its own would say."""

from dataclasses import replace

import pytest
from providers.sagemaker.test_metrics import Past
from servers.sagemaker import Server

from canarycli.batch import Reading
from canarycli.errors import Unsupported
from canarycli.metrics import Counts, Measurements, Metric, Window
from canarycli_sagemaker import SageMaker


@pytest.fixture
def past(server: Server) -> Past:
    server.endpoint("churn", {"blue": 90, "green": 10})
    return Past(server)


def two_endpoints(server: Server, past: Past) -> None:
    """A second endpoint with other numbers in the same minutes."""
    server.endpoint("fraud", {"blue": 90, "green": 10})
    for minute in range(10):
        past.put("Invocations", minute, [1] * 20)
        past.put("Invocation5XXErrors", minute, [0] * 17 + [1] * 3)
    fraud = {"EndpointName": "fraud", "VariantName": "blue"}
    past.put("Invocations", 3, [1] * 50, dimensions=fraud)
    past.put("Invocation5XXErrors", 3, [0] * 49 + [1], dimensions=fraud)


def test_many_endpoints_are_one_call_and_each_gets_what_it_would_get_alone(
    sagemaker: SageMaker, past: Past, server: Server
) -> None:
    two_endpoints(server, past)
    errors, latency = Metric("errors_5xx"), Metric("latency_p90")
    narrow = Window(past.at(2), past.at(8))
    readings = [
        Reading("churn", ("blue", "green"), (errors, latency), past.window),
        Reading("fraud", ("blue", "green"), (errors,), narrow),
        Reading("churn", ("blue",), (errors,), narrow),
    ]

    many = sagemaker.measure_many(readings)
    calls = server.operations()
    alone = [sagemaker.measure(r.endpoint, r.versions, r.metrics, r.window) for r in readings]

    assert calls == ["GetMetricData"]
    for found, expected in zip(many, alone, strict=True):
        assert isinstance(found, Measurements)
        assert (found.series, found.window) == (expected.series, expected.window)
    assert alone[1].of("blue", errors).points == (Counts(past.at(3), 50, 1),)


def test_one_that_can_not_be_asked_spoils_it_for_nobody(sagemaker: SageMaker, past: Past) -> None:
    past.put("Invocations", 3, [1] * 20)
    readings = [
        Reading("churn", ("blue",), (Metric("nonsense"),), past.window),
        Reading("churn", ("blue",), (Metric("errors_5xx"),), past.window),
    ]

    nonsense, good = sagemaker.measure_many(readings)

    assert isinstance(nonsense, Unsupported)
    assert isinstance(good, Measurements)
    assert good.of("blue", Metric("errors_5xx")).points == (Counts(past.at(3), 20, 0),)


def test_a_call_takes_500_statistics_whoevers_they_are(
    sagemaker: SageMaker, past: Past, server: Server
) -> None:
    metrics = tuple(map(Metric, ("errors", "errors_4xx", "latency_p90", "cpu", "memory")))
    one = Reading("churn", ("blue", "green"), metrics, past.window)
    readings = [replace(one, endpoint=f"e-{number}") for number in range(100)]
    fitting = next(n for n in range(1, 100) if sagemaker.full(readings[:n]))

    sagemaker.measure_many(readings[:fitting])
    one_call = server.operations()
    sagemaker.measure_many(readings)
    sizes = [len(call["params"]["MetricDataQueries"]) for call in server.calls("GetMetricData")]

    assert one_call == ["GetMetricData"]
    assert max(sizes) == 500
    assert len(sizes) == 1 + -(-100 * sizes[0] // fitting // 500)


def test_windows_far_apart_are_not_read_as_one(
    sagemaker: SageMaker, past: Past, server: Server
) -> None:
    long_ago = Window(past.at(-60), past.at(10))
    readings = [
        Reading("churn", ("blue",), (Metric("errors"),), window)
        for window in (past.window, long_ago)
    ]

    sagemaker.measure_many(readings)

    assert server.operations() == ["GetMetricData"] * 2
