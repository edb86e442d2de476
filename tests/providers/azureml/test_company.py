"""Azure from within a company: a proxy that opens TLS is every other test's way; here its faults.

What is excepted from the proxy is asked directly, as over a private link.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.azureml.app import App
from servers.azureml.authority import make_authority
from servers.azureml.running import PLACE, Server
from servers.azureml.state import State
from servers.azureml.wire import DirectServer, ProxyServer
from servers.corporate import closed, serving

from canarycli.errors import Unavailable
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

MANAGER, SIGNING_IN = "management.azure.com", "login.microsoftonline.com"


@pytest.fixture
def azureml(server: Server) -> Iterator[AzureML]:
    """One that has to sign in, and has only the environment."""
    assert server.url
    provider = AzureML(PLACE)
    yield provider
    provider.close()


def test_all_goes_through_a_proxy_that_opens_tls_the_signing_in_too(
    server: Server, azureml: AzureML
) -> None:
    server.control("change", endpoint="churn", traffic={"blue": 90, "teal": 10})

    azureml.shift(azureml.describe("churn"), Traffic.all_to("blue"), {})

    assert server.calls("endpoint.put")[0]["body"]["properties"]["traffic"]["blue"] == 100
    assert {call["host"] for call in server.calls()} == {MANAGER, SIGNING_IN}


def test_a_proxy_whose_certificate_is_unknown_is_told(
    server: Server, azureml: AzureML, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(Unavailable, match="no safe connection") as refused:
        azureml.describe("churn")

    assert "REQUESTS_CA_BUNDLE" in " ".join(refused.value.hints)
    assert server.calls() == []


def test_a_proxy_that_is_not_there_is_told(
    azureml: AzureML, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, closed())

    with pytest.raises(Unavailable) as refused:
        azureml.describe("churn")

    assert "proxy" in " ".join([str(refused.value), *refused.value.facts]).lower()
    assert refused.value.hints == ("is HTTPS_PROXY right? canary doctor looks at it",)


@pytest.mark.parametrize("host", [MANAGER, SIGNING_IN])
def test_a_proxy_that_lets_nobody_through_to_a_host_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    authority, ca = make_authority(), tmp_path / "company.pem"
    ca.write_bytes(authority.pem)
    through = ProxyServer(0, authority.context, App(State()).answer)
    through.closed_to.add(host)
    with serving(through):
        for name, value in Server(through.url, ca).environment.items():
            monkeypatch.setenv(name, value)
        provider = AzureML(PLACE)

        with pytest.raises(Unavailable) as refused:
            provider.describe("churn")

        provider.close()
    assert "the proxy lets nobody through to that host" in refused.value.hints[0]


def test_what_is_excepted_goes_past_the_proxy_and_the_rest_through_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, app = make_authority(), App(State())
    ca = tmp_path / "company.pem"
    ca.write_bytes(authority.pem)
    direct = DirectServer(authority.context, app.answer, MANAGER)
    through = ProxyServer(0, authority.context, app.answer)
    with serving(direct), serving(through):
        Server(through.url, ca).control(
            "endpoint", name="churn", traffic={"blue": 100}, deployments={"blue": {}}
        )
        for name, value in {
            "HTTPS_PROXY": through.url,
            "https_proxy": through.url,
            "NO_PROXY": "localhost",
            "no_proxy": "localhost",
            "REQUESTS_CA_BUNDLE": str(ca),
        }.items():
            monkeypatch.setenv(name, value)
        provider = AzureML({**PLACE, "endpoint_url": direct.url})

        assert provider.describe("churn").traffic.shares["blue"] == 100

        provider.close()
    assert [call["operation"] for call in server.calls()] == []
