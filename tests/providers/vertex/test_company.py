"""Vertex AI from within a company: real host names, a proxy that opens TLS, exceptions from it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.corporate import Corporate, closed, proxy
from servers.vertex import Server

from canarycli.errors import Unavailable
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex

PLACE = {"project": "acme-ml", "region": "europe-west4"}
HOSTS = ("europe-west4-aiplatform.googleapis.com", "oauth2.googleapis.com")
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture
def company(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corporate]:
    """Nothing tells of the server but the proxy; tokens come from Google's own address."""
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 90, "22": 10})
    key = json.loads((tmp_path / "key.json").read_text())
    (tmp_path / "key.json").write_text(
        json.dumps({**key, "token_uri": f"https://{HOSTS[1]}/token"})
    )
    for name in (*PROXIES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with proxy(server.url, tmp_path / "company.pem", HOSTS) as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        yield running


def test_all_goes_through_a_proxy_that_opens_tls_the_signing_in_too(
    company: Corporate, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.ca))
    vertex = Vertex(PLACE)

    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), {})

    assert server.cloud.endpoints["1000"]["trafficSplit"] == {"11": 100}
    assert set(company.hosts) == set(HOSTS)


def test_a_proxy_whose_certificate_is_unknown_is_told(company: Corporate) -> None:
    with pytest.raises(Unavailable, match="no safe connection") as refused:
        Vertex(PLACE).describe("1000")

    assert "REQUESTS_CA_BUNDLE" in " ".join(refused.value.hints)
    assert company.password not in " ".join([str(refused.value), *refused.value.facts])
    assert company.hosts == []


def test_a_proxy_that_wants_another_password_is_told_without_it(
    company: Corporate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", company.url.replace("ann:", "bob:"))

    with pytest.raises(Unavailable) as refused:
        Vertex(PLACE).describe("1000")

    told = " ".join([str(refused.value), *refused.value.facts])
    assert "407" in told
    assert refused.value.hints[0].startswith("the proxy asks who calls")
    assert company.password not in told


def test_a_proxy_that_lets_nobody_through_to_a_host_is_told(
    company: Corporate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.ca))
    company.closed_to.add(HOSTS[1])

    with pytest.raises(Unavailable) as refused:
        Vertex(PLACE).describe("1000")

    assert "403" in " ".join([str(refused.value), *refused.value.facts])
    assert "the proxy lets nobody through to that host" in refused.value.hints[0]
    assert company.hosts == []


@pytest.mark.parametrize("excepted", ["127.0.0.1", "127.0.0.0/8", "localhost, 127.0.0.1", "*"])
def test_what_is_excepted_goes_past_a_dead_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch, excepted: str
) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, excepted if "NO" in name.upper() else closed())
    local = {"endpoint_url": server.url, "monitoring_url": server.url}

    assert Vertex({**PLACE, **local}).describe("1000").traffic.shares["11"] == 100
