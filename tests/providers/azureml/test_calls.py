"""How many calls a look takes: one for what is alike, whatever the checks."""

from datetime import UTC, datetime, timedelta

import pytest
from servers.azureml.running import Server

from canarycli.metrics import Metric, Value, Window
from canarycli_azureml import AzureML

MINUTE = timedelta(minutes=1)
OWN = [
    Metric(f"own {name}", source={"azure_monitor": {"name": name}})
    for name in ("RequestLatency", "GpuMemoryUtilizationPercentage", "DiskUtilization")
]


@pytest.mark.parametrize(
    ("names", "own", "calls"),
    [
        (["errors"], [], 1),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "requests"], OWN[:1], 2),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "cpu"], [], 4),
        (["errors", "errors_4xx", "latency_p90", "latency_p99", "cpu", "memory", "gpu"], OWN, 4),
    ],
    ids=["1 check", "6 checks", "5 checks with a gauge", "10 checks, 5 of them gauges"],
)
def test_a_look_takes_two_calls_and_one_for_all_gauges_of_a_version(
    server: Server,
    azureml: AzureML,
    names: list[str],
    own: list[Metric],
    calls: int,
) -> None:
    """A gauge belongs to a deployment, and a call is about one resource."""
    now = server.control("now")["now"]
    minute = datetime.fromtimestamp(now - now % 60 - 600, UTC)
    requests = [["blue", minute.timestamp() + 30, "200", "200", 0.05]] * 5
    server.control("requests", endpoint="churn", requests=requests)
    server.control("clear")

    window = Window(minute, minute + 3 * MINUTE)
    found = azureml.measure("churn", ["blue", "teal"], [*map(Metric, names), *own], window)

    below = ["deployment.metrics"] * (calls - 2)
    assert server.operations() == ["metrics"] * min(calls, 2) + below
    if own:
        (point,) = found.of("blue", OWN[0]).points
        assert isinstance(point, Value)
        assert point.value == pytest.approx(50)
        assert found.of("teal", OWN[0]).points == ()
