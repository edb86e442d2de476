"""Turns measurements into findings. Pure: same numbers, same answer."""

from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict, worst
from canarycli.judge.judge import begin, extra_metrics, judge, window

__all__ = [
    "Arms",
    "Finding",
    "Judgement",
    "State",
    "Verdict",
    "begin",
    "extra_metrics",
    "judge",
    "window",
    "worst",
]
