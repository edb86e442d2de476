"""The least IAM policy for one endpoint and what is to be done with it."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import CanaryError
from canarycli.provider import Needs
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.settings import Settings

PARTITIONS: Mapping[str, str] = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""The partitions besides `aws`, by how their regions begin."""

ANY_ACCOUNT = "ACCOUNT"


def policy(
    endpoint: str,
    *,
    region: str,
    account: str = ANY_ACCOUNT,
    partition: str = "aws",
    watches: bool = True,
    deploys: bool = False,
    uploads: bool = False,
    smokes: bool = False,
    reads_alarms: bool = False,
    reads_answers: bool = False,
) -> dict[str, Any]:
    """An IAM policy document, as JSON values.

    `ShiftAndRollBack` alone is enough for `canary rollback` from anywhere. Names in ARNs are in
    lower case, as AWS writes them. CloudWatch and autoscaling reads can't be narrowed.

    Args:
        endpoint: the endpoint's name.
        region: of the endpoint.
        account: its number.
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        watches: the release is judged.
        deploys: the candidate is brought in and taken away, or shadowed.
        uploads: it is made of a person's files.
        smokes: requests are sent to the candidate before live traffic.
        reads_alarms: CloudWatch alarms gate.
        reads_answers: what data capture keeps gates.
    """

    def arn(kind: str, name: str) -> str:
        return f"arn:{partition}:sagemaker:{region}:{account}:{kind}/{name}"

    here = arn("endpoint", endpoint.lower())
    statements = [
        _allow(
            "ShiftAndRollBack",
            here,
            "sagemaker:DescribeEndpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
            "sagemaker:ListTags",
        ),
        _allow("NotesOnTheEndpoint", here, "sagemaker:AddTags"),
        _allow("SeeModels", arn("endpoint-config", "*"), "sagemaker:DescribeEndpointConfig"),
    ]
    if watches:
        alarms = ["cloudwatch:DescribeAlarms"] if reads_alarms else []
        statements.append(_allow("Watch", "*", "cloudwatch:GetMetricData", *alarms))
    if smokes:
        statements.append(_allow("SmokeTest", here, "sagemaker:InvokeEndpoint"))
    if reads_answers:
        statements += _answers(endpoint, partition)
    if deploys:
        statements += _deploys([here, arn("endpoint-config", "*"), arn("model", "*")])
    if uploads:
        statements += _uploads(arn("model", "*"), arn("model-package", "*"), partition)
    return {"Version": "2012-10-17", "Statement": statements}


def policy_for(settings: Mapping[str, Any], endpoint: str, needs: Needs) -> dict[str, Any]:
    """The policy for what is needed, from the settings and this machine's AWS configuration.

    `*` stands for a region that nothing names and for the account, which only AWS could tell.
    """
    try:
        region = Clients(Settings.parse(settings)).region
    except CanaryError:
        region = "*"
    partitions = (name for start, name in PARTITIONS.items() if region.startswith(start))
    return policy(
        endpoint,
        region=region,
        account="*",
        partition=next(partitions, "aws"),
        watches=needs.watches,
        deploys=needs.deploys or needs.uploads or needs.shadows,
        uploads=needs.uploads,
        smokes=needs.smokes,
        reads_alarms=needs.alarms,
        reads_answers=needs.answers,
    )


def _deploys(made: list[str]) -> list[dict[str, Any]]:
    return [
        _allow(
            "AddOrRemoveTheCandidate",
            made,
            "sagemaker:UpdateEndpoint",
            "sagemaker:CreateEndpointConfig",
            "sagemaker:DeleteEndpointConfig",
            "sagemaker:DescribeModel",
            "sagemaker:AddTags",
            "sagemaker:ListTags",
        ),
        _allow(
            "Autoscaling",
            "*",
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
        ),
    ]


def _answers(endpoint: str, partition: str) -> list[dict[str, Any]]:
    """The bucket is the endpoint's own setting, which nobody here knows: narrow it by hand."""
    return [
        _allow("ReadRecordedAnswers", f"arn:{partition}:s3:::*/{endpoint}/*", "s3:GetObject"),
        _allow("FindRecordedAnswers", f"arn:{partition}:s3:::*", "s3:ListBucket"),
    ]


def _uploads(models: str, packages: str, partition: str) -> list[dict[str, Any]]:
    """Bucket, role and group are the baseline's, which nobody here knows: narrow them by hand."""
    return [
        _allow(
            "StoreTheFiles",
            f"arn:{partition}:s3:::*/*",
            "s3:PutObject",
            "s3:GetObject",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:AbortMultipartUpload",
        ),
        _allow(
            "FindTheirVersions",
            f"arn:{partition}:s3:::*",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ),
        _allow(
            "MakeAModel",
            [models, packages, packages.replace("model-package/", "model-package-group/")],
            "sagemaker:CreateModel",
            "sagemaker:DescribeModel",
            "sagemaker:DeleteModel",
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:DeleteModelPackage",
            "sagemaker:AddTags",
        ),
        _allow("GiveItTheBaselinesRole", f"arn:{partition}:iam::*:role/*", "iam:PassRole"),
    ]


def _allow(sid: str, resource: str | list[str], *actions: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
