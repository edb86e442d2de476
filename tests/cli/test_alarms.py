"""A release on SageMaker whose check is an alarm that CloudWatch has already."""

from pathlib import Path

import boto3
import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

CONFIG = """
version: 1
endpoints:
  churn: {provider: sagemaker, region: us-east-1, metric_delay: 0s, metric_period: 1s, plan: quick}
plans:
  quick:
    read_every: 1s
    fails_after: 2
    stages:
      - {percent: 5, bake: 3s}
      - {percent: 100}
    checks:
      - {alarm: high-5xx}
"""


@pytest.fixture
def server(bare_aws: Server) -> Server:
    bare_aws.control("settings", {"metric_resolution_seconds": 1})
    variants = {"v41": {"weight": 1, "instances": 2}, "v42": {"weight": 0, "instances": 2}}
    bare_aws.endpoint("churn", variants)
    traffic = {"endpoint": "churn", "rate": 300, "backfill_seconds": 120}
    bare_aws.control("traffic", {**traffic, "variants": {"v41": {}, "v42": {}}})
    return bare_aws


@pytest.fixture
def canary(server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(CONFIG)
    return canary


def ring(server: Server, state: str, name: str = "high-5xx") -> None:
    """What an alarm of CloudWatch says from now on."""
    env = server.environment
    cloudwatch = boto3.client(
        "cloudwatch",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")
    cloudwatch.close()


def test_a_quiet_alarm_lets_the_candidate_through(server: Server, canary: Canary) -> None:
    ring(server, "OK")

    result = canary.run("start", "-m", "v42", "--yes")

    assert result.code == 0, result.out + result.err
    assert "DescribeAlarms" in server.operations()
    assert server.weights("churn")["v42"] > 0


def test_an_alarm_that_begins_to_ring_rolls_the_candidate_back(
    server: Server, canary: Canary
) -> None:
    canary.write(CONFIG.replace("bake: 3s", "bake: 40s"))
    ring(server, "OK")
    driving = canary.begin("start", "-m", "v42", "--yes")
    driving.wait_for("v42 5% confirmed")

    ring(server, "ALARM")
    result = driving.end()

    assert result.code == 3, result.out + result.err
    assert "alarm high-5xx" in result.out
    assert server.weights("churn")["v42"] == 0


def test_an_alarm_that_is_only_watched_decides_nothing(server: Server, canary: Canary) -> None:
    canary.write(CONFIG.replace("{alarm: high-5xx}", "{alarm: high-5xx, role: watch}"))
    ring(server, "ALARM")

    result = canary.run("start", "-m", "v42", "--yes")

    assert result.code == 0, result.out + result.err


def test_an_alarm_that_does_not_exist_is_named_before_anything_moves(
    server: Server, canary: Canary
) -> None:
    for command in ("plan", "start"):
        result = canary.run(command, "-m", "v42", "--yes")

        assert result.code == 9, result.out + result.err
        assert "there is no CloudWatch alarm 'high-5xx'" in result.err
    assert "UpdateEndpointWeightsAndCapacities" not in server.operations()


def test_the_plan_says_in_words_what_the_alarm_decides(server: Server, canary: Canary) -> None:
    ring(server, "OK")

    told = canary.run("plan", "-m", "v42", "--out", "mine.yaml")

    assert told.code == 0, told.out + told.err
    (line,) = [line for line in told.out.splitlines() if "never in alarm" in line]
    assert "alarm high-5xx" in line
    assert "- {alarm: high-5xx}" in (canary.folder / "mine.yaml").read_text()


@pytest.mark.slow
def test_the_policy_holds_what_the_plan_needs(canary: Canary) -> None:
    bare = CONFIG.replace("{alarm: high-5xx}", "{metric: errors_5xx, never_above: 5%}")
    shadowed = CONFIG.replace("    read_every", "    shadow: {percent: 20}\n    read_every")

    def granted(config: str) -> set[str]:
        canary.write(config)
        statements = canary.run("doctor", "--print-policy").json["Statement"]
        return {action for statement in statements for action in statement["Action"]}

    assert granted(CONFIG) - granted(bare) == {"cloudwatch:DescribeAlarms"}
    assert "sagemaker:UpdateEndpoint" in granted(shadowed) - granted(CONFIG)


def test_a_shadow_on_sagemaker_comes_before_the_first_share(server: Server, canary: Canary) -> None:
    canary.write(
        CONFIG.replace("    read_every", "    shadow: {percent: 20, bake: 2s}\n    read_every")
    )
    ring(server, "OK")

    result = canary.run("start", "-m", "v42", "--yes")

    assert result.code == 0, result.out + result.err
    assert "v42 a copy of 20% confirmed" in result.out
    changes = [name for name in server.operations() if name.startswith("Update")]
    assert changes == ["UpdateEndpoint", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"]
