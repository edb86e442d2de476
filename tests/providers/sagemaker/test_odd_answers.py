"""Whatever AWS answers, of whatever type, is an error of the tree or no data: never a fault."""

from datetime import UTC, datetime, timedelta

import pytest
from providers.odd_answers import ask_everything, release_and_roll_back
from servers.sagemaker import Server

from canarycli.engine.retries import Patient
from canarycli.errors import CanaryError
from canarycli.metrics import Metric, Window
from canarycli.testing import FakeClock
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

VARIANT = "ProductionVariants/0/"
ODD = [
    ("DescribeEndpoint", VARIANT + "VariantName", ""),
    ("DescribeEndpoint", VARIANT + "CurrentWeight", '"x"'),
    ("DescribeEndpoint", VARIANT + "CurrentWeight", "NaN"),
    ("DescribeEndpoint", VARIANT + "DesiredWeight", '"x"'),
    ("DescribeEndpoint", VARIANT + "CurrentInstanceCount", '"x"'),
    ("DescribeEndpoint", VARIANT + "CurrentWeight", "-1"),
    ("DescribeEndpoint", "ProductionVariants", '"x"'),
    ("DescribeEndpoint", "ProductionVariants/0", "[1]"),
    ("DescribeEndpoint", "ProductionVariants", ""),
    ("DescribeEndpoint", "EndpointStatus", ""),
    ("DescribeEndpoint", "EndpointStatus", "[1]"),
    ("DescribeEndpointConfig", "ProductionVariants/0", "{}"),
    ("DescribeEndpointConfig", "ProductionVariants", "null"),
    ("ListTags", "Tags", '[{"Value": "x"}]'),
    ("ListTags", "Tags", '[{"Key": "canary-release"}]'),
    ("ListTags", "Tags", '"x"'),
    ("GetMetricData", "MetricDataResults/0/Id", '"qx"'),
    ("GetMetricData", "MetricDataResults/0/Values", "[1, 2, 3]"),
    ("GetMetricData", "MetricDataResults/0/Values", '["x"]'),
    ("GetMetricData", "MetricDataResults/0/Timestamps", "[null]"),
    ("GetMetricData", "MetricDataResults", '"x"'),
]


@pytest.mark.parametrize(("operation", "path", "value"), ODD, ids=lambda part: part or "gone")
def test_an_odd_answer_is_no_fault(
    server: Server, sagemaker: SageMaker, operation: str, path: str, value: str
) -> None:
    server.endpoint("churn", {"blue": {"weight": 1.0}, "teal": {"weight": 0.0}})
    patient = Patient(sagemaker, FakeClock(), timedelta(0), lambda: "sagemaker", ours=True)
    now = datetime.now(UTC)
    metrics = [Metric("errors_5xx"), Metric("latency_p90"), Metric("cpu")]
    server.fault(operation, "patch", code=path, message=value)

    def everything() -> None:
        seen = patient.details("churn")
        patient.notes(seen)
        patient.shift(
            seen, Traffic.split("blue", "teal", 5), {"canary-release": "r-1"}, raises=True
        )
        window = Window(now - timedelta(minutes=5), now)
        patient.measure("churn", ["blue", "teal"], metrics, window)

    try:
        everything()
    except CanaryError as error:
        assert error.message  # noqa: PT017 - either nothing is raised, or one of ours


@pytest.mark.parametrize("batch", range(2))
def test_no_odd_answer_is_a_fault(server: Server, sagemaker: SageMaker, batch: int) -> None:
    server.endpoint("churn", {"blue": {"weight": 1.0}, "teal": {"weight": 0.0}})
    for number in range(8 * batch + 20, 8 * batch + 28):
        server.control("clear_faults")
        server.fault("*", "mutate", code=str(number))

        assert ask_everything(sagemaker, "churn", ("blue", "teal")) == [], number
        release_and_roll_back(sagemaker, "churn", ("blue", "teal"))
