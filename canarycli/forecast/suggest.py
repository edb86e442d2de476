"""Stages made from traffic and risk instead of habit.

Three facts: how many requests it takes to see an effect hardly depends on the share, so a small
share costs time and saves nobody; what a share costs is the reaction time, share * requests *
(settle + 2 minutes) bad responses in an outage; and after a stage the candidate is shown to be
below some ratio, so the next share may grow until harm up to that ratio stays in the budget.
"""

from datetime import timedelta
from math import ceil, floor

from canarycli.forecast.sight import MINUTE
from canarycli.judge.margins import Promise
from canarycli.judge.power import information, requests_to_pass, sooner
from canarycli.late_methods import dataclass
from canarycli.plan import Stage

NICE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50)
REACTION = 2.0
"""Minutes from the first judged point to a rollback in an outage."""

STEP = 5.0
"""A stage's share is at most so many times the one before it."""

SHORTEST = 10
HALF = 50.0
LOOSEST = 10.0
"""A stage shows at least that the candidate is not worse than so many times."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Stages for an endpoint.

    Attributes:
        stages: from the first share to 100 percent.
        shows: by stage, the ratio of the baseline's rate that its end rules out.
        at_risk: by stage, bad responses an outage in it costs before it is rolled back.
        duration: of the whole, if all is well.
    """

    stages: tuple[Stage, ...]
    shows: tuple[float, ...]
    at_risk: tuple[float, ...]
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is known of an endpoint.

    Attributes:
        per_minute: requests of both arms.
        rate: share of bad ones at the baseline.
        phi: dispersion of the bad ones.
        settle: from a change of traffic to the first point that can be judged.
        finest: the smallest step of a share in percent.
    """

    per_minute: float
    rate: float
    phi: float = 1.0
    settle: timedelta = timedelta(minutes=2)
    finest: float = 1.0


def suggest(traffic: Traffic, budget: float, margin: float = 0.5) -> Suggestion:
    """Stages that put at most `budget` bad responses at risk at a time.

    Args:
        traffic: of the endpoint.
        budget: bad responses an outage may cost before it is rolled back, and extra bad ones
            while an effect that earlier stages could not rule out is seen.
        margin: how much worse the candidate may be at last, 0.5 for half as much again.

    Raises:
        ValueError: there is no traffic, or the budget is below what the smallest share costs.
    """
    if traffic.per_minute <= 0 or not 0 < traffic.rate < 1:
        raise ValueError("stages need traffic and a rate of bad responses above 0")
    exposed = traffic.per_minute * (traffic.settle / MINUTE + REACTION)
    percent = _nice(100 * budget / exposed, traffic.finest)
    if percent is None:
        least = exposed * traffic.finest / 100
        raise ValueError(f"an outage at {traffic.finest:g}% already costs {least:,.0f} bad ones")
    stages, shows = [], []
    while percent < HALF:
        ahead = _nice(min(STEP * percent, HALF), traffic.finest) or HALF
        allowed = 1 + budget / (exposed * traffic.rate * ahead / 100)
        ratio = min(allowed, LOOSEST)
        leeway = max(1.0, floor(10 * (ratio - 1) / margin) / 10)
        stages.append(Stage(percent, _bake(traffic, percent, ratio), leeway=leeway))
        shows.append(ratio)
        percent = max(ahead, percent + traffic.finest)
    stages.append(Stage(HALF, _bake(traffic, HALF, 1 + margin)))
    shows.append(1 + margin)
    stages.append(Stage(100, SHORTEST * MINUTE))
    at_risk = tuple(exposed * stage.percent / 100 for stage in stages)
    duration = sum((stage.bake for stage in stages), timedelta(0))
    return Suggestion(tuple(stages), tuple(shows), at_risk, duration)


def smallest_margin(traffic: Traffic, percent: float, within: timedelta) -> float | None:
    """The smallest margin (0.5 for half as much again) that can be passed at a share in a time.

    None if even ten times is not shown.
    """
    low, high = 1.0, LOOSEST
    if _minutes(traffic, percent, high) > within / MINUTE:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        if _minutes(traffic, percent, middle) > within / MINUTE:
            low = middle
        else:
            high = middle
    return high - 1


def _bake(traffic: Traffic, percent: float, ratio: float) -> timedelta:
    minutes = _minutes(traffic, percent, ratio)
    return max(SHORTEST + ceil(traffic.settle / MINUTE), ceil(min(minutes, 1e6))) * MINUTE


def _minutes(traffic: Traffic, percent: float, ratio: float) -> float:
    """Minutes at a share until the candidate is shown to be below that ratio."""
    share = percent / 100
    nats = information(traffic.rate, traffic.rate, ratio, 0.0, share)
    nats *= sooner(traffic.rate, ratio * traffic.rate, relative=True)
    needed = requests_to_pass(nats, traffic.phi, Promise().beta)
    return traffic.settle / MINUTE + needed / (traffic.per_minute * share)


def _nice(percent: float, finest: float) -> float | None:
    """The largest round share at or below a percent, None if all are above it."""
    fitting = [p for p in NICE if p <= percent * 1.0001 and p >= finest]
    return fitting[-1] if fitting else None
