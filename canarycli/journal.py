"""What happened to a release, for people and audits: append-only, never read to decide."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        type: a word of the event table in docs/events: `shift_requested`, `read`, `ended`.
        at: when, UTC.
        message: a sentence a person can read.
        level: info, warning or error.
        fields: the numbers, as JSON values.
    """

    type: str
    at: datetime
    message: str
    level: str = "info"
    fields: Mapping[str, Any] = field(default_factory=dict)
