"""What each cloud refuses is told apart: what passes, what a person ends, what is asked wrongly."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canarycli.errors import (
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
)
from canarycli.refusals import Ends, Refusal, read
from canarycli_azureml.errors import Unclear, why_ended
from canarycli_azureml.errors import refusal as azures
from canarycli_azureml.refusals import REFUSALS as AZUREML
from canarycli_sagemaker.endpoint import read_endpoint
from canarycli_sagemaker.errors import of_answer
from canarycli_sagemaker.refusals import REFUSALS as SAGEMAKER
from canarycli_sagemaker.refusals import AlreadyThere
from canarycli_sagemaker.settings import Settings
from canarycli_vertex.errors import ended
from canarycli_vertex.errors import refusal as googles
from canarycli_vertex.refusals import REFUSALS as VERTEX
from canarycli_vertex.wire import Response

AWS = "arn:aws:sagemaker:us-east-1:123456789012"
CUSTOM = "CustomModelServingT4GPUsPerProjectPerRegion"

ON_SAGEMAKER: tuple[tuple[str, str, type[ProviderError], str], ...] = (
    (
        "ValidationException",
        f'Cannot update in-progress endpoint "{AWS}:endpoint/x".',
        Conflict,
        "",
    ),
    ("ValidationException", f'Could not find model "{AWS}:model/x".', NotFound, ""),
    ("ConflictException", "The name is taken.", Rejected, ""),
    (
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances.",
        Rejected,
        "Service Quotas",
    ),
    (
        "AccessDeniedException",
        (
            "User: x is not authorized to perform: sagemaker:AddTags with an explicit deny in a "
            "service control policy"
        ),
        Denied,
        "organisation",
    ),
    (
        "ValidationException",
        "ManagedInstanceScaling is only supported for inference component endpoints.",
        Rejected,
        "ManagedInstanceScaling: null",
    ),
    (
        "ValidationException",
        f'Cannot update endpoint "{AWS}:endpoint/x" with status "Failed".',
        Rejected,
        "create it anew",
    ),
    ("ThrottlingException", "Rate exceeded", Unavailable, ""),
    ("InternalFailure", "", Unavailable, ""),
    ("ConcurrentUpdateException", "The target is being changed.", Conflict, ""),
    (
        "ValidationException",
        f'Could not find endpoint configuration "{AWS}:endpoint-config/x".',
        NotFound,
        "create an endpoint config of that name again",
    ),
    (
        "ValidationException",
        f'Cannot create already existing endpoint configuration "{AWS}:endpoint-config/x".',
        AlreadyThere,
        "",
    ),
    (
        "ValidationException",
        "Unable to provision requested ML compute capacity.",
        Rejected,
        "another type",
    ),
    ("ValidationException", "A resource can have at most 50 tags.", Rejected, "tags of the endp"),
)


@pytest.mark.parametrize(("code", "text", "kind", "hint"), ON_SAGEMAKER)
def test_what_aws_refuses(code: str, text: str, kind: type[ProviderError], hint: str) -> None:
    answer: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}},
    }

    error = of_answer("deploy", ClientError(answer, "UpdateEndpoint"), Settings())

    assert type(error) is kind
    assert text in error.message
    assert hint in " ".join(error.hints)


ON_VERTEX: tuple[tuple[int, str, str, str, type[ProviderError], str], ...] = (
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        f"The following quotas are exceeded: {CUSTOM}",
        Rejected,
        "Quotas",
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "Quota exceeded for quota metric 'Custom model serving CPUs' of service 'aiplatform'.",
        Rejected,
        "Quotas",
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "RATE_LIMIT_EXCEEDED",
        "Quota exceeded for quota metric 'Requests' and limit 'Requests'.",
        Unavailable,
        "read_every",
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        (
            "Quota exceeded for quota metric 'Resource management (CRUD) requests' and limit "
            "'Resource management (CRUD) requests per minute per region' of service "
            "'aiplatform.googleapis.com'."
        ),
        Unavailable,
        "read_every",
    ),
    (429, "RESOURCE_EXHAUSTED", "", "", Unavailable, "read_every"),
    (
        400,
        "FAILED_PRECONDITION",
        "",
        "There are other operations running on the Endpoint.",
        Conflict,
        "",
    ),
    (400, "FAILED_PRECONDITION", "", "Model 500 does not support deployment.", Rejected, ""),
    (400, "INVALID_ARGUMENT", "", "concurrent requests must be positive", Rejected, ""),
    (409, "ABORTED", "", "The operation was aborted.", Conflict, ""),
    (409, "ALREADY_EXISTS", "", "It exists.", Rejected, ""),
    (
        403,
        "PERMISSION_DENIED",
        "SERVICE_DISABLED",
        "Vertex AI API has not been used in project 1 before or it is disabled.",
        Denied,
        "gcloud services enable",
    ),
    (
        403,
        "PERMISSION_DENIED",
        "SECURITY_POLICY_VIOLATED",
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x",
        Denied,
        "organisation",
    ),
    (
        403,
        "PERMISSION_DENIED",
        "BILLING_DISABLED",
        "This API method requires billing to be enabled.",
        Denied,
        "link a billing account",
    ),
    (
        429,
        "RESOURCE_EXHAUSTED",
        "",
        "The zone does not have enough resources available to fulfill the request: stockout",
        Rejected,
        "candidate: machine_type:",
    ),
    (400, "INVALID_ARGUMENT", "", "List of found errors: 1.Field: traffic_split", Rejected, ""),
    (500, "INTERNAL", "", "Internal error encountered.", Unavailable, ""),
    (
        503,
        "UNAVAILABLE",
        "",
        "The service is out of capacity",
        Unavailable,
        "",
    ),
    (404, "NOT_FOUND", "", "There is no such quota exceeded thing", NotFound, ""),
)


@pytest.mark.parametrize(("http", "status", "reason", "text", "kind", "hint"), ON_VERTEX)
def test_what_google_refuses(
    http: int, status: str, reason: str, text: str, kind: type[ProviderError], hint: str
) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
    error: dict[str, Any] = {"code": http, "status": status, "message": text}
    body = json.dumps({"error": {**error, "details": [info] if reason else []}})
    url = "https://europe-west4-aiplatform.googleapis.com/v1/x"

    found = googles(Response(url, http, {}, body.encode()))

    assert isinstance(found, kind)
    assert text.removesuffix(".") in found.message
    assert hint in " ".join(found.hints)


REGISTRATION = (
    "The subscription is not registered to use namespace 'Microsoft.MachineLearningServices'."
)
READ_ONLY = (
    "The subscription '0d1f' is disabled and therefore marked as read only. You cannot perform any "
    "write actions on this subscription until it is re-enabled."
)
LOCKED = (
    "The scope 'x' cannot perform write operation because following scope(s) are locked: 'x'. "
    "Please remove the lock and try again."
)
PRIVATE = "Access to workspace was denied based on workspace private link configuration."
ON_AZUREML: tuple[tuple[int, str, str, type[ProviderError], str], ...] = (
    (
        409,
        "MissingSubscriptionRegistration",
        REGISTRATION,
        Rejected,
        "az provider register --namespace Microsoft.MachineLearningServices",
    ),
    (409, "ReadOnlyDisabledSubscription", READ_ONLY, Rejected, "re-enables"),
    (409, "ScopeLocked", LOCKED, Rejected, "az lock list"),
    (409, "Conflict", "It is in Updating provisioning state", Conflict, "20 s"),
    (409, "OperationCanceled", "An operation of higher priority took over.", Conflict, "20 s"),
    (409, "Conflict", "No.", Unclear, ""),
    (412, "PreconditionFailed", "", Unclear, ""),
    (400, "UserError", PRIVATE, Denied, "private"),
    (403, "UserError", PRIVATE, Denied, "private"),
    (502, "UserError", PRIVATE, Unavailable, "private"),
    (
        400,
        "BadRequest",
        "Not enough quota available for Standard_DS3_v2",
        Rejected,
        "az ml compute list-usage",
    ),
    (
        403,
        "RequestDisallowedByPolicy",
        "Resource 'x' was disallowed by policy 'no-gpu'.",
        Denied,
        "policy",
    ),
    (400, "BadRequest", "Deployment is in Failed state", Rejected, ""),
    (400, "SkuNotAvailable", "Standard_NC6 is not available here.", Rejected, "another size"),
    (400, "ImageBuildFailure", "pip could not find xgboost", Rejected, "mend the environment"),
    *((status, "", "", Unavailable, "") for status in (408, 429, 500, 503, 529)),
)


@pytest.mark.parametrize(("status", "code", "text", "kind", "hint"), ON_AZUREML)
def test_what_azure_refuses(
    status: int, code: str, text: str, kind: type[ProviderError], hint: str
) -> None:
    body = json.dumps({"error": {"code": code, "message": text}})

    error = azures("writing", status, body, {})

    assert isinstance(error, kind)
    assert isinstance(error, Conflict) == (kind is Conflict)
    assert text in error.said
    assert hint in " ".join(error.hints)


IN_AN_OPERATION: tuple[tuple[int, str, str], ...] = (
    (8, f"The following quotas are exceeded: {CUSTOM}", "ask Google for more of it"),
    (9, "The zone does not have enough resources available: stockout", "candidate: machine_type:"),
    (14, "There is no capacity for a2-highgpu-1g", "candidate: machine_type:"),
    (7, "Request is prohibited by organization's policy", "administrator"),
    (10, "Another operation on the endpoint came first.", "start again"),
    (8, "Quota exceeded for requests per minute per region", "start again"),
    (9, "Model server exited unexpectedly. Model server logs can be found at x", ""),
    (5, "The quota exceeded bucket is not there", ""),
)


@pytest.mark.parametrize(("code", "text", "way"), IN_AN_OPERATION)
def test_why_an_operation_of_google_failed_comes_with_the_way_on(
    code: int, text: str, way: str
) -> None:
    said = text.removesuffix(".")

    found = ended({"code": code, "message": text})

    assert found.startswith(f"{said}; " if way else said)
    assert way in found
    assert way or found == said


@pytest.mark.parametrize(
    ("code", "text", "kind", "hint"),
    [(code, text, kind, hint) for _, code, text, kind, hint in ON_AZUREML if text and hint],
)
def test_why_an_operation_of_azure_failed_comes_with_the_way_on(
    code: str, text: str, kind: type[ProviderError], hint: str
) -> None:
    found = why_ended(json.dumps({"status": "Failed", "error": {"code": code, "message": text}}))

    assert found.startswith(f"{text.removesuffix('.')}; ")
    assert ("start again" if kind is Conflict else hint) in found


def test_why_sagemaker_took_a_change_back_comes_with_the_way_on() -> None:
    why = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity."
    answer = {
        "EndpointArn": f"{AWS}:endpoint/x",
        "EndpointStatus": "InService",
        "FailureReason": why,
    }

    failure = read_endpoint("x", answer, None).failure

    assert failure.startswith(why.removesuffix("."))
    assert "candidate: instance_type: to another type" in failure


@pytest.mark.parametrize(
    ("table", "tried"),
    [
        (SAGEMAKER, [f"{code}: {text}" for code, text, *_ in ON_SAGEMAKER]),
        (VERTEX, [f"{reason}: {text}" for _, _, reason, text, *_ in ON_VERTEX]),
        (AZUREML, [f"{code}: {text}" for _, code, text, *_ in ON_AZUREML]),
    ],
    ids=["sagemaker", "vertex", "azureml"],
)
def test_every_refusal_of_a_table_is_tried(table: tuple[Refusal, ...], tried: list[str]) -> None:
    found = [read(table, text) for text in tried]

    assert [refusal.says for refusal in table if refusal not in found] == []


@pytest.mark.parametrize("table", [SAGEMAKER, VERTEX, AZUREML])
def test_whoever_has_to_act_is_told_how(table: tuple[Refusal, ...]) -> None:
    assert all(refusal.hint for refusal in table if refusal.ends is Ends.BY_A_PERSON)
    passing = {refusal.kind for refusal in table if refusal.ends is Ends.BY_ITSELF}
    assert passing <= {Conflict, Unavailable}
    others = {refusal.kind for refusal in table if refusal.ends is not Ends.BY_ITSELF}
    assert not {kind for kind in others if issubclass(kind, Conflict | Unavailable)}


def test_a_text_that_no_table_knows_is_none() -> None:
    assert read(VERTEX, "something else") is None
