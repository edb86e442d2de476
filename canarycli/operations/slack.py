"""Tells a Slack channel of a release in one message: edited as it goes on, its news in the thread.

With a bot's token, https://docs.slack.dev/reference/methods/chat.postMessage; an incoming webhook
can neither edit nor answer, and gets a message each time.
"""

import json
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import SplitResult

from canarycli.errors import Unavailable, UsageError
from canarycli.harmless import in_slack
from canarycli.operations.telling import Note

API = "https://slack.com/api"
BOT = "xoxb-"
LOUD = frozenset({"failed", "unsafe"})
"""What is shown in the channel too, and not in the thread alone."""

Threads = MutableMapping[str, tuple[str, str]]
"""The channel's id and the first message's time stamp, which names it, by release and address."""

Post = Callable[[str, Mapping[str, Any], str], bytes]
"""Sends a body to an address with a token, and returns the answer."""


def is_bot(parts: SplitResult) -> bool:
    """Whether an address is `slack://xoxb-…/channel`, which takes threads."""
    return parts.scheme == "slack" and parts.netloc.startswith(BOT)


def tell(parts: SplitResult, note: Note, threads: Threads, post: Post) -> None:
    """Begin a thread with a release's first note; else answer in it, and renew its first message.

    Raises:
        UsageError: the address names no channel.
        Unavailable: Slack does not take it.
    """
    token, at, host = parts.netloc.partition("@")
    channel = parts.path.strip("/") or parts.fragment
    if not channel:
        raise UsageError("the address names no channel", hint="slack://${TOKEN}/channel")
    base = f"http://{host}" if at and host.startswith("127.0.0.1:") else API

    def call(method: str, **body: Any) -> Mapping[str, Any]:
        said = json.loads(post(f"{base}/{method}", body, token) or b"{}")
        if not said.get("ok"):
            raise Unavailable(f"Slack does not take it: {said.get('error', 'no reason')}")
        found: Mapping[str, Any] = said
        return found

    release, text = str(note.facts.get("release", "")), in_slack(note.text)
    key = f"{release} {channel}"
    if release and key in threads:
        where, first = threads[key]
        loud = note.word in LOUD
        answer = {"channel": where, "thread_ts": first, "reply_broadcast": loud}
        call("chat.postMessage", text=text, **answer)
        call("chat.update", channel=where, ts=first, text=text)
        return
    said = call("chat.postMessage", channel=channel, text=text)
    if release:
        threads[key] = (str(said.get("channel") or channel), str(said.get("ts", "")))
