"""The policy that canary prints is all that a release takes on each cloud: nothing else is allowed.

The servers refuse every call that the printed policy has no permission for, and log it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from servers.azureml.running import PLACE
from servers.sagemaker import Server

pytestmark = pytest.mark.slow

AWS = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "churn")
SELDOM = {
    "sagemaker:DeleteEndpointConfig",  # a config of that name was there, or a shadow's is over
    "aiplatform.operations.list",  # the answer that named the deployment was lost
    "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/token/action",  # no keys
}
"""What a release takes that does not come by here."""

SMOKE = "    smoke: [{payload: {amount: 900}, expect: {contains: score}}]\n"
SAGEMAKER = f"""
endpoints:
  churn:
    provider: sagemaker
    region: us-east-1
    candidate: {{instances: 2}}
    metric_delay: 0s
    metric_period: 1s
    plan: quick
plans:
  quick:
    read_every: 1s
    fails_after: 2
{SMOKE}
    stages: [{{percent: 5, bake: 2s}}, {{percent: 100}}]
    checks:
      - {{metric: errors_5xx, never_above: 5%}}
      - {{alarm: high-5xx}}
"""


HEALTHY = {"endpoint": "churn", "rate": 300, "backfill_seconds": 120}


def printed(canary: Canary, *more: str) -> dict[str, Any]:
    """What `--print-policy` prints."""
    return canary.run("doctor", *more, "--print-policy").json


CLEANUP = ("cleanup", "churn", "--yes")


def enough_for(canary: Canary, commands: Mapping[tuple[str, ...], int]) -> None:
    """Run commands, each of which has to end with its code."""
    for command, code in commands.items():
        result = canary.run(*command)
        assert result.code == code, f"{command}: {result.out}{result.err}"


@pytest.fixture
def aws(bare_aws: Server) -> Server:
    """A baseline that scales by itself, an alarm that is quiet, two models to bring in."""
    bare_aws.control("settings", {"metric_resolution_seconds": 1})
    bare_aws.endpoint("churn", {"v41": {"weight": 1, "instances": 2}})
    bare_aws.control("traffic", {**HEALTHY, "variants": {"v41": {}}})
    for model in ("m42", "m43"):
        bare_aws.control("model", {"name": model})
    scaling = _client(bare_aws, "application-autoscaling")
    where = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/churn/variant/v41",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**where, MinCapacity=1, MaxCapacity=4)
    scaling.put_scaling_policy(
        **where,
        PolicyName="by-requests",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )
    _client(bare_aws, "cloudwatch").put_metric_alarm(
        AlarmName="high-5xx",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    return bare_aws


@pytest.fixture
def ann(aws: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(aws.environment))
    canary.write(SAGEMAKER)
    return canary


def _client(aws: Server, service: str) -> Any:
    keys = {name.lower(): value for name, value in aws.environment.items() if "KEY" in name}
    return boto3.client(service, endpoint_url=aws.url, region_name="us-east-1", **keys)


def granted(policy: Mapping[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_on_sagemaker_everything_from_bringing_in_to_taking_away_takes_that_policy_and_no_less(
    aws: Server, ann: Canary
) -> None:
    policy = printed(ann)
    aws.control("permit", policy)
    since = len(aws.calls())

    # The doctor second: it wants an alarm that has been quiet for a moment.
    enough_for(ann, {("start", "-m", "m42", "--yes"): 0, ("doctor",): 0})
    aws.fault("UpdateEndpoint", "refuse", code="ValidationException", message="no", times=1)
    enough_for(ann, {CLEANUP: 10})  # what scaled by itself is put back as it was
    enough_for(ann, {CLEANUP: 0})
    aws.control("traffic", {**HEALTHY, "variants": {"m42": {}, "m43": {"errors_5xx": 0.3}}})
    enough_for(ann, {("start", "-m", "m43", "--yes"): 3, CLEANUP: 0})

    calls = aws.calls()[since:]
    assert [call["denied"] for call in calls if call["denied"]] == []
    used = {right[0] for call in calls for right in call["rights"]}
    assert granted(policy) - used <= SELDOM


def test_on_sagemaker_a_rollback_from_anywhere_takes_the_first_statement_and_the_notes_another(
    aws: Server, ann: Canary
) -> None:
    shift, notes, *_ = printed(ann)["Statement"]
    enough_for(ann, {("start", "-m", "m42", "-p", "5", "--yes", "--detach"): 0})
    aws.control("permit", {"Statement": [shift]})
    since = len(aws.calls())

    enough_for(ann.elsewhere("phone"), {("rollback", *AWS, "--yes"): 0})

    assert aws.weights("churn")["m42"] == 0
    denied = {call["denied"] for call in aws.calls()[since:]} - {""}
    assert denied == set(notes["Action"])


GOOGLE = """
endpoints:
  churn:
    provider: vertex
    project: acme-ml
    region: europe-west4
    candidate: {min_replicas: 1}
    metric_delay: 0s
    metric_period: 1s
    plan: quick
plans:
  quick:
    read_every: 1s
    fails_after: 2
    stages: [{percent: 5, bake: 2s}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 5%}]
"""


def test_on_vertex_everything_from_bringing_in_to_taking_away_takes_that_role_and_no_less(
    vertex: OnVertex,
) -> None:
    ann, server = vertex.ann, vertex.server
    ann.write(GOOGLE)
    role = printed(ann)["includedPermissions"]
    server.control("POST", "settings", granted=role)

    enough_for(ann, {("doctor",): 0, ("start", "-m", "500@3", "--yes"): 0, CLEANUP: 0})
    vertex.serve(error_rate=0.3)
    enough_for(ann, {("start", "-m", "500@2", "--yes"): 3, CLEANUP: 0})

    calls = server.calls
    assert [call["denied"] for call in calls if "denied" in call] == []
    assert set(role) - {call.get("permission", "") for call in calls} <= SELDOM


def test_on_vertex_a_rollback_from_anywhere_takes_two_permissions(vertex: OnVertex) -> None:
    enough_for(vertex.ann, {("start", "-m", "500@2", "-p", "5", "--yes", "--detach"): 0})
    two = ["aiplatform.endpoints.get", "aiplatform.endpoints.update"]
    vertex.server.control("POST", "settings", granted=two)

    enough_for(vertex.ann.elsewhere("phone"), {("rollback", *VERTEX, "--yes"): 0})

    assert vertex.split == {"11": 100}
    assert [call["denied"] for call in vertex.server.calls if "denied" in call] == []


ON_AZURE = f"""
endpoints:
  eta:
    provider: azureml
    subscription: {PLACE["subscription"]}
    resource_group: {PLACE["resource_group"]}
    workspace: {PLACE["workspace"]}
    candidate: {{instances: 2}}
    metric_delay: 0s
    plan: quick
plans:
  quick:
    read_every: 1s
    smoke: [{{payload: {{amount: 900}}}}]
    stages: [{{percent: 20, bake: 2s}}, {{percent: 100}}]
    checks: [{{metric: errors, never_above: 5%, role: watch}}]
"""


def test_on_azure_everything_from_bringing_in_to_taking_away_takes_that_role_and_no_less(
    azure: OnAzure,
) -> None:
    ann, server = azure.ann, azure.server
    ann.write(ON_AZURE)
    for version in ("3", "4", "5"):
        server.control("asset", kind="models", name="eta", version=version, properties={})
    actions = printed(ann)["Actions"]
    server.control("settings", granted=actions)
    azure.serve()

    cleanup = ("cleanup", "eta", "--yes")
    enough_for(ann, {("doctor",): 0, ("start", "-m", "eta:3", "--yes"): 0, cleanup: 0})
    server.control("answer", endpoint="eta", deployment="teal", status=424)
    server.control("fail_next", name="eta-5", log="no")
    enough_for(
        ann,
        {
            ("start", "-m", "eta:2", "--yes"): 3,
            ("start", "-m", "eta:5", "--yes"): 10,
            cleanup: 0,
        },
    )

    calls = [call for call in server.calls() if call.get("action")]
    assert [call["action"] for call in calls if call["status"] == 403] == []
    assert set(actions) - {call["action"] for call in calls} <= SELDOM


def test_on_azure_a_rollback_from_anywhere_takes_three_actions(azure: OnAzure) -> None:
    enough_for(azure.ann, {("start", "-m", "teal", "-p", "5", "--yes", "--detach"): 0})
    online = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    three = [f"{online}/read", f"{online}/write", f"{online}/deployments/read"]
    azure.server.control("settings", granted=three)
    azure.forget()

    enough_for(azure.ann.elsewhere("phone"), {("rollback", *AZURE, "--yes"): 0})

    assert azure.split == {"blue": 100}
    assert [c["operation"] for c in azure.server.calls() if c["status"] == 403] == []
