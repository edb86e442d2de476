"""The short way to Resource Manager: taken where it means the same, and what is heavy stays out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers.azureml.running import PLACE, Server

from canarycli_azureml import AzureML

HEAVY = {"azure.core", "azure.identity", "msal", "cryptography", "requests", "urllib3"}
LOOK = """
import sys
from canarycli_azureml import AzureML
azureml = AzureML(eval(sys.argv[1]))
print(azureml.describe("churn").traffic)
print(sorted(set(eval(sys.argv[2])) & set(sys.modules)))
"""


WAYS: dict[str, dict[str, str]] = {
    "a secret": {},
    "a federated token": {"AZURE_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN_FILE": "{file}"},
    "a managed identity": {
        "AZURE_CLIENT_SECRET": "",
        "IDENTITY_ENDPOINT": "{url}/managed-identity",
        "IDENTITY_HEADER": "made-up",
    },
}


@pytest.mark.parametrize("environment", WAYS.values(), ids=WAYS)
def test_neither_azures_packages_nor_requests_are_loaded(
    server: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    words = (repr(dict(PLACE)), repr(HEAVY))
    (tmp_path / "token").write_text("assertion")
    given = {k: v.format(file=tmp_path / "token", url=server.url) for k, v in environment.items()}

    said = subprocess.run(
        [sys.executable, "-c", LOOK, *words],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.splitlines() == ["blue 100%", "[]"]
    tokens = [call["path"] for call in server.calls("token")]
    assert not any("openid-configuration" in path for path in tokens)


def test_a_host_excepted_from_the_proxy_is_left_to_requests(
    server: Server, newcomer: AzureML, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "elsewhere.example.com")
    monkeypatch.delenv("no_proxy")

    assert newcomer.describe("churn").settled

    tokens = [call["path"] for call in server.calls("token")]
    assert any(path.endswith("openid-configuration") for path in tokens), "not azure-identity's way"
