"""What to do next with a release: every rule of a release is in this file, and nothing else is.

`decide` is pure. It is told what is recorded and what is seen, and answers with the new record,
the split to ask for (if any) and when to look again. The shell saves the record *before* it asks
for the split; so whatever crashes in between, the next look, by anybody, finds a record that
allows at least what the endpoint does. The rules never ask "where was I?", only "what is
recorded, and what is there?"; repeating an act is harmless.

The first rule in `RULES` that has an answer wins:

1.  an ended release never changes;
2.  a rollback is a one-way door: write it at least once, wait until it is seen, end;
3.  traffic never goes back to a baseline that is not in service; a dead candidate goes back;
4.  somebody else's change wins: lowered is never raised again, raised is theirs to answer for;
5.  a change on its way is waited for, repeated if it never landed, given up when it takes too long;
6.  a person's wish comes before the plan;
7.  the deadline comes before the checks;
8.  a failed check acts, held and paused releases included;
9.  silence and doubt pause the release, and a pause that runs out does what it said;
10. a stage that has baked and passed leads to the next.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from canarycli.case import SETTLING, WATCHING, Case, Decision, Seen, noted
from canarycli.errors import Exit
from canarycli.judge import Finding, Judgement, Verdict
from canarycli.plan import Role, Stage, Then
from canarycli.reading import reading, row
from canarycli.release import Cause, Outcome, Pause, Release, State, Wish
from canarycli.traffic import TOLERANCE, Traffic, percent

LANDING = timedelta(seconds=10)
"""How long an accepted change may stay invisible (clouds read their own writes late)."""


def decide(release: Release, seen: Seen, now: datetime) -> Decision:
    """The next step of a release, from what is recorded and what is seen."""
    case = Case(noted(release, seen, now), seen, now)
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    return case.wait()


# The rules, in the order of the list above.


def _ended(case: Case) -> Decision | None:
    return Decision(case.release) if case.release.over else None


def _rolling_back(case: Case) -> Decision | None:
    release, endpoint = case.release, case.endpoint
    if release.state is not State.ROLLING_BACK:
        return None
    if not endpoint.serves(release.baseline):
        return _no_way_back(case)
    home = endpoint.traffic.of(release.baseline) >= 100 - TOLERANCE
    if endpoint.settled and home and release.written:
        return _rolled_back(case)
    if case.since(release.asked_at) > release.plan.settle_within:
        return case.end(
            Outcome.UNSAFE,
            f"the rollback did not get through within {_span(release.plan.settle_within)}",
            "error",
        )
    if not endpoint.settled and release.written:
        return case.wait(SETTLING)
    # Written even where it reads 0 already: a raise of ours may still be asleep in a socket.
    case.release = replace(release, written=True)
    return case.ask_for(Traffic.all_to(release.baseline))


def _go_back(case: Case, outcome: Outcome, why: str, by: str = "canary") -> Decision:
    case.turn_back(outcome, why, by)
    return _rolling_back(case) or case.wait(SETTLING)


def _rolled_back(case: Case) -> Decision:
    release = case.release
    case.tell(
        "rollback_confirmed",
        f"{case.endpoint.traffic} confirmed",
        why=release.why,
        by=release.by,
        seconds=round(case.since(release.asked_at).total_seconds(), 1),
    )
    return case.end(release.ending or Outcome.ROLLED_BACK, release.why)


def _no_way_back(case: Case) -> Decision:
    release = case.release
    healthy = case.endpoint.serves(release.candidate)
    keeps = f"; {release.candidate} keeps its traffic" if healthy else ""
    why = f"{release.baseline} is not in service, so nothing was rolled back onto it{keeps}"
    case.tell("rollback_failed", why, "error", why=release.why, by=release.by)
    return case.end(Outcome.UNSAFE, why, "error")


def _health(case: Case) -> Decision | None:
    release, endpoint = case.release, case.endpoint
    if not endpoint.settled:
        return None
    needs_baseline = release.target < 100 or release.confirmed_at is None
    if needs_baseline and not endpoint.serves(release.baseline):
        return _baseline_down(case)
    if _paused_for(release, Cause.BASELINE_DOWN):
        case.release = release = replace(release, state=State.RUNNING, pause=None)
        case.tell("resumed", f"{release.baseline} is in service again", by="plan")
    if not endpoint.serves(release.candidate):
        return _go_back(case, Outcome.ROLLED_BACK, f"{release.candidate} is not in service")
    return None


def _baseline_down(case: Case) -> Decision:
    release = case.release
    if not _paused_for(release, Cause.BASELINE_DOWN):
        reason = f"{release.baseline} is not in service; {case.endpoint.traffic} stays as it is"
        case.pause(Cause.BASELINE_DOWN, reason, None, Then.HOLD)
    return case.wait()


def _drift(case: Case) -> Decision | None:
    """Who changed the split? Lowered by somebody: never raised again. Raised: hands off."""
    release, endpoint = case.release, case.endpoint
    if not endpoint.settled or endpoint.traffic.same_as(release.wanted):
        return None
    on_its_way = release.confirmed_at is None
    untouched = on_its_way and not _moved(case)
    strangers = set(endpoint.traffic.live) - {release.baseline, release.candidate}
    highest = max(release.target, release.before) if on_its_way else release.target
    if case.share > highest + TOLERANCE or (strangers and not untouched):
        why = f"somebody set {endpoint.traffic} where {release.wanted} was wanted; not touched"
        return case.end(Outcome.DRIFT, why, "warning")
    lowest = min(release.target, release.before) if on_its_way else release.target
    if case.share < lowest - TOLERANCE:
        return _lowered(case)
    if untouched or case.share > release.target:
        return None
    if endpoint.failure:
        return _go_back(
            case, Outcome.CLOUD_FAILED, f"the cloud undid the change: {endpoint.failure}"
        )
    if case.since(release.asked_at) < LANDING:
        return case.wait(SETTLING)
    return _lowered(case)


def _lowered(case: Case) -> Decision:
    release = case.release
    was = release.target if release.confirmed_at else release.before
    why = f"somebody lowered {release.candidate} from {percent(was)} to {percent(case.share)}"
    return _go_back(case, Outcome.STOPPED, why, by="somebody else")


def _settle(case: Case) -> Decision | None:
    release, endpoint = case.release, case.endpoint
    if release.confirmed_at is not None:
        return None if endpoint.settled else case.wait(SETTLING)
    if endpoint.settled and endpoint.traffic.same_as(release.wanted):
        return _confirmed(case)
    if case.since(release.asked_at) > release.plan.settle_within:
        return _go_back(
            case,
            Outcome.CLOUD_FAILED,
            f"{percent(release.target)} was not in place after {_span(release.plan.settle_within)}",
        )
    if not endpoint.settled:
        return case.wait(SETTLING)
    case.release = replace(release, written=True)
    return case.ask_for(release.wanted)


def _confirmed(case: Case) -> Decision | None:
    release = case.release
    seconds = round(case.since(release.asked_at).total_seconds(), 1)
    case.release = replace(
        release,
        confirmed_at=case.now,
        waiting_since=case.now,
        failing={},
        findings=(),
        verdict=None,
    )
    case.tell(
        "shift_confirmed",
        f"{release.candidate} {percent(release.target)} confirmed after {seconds:g} s",
        seconds=seconds,
        to=release.target,
        **{"from": release.before},
    )
    return None


def _wish(case: Case) -> Decision | None:
    release = case.release
    ask = release.ask
    if ask is None:
        return None
    last = len(release.plan.stages) - 1
    who = f"{ask.by} asked for it" + (f": {ask.reason}" if ask.reason else "")
    if ask.wish is Wish.NEXT and release.stage == last and release.target >= 100:
        return case.end(Outcome.PROMOTED, who)
    case.tell("stage_passed", who, stage=release.stage + 1, by=ask.by, reason=ask.reason)
    match ask.wish:
        case Wish.FULL:
            return case.raise_to(100.0, last)
        case Wish.TO if ask.percent is not None:
            return case.raise_to(ask.percent, _stage_at(release, ask.percent))
        case Wish.SHIFT if ask.percent is not None:
            return _shifted(case, ask.percent, who)
    following = _next_stage(release)
    return case.raise_to(release.plan.stages[following].percent, following)


def _shifted(case: Case, share: float, who: str) -> Decision:
    """A share set by hand stays until a person says how to go on."""
    ask = case.release.ask
    decision = case.raise_to(share, _stage_at(case.release, share))
    pause = Pause(Cause.PERSON, ask.by if ask else "", f"{percent(share)} by hand, {who}", case.now)
    return replace(decision, release=replace(decision.release, state=State.PAUSED, pause=pause))


def _deadline(case: Case) -> Decision | None:
    release = case.release
    deadline = release.plan.deadline
    if deadline is None or case.since(release.started_at) <= deadline:
        return None
    return _go_back(case, Outcome.INCONCLUSIVE, f"not decided within {_span(deadline)}")


def _checks(case: Case) -> Decision | None:
    judgement = case.seen.judgement
    if judgement is None:
        return None
    release = _read(case, judgement)
    failed = [f for f in judgement.findings if _has_failed(release, f)]
    if not failed:
        return None
    why = failed[0].sentence
    if release.plan.on_fail is Then.ROLLBACK:
        return _go_back(case, Outcome.ROLLED_BACK, why)
    if not _paused_for(release, Cause.FAILING):
        case.pause(Cause.FAILING, why, None, Then.HOLD)
    return case.wait()


def _silence(case: Case) -> Decision | None:
    release = case.release
    silent = release.verdict is Verdict.NO_DATA and not _alone(release)
    if _paused_for(release, Cause.NO_METRICS) and not silent:
        return _resume(case, "the metrics are there again")
    due = case.since(release.confirmed_at) > case.seen.metrics_after
    if release.state is not State.RUNNING or not silent or not due:
        return None
    mute = [f for f in release.findings if f.verdict is Verdict.NO_DATA and f.role is Role.GATE]
    for finding in mute:
        case.tell(
            "no_metrics", finding.sentence, "warning", check=finding.check, query=finding.query
        )
    wait = release.plan.on_no_metrics
    case.pause(Cause.NO_METRICS, mute[0].sentence, case.now + wait.pause, wait.then)
    return case.wait(min(WATCHING, wait.pause))


def _doubt(case: Case) -> Decision | None:
    release = case.release
    clear = release.verdict is Verdict.PASS or _alone(release)
    if _paused_for(release, Cause.UNCLEAR) and clear:
        return _resume(case, "every check passes now")
    if release.state is not State.RUNNING or clear or release.verdict is None:
        return None
    patience = max(release.plan.unclear_after, release.stage_in_force.bake)
    if case.since(release.waiting_since) < patience:
        return None
    unclear = [f.sentence for f in release.findings if f.verdict is not Verdict.PASS]
    wait = release.plan.on_unclear
    reason = f"can't tell after {_span(patience)}: {unclear[0] if unclear else 'no finding'}"
    case.pause(Cause.UNCLEAR, reason, case.now + wait.pause, wait.then)
    return case.wait(min(WATCHING, wait.pause))


def _paused(case: Case) -> Decision | None:
    release = case.release
    pause = release.pause
    if release.state is not State.PAUSED or pause is None:
        return None
    if pause.until is None:
        return case.wait()
    if case.now < pause.until:
        return case.wait(min(WATCHING, pause.until - case.now))
    if pause.then is Then.ROLLBACK:
        return _go_back(case, PAUSE_OUTCOMES[pause.cause], f"paused too long: {pause.reason}")
    case.release = replace(release, pause=replace(pause, until=None))
    case.tell("held", f"waits for a person: {pause.reason}", "warning", reason=pause.reason)
    return case.wait()


def _stage(case: Case) -> Decision | None:
    release = case.release
    if release.state is State.HELD:
        return case.wait()
    stage = release.stage_in_force
    baked = case.since(release.confirmed_at)
    passed = release.verdict is Verdict.PASS or _alone(release) or not release.plan.gates
    if baked < stage.bake or not passed:
        return case.wait(_until_next(case, stage, baked))
    return _passed(case, stage)


def _passed(case: Case, stage: Stage) -> Decision:
    release = case.release
    last = release.stage == len(release.plan.stages) - 1
    gates = [f for f in release.findings if f.role is Role.GATE]
    case.tell(
        "stage_passed",
        f"stage {release.stage + 1}/{len(release.plan.stages)} at {percent(stage.percent)}"
        + (f": {len(gates)} of {len(gates)} checks pass" if gates and not _alone(release) else ""),
        stage=release.stage + 1,
    )
    if stage.then is Then.HOLD:
        case.release = replace(release, state=State.HELD)
        case.tell(
            "held",
            f"holds at {percent(stage.percent)} as planned; go on: canary promote {release.id}",
            stage=release.stage + 1,
            exit_code=int(Exit.OK),
        )
        return case.wait()
    if last:
        return case.end(Outcome.PROMOTED, "")
    following = release.stage + 1
    return case.raise_to(release.plan.stages[following].percent, following)


RULES: tuple[Callable[[Case], Decision | None], ...] = (
    _ended,
    _rolling_back,
    _health,
    _drift,
    _settle,
    _wish,
    _deadline,
    _checks,
    _silence,
    _doubt,
    _paused,
    _stage,
)

PAUSE_OUTCOMES = {
    Cause.PERSON: Outcome.STOPPED,
    Cause.UNCLEAR: Outcome.INCONCLUSIVE,
    Cause.NO_METRICS: Outcome.NO_METRICS,
    Cause.FAILING: Outcome.ROLLED_BACK,
    Cause.BASELINE_DOWN: Outcome.UNSAFE,
}
"""How a release ends when a pause runs out and says rollback."""


def _read(case: Case, judgement: Judgement) -> Release:
    """Take one reading into the record: who fails how often in a row, and the findings."""
    before = case.release
    failing = {
        f.check: before.failing.get(f.check, 0) + 1
        for f in judgement.findings
        if f.verdict is Verdict.FAIL and f.role is Role.GATE
    }
    case.release = replace(
        before,
        failing=failing,
        findings=judgement.findings,
        verdict=judgement.verdict,
        judge=judgement.state,
        read_at=case.now,
    )
    case.tell(
        "read",
        reading(case.release),
        "warning" if failing else "info",
        stage=before.stage + 1,
        verdict=judgement.verdict.value,
        checks=[row(finding) for finding in judgement.findings],
    )
    return case.release


def _has_failed(release: Release, finding: Finding) -> bool:
    if finding.verdict is not Verdict.FAIL or finding.role is not Role.GATE:
        return False
    enough = 1 if finding.proven or finding.critical else release.plan.fails_after
    return release.failing.get(finding.check, 0) >= enough


def _resume(case: Case, why: str) -> Decision | None:
    case.release = replace(case.release, state=State.RUNNING, pause=None, waiting_since=case.now)
    case.tell("resumed", why, by="plan")
    return None


def _paused_for(release: Release, cause: Cause) -> bool:
    return (
        release.state is State.PAUSED
        and release.pause is not None
        and (release.pause.cause is cause)
    )


def _alone(release: Release) -> bool:
    """Whether the candidate has everything: nobody is left to compare with, only fails count."""
    return release.target >= 100


def _moved(case: Case) -> bool:
    """Whether the endpoint changed since the target was recorded, by us or by anybody."""
    base = case.release.base
    return bool(base) and case.endpoint.revision != base


def _next_stage(release: Release) -> int:
    following = (i for i, s in enumerate(release.plan.stages) if s.percent > release.target)
    return next(following, len(release.plan.stages) - 1)


def _stage_at(release: Release, share: float) -> int:
    below = [i for i, stage in enumerate(release.plan.stages) if stage.percent <= share]
    return below[-1] if below else 0


def _until_next(case: Case, stage: Stage, baked: timedelta) -> timedelta:
    left = stage.bake - baked
    soonest = min(WATCHING, case.release.plan.read_every)
    return min(soonest, left) if left > timedelta(0) else soonest


def _span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or f"{seconds} s"
