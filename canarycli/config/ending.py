"""How the stages of a plan end."""

from datetime import timedelta

from canarycli.plan import Stage, Then

USUAL_BAKE = timedelta(minutes=15)
"""The least time at a stage where nobody says."""


def with_end(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages up to 100%.

    Stages that end below 100% hold there, and a last `Stage(100, 0s)` says where
    `canary promote` leads from there.
    """
    *before, last = stages
    if last.percent >= 100:
        return stages
    return (*before, Stage(last.percent, last.bake, Then.HOLD), Stage(100, timedelta(0)))
