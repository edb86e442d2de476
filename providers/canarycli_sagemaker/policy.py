"""The least IAM policy for one endpoint and what is to be done with it, from the calls it takes."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import CanaryError
from canarycli.late_methods import dataclass
from canarycli.permissions import Needs
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.settings import Settings
from canarycli_sagemaker.source_policy import statements

PARTITIONS: Mapping[str, str] = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""The partitions besides `aws`, by how their regions begin."""

EVERY = "*"
DEPLOYS = frozenset({"deploys", "uploads", "shadows"})
"""The needs that each take what bringing a candidate in takes."""

SCALING_ROLE = "sagemaker.application-autoscaling.amazonaws.com"
"""The service whose role AWS makes at the first scalable variant of an account."""

ACTIONS: Mapping[str, str] = {
    "runtime.invoke_endpoint": "sagemaker:InvokeEndpoint",
    "s3.head_object": "s3:GetObject",
    "s3.list_objects_v2": "s3:ListBucket",
    "s3.list_object_versions": "s3:ListBucketVersions",
}
"""What IAM calls a call where it is not the call's own name."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of a policy.

    Attributes:
        sid: what it is for.
        calls: what the code asks, as `Clients` has it: `sagemaker.describe_endpoint`.
        on: resources, by their names in `_arns`.
        needs: given if one of these fields of `Needs` is set; always where there are none.
        besides: what AWS wants whoever asks that to be allowed as well.
        condition: of the statement.
    """

    sid: str
    calls: tuple[str, ...]
    on: tuple[str, ...] = (EVERY,)
    needs: frozenset[str] = frozenset()
    besides: tuple[str, ...] = ()
    condition: Mapping[str, Any] | None = None

    @property
    def actions(self) -> list[str]:
        """What IAM calls all that."""
        return [*dict.fromkeys(map(action, self.calls)), *self.besides]


GRANTS: tuple[Grant, ...] = (
    Grant(
        "ShiftAndRollBack",
        (
            "sagemaker.describe_endpoint",
            "sagemaker.update_endpoint_weights_and_capacities",
            "sagemaker.list_tags",
        ),
        ("endpoint",),
    ),
    Grant("NotesOnTheEndpoint", ("sagemaker.add_tags",), ("endpoint",)),
    Grant("SeeModels", ("sagemaker.describe_endpoint_config",), ("configs",)),
    Grant("Watch", ("cloudwatch.get_metric_data",), needs=frozenset({"watches"})),
    Grant(
        "KeepTheBaselinesInstances",
        ("autoscaling.describe_scalable_targets", "autoscaling.register_scalable_target"),
        needs=frozenset({"watches"}),
    ),
    Grant("ReadAlarms", ("cloudwatch.describe_alarms",), needs=frozenset({"alarms"})),
    Grant("SmokeTest", ("runtime.invoke_endpoint",), ("endpoint",), frozenset({"smokes"})),
    # The bucket is the endpoint's own setting, which nobody here knows: narrow it by hand.
    Grant("ReadRecordedAnswers", ("s3.get_object",), ("recorded",), frozenset({"answers"})),
    Grant("FindRecordedAnswers", ("s3.list_objects_v2",), ("buckets",), frozenset({"answers"})),
    Grant(
        "AddOrRemoveTheCandidate",
        (
            "sagemaker.update_endpoint",
            "sagemaker.create_endpoint_config",
            "sagemaker.delete_endpoint_config",
            "sagemaker.describe_model",
            "sagemaker.add_tags",
            "sagemaker.list_tags",
        ),
        ("endpoint", "configs", "models"),
        DEPLOYS,
    ),
    Grant(
        "Autoscaling",
        (
            "autoscaling.describe_scalable_targets",
            "autoscaling.describe_scaling_policies",
            "autoscaling.deregister_scalable_target",
            "autoscaling.register_scalable_target",
            "autoscaling.put_scaling_policy",
        ),
        needs=DEPLOYS,
        besides=("cloudwatch:DescribeAlarms",),
    ),
    # A scaling policy is alarms, which AWS makes in the name of whoever puts it.
    Grant(
        "AlarmsOfScalingPolicies",
        (),
        ("scaling alarms",),
        DEPLOYS,
        ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    ),
    Grant(
        "RoleOfScalingPolicies",
        (),
        ("scaling role",),
        DEPLOYS,
        ("iam:CreateServiceLinkedRole",),
        {"StringLike": {"iam:AWSServiceName": SCALING_ROLE}},
    ),
    # Bucket, role and group are the baseline's, which nobody here knows: narrow them by hand.
    Grant(
        "StoreTheFiles",
        ("s3.head_object", "s3.delete_object"),
        ("objects",),
        frozenset({"uploads"}),
        ("s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObjectVersion"),
    ),
    Grant(
        "FindTheirVersions",
        ("s3.list_object_versions",),
        ("buckets",),
        frozenset({"uploads"}),
        ("s3:ListBucket",),
    ),
    Grant(
        "MakeAModel",
        (
            "sagemaker.create_model",
            "sagemaker.describe_model",
            "sagemaker.delete_model",
            "sagemaker.create_model_package",
            "sagemaker.describe_model_package",
            "sagemaker.delete_model_package",
        ),
        ("models", "packages", "package groups"),
        frozenset({"uploads"}),
        ("sagemaker:AddTags",),
    ),
    Grant(
        "GiveItTheBaselinesRole", (), ("roles",), frozenset({"uploads"}), besides=("iam:PassRole",)
    ),
)
"""Every call of the code and what it is for; the doctor's permissions are among these."""

NEVER_REFUSED = ("identity.get_caller_identity",)
"""AWS answers it whatever a policy says."""

BEFORE_AN_ENDPOINT_IS_KNOWN = ("sagemaker.list_endpoints",)
"""To look which endpoints there are, where nobody named one: `canary init`, `canary doctor`."""


def action(call: str) -> str:
    """What IAM calls one call of `Clients`."""
    service, _, name = call.partition(".")
    service = {"autoscaling": "application-autoscaling"}.get(service, service)
    words = (word.capitalize() for word in name.split("_"))
    return ACTIONS.get(call, f"{service}:{''.join(words)}")


def policy(
    endpoint: str,
    *,
    region: str,
    account: str = "ACCOUNT",
    partition: str = "aws",
    needs: Needs | None = None,
) -> dict[str, Any]:
    """An IAM policy document, as JSON values.

    `ShiftAndRollBack` alone is enough for `canary rollback` from anywhere. Names in ARNs are in
    lower case, as AWS writes them. CloudWatch and autoscaling reads can't be narrowed.

    Args:
        endpoint: the endpoint's name, `*` for every one.
        region: of the endpoint.
        account: its number.
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        needs: what is to be done.
    """
    arns = _arns(endpoint, region, account, partition)
    wanted = needs or Needs()
    given = [g for g in GRANTS if not g.needs or any(getattr(wanted, n) for n in g.needs)]
    if endpoint == EVERY:
        given.append(Grant("FindEndpoints", BEFORE_AN_ENDPOINT_IS_KNOWN))
    own = [_statement(grant, arns) for grant in given]
    others = statements(wanted, partition, f"{region}:{account}")
    return {"Version": "2012-10-17", "Statement": [*own, *others]}


def policy_for(settings: Mapping[str, Any], endpoint: str, needs: Needs) -> dict[str, Any]:
    """The policy for what is needed, from the settings and this machine's AWS configuration.

    `*` stands for a region that nothing names and for the account, which only AWS could tell.
    """
    try:
        region = Clients(Settings.parse(settings)).region
    except CanaryError:
        region = EVERY
    partitions = (name for start, name in PARTITIONS.items() if region.startswith(start))
    partition = next(partitions, "aws")
    return policy(endpoint, region=region, account=EVERY, partition=partition, needs=needs)


def _arns(endpoint: str, region: str, account: str, partition: str) -> Mapping[str, str]:
    def ours(kind: str, name: str = EVERY) -> str:
        return f"arn:{partition}:sagemaker:{region}:{account}:{kind}/{name}"

    roles = f"arn:{partition}:iam::*:role"
    return {
        EVERY: EVERY,
        "endpoint": ours("endpoint", endpoint.lower()),
        "configs": ours("endpoint-config"),
        "models": ours("model"),
        "packages": ours("model-package"),
        "package groups": ours("model-package-group"),
        "buckets": f"arn:{partition}:s3:::*",
        "objects": f"arn:{partition}:s3:::*/*",
        "recorded": f"arn:{partition}:s3:::*/{endpoint}/*",
        "roles": f"{roles}/*",
        "scaling role": f"{roles}/aws-service-role/{SCALING_ROLE}/*",
        "scaling alarms": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking-*",
    }


def _statement(grant: Grant, arns: Mapping[str, str]) -> dict[str, Any]:
    on = [arns[name] for name in grant.on]
    made = {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": grant.actions,
        "Resource": on[0] if len(on) == 1 else on,
    }
    return made if grant.condition is None else {**made, "Condition": grant.condition}
