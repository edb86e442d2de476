"""Refuses to go up in a change freeze, and notes who did so all the same."""

from datetime import datetime

from canarycli.errors import UsageError
from canarycli.freeze import in_force
from canarycli.journal import Event
from canarycli.plan import Plan

FLAG = "--override-freeze REASON goes up all the same; the reason is kept"


def refuse_frozen(plan: Plan, now: datetime, override: str = "") -> None:
    """Raise where nothing may go up.

    Raises:
        UsageError: a freeze is in force, and nobody overrides it.
    """
    said = "" if override else in_force(plan.freeze, now)
    if said:
        raise UsageError(said, hint=FLAG)


def overridden(who: str, why: str, now: datetime) -> Event:
    """What the journal keeps of it."""
    message = f"{who} overrode the change freeze: {why}"
    return Event("freeze_overridden", now, message, "warning", {"by": who, "reason": why})
