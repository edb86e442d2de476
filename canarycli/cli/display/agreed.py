"""What a person agrees to before a release starts: where, what, and what a failure does."""

from collections.abc import Iterator

from canarycli.cli.display.plan import limit_text, otherwise, takes
from canarycli.operations.foresight import Foresight
from canarycli.operations.start import Intent
from canarycli.traffic import percent


def about(intent: Intent, seen: Foresight) -> str:
    """What a person agrees to, as one question: endpoint, account, region, plan and how long."""
    release, plan = intent.release, intent.release.plan
    where = " ".join(filter(None, (release.provider, intent.endpoint.account, release.place)))
    stages = ",".join(f"{stage.percent:g}" for stage in plan.stages)
    return (
        f"Start {release.baseline} → {release.name} at {percent(plan.stages[0].percent)} on "
        f"{release.endpoint} ({where}), plan {plan.name} {stages}, {takes(plan, seen)}?"
    )


def judged(intent: Intent) -> Iterator[str]:
    """The checks with their limits, and what happens if one fails; said before the question.

    That none decides is a trouble of the plan, and said as such.
    """
    plan, baseline = intent.release.plan, intent.release.baseline
    if not plan.gates:
        return
    yield "checks: " + ", ".join(f"{check.name} {limit_text(check)}" for check in plan.gates)
    when, what = next(otherwise(plan, baseline))
    yield f"{when}: {what}"
