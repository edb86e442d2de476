"""What ARM refuses in the body of an endpoint or a deployment."""

import json
from collections.abc import Mapping
from typing import Any

from .state import Endpoint, Resource, Workspace
from .wire import Refused

READ_ONLY = ("scoringUri", "swaggerUri", "provisioningState", "keys")
TOP_READ_ONLY = ("systemData", "etag")
RUNNING = ("Creating", "Updating", "Deleting", "Scaling")
TAGS, TAG_NAME, TAG_VALUE = 50, 512, 256


def validation(*messages: str) -> Refused:
    """Azure ML's own form of a 400: JSON inside the message of a detail."""
    inner = {
        "errors": {"": list(messages)},
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
    }
    error = Refused(400, "BadRequest", "The request is invalid.")
    error.reply.body["error"]["details"] = [
        {"code": "InferencingClientCallFailed", "message": json.dumps(inner)}
    ]
    return error


def conflict(message: str) -> Refused:
    return Refused(409, "Conflict", message)


def check_tags(tags: Mapping[str, Any]) -> None:
    if len(tags) > TAGS:
        raise Refused(400, "TooManyTags", f"The number of tags {len(tags)} exceeds {TAGS}.")
    for name, value in tags.items():
        if len(name) > TAG_NAME:
            raise Refused(400, "InvalidTagNameLength", f"The tag name '{name[:20]}…' is too long.")
        if not isinstance(value, str) or len(value) > TAG_VALUE:
            raise Refused(400, "InvalidTagValueLength", f"The value of tag '{name}' is not valid.")


def check_endpoint(body: Mapping[str, Any], old: Endpoint | None, *, unready: str) -> None:
    """Refuse a PUT that Azure ML refuses."""
    _check_common(body, "endpoint")
    properties = body["properties"]
    if properties.get("authMode") not in {"Key", "AMLToken", "AADToken"}:
        raise validation("The AuthMode field is required.")
    if not isinstance(body.get("identity"), dict) or "type" not in body["identity"]:
        raise validation("The Identity field is required.")
    for identity in ("principalId", "tenantId"):
        if identity in body["identity"]:
            raise validation(f"identity.{identity} is read-only.")
    given, before = properties.get("properties") or {}, _property_bag(old)
    for key, value in before.items():
        if given.get(key) != value:
            raise validation(f"Property '{key}' can be added, not altered or removed.")
    _check_traffic(properties, old, unready)
    _check_mirror(properties, old)


def check_deployment(
    body: Mapping[str, Any], old: Resource | None, endpoint: Endpoint, workspace: Workspace
) -> None:
    """Refuse a PUT of a deployment that Azure ML refuses."""
    _check_common(body, "deployment")
    properties = body["properties"]
    kubernetes = bool(endpoint.body["properties"].get("compute"))
    wanted = "Kubernetes" if kubernetes else "Managed"
    if properties.get("endpointComputeType") != wanted:
        raise validation(f"endpointComputeType must be {wanted}.")
    if not kubernetes and not properties.get("instanceType"):
        raise validation("The InstanceType field is required.")
    if old is not None and properties.get("instanceType") != old.body["properties"].get(
        "instanceType"
    ):
        raise validation("InstanceType can not be changed.")
    capacity = (body.get("sku") or {}).get("capacity")
    if not isinstance(capacity, int) or not 1 <= capacity <= 50:
        raise validation("sku.capacity must be between 1 and 50.")
    model = _model(workspace, str(properties.get("model") or ""))
    mlflow = model is not None and model.get("modelType") == "mlflow_model"
    if not properties.get("environmentId") and not mlflow:
        raise validation("EnvironmentId is required unless the model is an MLflow model.")


def _check_common(body: Mapping[str, Any], what: str) -> None:
    if not body.get("location"):
        raise Refused(400, "LocationRequired", f"The location property is required for {what}.")
    if not isinstance(body.get("properties"), dict):
        raise validation("The Properties field is required.")
    for key in TOP_READ_ONLY:
        if key in body:
            raise validation(f"{key} is read-only.")
    for key in READ_ONLY:
        if body["properties"].get(key) is not None:
            raise validation(f"properties.{key} is read-only.")
    check_tags(body.get("tags") or {})


def _property_bag(old: Endpoint | None) -> Mapping[str, str]:
    return (old.body["properties"].get("properties") or {}) if old else {}


def _check_traffic(properties: Mapping[str, Any], old: Endpoint | None, unready: str) -> None:
    traffic = properties.get("traffic") or {}
    if any(traffic.values()) and old is None:
        raise validation("Traffic can not be set when the endpoint is created.")
    _check_percents(traffic, "Traffic")
    if sum(traffic.values()) not in {0, 100}:
        raise validation(f"Sum of traffic must be 0 or 100, it is {sum(traffic.values())}.")
    for name, value in traffic.items():
        deployment = old.find(name) if old else None
        if deployment is None and value:
            raise validation(f"Deployment {name} in the traffic map does not exist.")
        if deployment and value and unready == "reject" and deployment.state != "Succeeded":
            raise validation(f"Deployment {name} is not in Succeeded state.")


def _check_mirror(properties: Mapping[str, Any], old: Endpoint | None) -> None:
    mirror = {k: v for k, v in (properties.get("mirrorTraffic") or {}).items() if v}
    if not mirror:
        return
    _check_percents(mirror, "Mirror traffic")
    if properties.get("compute"):
        raise validation("Mirror traffic is not supported on Kubernetes endpoints.")
    if len(mirror) > 1 or sum(mirror.values()) > 50:
        raise validation("Mirror traffic goes to one deployment and is at most 50.")
    live = {name.lower() for name, value in (properties.get("traffic") or {}).items() if value}
    for name in mirror:
        if old is None or old.find(name) is None:
            raise validation(f"Deployment {name} in the mirror traffic map does not exist.")
        if name.lower() in live:
            raise validation(f"Deployment {name} has both live and mirror traffic.")


def _check_percents(shares: Mapping[str, Any], what: str) -> None:
    for value in shares.values():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            raise validation(f"{what} must be whole numbers from 0 to 100.")


def _model(workspace: Workspace, spec: str) -> Mapping[str, Any] | None:
    if spec.startswith("azureml://registries/"):
        return None
    prefix = f"{workspace.id}/models/".lower()
    if not spec.lower().startswith(prefix):
        raise validation(f"Model '{spec}' is not a resource id or a registry URI.")
    name, _, version = spec[len(prefix) :].partition("/versions/")
    for known in workspace.assets.get("models", {}).get(name, []):
        if known["version"] == version:
            properties: Mapping[str, Any] = known["properties"]
            return properties
    raise validation(f"Model '{name}' has no version '{version}'.")
