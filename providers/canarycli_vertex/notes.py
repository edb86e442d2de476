"""Keeps canary's notes as labels of the endpoint, whatever characters they have.

A label holds up to 64 of a-z, 0-9, `_` and `-`. A note that fits is its own label, so ids and
release names read the same in the console. Any other is written `x--` and then byte by byte:
a-z, 0-9 and `-` as they are, the rest as `_` and two hex digits. What is longer than one label goes
on in `<key>--2`, `<key>--3`... All of it can be turned back.
"""

import re
from collections.abc import Mapping

from canarycli.errors import Rejected
from canarycli.provider import Notes

PREFIX = "canary-"
OPERATION = "canary-operation"
"""Our own label for a deployment under way; it is no note."""

MOST = 64
"""Labels of one endpoint."""

_LONGEST = 63
_ESCAPED = "x--"
_FITS = re.compile(r"[a-z0-9_-]*")
_KEY = re.compile(r"canary-[a-z0-9_-]{1,40}")
_PART = re.compile(r"(?P<key>canary-.+)--(?P<number>\d+)")


def notes_of(labels: Mapping[str, str]) -> dict[str, str]:
    """The notes among the labels of an endpoint."""
    heads = [
        key
        for key in labels
        if key.startswith(PREFIX) and key != OPERATION and not _PART.fullmatch(key)
    ]
    return {key: _unescape(_joined(labels, key)) for key in heads}


def with_notes(labels: Mapping[str, str], notes: Notes) -> dict[str, str]:
    """The labels with these notes in them; notes and labels not named stay as they are.

    Raises:
        Rejected: a note's key can't be a label.
    """
    kept = {key: value for key, value in labels.items() if _head(key) not in notes}
    for key, value in notes.items():
        if not _KEY.fullmatch(key) or _PART.fullmatch(key):
            raise Rejected(f"note {key!r} can't be a label on Vertex AI")
        kept.update(_spread(key, _escape(value)))
    return kept


def no_room(labels: Mapping[str, str], notes: Notes) -> str:
    """Why notes can't be written beside these labels, "" if they can; a long one takes several."""
    after = with_notes(labels, notes)
    if len(after) <= MOST:
        return ""
    new = len(after) - len(after.keys() & labels.keys())
    return f"{len(labels)} of {MOST} labels are taken, canary needs {new}"


def _head(key: str) -> str:
    part = _PART.fullmatch(key)
    return part["key"] if part else key


def _spread(key: str, text: str) -> dict[str, str]:
    parts = [text[i : i + _LONGEST] for i in range(0, len(text), _LONGEST)] or [""]
    names = [key, *(f"{key}--{number}" for number in range(2, len(parts) + 1))]
    return dict(zip(names, parts, strict=True))


def _joined(labels: Mapping[str, str], key: str) -> str:
    parts, number = [labels[key]], 2
    while (more := labels.get(f"{key}--{number}")) is not None:
        parts.append(more)
        number += 1
    return "".join(parts)


def _escape(value: str) -> str:
    if _FITS.fullmatch(value) and not value.startswith(_ESCAPED):
        return value
    return _ESCAPED + "".join(
        char if re.fullmatch(r"[a-z0-9-]", char) else "".join(f"_{b:02x}" for b in char.encode())
        for char in value
    )


def _unescape(text: str) -> str:
    if not text.startswith(_ESCAPED):
        return text
    body = text.removeprefix(_ESCAPED).encode()
    raw = re.sub(rb"_([0-9a-f]{2})", lambda hit: bytes([int(hit[1], 16)]), body)
    return raw.decode(errors="replace")
