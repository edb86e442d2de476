"""Sends one note: a webhook and PagerDuty by ourselves, everything else through apprise."""

import json
import re
from collections.abc import Mapping
from logging import WARNING
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from canarycli import __version__
from canarycli.config.values import Notify
from canarycli.errors import MissingExtra, Unavailable, UsageError
from canarycli.harmless import in_chat, in_slack
from canarycli.operations import slack
from canarycli.operations.telling import SAFE, SECONDS, UNSAFE, Note

SCHEMA = "canary.notification/1"
PAGERDUTY = "events.pagerduty.com"
MOST = 1 << 20
"""No answer is read any further."""
CHATS = ("hooks.slack.com",)
"""Hosts that take a text and nothing else."""


def send(
    who: Notify,
    note: Note,
    env: Mapping[str, str],
    seconds: float = SECONDS,
    threads: slack.Threads | None = None,
) -> None:
    """Send a note to one address; `threads` are those begun in a chat so far.

    Raises:
        UsageError: a variable of the address is not set, or it is no address.
        MissingExtra: apprise is needed and not installed.
        Unavailable: it was not taken.
    """
    if unset := who.unset(env):
        raise UsageError(f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set")
    address = who.address(env)
    parts = urlsplit(address)
    if parts.scheme == "pagerduty":
        if note.word in {UNSAFE, SAFE, "test"}:  # all else pages nobody
            _page(parts, note, seconds)
    elif note.word == SAFE:
        return  # people hear of the rollback itself
    elif parts.scheme in {"http", "https"}:
        post(address, _body(parts, note), seconds)
    elif slack.is_bot(parts):
        mine = {} if threads is None else threads
        slack.tell(parts, note, mine, lambda url, body, token: post(url, body, seconds, token))
    else:
        _apprise(address, note)


def _body(parts: SplitResult, note: Note) -> Mapping[str, Any]:
    if parts.hostname in CHATS:
        return {"text": in_slack(note.text)}
    return {"schema": SCHEMA, "text": note.text, **note.facts, "links": list(note.links)}


def _page(parts: SplitResult, note: Note, seconds: float) -> None:
    """An alert of PagerDuty's Events API v2, or its end; a test is a change event.

    An endpoint has one alert, whoever tells of it. To end one that is not there does nothing.
    """
    key, host = parts.username or parts.netloc, parts.hostname if parts.username else PAGERDUTY
    local = host in {"127.0.0.1", "localhost"}
    base = f"{'http' if local else 'https'}://{host}" + (f":{parts.port}" if parts.port else "")
    source = str(note.facts.get("endpoint", "canary"))
    payload = {"summary": note.message[:1024], "source": source, "custom_details": note.facts}
    if note.word == "test":
        change = {"routing_key": key, "payload": payload}
        post(f"{base}/v2/change/enqueue", change, seconds)
        return
    where = (str(note.facts.get(name, "")) for name in ("provider", "place", "endpoint"))
    alert: dict[str, Any] = {"routing_key": key, "dedup_key": "/".join(("canary", *where))}
    if note.word == SAFE:
        alert |= {"event_action": "resolve"}
    else:
        alert |= {"event_action": "trigger", "payload": {**payload, "severity": "critical"}}
    post(f"{base}/v2/enqueue", alert, seconds)


def _apprise(address: str, note: Note) -> None:
    try:
        from apprise import Apprise, AppriseAsset, LogCapture
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "this address needs apprise, which is not installed",
            hint="pip install 'canarycli[notify]'",
        ) from error
    post = Apprise(asset=AppriseAsset(app_id="canary", image_url_mask=None))
    if not post.add(address):
        raise UsageError("apprise does not know this kind of address")
    title = f"canary: {note.word.replace('_', ' ')}"
    capture: Any = LogCapture  # it has no types
    with capture(level=WARNING) as heard:
        if not post.notify(body=in_chat(note.text), title=title):
            raise Unavailable(undelivered(heard.getvalue()))


def undelivered(log: str) -> str:
    """Why apprise could not deliver it; no more of what it writes, which may hold the address."""
    if code := re.search(r"error=(\d{3})\b", log):
        return f"the address answered {code[1]}"
    if "onnection error" in log:
        return "no answer from the address"
    return "apprise could not deliver it"


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: what is sent is for this address."""

    def redirect_request(self, *_: Any) -> None:
        """None, so that the redirect is an error."""
        return


def post(url: str, body: Mapping[str, Any], seconds: float = SECONDS, token: str = "") -> bytes:
    """Send JSON, with a token if there is one, and return the answer.

    Raises:
        Unavailable: it was not taken.
    """
    headers = {"Content-Type": "application/json", "User-Agent": f"canarycli/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body, ensure_ascii=False, default=str).encode()
    request = Request(url, data=data, headers=headers, method="POST")  # noqa: S310 - http(s) only
    try:
        with build_opener(_Stay).open(request, timeout=seconds) as answer:
            said: bytes = answer.read(MOST)
            return said
    except HTTPError as error:
        raise Unavailable(f"the address answered {error.code}") from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(f"no answer from the address: {type(reason).__name__}") from error
