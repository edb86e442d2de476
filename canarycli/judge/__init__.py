"""Turns measurements into findings. Pure: same numbers, same answer.

The functions are imported when they are first used: a rollback needs a release's findings, and
must not wait for the statistics.
"""

from typing import TYPE_CHECKING, Any

from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict, worst

if TYPE_CHECKING:
    from canarycli.judge.looking import begin, extra_metrics, judge, looked, window

__all__ = [
    "Arms",
    "Finding",
    "Judgement",
    "State",
    "Verdict",
    "begin",
    "extra_metrics",
    "judge",
    "looked",
    "window",
    "worst",
]


def __getattr__(name: str) -> Any:
    if name not in {"begin", "extra_metrics", "judge", "looked", "window"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from canarycli.judge import looking

    return getattr(looking, name)
