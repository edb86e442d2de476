"""The short line is taken only where it does what requests would do, and nothing is sent else."""

import gzip
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest
from servers.azureml.authority import make_authority
from servers.azureml.wire import DirectServer, ProxyServer, Reply, Request
from servers.corporate import closed, serving

from canarycli.https import Answer, Line, Unsuited

HOST = "management.azure.com"
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
LOGIN = "Basic YW5uOnBhc3M="  # ann:pass


@dataclass(frozen=True)
class Company:
    """A proxy that opens tunnels to those who say who they are, and what came through it."""

    port: int
    ca: Path
    seen: list[Request]

    @property
    def url(self) -> str:
        return f"http://ann:pass@127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    authority, seen = make_authority(), list[Request]()
    ca = tmp_path_factory.mktemp("https") / "ca.pem"
    ca.write_bytes(authority.pem)

    def answer(request: Request) -> Reply:
        seen.append(request)
        if request.path == "/gone":
            return Reply(200, {}, drop=True)
        if request.path == "/packed":
            return Reply(200, gzip.compress(b"much"), {"Content-Encoding": "gzip"})
        closes = {"Connection": "close"} if request.path == "/closes" else {}
        return Reply(404, {"asked": request.method}, closes)

    server = ProxyServer(0, authority.context, answer, LOGIN)
    with serving(server):
        yield Company(server.server_port, ca, seen)


@pytest.fixture(autouse=True)
def way_out(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.seen.clear()
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", company.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.ca))


def ask(line: Line, *paths: str) -> list[Answer]:
    with closing(line):
        return [
            line.ask("PUT", path, headers={"Accept": "a/b"}, body=b"{}", read=5) for path in paths
        ]


def azure() -> Line:
    return Line(f"https://{HOST}", connect=5)


def test_a_request_goes_through_the_companys_proxy_as_it_was_given(company: Company) -> None:
    (found,) = ask(azure(), "/a%20b?c=d")

    assert (found.status, found.body) == (404, b'{"asked": "PUT"}')
    assert found.headers["content-type"] == "application/json; charset=utf-8"
    (seen,) = company.seen
    assert (seen.host, seen.target, seen.body) == (HOST, "/a%20b?c=d", b"{}")
    assert seen.headers["accept"] == "a/b"
    assert "proxy-authorization" not in seen.headers


def test_a_line_is_used_again_and_opened_anew_where_it_was_closed(company: Company) -> None:
    asked = ask(azure(), "/", "/closes", "/", "/")

    assert [answer.status for answer in asked] == [404] * 4
    assert len(company.seen) == 4


def test_a_request_whose_answer_does_not_come_is_sent_once(company: Company) -> None:
    with pytest.raises((OSError, HTTPException)):
        ask(azure(), "/gone")

    assert len(company.seen) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("https_proxy", "socks5://127.0.0.1:1080"),
        ("https_proxy", "https://127.0.0.1:1080"),
        ("NO_PROXY", "azure.com"),
        ("all_proxy", "http://127.0.0.1:1080"),
        ("https_proxy", "http://127.0.0.1:{port}"),
        ("https_proxy", "{closed}"),
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem"),
        ("REQUESTS_CA_BUNDLE", ""),
    ],
    ids=["socks", "tls", "excepted", "for all", "no password", "closed", "no file", "not ours"],
)
def test_what_takes_more_is_left_to_requests_before_anything_is_sent(
    company: Company, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value.format(port=company.port, closed=closed()))

    with pytest.raises(Unsuited):
        ask(azure(), "/")

    assert company.seen == []


def test_a_certificate_of_another_host_is_not_taken(company: Company) -> None:
    with pytest.raises(Unsuited, match="CERTIFICATE_VERIFY_FAILED"):
        ask(Line("https://elsewhere.example.com", connect=5), "/")

    assert company.seen == []


def test_an_answer_may_come_packed(company: Company) -> None:
    (found,) = ask(azure(), "/packed")

    assert company.seen[0].headers["accept-encoding"] == "gzip"
    assert found.body == b"much"


def test_exceptions_from_no_proxy_at_all_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("https_proxy")
    monkeypatch.setenv("NO_PROXY", "elsewhere.example.com")
    address = closed().removeprefix("http://")

    with pytest.raises(Unsuited, match="refused"):
        ask(Line(f"https://{address}", connect=5), "/")


def test_without_a_proxy_the_host_is_called_itself(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("https_proxy")
    authority = make_authority()
    ca = tmp_path / "direct.pem"
    ca.write_bytes(authority.pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
    direct = DirectServer(authority.context, lambda _: Reply(200, {}), "localhost")

    with serving(direct):
        assert ask(Line(direct.url, connect=5), "/")[0].status == 200

    assert company.seen == []
