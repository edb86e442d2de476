"""Who is told of a release elsewhere, what they are told, and that no release waits for it."""

import json
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary, simulated
from unit.stories import NOON, a_release_of

from canarycli.config.values import Notify
from canarycli.errors import Unsafe
from canarycli.journal import Event
from canarycli.operations.frozen import overridden
from canarycli.operations.grafana import Annotations
from canarycli.operations.notify import Notifier
from canarycli.operations.senders import undelivered
from canarycli.operations.telling import note_of
from canarycli.plan import Plan, Stage

START = ("start", "-m", "v42", "--yes")
BAD = {"scenario": "failing", "speed": "60x"}


@dataclass
class Ear:
    """An address of people: hears what is posted to it, or says nothing at all."""

    server: ThreadingHTTPServer
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b""
    mute: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def words(self) -> list[str]:
        return [body["event"] for _, body in self.heard]


@pytest.fixture
def ear() -> Iterator[Ear]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.heard.append((self.path, body))
            if found.status == 0:
                found.mute.wait(60)
                return
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.answer)))
            self.end_headers()
            self.wfile.write(found.answer)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    found = Ear(server)
    yield found
    found.mute.set()
    server.shutdown()
    server.server_close()


def telling(folder: Path, notify: str, **settings: str) -> Canary:
    canary = simulated(folder, **settings)
    file = canary.folder / "canary.yaml"
    file.write_text(f"{file.read_text()}notify:\n{notify}")
    return canary


def test_a_webhook_hears_of_the_events_it_asked_for(tmp_path: Path, ear: Ear) -> None:
    canary = telling(
        tmp_path,
        "  - {to: '${EAR}/a', when: [started, promoted]}\n  - {to: '${EAR}/b', when: [failed]}\n",
    )
    canary.env["EAR"] = ear.url

    done = canary.run(*START)

    assert done.code == 0, done.err
    assert [path for path, _ in ear.heard] == ["/a", "/a"]
    assert ear.words == ["started", "promoted"]
    told = ear.heard[-1][1]
    assert told["schema"] == "canary.notification/1"
    assert told["text"].startswith("✔ demo v41 → v42: promoted")
    assert (told["endpoint"], told["candidate"]) == ("demo", "v42")


def test_what_somebody_asks_for_beside_a_driver_is_told_once(tmp_path: Path, ear: Ear) -> None:
    canary = telling(tmp_path, "  - {to: '${EAR}', when: [paused, stopped, frozen, overridden]}\n")
    canary.env["EAR"] = ear.url
    driving = canary.begin(*START, "--stages", "5,100", "--bake", "10h")
    driving.wait_for("confirmed")

    assert canary.run("pause", "demo", "--reason", "looking").code == 0
    driving.wait_for("paused")
    assert canary.run("rollback", "demo", "-y").code == 0

    assert driving.end().code == 6
    assert ear.words == ["paused", "stopped"]


@pytest.mark.parametrize(("beside", "words"), [(False, ["paused"]), (True, [])])
def test_who_acts_beside_a_driver_rings_for_its_own_rollback_and_nothing_else(
    ear: Ear, *, beside: bool, words: list[str]
) -> None:
    people = (Notify(ear.url, ("paused", "unsafe")),)
    notifier = Notifier(lambda: people, lambda: None, {}, beside=lambda: beside)
    notifier.hear(Event("paused", NOON, "paused by dana"))
    notifier.alarm(Unsafe("ROLLBACK FAILED on fraud"))
    notifier.close()

    assert ear.words == [*words, "unsafe"]


def test_an_override_of_a_freeze_is_told_with_its_reason() -> None:
    note = note_of(
        overridden("eve", "the bank asked", NOON), a_release_of(Plan((Stage(5, MINUTE),)))
    )

    assert note.text == (
        "▸ fraud-scorer v41 → v42: eve overrode the change freeze: the bank asked\n"
        "canary status r-7k2f"
    )
    assert (note.word, note.facts["reason"]) == ("overridden", "the bank asked")


def test_a_pager_is_quiet_where_a_rollback_worked_and_rings_where_it_did_not(ear: Ear) -> None:

    host = ear.url.removeprefix("http://")
    pager = Notify(f"pagerduty://${{KEY}}@{host}", ("unsafe", "rolled_back"))
    notifier = Notifier(lambda: (pager,), lambda: None, {"KEY": "k1"})
    notifier.hear(ended("rolled_back"))
    notifier.alarm(Unsafe("ROLLBACK FAILED on fraud", hint="by hand: aws …"))
    notifier.close()

    ((path, body),) = ear.heard
    assert path == "/v2/enqueue"
    assert (body["routing_key"], body["event_action"]) == ("k1", "trigger")
    assert body["payload"]["severity"] == "critical"
    assert body["payload"]["summary"] == "ROLLBACK FAILED on fraud"
    assert notifier.failures == []


def test_an_endpoint_has_one_alert_until_its_traffic_is_home(ear: Ear) -> None:
    host, release = ear.url.removeprefix("http://"), a_release_of(Plan((Stage(5, MINUTE),)))
    people = (
        Notify(f"pagerduty://${{KEY}}@{host}", ("unsafe",)),
        Notify(f"{ear.url}/chat", ("unsafe",)),
    )
    notifier = Notifier(lambda: people, lambda: release, {"KEY": "k1"})
    notifier.hear(Event("rollback_failed", NOON, "stuck"))
    notifier.alarm(Unsafe("ROLLBACK FAILED on fraud"))
    notifier.hear(Event("rollback_confirmed", NOON, "v41 100% confirmed"))
    notifier.close()

    paged = [body for path, body in ear.heard if path == "/v2/enqueue"]
    assert [body["event_action"] for body in paged] == ["trigger", "trigger", "resolve"]
    key = "canary/sagemaker/us-east-1/fraud-scorer"
    assert {body["dedup_key"] for body in paged} == {key}
    chat = [body["event"] for path, body in ear.heard if path == "/chat"]
    assert chat == ["unsafe", "unsafe"]


def ended(outcome: str) -> Any:
    return Event("ended", datetime.now(UTC), outcome, fields={"outcome": outcome})


def test_an_address_that_answers_no_one_neither_delays_nor_fails_a_release(
    tmp_path: Path, ear: Ear
) -> None:
    ear.status = 500
    canary = telling(tmp_path, "  - {to: '${EAR_HOOK_URL}'}\n  - {to: '${NOBODY}'}\n", **BAD)
    canary.env["EAR_HOOK_URL"] = f"{ear.url}/token-5551"

    done = canary.run(*START)

    assert done.code == 3, done.err
    assert "notify[0] was not told (failed): the address answered 500" in done.err
    assert "notify[1] was not told (failed): NOBODY is not set" in done.err
    assert "token-5551" not in done.err + done.out
    assert ear.words == ["failed", "rolled_back"]


def test_what_hangs_is_given_up(ear: Ear) -> None:

    ear.status = 0
    one = Notifier(lambda: (Notify(ear.url, ("promoted",)),), lambda: None, {}, seconds=0.2)
    one.hear(ended("promoted"))
    one.close()

    assert one.failures == [
        "notify[0] was not told (promoted): no answer from the address: TimeoutError"
    ]


def test_notify_test_tells_everybody_and_says_what_came_of_it(tmp_path: Path, ear: Ear) -> None:
    pytest.importorskip("apprise")
    host = ear.url.removeprefix("http://")
    canary = telling(
        tmp_path,
        f"  - {{to: '{ear.url}/web'}}\n"
        f"  - {{to: 'json://{host}/apprise', when: [promoted]}}\n"
        f"  - {{to: 'pagerduty://${{KEY}}@{host}'}}\n"
        "  - {to: '${UNSET}', when: [stopped]}\n"
        "  - {to: 'json://127.0.0.1:1/gone', when: [failed]}\n",
    )
    canary.env["KEY"] = "k1"

    tried = canary.run("notify", "test")

    assert tried.code == 1
    assert sorted(path for path, _ in ear.heard) == ["/apprise", "/v2/change/enqueue", "/web"]
    lines = tried.out.splitlines()
    assert lines[1] == "notify[1] promoted: sent"
    assert lines[2] == "notify[2] unsafe: sent"
    assert lines[3] == "notify[3] stopped: not sent: UNSET is not set"
    assert lines[4] == "notify[4] failed: not sent: no answer from the address"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (
            "WARNING - Failed to send JSON POST: Server Error, error=500.",
            "the address answered 500",
        ),
        ("A Connection error occurred sending JSON to 127.0.0.1.", "no answer from the address"),
        ("could not send to https://hooks.acme/token-5551", "apprise could not deliver it"),
    ],
)
def test_what_apprise_says_of_a_failure_is_told_without_the_address(log: str, why: str) -> None:
    assert undelivered(log) == why


def test_with_nobody_to_tell_the_test_says_how(tmp_path: Path) -> None:
    refused = simulated(tmp_path).run("notify", "test")

    assert (refused.code, "notify: [{to:" in refused.err) == (2, True)


def test_a_driver_of_all_tells_the_same_people(tmp_path: Path, ear: Ear) -> None:
    canary = telling(tmp_path, "  - {to: '${EAR}', when: [promoted]}\n", speed="120x", settle="0s")
    canary.env["EAR"] = ear.url
    begun = canary.run(*START, "--detach")
    assert begun.code == 0, begun.err

    driving = canary.begin("drive", "--all", "-o", "ndjson")
    driving.wait_for('"type": "ended"')
    driving.send(signal.SIGTERM)

    assert driving.end().code == 143
    assert ear.words == ["promoted"]


MINUTE = timedelta(minutes=1)
SLACK = {"ok": True, "channel": "C42", "ts": "1700000000.000100"}


def in_slack(ear: Ear, *events: Event) -> Notifier:
    """What became of telling a channel of a release's events by a bot's token."""
    address = f"slack://${{TOKEN}}@{ear.url.removeprefix('http://')}/releases"
    who = Notify(address, ("started", "failed", "rolled_back"))
    release = a_release_of(Plan(stages=(Stage(5, timedelta(minutes=1)),), checks=(), name="p"))
    notifier = Notifier(lambda: (who,), lambda: release, {"TOKEN": "xoxb-1"})
    for event in events:
        notifier.hear(event)
    notifier.close()
    return notifier


def test_who_asked_for_it_hears_of_a_probation(ear: Ear) -> None:
    until = "v42 has all traffic, on probation until 25 Nov 12:00 UTC; v41 stays"
    one = Notifier(lambda: (Notify(ear.url, ("probation",)),), lambda: None, {})
    one.hear(Event("probation", datetime.now(UTC), until))
    one.hear(ended("promoted"))
    one.close()

    assert one.failures == []
    assert ear.words == ["probation"]
    assert ear.heard[0][1]["text"] == f"◔ {until}"


def test_a_release_is_one_message_in_slack_its_news_answers_to_it(ear: Ear) -> None:
    ear.answer = json.dumps(SLACK).encode()
    began = Event("planned", datetime.now(UTC), "v41 -> v42")
    fails = Event("rollback_started", datetime.now(UTC), "rolling back", fields={"by": "canary"})

    told = in_slack(ear, began, fails, ended("rolled_back"))

    assert told.failures == []
    assert [path for path, _ in ear.heard] == [
        "/chat.postMessage",
        *("/chat.postMessage", "/chat.update") * 2,
    ]
    first, answer, renewed, last, _ = (body for _, body in ear.heard)
    assert first["channel"] == "releases"
    assert "thread_ts" not in first
    assert (answer["channel"], answer["thread_ts"]) == ("C42", SLACK["ts"])
    assert (answer["reply_broadcast"], last["reply_broadcast"]) == (True, False)
    assert (renewed["ts"], renewed["text"]) == (SLACK["ts"], answer["text"])


def test_what_slack_does_not_take_is_said_without_the_token(ear: Ear) -> None:
    ear.answer = b'{"ok": false, "error": "channel_not_found"}'

    (failure,) = in_slack(ear, Event("planned", datetime.now(UTC), "v41 -> v42")).failures

    assert failure == "notify[0] was not told (started): Slack does not take it: channel_not_found"


def test_grafana_has_a_region_for_each_stage_and_a_point_for_a_stop(ear: Ear) -> None:
    release = a_release_of(Plan(stages=(Stage(5, timedelta(minutes=1)),), checks=(), name="p"))
    env = {"CANARY_GRAFANA_URL": f"{ear.url}/", "CANARY_GRAFANA_TOKEN": "glsa_1"}
    told = Annotations(lambda: release, env)
    for event in (
        Event("shift_confirmed", NOON, "v42 5% confirmed", fields={"to": 5}),
        Event("paused", NOON + MINUTE, "paused: no numbers"),
        Event("shift_confirmed", NOON + 2 * MINUTE, "v42 25% confirmed", fields={"to": 25}),
        Event("rollback_confirmed", NOON + 3 * MINUTE, "v41 100% confirmed"),
    ):
        told.hear(event)
    told.close()

    start = int(NOON.timestamp() * 1000)
    assert told.failures == []
    assert {path for path, _ in ear.heard} == {"/api/annotations"}
    drawn = [(b["time"] - start, b.get("timeEnd", start) - start, b["tags"]) for _, b in ear.heard]
    arms = ["fraud-scorer", "v42"]
    assert drawn == [
        (60_000, 0, ["canary", "paused", *arms]),
        (0, 120_000, ["canary", "stage", *arms]),
        (120_000, 180_000, ["canary", "stage", *arms]),
    ]
    assert ear.heard[1][1]["text"] == "fraud-scorer v41 → v42: 5% of the traffic"


def test_a_grafana_that_refuses_is_one_line_and_not_asked_again(ear: Ear) -> None:
    ear.status = 401
    env = {"CANARY_GRAFANA_URL": ear.url, "CANARY_GRAFANA_TOKEN": "glsa_1"}
    told = Annotations(lambda: None, env)
    for _ in range(3):
        told.hear(Event("paused", NOON, "paused"))
    told.close()

    assert told.failures == ["Grafana has no annotations: the address answered 401"]
    assert len(ear.heard) == 1
