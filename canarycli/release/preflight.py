"""Finds every reason not to start a release, at once, before anything moves."""

from collections.abc import Callable, Iterator
from math import floor, isclose

from canarycli.errors import Conflict, NotFound, Unsupported, UsageError
from canarycli.late_methods import dataclass
from canarycli.plan import Check, Plan, Role
from canarycli.provider import Endpoint, Limits
from canarycli.release.capacity import shortages
from canarycli.release.trouble import Trouble, changing, unfit
from canarycli.traffic import TOLERANCE, Traffic, percent

BOLD = 50.0
"""A first stage above so many percent is no canary: most requests meet the unknown version."""


@dataclass(frozen=True, slots=True)
class _Facts:
    plan: Plan
    limits: Limits
    endpoint: Endpoint
    baseline: str
    candidate: str

    @property
    def versions(self) -> str:
        return ", ".join(version.name for version in self.endpoint.versions) or "none"

    @property
    def share(self) -> float:
        return self.endpoint.traffic.of(self.candidate)


def preflight(
    plan: Plan, limits: Limits, endpoint: Endpoint, baseline: str, candidate: str
) -> tuple[Trouble, ...]:
    """Every reason not to start this release, those that refuse it first; () if there is none.

    Shares that do not add up to 100 have no spelling in `Traffic`: a provider that meets them
    says so in `Endpoint.unfit`.

    Args:
        plan: the stages and checks.
        limits: what the cloud can do.
        endpoint: a fresh look at it.
        baseline: name of the version to compare with.
        candidate: name of the version to release, "" where it is yet to be brought in.
    """
    facts = _Facts(plan, limits, endpoint, baseline, candidate)
    found = [trouble for rule in RULES for trouble in rule(facts)]
    return tuple(sorted(found, key=lambda trouble: not trouble.blocks))


def _arms_differ(facts: _Facts) -> Iterator[Trouble]:
    if facts.candidate == facts.baseline:
        yield Trouble(
            f"candidate and baseline are both {facts.candidate!r}",
            f"name another version with --new-model; {facts.endpoint.name} has {facts.versions}",
        )


def _fit(facts: _Facts) -> Iterator[Trouble]:
    if (trouble := unfit(facts.endpoint)) is not None:
        yield trouble


def _settled(facts: _Facts) -> Iterator[Trouble]:
    if not facts.endpoint.settled and facts.endpoint.versions:
        yield changing(facts.endpoint)


def _arms_serve(facts: _Facts) -> Iterator[Trouble]:
    for arm, name in {"candidate": facts.candidate, "baseline": facts.baseline}.items():
        if not name:
            continue
        if facts.endpoint.version(name) is None:
            yield Trouble(
                f"endpoint {facts.endpoint.name!r} has no version {name!r} to be the {arm}",
                f"it has {facts.versions}",
                error=NotFound,
            )
        elif not facts.endpoint.serves(name):
            yield _not_serving(facts.endpoint, arm, name)


def _not_serving(endpoint: Endpoint, arm: str, name: str) -> Trouble:
    version = endpoint.version(name)
    assert version is not None
    state = f": it is {version.state}" if version.state else ""
    hint = f"wait until it is: canary status {endpoint.name}"
    if version.dead and arm == "candidate":
        anew = version.model or "MODEL"
        hint = f"no waiting helps; deploy it anew: --new-model {anew}"
    elif version.dead:
        hint = "no waiting helps; repair it first, or name another with --baseline"
    return Trouble(f"the {arm} {name!r} is not in service{state}", hint, error=Conflict)


def _baseline_has_traffic(facts: _Facts) -> Iterator[Trouble]:
    live = facts.endpoint.traffic.live
    if not live:
        yield Trouble(
            f"endpoint {facts.endpoint.name!r} gives no version any traffic",
            f"give it to the baseline first: canary rollback {facts.endpoint.name} "
            f"--to {facts.baseline}",
        )
    elif facts.baseline not in live and facts.baseline != facts.candidate:
        yield Trouble(
            f"the baseline {facts.baseline!r} has no traffic: {facts.endpoint.traffic}",
            f"compare with the version that has: --baseline {live[0]}",
        )


def _candidate_is_idle(facts: _Facts) -> Iterator[Trouble]:
    # A candidate that already has more than the first stage would be lowered by the start, and
    # was never judged at what it has: that is somebody's unfinished release, not a new one. Up to
    # the first stage nothing is lowered and no share is skipped, so a person may go on from there.
    if facts.share <= TOLERANCE or facts.candidate == facts.baseline:
        return
    first = facts.plan.stages[0].percent
    above = facts.share > first + TOLERANCE
    yield Trouble(
        f"the candidate {facts.candidate!r} already has {percent(facts.share)} of the traffic"
        + (f", more than the first stage of {percent(first)}" if above else ""),
        f"take it away first: canary rollback {facts.endpoint.name}"
        if above
        else "make sure that nobody else is releasing it",
        blocks=above,
        error=Conflict if above else UsageError,
    )


def _fine_enough(facts: _Facts) -> Iterator[Trouble]:
    step = facts.limits.finest_percent
    for name, wanted in _shares(facts):
        steps = wanted / step
        if isclose(steps, round(steps), abs_tol=1e-6):
            continue
        below, above = floor(steps) * step, (floor(steps) + 1) * step
        choices = [percent(share) for share in (below, above) if share > 0]
        yield Trouble(
            f"{name} is {percent(wanted)} and shares here are multiples of {percent(step)}",
            f"use {' or '.join(choices)}",
            error=Unsupported,
        )


def _shares(facts: _Facts) -> Iterator[tuple[str, float]]:
    shadow = facts.plan.shadow
    if shadow is not None and facts.limits.shadow_up_to:
        yield "the shadow", shadow.percent
    for number, stage in enumerate(facts.plan.stages, 1):
        yield f"stage {number}", stage.percent


def _shadows(facts: _Facts) -> Iterator[Trouble]:
    shadow, most = facts.plan.shadow, facts.limits.shadow_up_to
    if shadow is None or shadow.percent <= most:
        return
    if most:
        why, hint = f"this cloud copies at most {percent(most)}", f"use {percent(most)} or less"
    else:
        why = "this cloud has no shadow traffic"
        hint = "leave shadow: out; start with a small stage"
    yield Trouble(
        f"the plan's shadow is {percent(shadow.percent)}, and {why}", hint, error=Unsupported
    )


def _shadow_has_room(facts: _Facts) -> Iterator[Trouble]:
    most = facts.limits.shadow_among
    names = {version.name for version in facts.endpoint.versions}
    if facts.plan.shadow is None or not most or len(names) + (not facts.candidate) <= most:
        return
    others = ", ".join(sorted(names - {facts.baseline, facts.candidate}))
    why = f"this cloud copies traffic only among {most} versions, and there is {others} too"
    yield Trouble(why, f"take {others} away first, or leave shadow: out", error=Unsupported)


def _measurable(facts: _Facts) -> Iterator[Trouble]:
    found = (unmeasurable(check, facts.limits) for check in facts.plan.checks)
    yield from (trouble for trouble in found if trouble is not None)


def unmeasurable(check: Check, limits: Limits) -> Trouble | None:
    """Why a cloud can't measure what a check is about, None if it can."""
    if check.metric.origin is not None:  # the source itself says so at the look at its history
        return None
    if check.metric.says:
        return None if limits.answers else _no_answers(check)
    source = next(iter(check.metric.source), None)
    if source is None and check.metric.name not in limits.metrics:
        return _no_metric(check, f"has no metric {check.metric.name!r}", _has(limits))
    if source is not None and source != limits.custom_source:
        if "alarm" in check.metric.source[source]:
            return _no_metric(check, f"can't read an alarm from {source!r}", "")
        hint = f"give it a source {limits.custom_source}: of its own, or "
        return _no_metric(check, f"can't read a metric from {source!r}", hint)
    return None


def _no_answers(check: Check) -> Trouble:
    gate = check.role is Role.GATE
    return Trouble(
        f"check {check.name!r}: nothing says how the endpoint's recorded answers are read",
        "say it in canary.yaml, predictions: of the endpoint, or leave the check out: "
        f"--skip {_quoted(check.name)}",
        blocks=gate,
        error=Unsupported,
    )


def _no_metric(check: Check, why: str, hint: str) -> Trouble:
    gate = check.role is Role.GATE
    return Trouble(
        f"check {check.name!r}: this cloud {why}" + ("" if gate else ", so it shows nothing"),
        f"{hint}leave the check out: --skip {_quoted(check.name)}",
        blocks=gate,
        error=Unsupported,
    )


def _has(limits: Limits) -> str:
    return f"it has {', '.join(sorted(limits.metrics))}; " if limits.metrics else "it has none; "


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name or "(" in name else name


def _askable(facts: _Facts) -> Iterator[Trouble]:
    if facts.plan.smoke and not facts.limits.smokes:
        yield Trouble(
            "the plan has smoke tests, and this cloud can't ask one version by itself",
            "leave smoke: out of the plan",
            error=Unsupported,
        )


def _starts_small(facts: _Facts) -> Iterator[Trouble]:
    first = facts.plan.stages[0].percent
    if first > BOLD:
        yield Trouble(
            f"the first stage gives the candidate {percent(first)} at once",
            "begin smaller, such as --percent 5, or confirm with --yes",
            blocks=False,
        )


def _is_judged(facts: _Facts) -> Iterator[Trouble]:
    if not facts.plan.gates:
        watched = " that decides" if facts.plan.checks else ""
        yield Trouble(
            f"the plan has no check{watched}: nothing would stop a bad candidate",
            "add checks to the plan, or confirm with --yes",
            blocks=False,
        )


def _only_two_arms(facts: _Facts) -> Iterator[Trouble]:
    traffic = facts.endpoint.traffic
    arms = {facts.baseline, facts.candidate}
    others = [name for name in traffic.live if name not in arms]
    if others and facts.baseline in traffic.live:
        shares = ", ".join(f"{name} {percent(traffic.of(name))}" for name in others)
        yield Trouble(
            f"besides the two arms there is traffic on {shares}",
            f"it would go to the baseline {facts.baseline!r}; confirm with --yes",
            blocks=False,
        )


def _ends_no_copy(facts: _Facts) -> Iterator[Trouble]:
    """Whether somebody's own copies go on: one cloud has one copy, and none beside a share."""
    for version in facts.endpoint.versions:
        if version.copied and (version.name == facts.candidate or facts.plan.shadow):
            by = "the plan's shadow" if facts.plan.shadow else "its first share"
            yield Trouble(
                f"{version.name!r} gets a copy of {percent(version.copied)} of the traffic, which "
                f"{by} ends",
                "confirm with --yes",
                blocks=False,
            )


def _last_change_worked(facts: _Facts) -> Iterator[Trouble]:
    if facts.endpoint.failure:
        yield Trouble(
            f"the last change of {facts.endpoint.name!r} failed: {facts.endpoint.failure}",
            "see that the endpoint is well, or confirm with --yes",
            blocks=False,
        )


def _has_room(facts: _Facts) -> Iterator[Trouble]:
    """Whether the instances fit the first stage; later ones are looked at when they come."""
    for name in filter(None, (facts.candidate, facts.baseline)):
        version = facts.endpoint.version(name)
        if version is not None and version.in_service and version.instances == 0:
            yield Trouble(
                f"{name!r} has no instance",
                "scale it up first, or it would answer nothing",
                error=Conflict,
            )
    if not facts.candidate or facts.candidate == facts.baseline:
        return
    # A copy of traffic is as much work for the candidate as traffic of its own.
    most = max(
        facts.plan.stages[0].percent, facts.plan.shadow.percent if facts.plan.shadow else 0.0
    )
    first = Traffic.split(facts.baseline, facts.candidate, most)
    for shortage in shortages(facts.endpoint, first):
        yield Trouble(
            shortage.sentence,
            "scale it up first, or confirm with --yes",
            blocks=False,
        )


RULES: tuple[Callable[[_Facts], Iterator[Trouble]], ...] = (
    _arms_differ,
    _fit,
    _settled,
    _arms_serve,
    _baseline_has_traffic,
    _candidate_is_idle,
    _has_room,
    _fine_enough,
    _shadows,
    _shadow_has_room,
    _measurable,
    _askable,
    _starts_small,
    _is_judged,
    _only_two_arms,
    _ends_no_copy,
    _last_change_worked,
)
