"""Durations as people write them: `5s`, `15m`, `1h30m`."""

import re
from datetime import timedelta

PATTERN = (
    r"^(?=[0-9])([0-9]+(\.[0-9]+)?d)?([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m(?!s))?"
    r"([0-9]+(\.[0-9]+)?s)?([0-9]+(\.[0-9]+)?ms)?$"
)
"""A duration as a regular expression that every JSON Schema validator understands."""

_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|d|h|m|s)")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """The duration a person wrote: numbers with d, h, m, s or ms, the largest first.

    Raises:
        ValueError: it is not one; the message is a sentence that quotes the text.
    """
    word = text.strip()
    if not re.match(PATTERN, word):
        raise ValueError(_complaint(word))
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(word))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f'"{word}" is longer than a year')
    return timedelta(seconds=seconds)


def write_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same, to the millisecond."""
    left = round(duration.total_seconds() * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_SECONDS[unit] * 1000)
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"


def _complaint(word: str) -> str:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", word):
        return f'"{word}" has no unit, write {word}s or {word}m'
    if re.fullmatch(r"[0-9]+(:[0-9]+)+", word):
        return f'"{word}" is a clock time, write a duration such as 15m or 1h30m'
    if word.startswith("-"):
        return f'"{word}" is negative, a duration is 0s or more'
    return f'"{word}" is not a duration, write it such as 30s, 15m or 1h30m'
