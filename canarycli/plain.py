"""JSON values as every document of canary has them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """JSON values by the contract: times RFC 3339 UTC, durations in seconds, enums their word."""
    match value:
        case Enum():
            return plain(value.value)
        case datetime():
            text = value.astimezone(UTC).isoformat(timespec="milliseconds")
            return text.replace(".000", "").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case float() if not isfinite(value):  # JSON has no word for it
            return None
        case _:
            return value
