"""The dashboard shows the records to whoever has its address, follows them, and changes nothing."""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import CHROMIUM, a_tab

from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.operations.dashboard import VIEWERS, serve
from canarycli.release.record import Release, State
from canarycli.store import LocalStore, Record
from canarycli.testing.stores import NOW, a_release
from canarycli.testing.stores.place import ended


@pytest.fixture
def records(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path)
    running = a_release("r-run", state=State.RUNNING)
    store.save(Record(running), [Event("started", NOW, "a <b>start</b>")])
    store.save(Record(ended(a_release("r-old", endpoint="ranker"))))
    return store


@pytest.fixture
def address(records: LocalStore, tmp_path: Path) -> Iterator[str]:
    assert records.newest()
    with serve({"CANARY_STATE": str(tmp_path)}) as address:
        yield address


@contextmanager
def asked(
    address: str, path: str = "", method: str = "GET", host: str | None = None
) -> Iterator[http.client.HTTPResponse]:
    at = urlsplit(address)
    with closing(http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)) as connection:
        headers = {} if host is None else {"Host": host}
        connection.request(method, at.path + path, headers=headers)
        yield connection.getresponse()


def body(address: str, path: str = "") -> str:
    with asked(address, path) as answer:
        assert answer.status == 200, answer.status
        return answer.read().decode()


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]


def test_all_releases_are_listed_with_what_must_be_known(address: str) -> None:
    text = body(address)

    assert "<h1>One release is open</h1>" in text
    assert '<td data-head="driver">nobody</td>' in text
    assert "promoted" in text
    assert Links(text).found == ["r/r-run/", "r/r-old/"]


def test_a_release_is_its_report_with_the_commands_to_paste(address: str) -> None:
    text = body(address, "r/r-run/")

    assert "a &lt;b&gt;start&lt;/b&gt;" in text
    assert "<code>canary rollback r-run</code>" in text
    assert "canary rollback" not in body(address, "r/r-old/")


@pytest.mark.parametrize("path", ["", "r/r-run/"])
def test_a_page_fetches_nothing_from_elsewhere_and_runs_its_own_script_only(
    address: str, path: str
) -> None:
    with asked(address, path) as answer:
        text, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]

    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert policy.startswith("default-src 'none';")
    assert text.count("<script") == text.count(f'<script nonce="{nonce}">') == 1
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_another_host_is_answered_nothing(address: str, host: str) -> None:
    with asked(address, host=host) as answer:
        assert (answer.status, answer.read()) == (421, b"another host is meant\n")


@pytest.mark.parametrize("path", ["/", "/r/r-run/", "/nonsense/", "/é/", "/changes"])
def test_who_has_not_the_token_sees_nothing(address: str, path: str) -> None:
    at = urlsplit(address)
    with asked(f"http://{at.netloc}", path.replace("é", "%C3%A9")) as answer:
        assert (answer.status, answer.read()) == (404, b"not here\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_there_is_no_way_to_change_anything(address: str, method: str) -> None:
    with asked(address, "r/r-run/", method) as answer:
        assert answer.status == 501


def test_an_unknown_release_is_not_found(address: str) -> None:
    with asked(address, "r/r-none/") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", ["changes", "r/r-run/changes"])
def test_a_change_of_the_records_is_told(address: str, records: LocalStore, path: str) -> None:
    with asked(address, path) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.readline() == b": here\n"
        record = records.find("r-run")
        assert record is not None
        records.save(replace(record, release=_further(record.release)))

        lines = [answer.readline() for _ in range(2)]

    assert lines[1].startswith(b"data: ")


def _further(release: Release) -> Release:
    return replace(release, stage=release.stage + 1)


def test_not_everybody_can_follow_at_once(address: str) -> None:
    at = urlsplit(address)
    lines = [http.client.HTTPConnection(at.hostname or "", at.port) for _ in range(VIEWERS)]
    for line in lines:
        line.request("GET", f"{at.path}changes")
        assert line.getresponse().readline() == b": here\n"

    with asked(address, "changes") as answer:
        assert answer.status == 503
    for line in lines:
        line.close()


def test_a_port_that_is_taken_is_a_clear_error(address: str, tmp_path: Path) -> None:
    port = urlsplit(address).port or 0

    with (
        pytest.raises(UsageError, match="can't listen") as refused,
        serve({"CANARY_STATE": str(tmp_path)}, port),
    ):
        pass

    assert "--port" in (refused.value.hints or ("",))[0]


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed: apt-get install chromium")
def test_a_browser_shows_a_release_that_begins_without_being_asked_again(
    address: str, records: LocalStore, tmp_path: Path
) -> None:
    with a_tab(tmp_path / "profile", address) as tab:
        tab.until("document.documentElement.dataset.live === 'yes'")
        assert tab.value("document.querySelector('h1').innerText") == "One release is open"

        records.save(Record(a_release("r-new", endpoint="eta", state=State.RUNNING)))

        tab.until("document.querySelector('h1').innerText === '2 releases are open'")
