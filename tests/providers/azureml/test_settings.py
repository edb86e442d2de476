"""Which workspace, which cloud, which credential: from settings and the environment."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import Denied, UsageError
from canarycli_azureml import AzureML
from canarycli_azureml.settings import Settings

ENVIRONMENT = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "group",
    "AZUREML_WORKSPACE": "ws",
}


def test_what_the_settings_lack_comes_from_the_environment() -> None:
    assert Settings.read({}, ENVIRONMENT).place == "sub/group/ws"
    assert Settings.read({"workspace": "mine"}, ENVIRONMENT).place == "sub/group/mine"


def test_one_workspace_has_one_place_however_its_name_is_spelt() -> None:
    names = {"subscription": "SUB", "resource_group": "ML-Prod", "workspace": "Eta"}

    assert Settings.read(names, {}).place == "sub/ml-prod/eta"


@pytest.mark.parametrize("key", ["subscription", "resource_group", "workspace"])
def test_a_place_that_is_not_complete_says_how_to_complete_it(key: str) -> None:
    place = {k: v for k, v in PLACE.items() if k != key}

    with pytest.raises(UsageError, match=f"needs a {key}") as refused:
        Settings.read(place, {})

    assert f"--{key.replace('_', '-')}" in refused.value.hints[0]


def test_all_that_is_missing_of_the_place_is_one_error() -> None:
    with pytest.raises(UsageError, match="needs a subscription and a resource_group and a") as all_:
        Settings.read({}, {})

    flags = "--subscription ID --resource-group NAME --workspace NAME"
    assert all_.value.hints[0].startswith(flags)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"region": "westeurope"}, "no setting 'region'"),
        ({"cloud": "mars"}, "no cloud 'mars'"),
        ({"workspace": "/subscriptions/x/workspaces/y"}, "is no name"),
        ({"metric_delay": timedelta(minutes=-1)}, "can't be negative"),
        ({"metric_period": timedelta(minutes=5)}, "minute by minute"),
        ({"failures": ["200"]}, "'200' in failures"),
        ({"failures": []}, "not a list of status codes"),
        ({"failures": 5}, "not a list of status codes"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_a_setting_that_makes_no_sense_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Settings.read({**PLACE, **given}, {})


@pytest.mark.parametrize(
    ("word", "host"),
    [
        ("public", "https://management.azure.com"),
        ("AzureCloud", "https://management.azure.com"),
        ("usgov", "https://management.usgovcloudapi.net"),
        ("AzureUSGovernment", "https://management.usgovcloudapi.net"),
        ("china", "https://management.chinacloudapi.cn"),
        ("AzureChinaCloud", "https://management.chinacloudapi.cn"),
    ],
)
def test_a_cloud_is_one_word(word: str, host: str) -> None:
    settings = Settings.read({**PLACE, "cloud": word}, {})

    assert settings.cloud.manager == host
    assert settings.cloud.scope == f"{host}/.default"


def test_the_metrics_delay_is_a_setting(azureml: AzureML) -> None:
    patient = AzureML({**PLACE, "metric_delay": timedelta(minutes=5)})

    assert azureml.limits.metric_delay == timedelta(minutes=3)
    assert patient.limits.metric_delay == timedelta(minutes=5)


def test_failures_may_be_written_as_words() -> None:
    settings = Settings.read({**PLACE, "failures": "5xx, 424 408"}, {})

    assert settings.failures.codes == ("5xx", "424", "408")


@pytest.mark.parametrize(
    ("cloud", "manager", "authority"),
    [
        ("usgov", "management.usgovcloudapi.net", "login.microsoftonline.us"),
        ("china", "management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
def test_another_cloud_is_asked_at_its_own_hosts(
    server: Server, cloud: str, manager: str, authority: str
) -> None:
    provider = AzureML({**PLACE, "cloud": cloud})

    seen = provider.describe("churn")

    provider.close()
    assert seen.settled
    assert {call["host"] for call in server.calls()} == {manager, authority}


def test_another_address_of_the_manager_gets_a_token_for_the_manager(server: Server) -> None:
    provider = AzureML({**PLACE, "endpoint_url": "https://management.azure.com/"})

    assert provider.describe("churn").settled

    provider.close()
    assert {call["host"] for call in server.calls("endpoint.get")} == {"management.azure.com"}


def test_a_wrong_secret_is_denied_in_entras_words(server: Server, newcomer: AzureML) -> None:
    server.control("settings", secret="another")

    with pytest.raises(Denied, match="no credential") as refused:
        newcomer.describe("churn")

    assert any("AADSTS7000215" in fact for fact in refused.value.facts)
    assert "az login" in refused.value.hints[0]


def test_without_credentials_the_error_names_what_was_tried(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    provider = AzureML(PLACE)

    with pytest.raises(Denied, match="no credential") as refused:
        provider.describe("churn")

    provider.close()
    tried = " ".join(refused.value.facts)
    assert "tried AzureCliCredential" in tried
    assert "tried AzurePowerShellCredential" in tried
    assert not server.calls()


def test_a_workload_identity_needs_no_secret(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("assertion")
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(token))
    provider = AzureML(PLACE)

    assert provider.describe("churn").settled

    provider.close()
    assert server.calls("endpoint.get")


def test_a_managed_identity_needs_no_variable_of_ours(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/managed-identity")
    monkeypatch.setenv("IDENTITY_HEADER", "made-up")
    provider = AzureML(PLACE)

    assert provider.describe("churn").settled

    provider.close()
    assert not server.calls("token")


def test_az_login_is_enough(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = server.control("token", audience="https://management.azure.com")["token"]
    answer = {"accessToken": token, "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"}
    az = tmp_path / "az"
    az.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    provider = AzureML(PLACE)

    assert provider.describe("churn").settled

    provider.close()
    assert not server.calls("token")


def test_a_federated_token_that_is_too_old_is_called_so(
    server: Server, newcomer: AzureML, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "azure-identity-token"
    stale.write_text("assertion of two hours ago")
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(stale))
    server.control("settings", secret="the fresh one")

    with pytest.raises(Denied, match="the federated token has expired") as denied:
        newcomer.describe("churn")

    assert "AADSTS700024" in denied.value.facts[0]
    assert "az login" not in " ".join(denied.value.hints)
