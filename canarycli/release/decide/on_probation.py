"""After the last stage: the watch goes on until late checks have passed, or time is up."""

from dataclasses import replace

from canarycli.judge import Verdict, worst
from canarycli.judge.finding import Finding
from canarycli.plan import Role, Then
from canarycli.release.context import WATCHING, Context, Decision
from canarycli.release.decide.sentences import span
from canarycli.release.decide.way_back import go_back
from canarycli.release.record import Outcome, State


def probation(context: Context, why: str) -> Decision:
    """Everything is the candidate's: on probation where the plan has one, else promoted.

    A person who promotes one that is on probation ends it.
    """
    release, length = context.release, context.release.plan.watched_after
    if not length or release.probation_until is not None or _late_pass(context):
        return context.end(Outcome.PROMOTED, why)
    until = context.now + length
    context.release = replace(
        release, state=State.PROBATION, probation_until=until, ask=None, held_at=context.now
    )
    waits = ", ".join(check.name for check in release.plan.gates if check.at_end)
    context.tell(
        "probation",
        f"{release.candidate} has all traffic, on probation until {until:%d %b %H:%M} UTC"
        + (f" or till {waits} passes" if waits else "")
        + f"; {release.baseline} stays",
        until=until.isoformat(),
        stage=release.stage + 1,
        exit_code=0,
    )
    return context.wait()


def on_probation(context: Context) -> Decision | None:
    """A pass of all late checks ends it; without one in time the plan says what follows."""
    release = context.release
    until = release.probation_until
    if release.state is not State.PROBATION or until is None:
        return None
    if _late_pass(context):
        return context.end(Outcome.PROMOTED, "")
    if context.now < until:
        return context.wait(min(WATCHING, until - context.now))
    unclear = [f for f in _late(context) if f.verdict is not Verdict.PASS]
    if not any(check.at_end for check in release.plan.gates):
        return context.end(Outcome.PROMOTED, "")
    length = span(release.plan.watched_after)
    said = f"can't tell after a probation of {length}" + (
        f": {unclear[0].sentence}" if unclear else ""
    )
    if release.plan.on_unclear.then is Then.ROLLBACK:
        return go_back(context, Outcome.INCONCLUSIVE, said)
    context.release = replace(release, state=State.HELD, held_at=context.now)
    context.hold(f"waits for a person: {said}", "warning", reason=said)
    return context.wait()


def _late(context: Context) -> list[Finding]:
    return [f for f in context.release.findings if f.at_end and f.role is Role.GATE]


def _late_pass(context: Context) -> bool:
    """Whether every check that gates the end has passed; False where there is none."""
    names = {check.name for check in context.release.plan.gates if check.at_end}
    found = _late(context)
    there = names <= {finding.check for finding in found}
    return bool(names) and there and worst(f.verdict for f in found) is Verdict.PASS
