"""What the checks say: fail, silence, doubt, and the pass that leads to the next stage."""

from dataclasses import replace
from datetime import timedelta

from canarycli.errors import Exit
from canarycli.judge import Finding, Judgement, Verdict
from canarycli.judge.finding import deciding
from canarycli.plan import Role, Stage, Then
from canarycli.release.approving import going_on
from canarycli.release.context import WATCHING, Context, Decision
from canarycli.release.decide.on_probation import probation
from canarycli.release.decide.sentences import alone, paused_for, span
from canarycli.release.decide.way_back import go_back
from canarycli.release.reading import reading
from canarycli.release.record import Cause, Outcome, Release, State
from canarycli.release.rows import checks_pass, extra_failures, row, served
from canarycli.traffic import percent


def checks(context: Context) -> Decision | None:
    """A failed check acts, whatever else the release is doing."""
    judgement = context.seen.judgement
    if judgement is None:
        return None
    release = _read(context, judgement)
    failed = [f for f in judgement.findings if _has_failed(release, f)]
    if not failed:
        quiet = paused_for(release, Cause.GUARD) and judgement.verdict is not Verdict.NO_DATA
        return _resume(context, "the rate is back within the guard") if quiet else None
    why = failed[0].sentence
    if all(f.guard and not f.proven for f in failed):
        return _alarm(context, why)
    if _held_off(release) and not any(f.critical for f in failed):
        return None
    if release.plan.on_fail is Then.ROLLBACK:
        return go_back(context, Outcome.ROLLED_BACK, why)
    if not paused_for(release, Cause.FAILING):
        context.pause(Cause.FAILING, why, None, Then.HOLD)
    return context.wait()


def _held_off(release: Release) -> bool:
    """Whether a person keeps failing checks from acting for a while."""
    pause = release.pause
    return paused_for(release, Cause.FAILING) and pause is not None and pause.until is not None


def _alarm(context: Context, why: str) -> Decision | None:
    """An outage that would have hit the baseline alike looks the same: wait for its end a while."""
    release, wait = context.release, context.release.plan.on_unclear
    if release.state not in {State.RUNNING, State.PROBATION}:
        return None
    context.pause(Cause.GUARD, why, context.now + wait.pause, wait.then)
    return context.wait(min(WATCHING, wait.pause))


def silence(context: Context) -> Decision | None:
    """A gating metric without data pauses the release; it never passes."""
    release = context.release
    silent = release.verdict is Verdict.NO_DATA
    if paused_for(release, Cause.NO_METRICS) and not silent:
        return _resume(context, "the metrics are there again")
    if release.state is not State.RUNNING or not silent or _too_early(context):
        return None
    mute = [f for f in deciding(release.findings) if f.verdict is Verdict.NO_DATA]
    for finding in mute:
        newest = None if finding.age is None else context.now - finding.age
        context.tell(
            "no_metrics",
            finding.sentence,
            "warning",
            check=finding.check,
            newest=newest.isoformat() if newest else None,
            query=finding.query,
        )
    wait = release.plan.on_no_metrics
    context.pause(Cause.NO_METRICS, mute[0].sentence, context.now + wait.pause, wait.then)
    return context.wait(min(WATCHING, wait.pause))


def doubt(context: Context) -> Decision | None:
    """Neither pass nor fail for too long pauses the release."""
    release = context.release
    clear = release.verdict is Verdict.PASS or alone(release)
    if paused_for(release, Cause.UNCLEAR) and clear:
        return _resume(context, "every check passes now")
    if release.state is not State.RUNNING or clear or release.verdict is None:
        return None
    late = max((f.delay for f in deciding(release.findings) if f.delay), default=timedelta(0))
    patience = max(release.plan.unclear_after + late, release.bake_in_force)
    if context.since(release.waiting_since) < patience:
        return None
    unclear = [f.sentence for f in deciding(release.findings) if f.verdict is not Verdict.PASS]
    wait = release.plan.on_unclear
    reason = f"can't tell after {span(patience)}: {unclear[0] if unclear else 'no finding'}"
    context.pause(Cause.UNCLEAR, reason, context.now + wait.pause, wait.then)
    return context.wait(min(WATCHING, wait.pause))


def paused(context: Context) -> Decision | None:
    """A pause that runs out does what it said."""
    release = context.release
    pause = release.pause
    if release.state is not State.PAUSED or pause is None:
        return None
    if pause.until is None:
        return context.wait()
    if context.now < pause.until:
        return context.wait(min(WATCHING, pause.until - context.now))
    if pause.then is Then.ROLLBACK:
        return go_back(context, PAUSE_OUTCOMES[pause.cause], f"paused too long: {pause.reason}")
    context.release = replace(release, pause=replace(pause, until=None))
    context.hold(f"waits for a person: {pause.reason}", "warning", reason=pause.reason)
    return context.wait()


def stage(context: Context) -> Decision | None:
    """A stage that has baked and passed leads to the next, a hold, or the end."""
    release = context.release
    if release.state is State.HELD:
        return context.wait()
    stage = release.stage_in_force
    baked = context.since(release.confirmed_at)
    passed = release.verdict is Verdict.PASS or alone(release) or not release.plan.gates
    if baked < release.bake_in_force or not passed:
        return context.wait(_until_next(context, baked))
    return _shadowed(context) if release.shadow else _passed(context, stage)


def _shadowed(context: Context) -> Decision:
    """The copy of traffic is exchanged for the first share, in one change."""
    if context.freezes():
        return context.wait()
    release = context.release
    context.tell("stage_passed", f"shadow of {percent(release.shadow)} passed", stage=1)
    return context.raise_to(release.plan.stages[0].percent, 0)


def _passed(context: Context, stage: Stage) -> Decision:
    last = context.release.stage == len(context.release.plan.stages) - 1
    if stage.then is not Then.HOLD and not last and context.freezes():
        return context.wait()
    release = context.release
    gates = list(deciding(release.findings))
    context.tell(
        "stage_passed",
        f"stage {release.stage + 1}/{len(release.plan.stages)} at {percent(stage.percent)}"
        + (f": {checks_pass(len(gates), len(gates))}" if gates and not alone(release) else ""),
        stage=release.stage + 1,
    )
    if stage.then is Then.HOLD:
        context.release = replace(release, state=State.HELD, held_at=context.now)
        said = f"holds at {percent(stage.percent)} as planned"
        go_on = going_on(context.release)
        context.hold(f"{said}; {go_on}", reason=go_on, exit_code=int(Exit.OK))
        return context.wait()
    if last:
        return probation(context, "")
    following = release.stage + 1
    return context.raise_to(release.plan.stages[following].percent, following)


PAUSE_OUTCOMES = {
    Cause.PERSON: Outcome.STOPPED,
    Cause.UNCLEAR: Outcome.INCONCLUSIVE,
    Cause.NO_METRICS: Outcome.NO_METRICS,
    Cause.FAILING: Outcome.ROLLED_BACK,
    Cause.GUARD: Outcome.ROLLED_BACK,
    Cause.BASELINE_DOWN: Outcome.UNSAFE,
}
"""How a release ends when a pause runs out and says rollback."""


def _read(context: Context, judgement: Judgement) -> Release:
    """Take one reading into the record: who fails how often in a row, and the findings."""
    before = context.release
    failing = {
        f.check: before.failing.get(f.check, 0) + 1
        for f in judgement.findings
        if f.verdict is Verdict.FAIL and f.role is Role.GATE
    }
    extra = extra_failures(judgement.findings, before.plan.checks)
    context.release = replace(
        before,
        failing=failing,
        findings=judgement.findings,
        verdict=judgement.verdict,
        served=max(before.served, before.served_before + served(judgement.findings)),
        extra=max(before.extra, before.extra_before + extra),
        judge=judgement.state,
        read_at=context.now,
    )
    early = judgement.verdict is Verdict.NO_DATA and _too_early(context)
    context.tell(
        "read",
        "no numbers yet since the change" if early else reading(context.release),
        "warning" if failing else "info",
        stage=before.stage + 1,
        verdict=judgement.verdict.value,
        checks=[row(finding) for finding in judgement.findings],
    )
    return context.release


def _has_failed(release: Release, finding: Finding) -> bool:
    if finding.verdict is not Verdict.FAIL or finding.role is not Role.GATE:
        return False
    enough = 1 if finding.proven or finding.guard or finding.critical else release.plan.fails_after
    return release.failing.get(finding.check, 0) >= enough


def _too_early(context: Context) -> bool:
    """Whether no numbers can be there yet."""
    return context.since(context.release.confirmed_at) <= context.seen.metrics_after


def _resume(context: Context, why: str) -> Decision | None:
    context.release = replace(
        context.release, state=context.release.going, pause=None, waiting_since=context.now
    )
    context.tell("resumed", why, by="plan")
    return None


def _until_next(context: Context, baked: timedelta) -> timedelta:
    left = context.release.bake_in_force - baked
    soonest = min(WATCHING, context.release.plan.read_every)
    return min(soonest, left) if left > timedelta(0) else soonest
