"""Models and model packages, with the refusals of the real service."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .wire import Json, invalid

if TYPE_CHECKING:
    from .sagemaker_api import Account


def create_model(account: "Account", params: Json) -> Json:
    name = params["ModelName"]
    arn = account.arn("model", name)
    if name in account.models:
        raise invalid(f'Cannot create already existing model "{arn}".')
    container = params.get("PrimaryContainer") or {}
    package = container.get("ModelPackageName")
    if package is not None:
        found = _package(account, package)
        if found["ModelApprovalStatus"] == "Rejected":
            raise invalid(f"Model package {package} is rejected.")
    elif not container.get("Image"):
        raise invalid("A container needs an image or a model package.")
    if not params.get("ExecutionRoleArn"):
        raise invalid("Missing required parameter: ExecutionRoleArn.")
    kept = {key: value for key, value in params.items() if key != "Tags"}
    account.models[name] = {**kept, "ModelArn": arn, "CreationTime": account.clock()}
    account.tags[arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []}
    return {"ModelArn": arn}


def describe_model(account: "Account", params: Json) -> Json:
    return _model(account, params["ModelName"])


def delete_model(account: "Account", params: Json) -> Json:
    _model(account, params["ModelName"])
    del account.models[params["ModelName"]]
    return {}


def create_model_package(account: "Account", params: Json) -> Json:
    """A version of a group, ready at once."""
    group = params["ModelPackageGroupName"]
    there = [one for one in account.packages.values() if one["ModelPackageGroupName"] == group]
    version = 1 + max((one["ModelPackageVersion"] for one in there), default=0)
    arn = account.arn("model-package", f"{group}/{version}")
    account.packages[arn] = {
        **params,
        "ModelPackageVersion": version,
        "ModelPackageArn": arn,
        "CreationTime": account.clock(),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
    }
    return {"ModelPackageArn": arn}


def describe_model_package(account: "Account", params: Json) -> Json:
    return _package(account, params["ModelPackageName"])


def delete_model_package(account: "Account", params: Json) -> Json:
    _package(account, params["ModelPackageName"])
    del account.packages[params["ModelPackageName"]]
    return {}


def _model(account: "Account", name: str) -> Json:
    if name not in account.models:
        raise invalid(f'Could not find model "{account.arn("model", name)}".')
    found: Json = account.models[name]
    return found


def _package(account: "Account", arn: str) -> Json:
    if arn not in account.packages:
        raise invalid(f"ModelPackage {arn} does not exist.")
    found: Json = account.packages[arn]
    return found


MODELS: dict[str, Callable[["Account", Json], Json]] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "DeleteModel": delete_model,
    "CreateModelPackage": create_model_package,
    "DescribeModelPackage": describe_model_package,
    "DeleteModelPackage": delete_model_package,
}
