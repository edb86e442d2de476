"""What is promised and by how much the candidate may be worse, in the judge's own terms."""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.plan import Better, Check, Margin

ERRORS_STAGE_RATIO = 2.0
"""A stage's own evidence must at least rule out twice the baseline's rate."""

EQUAL_ARMS = 0.03
"""Of pairs of machines of one size, one in nine differs by more for hours; see docs/judging.md."""
LIKELY = "though two equal machines may differ by as much"
MAY_DIFFER = (
    f"is less than two equal machines may differ by ({EQUAL_ARMS:.0%}):"
    " a healthy candidate may fail it, canary check --aa measures that"
)

MOST_POINTS = 0.95
"""No leeway allows that every request is bad."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The two error rates of a release and how one metric takes part in them.

    Attributes:
        alpha: a healthy candidate is rolled back with at most this probability, over all looks,
            stages and metrics of the release.
        beta: a candidate at the pass margin or beyond it is passed with at most this probability.
        weight: this metric's share of alpha; the weights of a release add up to 1.
        crowd: how many metrics take part.
        horizon: periods over which most of the capital for late starts is spread.
        min_bad: the candidate's bad responses below which nothing fails.
        leeway: how many times the pass margin the stage under way asks for, 1 for just that.
        noise: by how much the rates of two equal arms differ, as a fraction.
    """

    alpha: float = 0.01
    beta: float = 0.05
    weight: float = 1.0
    crowd: int = 1
    horizon: int = 1440
    min_bad: int = 3
    leeway: float = 1.0
    noise: float = 0.0

    @property
    def one_minute(self) -> float:
        """What a single minute may multiply the evidence by: never enough to fail by itself.

        With this metric's weight on it. In a crowd it is less, so that one bad minute of all
        metrics together is not enough either.
        """
        return exp(-0.7 * log(self.alpha)) / self.weight / max(1.0, self.crowd / 3)


@dataclass(frozen=True, slots=True)
class Margins:
    """The candidate's rate is compared with `rho` times the baseline's rate plus `delta`.

    Fail means proven above `rho_fail`, `delta_fail`; pass means proven below `rho_pass`,
    `delta_pass`; a stage's own evidence is judged at `rho_stage`, `delta_pass`.
    """

    rho_fail: float = 1.1
    delta_fail: float = 0.0
    rho_pass: float = 1.5
    delta_pass: float = 0.0005
    rho_stage: float = ERRORS_STAGE_RATIO

    def beyond(self, noise: float) -> "Margins":
        """Fail only beyond what two equal arms differ by as well."""
        wide = 1 + noise
        return replace(self, rho_fail=wide * self.rho_fail, delta_fail=wide * self.delta_fail)

    def __post_init__(self) -> None:
        if min(self.rho_fail, self.rho_pass) < 0 or min(self.delta_fail, self.delta_pass) < 0:
            raise ValueError("margins can't be negative")


def staged(margins: Margins, leeway: float) -> tuple[float, float]:
    """What a stage's own evidence is judged at, as `rho` and `delta`.

    Without leeway the pass margin, but at least what rules out grave harm; with it so many times
    the margin.
    """
    if leeway <= 1:
        return max(margins.rho_pass, margins.rho_stage), margins.delta_pass
    rho = max(0.0, 1 + leeway * (margins.rho_pass - 1))
    delta = min(MOST_POINTS, leeway * margins.delta_pass)
    return (rho, delta) if margins.rho_pass < 1 else (max(rho, margins.rho_stage), delta)


def margins_of(margin: Margin, better: Better) -> Margins:
    """A plan's margin on a rate, the same for both sides.

    Where higher is better, the judge counts the others: good <= (1 - r) * good - a is the same
    as bad >= (1 - r) * bad + r + a.
    """
    if better is Better.LOWER:
        rho, delta = 1 + margin.relative, margin.absolute
    else:
        relative = min(margin.relative, 1.0)
        rho, delta = 1 - relative, relative + margin.absolute
    return Margins(rho, delta, rho, delta, max(ERRORS_STAGE_RATIO, rho))


def tolerance(margin: Margin, level: float) -> float:
    """A margin on a value as a fraction of its level."""
    return margin.relative + (margin.absolute / abs(level) if level else 0.0)


def too_tight(check: Check, facts: Mapping[str, Any]) -> bool:
    """Whether a margin on a value is less than equal machines differ by."""
    level, margin = facts.get("level", 0.0), check.margin
    if margin is None or check.metric.unit is not Unit.NONE or "rate" in facts:
        return False
    if margin.absolute and not level:
        return False
    return tolerance(margin, level) < EQUAL_ARMS
