"""Where the store of one test is, and a release to put there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.plan import Plan, Stage
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Store

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A fresh place for records.

    Attributes:
        open: opens a store there, a new one at each call.
        location: what another process opens it by, "" where none can.
        env: what that process needs in its environment besides.
    """

    open: Callable[[], Store]
    location: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def a_release(name: str = "r-1", endpoint: str = "fraud", **changes: Any) -> Release:
    """A release that has just begun."""
    release = Release(
        id=name,
        provider="simulator",
        place="local",
        endpoint=endpoint,
        baseline="v41",
        candidate="v42",
        plan=Plan(stages=(Stage(5, timedelta(minutes=15)), Stage(100, timedelta(0)))),
        started_at=NOW,
        started_by="ann@laptop",
        settings={"region": "us-east-1", "metric_delay": timedelta(seconds=90)},
    )
    return replace(release, **changes)


def ended(release: Release, outcome: Outcome = Outcome.PROMOTED, after: int = 1) -> Release:
    """The release as it is once it is over, so many hours after its start."""
    at = release.started_at + timedelta(hours=after)
    return replace(release, state=State.ENDED, outcome=outcome, ended_at=at)
