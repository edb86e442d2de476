"""Judges a live endpoint once over a window: `canary check`, which moves nothing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.config import bake_from_option, load, plan_from_options, plan_from_word
from canarycli.errors import PlanError, UsageError
from canarycli.judge import Arms, Judgement, Verdict
from canarycli.judge.once import judge_window
from canarycli.metrics import Measurements, Metric, Window
from canarycli.operations.start import HISTORY, MOST_POINTS
from canarycli.operations.workspace import Work, find_target, open_store, work_on
from canarycli.plan import Plan, Role
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, Endpoint
from canarycli.release.decide.sentences import span
from canarycli.release.reading import SIGNS, row
from canarycli.release.record import Release
from canarycli.release.request import find_baseline, find_version

WORDS = {
    Verdict.PASS: "PASS  every check passes",
    Verdict.FAIL: "FAIL",
    Verdict.INCONCLUSIVE: "CAN'T TELL",
    Verdict.NO_DATA: "NO DATA",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The flags that say what to judge."""

    baseline: str | None
    candidate: str | None
    since: str
    at: str | None
    skip: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged.

    Attributes:
        release: the endpoint's open release, None where none is known here.
        share: the candidate's percent of both arms' traffic, None to go by the requests.
    """

    work: Work
    plan: Plan
    release: Release | None
    baseline: str
    candidate: str
    window: Window
    share: float | None


def check_live(common: Common, asked: Asked) -> Verdict:
    """Judge, show what was found, and return the verdict.

    Raises:
        CanaryError: arms, checks or window make no sense, or the cloud does not answer.
    """
    with Output(common) as output:
        case = _case(common, asked)
        found, at = _judged(case)
        output.result(_document(case, found, at), _lines(case, found, at))
        for finding in found.findings:
            if finding.verdict is Verdict.NO_DATA and finding.role is Role.GATE:
                name = f"'{finding.check}'" if " " in finding.check else finding.check
                output.say(f"hint: judge without it this once: canary check --skip {name}")
        return found.verdict


def _case(common: Common, asked: Asked) -> Case:
    env = os.environ
    store = open_store(env)
    target = find_target(common, store, env)
    work = work_on(target, store, env)
    record = target.record or work.record()
    release = record.release if record is not None and not record.release.over else None
    named = target.record.release if target.record else release
    plan = _plan(common, named, target.config.plan if target.config else None)
    plan = _without(plan, asked.skip)
    endpoint = work.provider.describe(target.name)
    usual = target.config.baseline if target.config else None
    baseline, candidate = _arms(work, endpoint, named, asked, usual)
    window = _window(work, asked, release)
    both = endpoint.traffic.of(baseline) + endpoint.traffic.of(candidate)
    share = 100 * endpoint.traffic.of(candidate) / both if both and asked.at is None else None
    return Case(work, plan, release, baseline, candidate, window, share)


def _plan(common: Common, release: Release | None, usual: str | None) -> Plan:
    if release is not None and release.plan.checks:
        return release.plan
    if usual is None:
        return plan_from_options(percent=50.0)
    config = load(common.config, cwd=Path.cwd(), env=os.environ)
    return plan_from_word(usual, config, cwd=Path.cwd())


def _without(plan: Plan, skip: tuple[str, ...]) -> Plan:
    names = ", ".join(check.name for check in plan.checks) or "none"
    try:
        left = plan.without(skip)
    except KeyError as error:
        raise UsageError(
            f"--skip {error.args[0]}: the plan has no such check", hint=f"it has {names}"
        ) from error
    if not left.gates:
        raise UsageError(
            f"plan {plan.name!r} has no check left that decides", hint=f"it has {names}"
        )
    return left


def _arms(
    work: Work, endpoint: Endpoint, release: Release | None, asked: Asked, usual: str | None
) -> tuple[str, str]:
    """The arms asked for; else the release's, the endpoint's notes', the two with traffic."""
    baseline, candidate = _known(work, endpoint, release)
    word = asked.baseline or (None if baseline else usual)
    if word is not None or not baseline:
        baseline = find_baseline(endpoint, word)
    if asked.candidate is not None:
        candidate = find_version(endpoint, asked.candidate)
    others = [name for name in endpoint.traffic.live if name != baseline]
    if not candidate and len(others) == 1:
        candidate = others[0]
    if not candidate:
        have = f"{', '.join(others)} have" if others else f"only {baseline} has"
        names = ", ".join(version.name for version in endpoint.versions)
        raise UsageError(
            f"nothing tells which version of {endpoint.name} is the candidate: {have} traffic",
            hint=f"name it with --candidate; it has {names}",
        )
    if candidate == baseline:
        raise UsageError(
            f"candidate and baseline are both {baseline!r}",
            hint="name them with --baseline and --candidate",
        )
    return baseline, candidate


def _known(work: Work, endpoint: Endpoint, release: Release | None) -> tuple[str, str]:
    if release is not None and release.candidate:
        return release.baseline, release.candidate
    notes = work.provider.notes(endpoint)
    pair = notes.get(BASELINE_NOTE, ""), notes.get(CANDIDATE_NOTE, "")
    return pair if all(endpoint.version(name) for name in pair) else ("", "")


def _window(work: Work, asked: Asked, release: Release | None) -> Window:
    """Up to the newest settled point, and not from before the split in force."""
    now = work.clock.now()
    end = min(now - work.provider.limits.metric_delay, _time(asked.at) if asked.at else now)
    start = end - bake_from_option(asked.since, "--since")
    confirmed = release.confirmed_at if release is not None else None
    if confirmed is not None and start < confirmed < end:
        start = confirmed
    if not start < end:
        raise PlanError("--since", "the window is empty", hint="such as --since 30m")
    return Window(start, end)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise PlanError(
            "--at", f"{text!r} is no time", hint="write it as 2026-11-24T03:12Z, UTC if no zone"
        ) from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _judged(case: Case) -> tuple[Judgement, datetime | None]:
    provider, endpoint = case.work.provider, case.work.target.name
    limits, window = provider.limits, case.window
    span = min(HISTORY, MOST_POINTS * limits.metric_period)
    before = Window(window.start - span, window.start)
    past = provider.measure(endpoint, (case.baseline,), case.plan.metrics(), before)

    def measure(extra: tuple[Metric, ...]) -> Measurements:
        wanted = (*case.plan.metrics(), *(m for m in extra if m.name in limits.metrics))
        metrics = {metric.key: metric for metric in wanted}.values()
        return provider.measure(endpoint, (case.baseline, case.candidate), metrics, window)

    share = 0.0 if case.share is None else case.share
    arms = Arms(case.baseline, case.candidate, share, window.start, window.end, delay=timedelta(0))
    return judge_window(case.plan.checks, past, measure, arms)


def _document(case: Case, found: Judgement, at: datetime | None) -> dict[str, Any]:
    work = case.work
    return {
        "schema": "canary.check/1",
        "endpoint": work.target.name,
        "provider": work.target.provider,
        "region": work.provider.place,
        "release": case.release.id if case.release else None,
        "baseline": case.baseline,
        "candidate": case.candidate,
        "share": None if case.share is None else round(case.share, 4),
        "window": {"start": case.window.start, "end": case.window.end},
        "verdict": found.verdict,
        "failed_at": at,
        "checks": [row(finding) for finding in found.findings],
    }


def _lines(case: Case, found: Judgement, at: datetime | None) -> Iterator[str]:
    work, window = case.work, case.window
    yield (
        f"{work.target.name}  {case.baseline} → {case.candidate}   {work.target.provider} "
        f"{work.provider.place}   {span(window.length)} to {window.end:%Y-%m-%d %H:%M:%S} UTC"
    )
    for finding in found.findings:
        yield f"  {SIGNS[finding.verdict]} {finding.sentence}"
    when = f", first shown at {at:%H:%M:%S} UTC" if at else ""
    yield f"  {WORDS[found.verdict]}{when}"
