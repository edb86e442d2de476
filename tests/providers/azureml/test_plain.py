"""The short way to Resource Manager: taken where it means the same, and what is heavy stays out."""

import subprocess
import sys

import pytest
from servers.azureml.running import PLACE, Server

from canarycli_azureml import AzureML
from canarycli_azureml.clouds import CHINA, PUBLIC, Cloud
from canarycli_azureml.plain import fits

SECRET = {"AZURE_TENANT_ID": "72f9-aa", "AZURE_CLIENT_ID": "c0ffee", "AZURE_CLIENT_SECRET": "s"}
HEAVY = {"azure.core", "azure.identity", "msal", "cryptography", "requests", "urllib3"}
LOOK = """
import sys
from canarycli_azureml import AzureML
azureml = AzureML(eval(sys.argv[1]))
print(azureml.describe("churn").traffic)
print(sorted(set(eval(sys.argv[2])) & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("more", "cloud", "fit"),
    [
        ({}, PUBLIC, True),
        ({}, CHINA, True),
        ({"AZURE_TENANT_ID": "acme.onmicrosoft.com"}, PUBLIC, True),
        ({"AZURE_CLIENT_CERTIFICATE_PATH": "key.pem"}, PUBLIC, True),
        ({"AZURE_CLIENT_SECRET": ""}, PUBLIC, False),
        ({"AZURE_TENANT_ID": "adfs"}, PUBLIC, False),
        ({"AZURE_TENANT_ID": "no/tenant"}, PUBLIC, False),
        ({"AZURE_TOKEN_CREDENTIALS": "dev"}, PUBLIC, False),
        ({"AZURE_AUTHORITY_HOST": "login.acme.com"}, PUBLIC, False),
        ({"AZURE_REGIONAL_AUTHORITY_NAME": "westeurope"}, PUBLIC, False),
        ({}, PUBLIC.at("http://localhost:1"), False),
    ],
)
def test_it_is_for_a_secret_of_the_environment_and_nothing_beside_it(
    more: dict[str, str], cloud: Cloud, *, fit: bool
) -> None:
    assert fits(cloud, {**SECRET, **more}) is fit


def test_with_a_secret_neither_azures_packages_nor_requests_are_loaded(server: Server) -> None:
    words = (repr(dict(PLACE)), repr(HEAVY))

    said = subprocess.run(
        [sys.executable, "-c", LOOK, *words], capture_output=True, text=True, check=True
    )

    assert said.stdout.splitlines() == ["blue 100%", "[]"]
    assert len(server.calls("token")) == 1


def test_a_host_excepted_from_the_proxy_is_left_to_requests(
    server: Server, newcomer: AzureML, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "elsewhere.example.com")
    monkeypatch.delenv("no_proxy")

    assert newcomer.describe("churn").settled

    tokens = [call["path"] for call in server.calls("token")]
    assert any(path.endswith("openid-configuration") for path in tokens), "not azure-identity's way"
