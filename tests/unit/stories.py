"""The release that frames and reports are shown with."""

from datetime import UTC, datetime
from typing import Any

from canarycli.plan import Plan
from canarycli.release.record import Release

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_release_of(plan: Plan, **changes: Any) -> Release:
    """One of a fraud scorer on SageMaker, begun at noon."""
    return Release(
        id="r-7k2f",
        provider="sagemaker",
        place="us-east-1",
        endpoint="fraud-scorer",
        baseline="v41",
        candidate="v42",
        plan=plan,
        started_at=NOON,
        started_by="dana",
        **changes,
    )
