"""The command that a report names starts the same stages once more."""

import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.stories import a_release_of

from canarycli.config import plan_from_options
from canarycli.plan import Plan, Stage, Then
from canarycli.report.again import command

QUARTER = timedelta(minutes=15)
NIGHTLY = Plan((Stage(10, QUARTER), Stage(100, timedelta(0))), (), name="nightly")
UNEVEN = replace(NIGHTLY, stages=(Stage(5, QUARTER), Stage(25, 2 * QUARTER), *NIGHTLY.stages[1:]))
HELD = replace(
    NIGHTLY, stages=(Stage(5, QUARTER, Then.HOLD), Stage(25, QUARTER), Stage(100, QUARTER))
)


@pytest.mark.parametrize("base", [None, NIGHTLY])
@pytest.mark.parametrize(
    "flags",
    [
        {"percent": "5"},
        {"percent": "2.5", "bake": "90s"},
        {"stages": "5,25,100", "bake": "20m"},
        {"stages": "5,25"},
        {"stages": "100"},
    ],
    ids=str,
)
def test_stages_of_the_command_line_are_said_as_flags(
    flags: dict[str, Any], base: Plan | None
) -> None:
    release = a_release_of(plan_from_options(**flags, base=base))

    words = command(release)

    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options.pop("--plan", None) == (base.name if base else None)
    again = plan_from_options(
        stages=options.get("--stages"),
        percent=options.get("--percent"),
        bake=options.get("--bake"),
        base=base,
    )
    assert again == release.plan


@pytest.mark.parametrize("plan", [UNEVEN, HELD])
def test_stages_that_no_flag_can_say_are_the_plans_own(plan: Plan) -> None:
    words = shlex.join(command(a_release_of(plan)))

    assert words.endswith("--plan nightly")
