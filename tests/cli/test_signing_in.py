"""Signing in: limits like every other call, another try where it may help, words where it can't."""

from pathlib import Path

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS, OnAzure

BACK = ("rollback", "-y", *FLAGS)


def split_by_somebody(azure: OnAzure) -> None:
    azure.somebody_sets(blue=90, teal=10)


@pytest.mark.slow
def test_a_token_server_that_says_nothing_is_not_waited_for(azure: OnAzure) -> None:
    split_by_somebody(azure)
    azure.server.fault("token", "hang", times=1)

    back = azure.ann.elsewhere("bare").run(*BACK)

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err
    assert "still waiting for azureml to answer" in back.err
    assert "asking again" in back.err
    assert "by hand: az ml online-endpoint update" in back.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["too_many", "throttle", "unavailable", "drop_before"])
def test_a_token_server_that_is_busy_is_asked_again(azure: OnAzure, kind: str) -> None:
    split_by_somebody(azure)
    azure.server.fault("token", kind, times=1)

    back = azure.ann.elsewhere("bare").run(*BACK)

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err


USELESS = {
    "a federated token that is no file": {"AZURE_FEDERATED_TOKEN_FILE": "/no/such/file"},
    "a certificate that is no file": {"AZURE_CLIENT_CERTIFICATE_PATH": "/no/such/file"},
    "a word for no credential": {"AZURE_TOKEN_CREDENTIALS": "nonsense"},
    "an authority without TLS": {"AZURE_AUTHORITY_HOST": "http://127.0.0.1:9"},
}


@pytest.mark.parametrize("variables", USELESS.values(), ids=USELESS.keys())
def test_a_credential_that_can_not_be_used_is_named(
    azure: OnAzure, variables: dict[str, str]
) -> None:
    split_by_somebody(azure)
    bare = azure.ann.elsewhere("bare", **variables)
    if "AZURE_AUTHORITY_HOST" not in variables:
        del bare.env["AZURE_CLIENT_SECRET"]

    refused = bare.run(*BACK)

    assert refused.code == 8, refused.err
    assert next(iter(variables)) in refused.err
    assert "az ml online-endpoint update" in refused.err
    assert "a fault in canary itself" not in refused.err
    assert azure.split["teal"] == 10


def test_the_doctor_goes_on_without_a_credential(azure: OnAzure) -> None:
    bare = azure.ann.elsewhere("bare", AZURE_TOKEN_CREDENTIALS="nonsense")

    told = bare.run("doctor", *FLAGS)

    assert told.code in {1, 8}, told.err
    assert "AZURE_TOKEN_CREDENTIALS" in told.out
    assert "metrics" in told.out
    assert "a fault in canary itself" not in told.err


def test_google_key_that_is_no_key_is_named(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}")
    bare = Canary(tmp_path / "bare", {"GOOGLE_APPLICATION_CREDENTIALS": str(key)})
    where = ("--provider", "vertex", "--project", "acme-ml", "--region", "europe-west4")

    refused = bare.run("rollback", "-y", *where, "-e", "1000")

    assert refused.code == 8, refused.err
    assert "gcloud ai endpoints update" in refused.err
    assert "a fault in canary itself" not in refused.err
