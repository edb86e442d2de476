"""The command that starts a release's like once more, as its report names it."""

from datetime import timedelta

from canarycli.durations import write_duration
from canarycli.plan import USUAL_NAME, Plan, Stage, Then
from canarycli.release.record import Release

END = Stage(100, timedelta(0))


def command(release: Release) -> list[str]:
    """Its words, in order."""
    model = release.model or release.candidate
    plan = release.plan
    named = [] if plan.name == USUAL_NAME else ["--plan", plan.name]
    return ["canary", "start", release.endpoint, "--new-model", model, *named, *_stages(plan)]


def _stages(plan: Plan) -> list[str]:
    """The stages as flags; none where only a plan can say them.

    The record does not say whether flags or the plan named them. Flags say as much where every
    share has the same time and nobody is waited for, but at the last one below 100%.
    """
    *below, end = plan.stages
    if end != END:
        return []
    if not below:
        return ["--stages", "100"]
    *before, top = below
    if any(stage != Stage(stage.percent, top.bake) for stage in before):
        return []
    if top == Stage(top.percent, top.bake, Then.HOLD):
        shares = below
    elif top == Stage(top.percent, top.bake):
        shares = [*below, end]
    else:
        return []
    flag = "--percent" if len(shares) == 1 else "--stages"
    words = ",".join(f"{stage.percent:g}" for stage in shares)
    return [flag, words, "--bake", write_duration(top.bake)]
