"""What a plan can decide on an endpoint's traffic, stage by stage."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from canarycli.forecast.sight import MINUTE, Outlook, Sight
from canarycli.judge.looking import mature
from canarycli.judge.margins import Promise
from canarycli.judge.power import requests_to_pass
from canarycli.judge.sources import learn
from canarycli.judge.weights import weights
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements
from canarycli.plan import Check, Plan, Role, Stage


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of a plan on an endpoint.

    Attributes:
        requests: on the candidate during each stage's bake.
        outlooks: of every check at every stage below 100 percent.
        undecidable: gating checks that can't pass some stage before the plan's patience ends.
        unknown: gating checks about whose metric nothing is known.
        duration: until the last stage, if all is well; None if a stage is never passed.
        short: checks that gate the end and can't tell from what all stages show.
    """

    requests: tuple[float, ...]
    outlooks: tuple[Outlook, ...]
    undecidable: tuple[str, ...]
    unknown: tuple[str, ...]
    duration: timedelta | None
    short: tuple[str, ...] = ()


def levels(checks: Sequence[Check], history: Measurements, version: str) -> dict[str, Any]:
    """What history says about each check's metric on a version, by check name."""
    whole = mature(history, history.window.end)
    found = {c.name: learn(c, whole, version) for c in checks}
    return {name: facts for name, facts in found.items() if facts}


def forecast(
    plan: Plan,
    requests_per_minute: float,
    known: Mapping[str, Any],
    settle: timedelta = timedelta(0),
) -> Forecast:
    """When each check can tell, stage by stage.

    Args:
        plan: the plan.
        requests_per_minute: of the endpoint, both arms together.
        known: what is known of the metrics, from `levels`.
        settle: from a change of traffic to the first point that can be judged.
    """
    sights = _sights(plan, known)
    walk = _Walk(plan, requests_per_minute, settle, dict.fromkeys(known, 0.0))
    stages = [stage for stage in plan.stages if stage.percent < 100]
    for number, stage in enumerate(stages, 1):
        walk.through(number, stage, sights)
    whole = requests_to_pass(1.0, 1.0, Promise().beta)
    late = [s.check.name for s in sights if s.check.role is Role.GATE and s.check.at_end and s.sees]
    blind = [s.check.name for s in sights if s.check.role is Role.GATE and not s.sees]
    last = [stage.bake for stage in plan.stages if stage.percent >= 100]
    return Forecast(
        tuple(requests_per_minute * s.percent / 100 * (s.bake / MINUTE) for s in plan.stages),
        tuple(walk.outlooks),
        tuple(name for name in walk.stuck if name not in blind),
        tuple(blind),
        None if walk.stuck else sum(last, walk.total),
        tuple(name for name in late if walk.gained.get(name, 0.0) < whole),
    )


def _sights(plan: Plan, known: Mapping[str, Any]) -> list[Sight]:
    compared = [c for c in plan.gates if c.margin is not None]
    shares = weights([check.metric.name for check in compared])
    parts = {check.name: share for check, share in zip(compared, shares, strict=True)}
    return [Sight(c, known.get(c.name, {}), parts.get(c.name, 1.0)) for c in plan.checks]


class _Walk:
    """The way through the stages of a release that goes well."""

    def __init__(
        self, plan: Plan, per_minute: float, settle: timedelta, gained: dict[str, float]
    ) -> None:
        self.plan, self.per_minute, self.settle, self.gained = plan, per_minute, settle, gained
        self.outlooks: list[Outlook] = []
        self.stuck: dict[str, None] = {}
        self.total = timedelta(0)

    def through(self, number: int, stage: Stage, sights: Sequence[Sight]) -> None:
        """Add a stage: its outlooks, who is stuck at it, how long it takes."""
        flow = self.per_minute * stage.percent / 100
        patience, longest = self.plan.patience(stage), stage.bake
        for sight in sights:
            name = sight.check.name
            outlook = sight.at(number, stage, flow, self.gained.get(name, 0.0), self.settle)
            self.outlooks.append(outlook)
            if sight.check.role is not Role.GATE or sight.check.at_end:
                continue
            if outlook.passes_in is None or outlook.passes_in - outlook.late > patience:
                self.stuck[name] = None
            else:
                longest = max(longest, outlook.passes_in)
        self.total += longest
        for sight in sights:
            name = sight.check.name
            lost = self.settle if sight.check.at_end else sight.settled(self.settle)
            minutes = max(0.0, (longest - lost) / MINUTE)
            gain = sight.gained(stage, flow) * minutes
            self.gained[name] = self.gained.get(name, 0.0) + gain
