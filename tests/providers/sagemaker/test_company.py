"""SageMaker from within a company: real host names, a proxy that opens TLS, exceptions from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.corporate import Corporate, closed, proxy
from servers.sagemaker import Server

from canarycli.errors import Unavailable
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

HOST = "api.sagemaker.us-east-1.amazonaws.com"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture
def company(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corporate]:
    """Nothing tells of the server but the proxy."""
    server.endpoint("fraud", {"v1": 90, "v2": 10})
    for name in (*PROXIES, "AWS_ENDPOINT_URL", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with proxy(server.url, tmp_path / "company.pem", (HOST,)) as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        yield running


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_all_goes_through_a_proxy_that_opens_tls(
    company: Corporate, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(company.ca))
    sagemaker = SageMaker({"region": "us-east-1"})

    sagemaker.shift(sagemaker.describe("fraud"), Traffic.all_to("v1"), {})

    (write,) = server.calls("UpdateEndpointWeightsAndCapacities")
    wanted = write["params"]["DesiredWeightsAndCapacities"]
    assert {one["VariantName"]: one["DesiredWeight"] for one in wanted} == {"v1": 100, "v2": 0}
    assert company.hosts == [HOST] * len(server.calls())


def test_a_proxy_whose_certificate_is_unknown_is_told(company: Corporate) -> None:
    with pytest.raises(Unavailable, match="no safe connection") as refused:
        SageMaker({"region": "us-east-1"}).describe("fraud")

    assert "AWS_CA_BUNDLE" in " ".join(refused.value.hints)
    assert company.password not in str(refused.value)
    assert company.hosts == []


def test_a_proxy_that_wants_another_password_is_told_without_it(
    company: Corporate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", company.url.replace("ann:", "bob:"))

    with pytest.raises(Unavailable) as refused:
        SageMaker({"region": "us-east-1"}).describe("fraud")

    told = " ".join([str(refused.value), *refused.value.facts])
    assert "407" in told
    assert refused.value.hints[0].startswith("the proxy asks who calls")
    assert company.password not in told


def test_a_proxy_that_lets_nobody_through_to_a_host_is_told(
    company: Corporate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.ca))
    company.closed_to.add(HOST)

    with pytest.raises(Unavailable) as refused:
        SageMaker({"region": "us-east-1"}).describe("fraud")

    assert "403" in " ".join([str(refused.value), *refused.value.facts])
    assert "the proxy lets nobody through to that host" in refused.value.hints[0]
    assert company.hosts == []


def test_what_is_excepted_goes_past_a_dead_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.endpoint("fraud", {"v1": 90, "v2": 10})
    for name in PROXIES:
        monkeypatch.setenv(name, "127.0.0.1" if "NO" in name.upper() else closed())

    assert SageMaker({"region": "us-east-1"}).describe("fraud").traffic.shares["v2"] == 10
