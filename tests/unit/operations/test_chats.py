"""What a chat is told of others' words calls nobody and hides no link."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from canarycli.operations import slack
from canarycli.operations.telling import Note

CALLS = "the model says <!channel> <@U1> <https://evil.example|the report>\u202e"


def test_slack_gets_it_escaped_in_the_thread_and_in_its_first_message() -> None:
    said: list[str] = []

    def post(_url: str, body: Mapping[str, Any], _token: str) -> bytes:
        said.append(body["text"])
        return json.dumps({"ok": True, "channel": "C1", "ts": "1.2"}).encode()

    threads: dict[str, tuple[str, str]] = {}
    for word in ("started", "failed"):
        note = Note(word, CALLS, {"release": "r-7k2f"})
        slack.tell(urlsplit("slack://xoxb-1/releases"), note, threads, post)

    assert len(said) == 3
    assert all("<" not in text and "\u202e" not in text for text in said)
    assert all("&lt;!channel&gt;" in text for text in said)
