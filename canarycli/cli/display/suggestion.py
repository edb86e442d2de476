"""What `canary plan --suggest` shows, and writes if it was asked to."""

import os
from collections.abc import Iterator
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.display.plan import plan_document, plan_lines, refused
from canarycli.cli.display.table import indented, room, table
from canarycli.cli.options.common import Common
from canarycli.errors import Exit
from canarycli.operations.plan import write_plan_file
from canarycli.operations.start import Intent
from canarycli.operations.suggest import (
    Aim,
    Suggestion,
    config_to_change,
    suggest,
    write_stages,
)
from canarycli.traffic import percent


def show_suggestion(common: Common, output: Output, intent: Intent, aim: Aim, *, yes: bool) -> int:
    """Show the stages, and write them into canary.yaml if asked to.

    Raises:
        UsageError: nothing is known to make stages from, or none fit.
    """
    path = config_to_change(common.config, os.environ) if aim.write else None
    found = suggest(intent, aim)
    document = {**plan_document(found.intent, found.seen), "suggestion": _document(found)}
    output.result(document, _lines(found, paste=path is None))
    refuse = refused(output, found.intent, yes=yes)
    if refuse:
        return refuse
    if aim.out is not None:
        output.say(write_plan_file(aim.out, found.made.plan))
    if path is not None:
        output.say(write_stages(path, found.made))
        if aim.margin is not None:
            output.say(f"they count on no_worse_by: {aim.margin} at check {found.check.name}")
    return int(Exit.OK)


def _document(suggested: Suggestion) -> dict[str, Any]:
    made, check, traffic = suggested.made, suggested.check, suggested.traffic
    found = made.suggestion
    return {
        "check": check.name,
        "rate": traffic.rate,
        "budget_bad": round(made.budget, 1),
        "duration_seconds": made.duration,
        "stages": [
            {
                "percent": stage.percent,
                "bake": stage.bake,
                "at_risk": round(found.at_risk[n], 1),
                "rules_out": round(found.shows[n], 3) if n < len(found.shows) else None,
            }
            for n, stage in enumerate(made.plan.stages)
        ],
    }


def _lines(suggested: Suggestion, *, paste: bool) -> Iterator[str]:
    from canarycli.config.writing import plan_data, write_yaml

    made = suggested.made
    width = room()
    yield from plan_lines(suggested.intent, suggested.seen, width)
    yield ""
    found = made.suggestion
    rows = [("STAGE", "SHARE", "BAD RESPONSES AT RISK", "AFTER IT, WORSE THAN THIS IS RULED OUT")]
    for n, stage in enumerate(made.plan.stages):
        ruled = f"x{found.shows[n]:.3g} the baseline's rate" if n < len(found.shows) else ""
        rows.append((str(n + 1), percent(stage.percent), f"{found.at_risk[n]:,.0f}", ruled))
    yield from indented(table(rows, None if width is None else width - 2))
    if paste:
        yield ""
        yield "  to paste into a plan of canary.yaml, or add --write:"
        data = {"stages": plan_data(made.plan)["stages"]}
        yield from indented(write_yaml(data).splitlines(), "    ")
