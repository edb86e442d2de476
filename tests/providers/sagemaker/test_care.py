"""Smoke tests, alarms, the doctor and the least policy."""

import ast
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from servers.sagemaker import Server

import canarycli_sagemaker
from canarycli.errors import NotFound, Rejected, Unavailable
from canarycli.metrics import Metric, Value, Window
from canarycli.permissions import Needs
from canarycli_sagemaker import SageMaker
from canarycli_sagemaker.alarms import Alarm, alarm_series
from canarycli_sagemaker.policy import (
    BEFORE_AN_ENDPOINT_IS_KNOWN,
    GRANTS,
    NEVER_REFUSED,
    policy,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def churn(server: Server) -> str:
    blue = {"weight": 1, "instances": 4}
    server.endpoint("churn", {"blue": blue, "green": {"weight": 0, "instances": 1}})
    return "churn"


def test_an_idle_candidate_can_be_asked(sagemaker: SageMaker, churn: str, server: Server) -> None:
    body = json.dumps({"score": 0.9})
    server.control("invoke", {"endpoint": churn, "variant": "green", "body": body})

    reply = sagemaker.smoke(churn, "green", b'{"amount": 12}')

    assert (reply.version, reply.body, reply.content_type) == (
        "green",
        body.encode(),
        "application/json",
    )


@pytest.mark.parametrize(
    ("status", "error"), [(400, Rejected), (429, Unavailable), (503, Unavailable)]
)
def test_a_request_that_sagemaker_refuses_says_why(
    sagemaker: SageMaker, server: Server, churn: str, status: int, error: type[Exception]
) -> None:
    body = {"endpoint": churn, "variant": "green", "status": status, "body": "feature 7 is missing"}
    server.control("invoke", body)

    with pytest.raises(error, match="feature 7 is missing"):
        sagemaker.smoke(churn, "green", b"{}")


def test_an_error_of_the_model_is_an_answer_with_its_status(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    body = {"endpoint": churn, "variant": "green", "status": 424, "body": "feature 7 is missing"}
    server.control("invoke", body)

    reply = sagemaker.smoke(churn, "green", b"{}")

    assert (reply.status, reply.body) == (400, b"feature 7 is missing")


def alarm(sagemaker: SageMaker, name: str, state: str) -> None:
    client = sagemaker.clients.cloudwatch
    client.put_metric_alarm(
        AlarmName=name,
        Namespace="Fraud",
        MetricName="Complaints",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def gate(name: str) -> Metric:
    return Metric("complaints", source={"cloudwatch": {"alarm": name}})


def values(sagemaker: SageMaker, metric: Metric) -> list[float]:
    end = datetime.fromtimestamp(time.time() // 60 * 60, UTC) + 10 * MINUTE
    window = Window(end - 15 * MINUTE, end)
    found = sagemaker.measure("churn", ["blue", "green"], [metric], window)
    return [point.value for point in found.of("green", metric).points if isinstance(point, Value)]


def test_a_ringing_alarm_speaks_for_the_whole_window(sagemaker: SageMaker, churn: str) -> None:
    assert churn
    alarm(sagemaker, "complaints-of-green", "ALARM")
    alarm(sagemaker, "complaints-of-blue", "OK")

    assert values(sagemaker, gate("complaints-of-{arm}")) == [1.0] * 15


def test_a_quiet_alarm_is_zero_since_it_is_quiet(sagemaker: SageMaker, churn: str) -> None:
    assert churn
    alarm(sagemaker, "complaints", "OK")

    found = values(sagemaker, gate("complaints"))

    assert set(found) == {0.0}
    assert len(found) < 15


def test_an_alarm_without_enough_data_says_nothing() -> None:
    unsure = Alarm("complaints", "INSUFFICIENT_DATA", NOON)

    assert alarm_series(unsure, Window(NOON, NOON + 5 * MINUTE), MINUTE).points == ()


def test_an_alarm_that_does_not_exist_is_not_found(sagemaker: SageMaker, churn: str) -> None:
    assert churn
    with pytest.raises(NotFound, match="no CloudWatch alarm 'nothing'"):
        values(sagemaker, gate("nothing"))


def test_the_doctor_finds_nothing_wrong_with_a_healthy_account(
    sagemaker: SageMaker, churn: str
) -> None:
    doctor = sagemaker.doctor

    probes = [*doctor.identity(), *doctor.permissions(churn, deploys=True)]

    assert [probe for probe in probes if not probe.ok] == []
    assert {"identity", "credentials", "clock", "sagemaker:UpdateEndpoint"} <= {
        probe.name for probe in probes
    }


def test_the_doctor_changes_nothing(sagemaker: SageMaker, server: Server, churn: str) -> None:
    before: dict[str, Any] = server.control("state", {"endpoint": churn})

    list(sagemaker.doctor.permissions(churn, deploys=True))

    assert server.control("state", {"endpoint": churn}) == before
    assert server.calls("CreateEndpointConfig")[0]["status"] == 400
    assert sagemaker.notes(sagemaker.describe(churn)) == {}


@pytest.mark.parametrize(
    "operation", ["UpdateEndpointWeightsAndCapacities", "AddTags", "UpdateEndpoint"]
)
def test_the_doctor_names_a_missing_permission(
    sagemaker: SageMaker, server: Server, churn: str, operation: str
) -> None:
    server.fault(operation, "denied")

    probes = list(sagemaker.doctor.permissions(churn, deploys=True))

    wrong = [probe for probe in probes if not probe.ok]
    assert [probe.name for probe in wrong] == [f"sagemaker:{operation}"]
    assert wrong[0].hints


def test_the_doctor_does_not_take_silence_for_a_no(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.fault("ListTags", "throttle")

    probes = {probe.name: probe for probe in sagemaker.doctor.permissions(churn)}

    assert probes["sagemaker:ListTags"].ok is None


def test_the_doctor_says_how_old_each_metric_is(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("traffic", {"endpoint": churn, "rate": 5, "backfill_seconds": 300})
    metrics = [Metric("errors_5xx")]

    found = {
        probe.name: probe
        for probe in sagemaker.doctor.metrics(churn, ["blue", "green"], metrics, datetime.now(UTC))
    }

    assert found["cloudwatch:GetMetricData"].ok
    assert found["errors_5xx of blue"].ok
    assert found["errors_5xx of green"].detail == "no points"
    assert found["errors_5xx of green"].hints == ("AWS/SageMaker Invocation5XXErrors",)


def actions(document: dict[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_a_policy_that_reads_answers_reads_only_the_endpoints() -> None:
    statements = {
        one["Sid"]: one
        for one in policy("churn", region="us-east-1", needs=Needs(answers=True))["Statement"]
    }

    assert statements["ReadRecordedAnswers"]["Resource"] == "arn:aws:s3:::*/churn/*"
    assert statements["FindRecordedAnswers"]["Action"] == ["s3:ListBucket"]
    assert "ReadRecordedAnswers" not in str(policy("churn", region="us-east-1"))


def test_the_least_policy_names_the_endpoint_in_lower_case() -> None:
    document = policy("FraudScorer", region="us-east-1", account="123456789012")

    shift = document["Statement"][0]
    assert shift["Sid"] == "ShiftAndRollBack"
    assert shift["Resource"] == "arn:aws:sagemaker:us-east-1:123456789012:endpoint/fraudscorer"
    assert "sagemaker:UpdateEndpoint" not in actions(document)


def test_each_permission_is_there_only_where_it_is_needed() -> None:
    needs = Needs(deploys=True, smokes=True, alarms=True)
    whole = policy("churn", region="us-east-1", needs=needs)
    least = policy("churn", region="us-east-1", needs=Needs(watches=False))

    assert {"sagemaker:InvokeEndpoint", "cloudwatch:DescribeAlarms"} <= actions(whole)
    assert actions(least) < actions(whole)


def test_every_call_of_the_code_is_in_a_statement_and_every_statement_is_called() -> None:
    named = {call for grant in GRANTS for call in grant.calls}

    assert set(calls_made()) == named | {*NEVER_REFUSED, *BEFORE_AN_ENDPOINT_IS_KNOWN}


def calls_made() -> Iterator[str]:
    """The operations of AWS that are named in the provider, by the client they are asked of."""
    clients = {
        "sagemaker": "sagemaker",
        "cloudwatch": "cloudwatch",
        "autoscaling": "application-autoscaling",
        "runtime": "sagemaker-runtime",
        "s3": "s3",
        "identity": "sts",
    }
    session = botocore.session.get_session()
    named = {
        node.attr
        for file in Path(canarycli_sagemaker.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and "_" in node.attr
    }
    for client, service in clients.items():
        operations = session.get_service_model(service).operation_names
        yield from (f"{client}.{name}" for name in named & set(map(xform_name, operations)))


def test_the_policy_in_the_manual_is_the_one_that_is_made() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "sagemaker.md").read_text(encoding="utf-8")
    shown = json.loads(manual.split("```json")[1].split("```")[0])

    assert shown == policy("fraud-scorer", region="us-east-1", account="123456789012")


def test_every_permission_there_may_be_is_in_the_manual() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "sagemaker.md").read_text(encoding="utf-8")
    named = {action.partition(":")[2] for grant in GRANTS for action in grant.actions}

    assert [name for name in named if f"{name}`" not in manual and f'{name}"' not in manual] == []
