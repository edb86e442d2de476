"""`canary check`: judge candidate against baseline once, live or from recorded minutes."""

import os
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.verdicts import EXITS
from canarycli.cli.options.common import Common, Named
from canarycli.errors import Exit, UsageError

From = Annotated[
    str | None,
    Option(
        "--from",
        metavar="FILE|-",
        help="Judge recorded minutes instead of an endpoint: one canary.series/1 document "
        "a line in, one canary.verdict/1 line out",
    ),
]
Baseline = Annotated[
    str | None,
    Option(metavar="ARM", help="The version to compare with; else the release's own"),
]
Candidate = Annotated[
    str | None,
    Option(metavar="ARM", help="The version to judge; else the release's own"),
]
Since = Annotated[str | None, Option(metavar="30m", help="How far back to judge; 30m if left out")]
At = Annotated[
    str | None,
    Option(metavar="TIME", help="Where the window ends, such as 2026-11-24T03:12Z; else now"),
]
Skip = Annotated[
    list[str] | None, Option(metavar="CHECK", help="Leave a check out; may be repeated")
]

Equal = Annotated[
    str | None,
    Option(
        "--aa",
        metavar="4h",
        help="Measure how far two arms that serve the same model differ, for `arm_noise` in a plan",
    ),
]


def check(
    common: Named,
    *,
    source: From = None,
    baseline: Baseline = None,
    candidate: Candidate = None,
    since: Since = None,
    at: At = None,
    skip: Skip = None,
    equal: Equal = None,
) -> int:
    """Judge candidate against baseline once.

    Traffic is never touched. The exit code is the verdict: 0 pass, 3 fail, 4 can't tell,
    11 no data. Of several documents from --from it is 0 once all are judged: their
    verdicts are in the lines.
    """
    if source is None:
        ask = _live if equal is None else _measured
        return ask(
            common,
            baseline=baseline,
            candidate=candidate,
            since=equal or since or "30m",
            at=at,
            skip=tuple(skip or ()),
        )
    others = {"--baseline": baseline, "--candidate": candidate, "--since": since, "--at": at}
    others |= {"--aa": equal}
    for name, given in {**others, "--skip": skip, "an endpoint": _endpoint(common)}.items():
        if given:
            raise UsageError(
                f"{name} can't go with --from: a recorded document says all by itself",
                hint="canary schema series describes it",
            )
    from canarycli.cli.display.recorded import check_recorded

    verdict = check_recorded(source)
    return int(Exit.OK if verdict is None else EXITS[verdict])


def _live(common: Common, **asked: Any) -> int:
    from canarycli.cli.display.check import show_checked
    from canarycli.cli.display.pick import address_of
    from canarycli.operations.check import Asked, check_live

    with Output(common) as output:
        checked = check_live(address_of(common), Asked(**asked), os.environ)
        show_checked(output, checked)
        return int(EXITS[checked.found.verdict])


def _measured(common: Common, **asked: Any) -> int:
    from canarycli.cli.display.check import show_measured
    from canarycli.cli.display.pick import address_of
    from canarycli.operations.check import Asked
    from canarycli.operations.noise import measure_noise

    with Output(common) as output:
        show_measured(output, measure_noise(address_of(common), Asked(**asked), os.environ))
    return int(Exit.OK)


def _endpoint(common: Common) -> str | None:
    """The endpoint that stands on the command line, not in the environment."""
    usual = {os.environ.get("CANARY_RELEASE"), os.environ.get("CANARY_ENDPOINT")}
    words = [word for word in (common.release, common.endpoint) if word not in usual]
    return next(filter(None, words), None)
