"""SageMaker from within a company: real host names, a proxy that opens TLS, exceptions from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.corporate import Corporate, closed, proxy
from servers.sagemaker import Server

from canarycli.errors import Unavailable
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

HOST, SIGNING_IN = "api.sagemaker.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture
def company(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corporate]:
    """Nothing tells of the server but the proxy."""
    server.endpoint("fraud", {"v1": 90, "v2": 10})
    for name in (*PROXIES, "AWS_ENDPOINT_URL", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with proxy(server.url, tmp_path / "company.pem", (HOST, SIGNING_IN)) as running:
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


@pytest.fixture
def job(company: Corporate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corporate:
    """A job that has no keys but a token, which it takes to the region's own STS."""
    (tmp_path / "token").write_text("somebody vouches for this job")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(company.ca))
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "regional")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/canary")
    return company


def test_the_signing_in_goes_through_it_too(job: Corporate) -> None:
    seen = SageMaker({"region": "us-east-1"}).describe("fraud")

    assert seen.traffic.shares["v2"] == 10
    assert job.hosts == [SIGNING_IN, HOST]


def test_a_proxy_that_lets_nobody_through_to_sign_in_is_told(job: Corporate) -> None:
    job.closed_to.add(SIGNING_IN)

    with pytest.raises(Unavailable) as refused:
        SageMaker({"region": "us-east-1"}).describe("fraud")

    assert "403" in " ".join([str(refused.value), *refused.value.facts])
    assert "the proxy lets nobody through" in refused.value.hints[0]
    assert job.hosts == []


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


@pytest.mark.parametrize("excepted", ["127.0.0.1", "localhost, 127.0.0.1", "{host}", "*"])
def test_what_is_excepted_goes_past_a_dead_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch, excepted: str
) -> None:
    past = excepted.format(host=server.url.partition("://")[2])
    server.endpoint("fraud", {"v1": 90, "v2": 10})
    for name in PROXIES:
        monkeypatch.setenv(name, past if "NO" in name.upper() else closed())

    assert SageMaker({"region": "us-east-1"}).describe("fraud").traffic.shares["v2"] == 10
