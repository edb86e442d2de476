"""Plain rules on the candidate alone, and what every finding carries."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import timedelta

from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.pool import Pooled, quantile_of
from canarycli.judge.wording import amount, requests
from canarycli.late_methods import dataclass
from canarycli.metrics import Unit
from canarycli.plan import Better, Check, Margin

THREE = 3.0
BEYOND = 5.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What every finding of a check carries, whatever it finds.

    Attributes:
        age: how old the newest point is, None if there is none.
        query: the question in the cloud's own words.
        delay: how late the metric comes, None for the provider's own delay.
        labelled: the part of each arm's answers that has a label, by role.
    """

    age: timedelta | None = None
    query: str = ""
    delay: timedelta | None = None
    labelled: Mapping[str, float] = field(default_factory=dict)

    def finding(self, check: Check, verdict: Verdict, sentence: str) -> Finding:
        """A finding without numbers, to be filled in."""
        return Finding(
            check=check.name,
            verdict=verdict,
            sentence=sentence,
            unit=check.metric.unit,
            age=self.age,
            role=check.role,
            critical=check.critical,
            query=self.query,
            delay=self.delay,
            source=check.metric.origin.name if check.metric.origin else "",
            sampled=check.metric.sampled,
            labelled=self.labelled,
        )


def judge_limit(check: Check, candidate: Pooled, facts: Facts) -> Finding:
    """Whether the candidate alone keeps `never_above` or `never_below`."""
    above = check.never_above is not None
    limit = check.never_above if above else check.never_below
    if limit is None:
        raise ValueError(f"check {check.name!r} has no limit on the candidate alone")
    if candidate.value is None:
        why = f"{check.name} has no data for the candidate"
        return not_judged(check, why, facts, limit=limit)
    unit = check.metric.unit
    broken = candidate.value > limit if above else candidate.value < limit
    enough = check.min_requests if broken else max(check.min_requests, telling(check, limit))
    short = max(0.0, enough - (candidate.n or 0.0)) if _counted(check, candidate) else 0.0
    verdict = Verdict.FAIL if broken else Verdict.PASS
    word = "above" if above else "below"
    text = f"{check.name} {amount(candidate.value, unit)} (never {word} {amount(limit, unit)})"
    if short:
        verdict, text = Verdict.INCONCLUSIVE, f"{text}, {_missing(candidate, enough)}"
    return replace(
        facts.finding(check, verdict, text),
        candidate=candidate.value,
        limit=limit,
        n_candidate=candidate.n,
        more_requests=short or None,
    )


def scaled(
    check: Check, margin: Margin, candidate: float, baseline: float
) -> tuple[float, float, bool]:
    """Difference and limit on one scale, and whether that scale is relative to the baseline.

    The limit is negative where higher is better. A relative margin on a baseline of 0 has no
    relative scale; it is then shown in the metric's own unit.
    """
    sign = 1 if check.better is Better.LOWER else -1
    if not margin.absolute and baseline:
        return (candidate - baseline) / abs(baseline), sign * margin.relative, True
    allowed = margin.absolute + margin.relative * abs(baseline)
    return candidate - baseline, sign * allowed, False


def not_judged(check: Check, why: str, facts: Facts, *, limit: float | None = None) -> Finding:
    """The finding where there is nothing to judge, whatever the reason: never a pass."""
    return replace(facts.finding(check, Verdict.NO_DATA, why), limit=limit)


def shortage(check: Check, arm: Pooled) -> float:
    """Requests an arm still needs before the check may speak; all of them if none are known."""
    return max(0.0, check.min_requests - (arm.n or 0.0))


def telling(check: Check, limit: float) -> float:
    """Requests without which a candidate that keeps a limit has shown nothing.

    At a limit of 2% they are 150: a candidate that breaks it then shows no failure at all in at
    most one of twenty looks (rule of three). A p99 needs five requests beyond it.
    """
    q = quantile_of(check.metric)
    if q is not None:
        return BEYOND / (1 - q)
    if check.metric.unit is not Unit.RATIO:
        return 0.0
    rate = limit if check.never_above is not None else 1 - limit
    return THREE / rate if rate > 0 else 0.0


def needs_more(check: Check, arm: Pooled, where: str = "") -> str:
    """`610 of 3,000 requests` for the sentence, and ` on the baseline` where it is that one."""
    return f"{_missing(arm, check.min_requests)}{where}"


def _counted(check: Check, candidate: Pooled) -> bool:
    """Whether requests can be asked for: always if a person did, else where they are known."""
    return check.min_requests > 0 or candidate.n is not None


def _missing(arm: Pooled, enough: float) -> str:
    if arm.n is None:
        return "but its source does not say how many requests"
    return f"{requests(arm.n)} of {requests(enough)} requests"
