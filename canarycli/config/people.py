"""What lint says of approvals and change freezes beyond their shape."""

from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.durations import parse_duration
from canarycli.freeze import Freeze


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
    by, count = stage.get("by"), stage.get("approvals")
    for key in ("by", "approvals"):
        if key in stage and stage.get("then") != "approve":
            yield key, f"{key} without then: approve does nothing"
    if isinstance(by, list) and isinstance(count, int) and count > len(set(map(str, by))):
        yield "approvals", f"{len(by)} who may approve can't do so {count} times"
