"""Every way AWS says no, or nothing, as one of canary's errors."""

import json
import os
from pathlib import Path
from secrets import token_hex
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from servers.sagemaker import Server

from canarycli.errors import (
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    UsageError,
)
from canarycli.metrics import Metric, Window
from canarycli_sagemaker import SageMaker
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.errors import GENERAL, KINDS, USED, of_answer
from canarycli_sagemaker.refusals import AlreadyThere
from canarycli_sagemaker.settings import Settings

SERVICES = sorted(USED)
NO_ANSWER = ["throttle", "error", "drop_before", "drop_after", "html", "truncated", "empty"]


def codes_of(service: str) -> set[str]:
    """Every error code that the service's own model gives the operations canary uses."""
    model = botocore.session.get_session().get_service_model(service)
    shapes = (shape for name in USED[service] for shape in model.operation_model(name).error_shapes)
    return {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_of_the_service_model_is_mapped_or_general(service: str) -> None:
    assert codes_of(service) <= KINDS.keys() | GENERAL


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_in_the_table_exists(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)

    assert set(USED[service]) <= set(model.operation_names)


@pytest.mark.parametrize(
    ("code", "text", "status", "kind"),
    [
        ("ThrottlingException", "Rate exceeded", 400, Unavailable),
        ("Throttling", "Rate exceeded", 400, Unavailable),
        ("SomethingNew", "", 503, Unavailable),
        ("ValidationException", 'Could not find endpoint "arn".', 400, NotFound),
        ("ValidationException", 'Could not find model "arn".', 400, NotFound),
        ("ValidationException", 'Cannot update in-progress endpoint "arn".', 400, Conflict),
        (
            "ValidationException",
            'Cannot create already existing endpoint configuration "arn".',
            400,
            AlreadyThere,
        ),
        ("ValidationException", "1 validation error detected", 400, Rejected),
        ("SomethingNew", "no", 400, Rejected),
        ("ResourceLimitExceeded", "quota", 400, Rejected),
        ("AccessDeniedException", "User is not authorized", 400, Denied),
        ("AccessDenied", "User is not authorized", 403, Denied),
        ("ExpiredTokenException", "expired", 400, Denied),
        ("UnrecognizedClientException", "invalid", 400, Denied),
    ],
)
def test_an_answer_becomes_an_error(
    code: str, text: str, status: int, kind: type[ProviderError]
) -> None:
    answer: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {"retry-after": "7"}},
    }

    error = of_answer("look", ClientError(answer, "DescribeEndpoint"), Settings())

    assert type(error) is kind
    assert error.message.startswith("can't look: ")
    assert not isinstance(error, Unavailable) or error.after == 7


@pytest.mark.parametrize("fault", NO_ANSWER)
@pytest.mark.parametrize(
    "operation",
    ["DescribeEndpoint", "ListTags", "UpdateEndpointWeightsAndCapacities", "GetMetricData"],
)
def test_no_answer_is_unavailable_and_asked_once(
    sagemaker: SageMaker, server: Server, operation: str, fault: str
) -> None:
    server.endpoint("churn", {"blue": 90, "green": 10})
    server.fault(operation, fault)

    with pytest.raises(Unavailable):
        everything(sagemaker)

    assert len(server.calls(operation)) == 1


def everything(sagemaker: SageMaker) -> None:
    """One call of each kind."""
    seen = sagemaker.describe("churn")
    sagemaker.notes(seen)
    now = Window(start := _minute(0), start.replace(minute=10))
    sagemaker.measure("churn", ["blue"], [Metric("requests")], now)
    sagemaker.shift(seen, seen.traffic.all_to("blue"), {})


def _minute(minute: int) -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(minute=minute, second=0, microsecond=0)


@pytest.mark.parametrize("fault", ["denied", "expired"])
def test_who_may_not_is_told_what_to_do(sagemaker: SageMaker, server: Server, fault: str) -> None:
    server.endpoint("churn", {"blue": 1})
    server.fault("*", fault)

    with pytest.raises(Denied) as caught:
        sagemaker.describe("churn")

    wanted = {"denied": "canary doctor --print-policy aws", "expired": "aws sso login"}
    assert any(hint.startswith(wanted[fault]) for hint in caught.value.hints)


def test_no_credentials_names_where_they_were_looked_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(Denied, match="unable to locate credentials") as caught:
        SageMaker({}).describe("churn")

    assert caught.value.hints[0] == "aws sso login"
    assert "AWS_PROFILE" in caught.value.hints[-1]
    assert server.operations() == []


def test_a_profile_that_is_not_there_is_named(server: Server) -> None:
    assert server.url
    with pytest.raises(Denied, match="nobody") as caught:
        SageMaker({"profile": "nobody"}).describe("churn")

    assert caught.value.hints[0] == "aws sso login --profile nobody"


def test_a_profile_brings_its_region_and_credentials(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id = {os.environ['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = x\n"
    (tmp_path / "config").write_text(f"[profile ml]\nregion = eu-west-1\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    server.endpoint("churn", {"blue": 1})

    sagemaker = SageMaker({"profile": "ml"})

    assert sagemaker.place == "eu-west-1"
    assert sagemaker.describe("churn").serves("blue")


def keys_in(folder: Path, key: str) -> None:
    lines = f"aws_access_key_id = {key}\naws_secret_access_key = {token_hex(20)}\n"
    (folder / "config").write_text(f"[profile ml]\nregion = us-east-1\n{lines}")


def test_keys_renewed_in_a_file_are_found_when_the_old_ones_expire(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    server.endpoint("churn", {"blue": 1})
    sagemaker = SageMaker({"profile": "ml"})
    keys_in(tmp_path, "old")
    sagemaker.describe("churn")
    keys_in(tmp_path, "new")
    server.fault("DescribeEndpoint", "expired", times=1)

    with pytest.raises(Denied):
        sagemaker.describe("churn")
    sagemaker.describe("churn")

    assert [call["key"] for call in server.calls()] == ["old", "old", "new"]


def test_signing_in_after_the_first_failure_is_enough(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    server.endpoint("churn", {"blue": 1})
    sagemaker = SageMaker({"profile": "ml"})
    with pytest.raises(Denied):
        sagemaker.describe("churn")

    keys_in(tmp_path, "new")

    assert sagemaker.describe("churn").serves("blue")


def test_no_region_says_how_to_set_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.url
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(UsageError, match="no AWS region") as caught:
        assert SageMaker({}).place

    assert "AWS_REGION" in caught.value.hints[0]


def test_an_api_elsewhere_can_be_named_in_the_settings(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    server.endpoint("churn", {"blue": 1})

    assert SageMaker({"endpoint_url": server.url}).describe("churn").serves("blue")


def test_nobody_listening_is_unavailable(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    assert server.url
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(Unavailable):
        SageMaker({}).describe("churn")


def test_a_boto3_client_can_be_given(server: Server) -> None:
    server.endpoint("churn", {"blue": 1})
    client = boto3.client("sagemaker", region_name="us-west-2")

    sagemaker = SageMaker({}, client=client)

    assert sagemaker.describe("churn").serves("blue")
    assert sagemaker.place == "us-west-2"


@pytest.fixture(scope="session")
def query_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    speak_query(folder)
    return folder


@pytest.fixture
def older_boto3(query_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(query_models))


@pytest.mark.usefixtures("older_boto3")
@pytest.mark.parametrize("fault", NO_ANSWER)
def test_no_answer_is_no_answer_in_the_query_protocol(server: Server, fault: str) -> None:
    server.fault("GetMetricData", fault)
    window = Window(start := _minute(0), start.replace(minute=10))

    with pytest.raises(Unavailable):
        SageMaker({}).measure("churn", ["blue"], [Metric("requests")], window)

    assert {call["protocol"] for call in server.calls()} == {"query"}


@pytest.mark.usefixtures("older_boto3")
def test_metrics_read_the_same_in_the_query_protocol_of_older_boto3(server: Server) -> None:
    server.endpoint("churn", {"blue": 1})
    start = _minute(0)
    body = {
        "namespace": "AWS/SageMaker",
        "name": "Invocations",
        "dimensions": {"EndpointName": "churn", "VariantName": "blue"},
        "at": start.timestamp(),
        "values": [1] * 12,
    }
    server.control("values", body)
    window = Window(start, start.replace(minute=10))

    found = SageMaker({}).measure("churn", ["blue"], [Metric("requests")], window)

    assert [p.at for p in found.of("blue", Metric("requests")).points] == [start]
    assert server.calls("GetMetricData")[0]["protocol"] == "query"


def speak_query(folder: Path) -> None:
    """A newer version of CloudWatch's model that knows the query protocol alone."""
    loader = botocore.session.get_session().get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    metadata = {**model["metadata"], "protocol": "query", "protocols": ["query"]}
    rules = loader.load_service_model("cloudwatch", "endpoint-rule-set-1")
    place = folder / "cloudwatch" / "2099-01-01"
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps({**model, "metadata": metadata}))
    (place / "endpoint-rule-set-1.json").write_text(json.dumps(rules))


def test_clients_that_fetch_credentials_have_the_same_limits() -> None:
    session = Clients(Settings.parse({"region": "us-east-1"})).session

    config = session.create_client("sts", region_name="us-east-1").meta.config

    assert (config.connect_timeout, config.read_timeout) == (5, 10)
    assert config.retries["total_max_attempts"] == 1


@pytest.mark.usefixtures("server")
def test_a_region_that_can_be_none_is_a_mistake_of_the_person() -> None:
    with pytest.raises(UsageError, match="no AWS region is called 'eu_west'"):
        SageMaker({"region": "eu_west"}).describe("fraud")
