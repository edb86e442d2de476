"""One request to one deployment, whatever its share, signed as the endpoint's callers do."""

from pathlib import Path

import pytest
from servers.azureml.running import Server

from canarycli.errors import Denied, ProviderError, Rejected, Unavailable
from canarycli.provider import Smoker
from canarycli_azureml import AzureML
from canarycli_azureml.wire import encrypted

BODY = b'{"input": [1]}'


def endpoint(server: Server, mode: str) -> None:
    server.control(
        "endpoint",
        name="churn",
        traffic={"blue": 100},
        properties={"authMode": mode},
        deployments={"blue": {}, "teal": {}},
    )


@pytest.mark.parametrize("mode", ["Key", "AMLToken", "AADToken"])
def test_an_idle_version_answers_however_callers_sign_in(
    server: Server, azureml: AzureML, mode: str
) -> None:
    endpoint(server, mode)
    server.control("answer", endpoint="churn", deployment="teal", body={"score": 0.7})

    reply = azureml.smoke("churn", "teal", BODY)

    assert isinstance(azureml, Smoker)
    assert reply.version == "teal"
    assert reply.body == b'{"score": 0.7}'
    assert reply.content_type.startswith("application/json")
    assert reply.status == 200
    assert 0 < reply.seconds < 20


def test_resource_managers_token_is_not_shown_to_the_model(
    server: Server, azureml: AzureML
) -> None:
    azureml.smoke("churn", "teal", BODY)

    (call,) = server.calls("score")
    assert call["host"] == "churn.westeurope.inference.ml.azure.com"
    assert call["status"] == 200


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": 424, "model_status": "422"}, 422),
        ({"status": 424, "model_status": ""}, 424),
        ({"status": 408}, 408),
    ],
    ids=["the models own", "unknown", "too slow"],
)
def test_an_error_of_the_models_own_is_a_reply(
    server: Server, azureml: AzureML, answer: dict[str, object], status: int
) -> None:
    server.control("answer", endpoint="churn", deployment="teal", **answer)

    assert azureml.smoke("churn", "teal", BODY).status == status


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", Unavailable),
        ("unavailable", Unavailable),
        ("drop_before", Unavailable),
        ("denied", Denied),
    ],
)
def test_an_error_of_azures_is_one_of_ours(
    server: Server, azureml: AzureML, kind: str, error: type[ProviderError]
) -> None:
    server.fault("score", kind)

    with pytest.raises(error, match="asking version 'teal'"):
        azureml.smoke("churn", "teal", BODY)


def test_another_version_that_answers_is_no_answer(server: Server, azureml: AzureML) -> None:
    server.control("answer", endpoint="churn", deployment="teal", by="blue")

    with pytest.raises(Rejected, match="version 'blue' answered instead"):
        azureml.smoke("churn", "teal", BODY)


def test_a_key_that_may_not_be_read_is_denied(server: Server, azureml: AzureML) -> None:
    server.fault("endpoint.keys", "denied")

    with pytest.raises(Denied, match="listKeys/action"):
        azureml.smoke("churn", "teal", BODY)


def test_an_endpoint_without_an_address_is_not_called(server: Server, azureml: AzureML) -> None:
    server.control("change", endpoint="churn", properties={"scoringUri": None})

    with pytest.raises(Rejected, match="no scoring address"):
        azureml.smoke("churn", "teal", BODY)


def test_an_entry_in_netrc_replaces_no_token(
    server: Server, newcomer: AzureML, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoint(server, "Key")
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    assert newcomer.describe("churn").versions
    assert newcomer.smoke("churn", "teal", BODY).status == 200


@pytest.mark.parametrize("url", ["http://churn.example/score", "ftp://churn.example/score"])
def test_the_key_travels_encrypted_or_not_at_all(url: str) -> None:
    with pytest.raises(Rejected, match="not https"):
        encrypted(url, "asking")


@pytest.mark.parametrize("url", ["https://churn.example/score", "http://127.0.0.1:9/score"])
def test_https_and_this_machine_get_it(url: str) -> None:
    assert encrypted(url, "asking") == url
