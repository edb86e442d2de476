"""What lint says of approvals and change freezes beyond their shape."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.durations import parse_duration
from canarycli.freeze import Freeze

SIGNER = re.compile(r"\S+( \S+)*? (sk-)?(ssh|ecdsa)-\S+ AAAA\S+")
SIGNER_SUCH_AS = "write one such as dana@acme.com ssh-ed25519 AAAAC3..."


def freeze_flaws(entry: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with one entry of `freeze:`: the key, and why."""
    if not isinstance(entry, Mapping):
        return
    start, zone, length = (entry.get(key) for key in ("from", "zone", "for"))
    if isinstance(start, str) and (why := _refused(start=start)):
        yield "from", why
    if isinstance(zone, str) and (why := _refused(zone=zone)):
        yield "zone", why
    if isinstance(length, str) and (why := _refused(length=length)):
        yield "for", why


def _refused(*, start: str = "0 0 * * *", zone: str = "UTC", length: str = "1h") -> str:
    """Why a freeze can't be so, "" if it can; a duration that is none is told of elsewhere."""
    try:
        span = parse_duration(length)
    except ValueError:
        return ""
    try:
        Freeze(start, span, zone)
    except ValueError as error:
        return str(error)
    return ""


def approval_flaws(stage: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with who approves a stage: the key, and why."""
    if not isinstance(stage, Mapping):
        return
    by, count, signers = stage.get("by"), stage.get("approvals"), stage.get("signers")
    for key in ("by", "approvals", "from", "signers"):
        if key in stage and stage.get("then") != "approve":
            yield key, f"{key} without then: approve does nothing"
    names = list(map(str, by)) if isinstance(by, list) else []
    if twice := next((name for name in names if names.count(name) > 1), None):
        yield "by", f"{twice} is named twice"
    elif isinstance(by, list) and isinstance(count, int) and count > len(by):
        yield "approvals", f"{len(by)} who may approve can't do so {count} times"
    if "from" in stage and "signers" in stage:
        yield "signers", "from: or signers:, not both: an approval comes through one of them"
    for line in signers if isinstance(signers, list) else ():
        if isinstance(line, str) and not SIGNER.match(line):
            yield "signers", f'"{line}" is no line of an allowed_signers file: {SIGNER_SUCH_AS}'
