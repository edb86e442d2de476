"""Turns measurements into findings. Pure: same numbers, same answer."""

from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict, worst
from canarycli.judge.judge import judge

__all__ = ["Arms", "Finding", "Judgement", "State", "Verdict", "judge", "worst"]
