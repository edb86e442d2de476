"""Where canary asks for a token by itself, it asks as azure-identity does."""

import json
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential, EnvironmentCredential
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from servers.azureml.running import Server
from urllib3 import HTTPResponse

from canarycli.errors import Denied
from canarycli_azureml import AzureML
from canarycli_azureml.clouds import CHINA, PUBLIC, Cloud
from canarycli_azureml.identity import token_request
from canarycli_azureml.plain import fits

PRINCIPAL = {"AZURE_TENANT_ID": "72f9-aa", "AZURE_CLIENT_ID": "c0ffee"}
SECRET = {**PRINCIPAL, "AZURE_CLIENT_SECRET": "s&cret"}
FEDERATED = {**PRINCIPAL, "AZURE_FEDERATED_TOKEN_FILE": "{token}"}
APP = {"IDENTITY_ENDPOINT": "http://127.0.0.1:42/msi/token", "IDENTITY_HEADER": "made-up"}
JOB = {"MSI_ENDPOINT": "http://127.0.0.1:46808/MSI/auth", "MSI_SECRET": "made-up"}
MACHINE = {"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}
HOST = "https://login.microsoftonline.com"
OURS = ("X-IDENTITY-HEADER", "Metadata", "secret", "Content-Type")


class Recording(BaseAdapter):
    """Plays Entra ID and a machine's own address, and keeps what asked for a token."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[PreparedRequest] = []

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        answer: dict[str, Any] = {"token_type": "Bearer", "access_token": "t", "resource": "r"}
        answer |= {"expires_in": 3600} if "/oauth2/" in str(request.url) else {}
        answer |= {"expires_on": "4102444800"} if "/oauth2/v2.0" not in str(request.url) else {}
        if "discovery" in str(request.url) or "openid-configuration" in str(request.url):
            base = f"{HOST}/72f9-aa"
            answer = {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
                "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
                "metadata": [],
            }
        else:
            self.asked.append(request)
        response = Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        response.headers["Content-Type"] = "application/json"
        response.raw = HTTPResponse(BytesIO(json.dumps(answer).encode()), preload_content=False)
        return response

    def close(self) -> None:
        """It has nothing open."""


def first_of_azure_identity(kind: Any) -> PreparedRequest:
    recording, session = Recording(), Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, recording)
    transport = RequestsTransport(session=session, session_owner=False)
    kind(transport=transport, retry_total=0).get_token(PUBLIC.scope)
    return recording.asked[0]


def said(url: str, body: str | bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """A request without what means nothing to who answers it."""
    parts = urlsplit(url)
    text = body.decode() if isinstance(body, bytes) else body or ""
    return {
        "where": f"{parts.scheme}://{parts.netloc}{parts.path}",
        "query": dict(parse_qsl(parts.query)),
        "form": {k: v for k, v in parse_qsl(text) if k not in {"client_info", "x-client-SKU"}},
        "headers": {k: headers[k] for k in OURS if k in headers},
    }


def settle(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name in (*SECRET, "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        (SECRET, EnvironmentCredential),
        ({**SECRET, "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"}, DefaultAzureCredential),
        ({**SECRET, "AZURE_TOKEN_CREDENTIALS": "prod", **APP}, DefaultAzureCredential),
        ({**SECRET, "AZURE_USERNAME": "ann"}, EnvironmentCredential),
        (FEDERATED, DefaultAzureCredential),
        (
            {
                **PRINCIPAL,
                "AZURE_FEDERATED_TOKEN_FILE": "{token}",
                "AZURE_AUTHORITY_HOST": f"{HOST}/",
            },
            DefaultAzureCredential,
        ),
        (APP, DefaultAzureCredential),
        ({**APP, "AZURE_CLIENT_ID": "c0ffee"}, DefaultAzureCredential),
        ({**APP, "AZURE_CLIENT_SECRET": "without the rest"}, DefaultAzureCredential),
        (JOB, DefaultAzureCredential),
        ({**JOB, "AZURE_CLIENT_ID": "c0ffee"}, DefaultAzureCredential),
        (MACHINE, DefaultAzureCredential),
        ({**MACHINE, "AZURE_CLIENT_ID": "c0ffee"}, DefaultAzureCredential),
        ({**MACHINE, **APP}, DefaultAzureCredential),
        (
            {**MACHINE, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:43/"},
            DefaultAzureCredential,
        ),
    ],
)
def test_it_is_the_request_that_azure_identity_sends_first(
    environment: dict[str, str], kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("assertion\n")
    settle(monkeypatch, {name: v.format(token=token) for name, v in environment.items()})
    theirs = first_of_azure_identity(kind)

    ours = token_request(PUBLIC, os.environ)

    assert ours is not None
    assert said(ours.host + ours.target, ours.body, ours.headers) == said(
        str(theirs.url), theirs.body, theirs.headers
    )


NO_FILE = {**PRINCIPAL, "AZURE_FEDERATED_TOKEN_FILE": "/no/such/file"}


@pytest.mark.parametrize(
    ("environment", "cloud"),
    [
        ({}, PUBLIC),
        (PRINCIPAL, PUBLIC),
        (NO_FILE, PUBLIC),
        ({**NO_FILE, "AZURE_FEDERATED_TOKEN_FILE": os.devnull, "AZURE_USERNAME": "ann"}, PUBLIC),
        ({**PRINCIPAL, "AZURE_CLIENT_CERTIFICATE_PATH": "key.pem", **APP}, PUBLIC),
        ({**SECRET, "AZURE_TENANT_ID": "adfs"}, PUBLIC),
        ({**SECRET, "AZURE_TENANT_ID": "no/tenant"}, PUBLIC),
        ({**SECRET, "AZURE_TOKEN_CREDENTIALS": "dev"}, PUBLIC),
        ({**APP, "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"}, PUBLIC),
        ({**SECRET, "AZURE_AUTHORITY_HOST": "login.acme.com"}, PUBLIC),
        ({**SECRET, "AZURE_AUTHORITY_HOST": "login.microsoftonline.com"}, CHINA),
        ({**SECRET, "AZURE_REGIONAL_AUTHORITY_NAME": "westeurope"}, PUBLIC),
        ({**APP, "IDENTITY_HEADER": ""}, PUBLIC),
        ({**APP, "IDENTITY_SERVER_THUMBPRINT": "ab12"}, PUBLIC),
        ({**JOB, "MSI_SECRET": ""}, PUBLIC),
        ({**JOB, **MACHINE, "MSI_SECRET": ""}, PUBLIC),
        (SECRET, PUBLIC.at("http://localhost:1")),
    ],
)
def test_any_other_credential_is_left_to_azure_identity(
    environment: dict[str, str], cloud: Cloud
) -> None:
    assert not fits(cloud, environment)


@pytest.mark.parametrize(
    ("environment", "cloud"),
    [
        (SECRET, CHINA),
        ({**SECRET, "AZURE_TENANT_ID": "acme.onmicrosoft.com"}, PUBLIC),
        ({**SECRET, "AZURE_CLIENT_CERTIFICATE_PATH": "key.pem"}, PUBLIC),
        ({**SECRET, "AZURE_AUTHORITY_HOST": "https://login.chinacloudapi.cn/"}, CHINA),
    ],
)
def test_these_are_as_certain(environment: dict[str, str], cloud: Cloud) -> None:
    assert fits(cloud, environment)


def at(server: Server) -> dict[str, str]:
    return {**APP, "IDENTITY_ENDPOINT": f"{server.url}/managed-identity"}


def test_why_a_machine_gives_no_token_is_for_azure_identity_to_say(
    server: Server, newcomer: AzureML, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch, {**at(server), "IDENTITY_ENDPOINT": f"{server.url}/no-such-path"})
    with pytest.raises(Denied, match="no credential"):
        newcomer.describe("churn")

    settle(monkeypatch, at(server))
    assert newcomer.describe("churn").settled
