"""What AWS wants a caller to be allowed for one call, by its service authorization reference."""

import fnmatch
from collections.abc import Iterator

from .wire import Json, Request

HERE = "us-east-1:123456789012"
FREE = {"GetCallerIdentity"}
S3 = {
    "UploadPart": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "CompleteMultipartUpload": ("PutObject",),
    "HeadObject": ("GetObject",),
    "DeleteVersion": ("DeleteObjectVersion",),
    "ListObjectsV2": ("ListBucket",),
    "ListObjectVersions": ("ListBucketVersions",),
}
KINDS = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageGroupName": "model-package-group",
}

Right = tuple[str, str]
"""An action and the resource it is done to."""


def wanted(request: Request) -> Iterator[Right]:
    """Every right that a call takes; none where it is never refused."""
    match request.service, request.operation:
        case _, operation if operation in FREE:
            return
        case "s3", operation:
            bucket, _, key = request.params["path"].strip("/").partition("/")
            for name in S3.get(operation, (operation,)):
                yield f"s3:{name}", f"arn:aws:s3:::{bucket}/{key}".rstrip("/")
        case "monitoring", operation:
            yield f"cloudwatch:{operation}", "*"
        case "application-autoscaling", operation:
            yield f"application-autoscaling:{operation}", "*"
            yield from _of_scaling(request)
        case _, operation:
            yield from _of_sagemaker(request)


def _of_scaling(request: Request) -> Iterator[Right]:
    """Autoscaling makes alarms and a role in its caller's name."""
    if request.operation == "PutScalingPolicy":
        alarm = f"alarm:TargetTracking-{request.params['ResourceId']}-AlarmHigh-1"
        for action in ("PutMetricAlarm", "DeleteAlarms"):
            yield f"cloudwatch:{action}", f"arn:aws:cloudwatch:{HERE}:{alarm}"
        yield "cloudwatch:DescribeAlarms", "*"
        service = "sagemaker.application-autoscaling.amazonaws.com"
        role = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        resource = f"arn:aws:iam::123456789012:role/aws-service-role/{service}/{role}"
        yield "iam:CreateServiceLinkedRole", resource


def _of_sagemaker(request: Request) -> Iterator[Right]:
    asked = request.params
    resources = [
        f"arn:aws:sagemaker:{HERE}:{kind}/{str(asked[key]).lower()}"
        for key, kind in KINDS.items()
        if key in asked
    ]
    resources += [asked[key] for key in ("ResourceArn", "ModelPackageName") if key in asked]
    for resource in resources or ["*"]:
        yield f"sagemaker:{request.operation}", resource
        if asked.get("Tags"):
            yield "sagemaker:AddTags", resource
    if "ExecutionRoleArn" in asked:
        yield "iam:PassRole", asked["ExecutionRoleArn"]


def allows(policy: Json, right: Right) -> bool:
    """Whether a policy document has a statement for it."""
    action, resource = right
    return any(
        fnmatch.fnmatchcase(action, pattern) and _reaches(statement["Resource"], resource)
        for statement in policy["Statement"]
        for pattern in statement["Action"]
    )


def _reaches(patterns: str | list[str], resource: str) -> bool:
    every = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(resource, pattern) for pattern in every)
