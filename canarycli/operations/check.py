"""Judges a live endpoint once over a window: `canary check`, which moves nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from canarycli.config import bake_from_option, load, plan_from_options, plan_from_word
from canarycli.config.discover import here
from canarycli.config.recorded import recorded
from canarycli.errors import PlanError, UsageError
from canarycli.judge import Arms, Judgement
from canarycli.judge.once import judge_window
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.operations.address import Address
from canarycli.operations.past import before, read_past
from canarycli.operations.sourced import in_slices
from canarycli.operations.target import answers_of, find_target
from canarycli.operations.workspace import Workspace, open_store, work_on
from canarycli.plan import Plan
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, Endpoint
from canarycli.release.record import Release
from canarycli.release.request import find_baseline, find_version


@dataclass(frozen=True, slots=True)
class Asked:
    """The flags that say what to judge."""

    baseline: str | None
    candidate: str | None
    since: str
    at: str | None
    skip: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """What is judged.

    Attributes:
        release: the endpoint's open release, None where none is known here.
        share: the candidate's percent of both arms' traffic, None to go by the requests.
    """

    work: Workspace
    plan: Plan
    release: Release | None
    baseline: str
    candidate: str
    window: Window
    share: float | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a window.

    Attributes:
        window: what was judged.
        failed_at: when the first failing check showed it, None where none did.
    """

    window: LiveWindow
    found: Judgement
    failed_at: datetime | None


def check_live(address: Address, asked: Asked, env: Mapping[str, str]) -> Checked:
    """Judge a window of a live endpoint; nothing is moved.

    Raises:
        CanaryError: arms, checks or window make no sense, or the cloud does not answer.
    """
    window = window_of(address, asked, env)
    found, at = _judged(window)
    return Checked(window, found, at)


def window_of(address: Address, asked: Asked, env: Mapping[str, str]) -> LiveWindow:
    """What is asked about: arms, checks and a range of time.

    Raises:
        CanaryError: they make no sense, or the cloud does not answer.
    """
    store = open_store(env, address.config)
    target = find_target(address, store, env)
    work = work_on(target, store, env)
    record = target.record or work.record()
    release = record.release if record is not None and not record.release.over else None
    named = target.record.release if target.record else release
    plan = _without(_plan(address, env, named, work), asked.skip)
    endpoint = work.provider.describe(work.target.name)
    usual = target.config.baseline if target.config else None
    baseline, candidate = _arms(work, endpoint, named, asked, usual)
    window = _window(work, asked, release)
    plan = in_slices(work, plan, baseline, before(window.start, work.provider))
    both = endpoint.traffic.of(baseline) + endpoint.traffic.of(candidate)
    share = 100 * endpoint.traffic.of(candidate) / both if both and asked.at is None else None
    return LiveWindow(work, plan, release, baseline, candidate, window, share)


def _plan(
    address: Address, env: Mapping[str, str], release: Release | None, work: Workspace
) -> Plan:
    if release is not None and release.plan.checks:
        return release.plan
    entry = work.target.config
    if entry is None or entry.plan is None:
        return plan_from_options(percent=50.0)
    config = load(address.config, cwd=here(), env=env)
    plan = plan_from_word(entry.plan, config, cwd=here())
    answers = answers_of(work.target, config)
    return recorded(plan, *answers, measured=work.provider.limits.answers)


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
    work: Workspace, endpoint: Endpoint, release: Release | None, asked: Asked, usual: str | None
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


def _known(work: Workspace, endpoint: Endpoint, release: Release | None) -> tuple[str, str]:
    if release is not None and release.candidate:
        return release.baseline, release.candidate
    notes = work.provider.notes(endpoint)
    pair = notes.get(BASELINE_NOTE, ""), notes.get(CANDIDATE_NOTE, "")
    return pair if all(endpoint.version(name) for name in pair) else ("", "")


def _window(work: Workspace, asked: Asked, release: Release | None) -> Window:
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


def _judged(live: LiveWindow) -> tuple[Judgement, datetime | None]:
    provider, endpoint = live.work.provider, live.work.target.name
    limits, window = provider.limits, live.window
    past = read_past(
        provider, endpoint, live.baseline, live.plan.checks, before(window.start, provider)
    )

    def measure(extra: tuple[Metric, ...]) -> Measurements:
        wanted = (*live.plan.metrics(), *(m for m in extra if limits.offers(m)))
        metrics = {metric.key: metric for metric in wanted}.values()
        return provider.measure(endpoint, (live.baseline, live.candidate), metrics, window)

    share = 0.0 if live.share is None else live.share
    arms = Arms(
        live.baseline,
        live.candidate,
        share,
        window.start,
        window.end,
        delay=timedelta(0),
        noise=live.plan.arm_noise,
    )
    return judge_window(live.plan.checks, past, measure, arms)
