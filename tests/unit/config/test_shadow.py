"""`shadow:` in a plan: a copy of traffic before the first stage."""

from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from canarycli.config import config_schema, load
from canarycli.plan import Plan, Shadow


def planned(folder: Path, *lines: str) -> Plan:
    text = "plans:\n  standard:\n    stages: [{percent: 5}, {percent: 100}]\n"
    (folder / "canary.yaml").write_text(text + "".join(f"    {line}\n" for line in lines))
    return load(None, cwd=folder, env={}).plans["standard"]


def test_a_plan_has_no_shadow_where_nobody_says(tmp_path: Path) -> None:
    assert planned(tmp_path).shadow is None


@pytest.mark.parametrize(
    ("lines", "bake"),
    [
        (("shadow: {percent: 20, bake: 5m}", "bake: 30m"), 5),
        (("shadow: {percent: 20%}", "bake: 30m"), 30),
        (("shadow: {percent: 20}",), 15),
    ],
    ids=["its own", "the plan's", "the usual one"],
)
def test_a_shadow_bakes_for(tmp_path: Path, lines: tuple[str, ...], bake: int) -> None:
    assert planned(tmp_path, *lines).shadow == Shadow(20, timedelta(minutes=bake))


@pytest.mark.parametrize(
    ("shadow", "sound"),
    [
        ({"percent": 20, "bake": "15m"}, True),
        ({"percent": 0}, False),
        ({"percent": 101}, False),
        ({"bake": "15m"}, False),
        ({"percent": 5, "then": "hold"}, False),
    ],
)
def test_the_json_schema_knows_it(shadow: object, sound: bool) -> None:  # noqa: FBT001 - a table
    data = {"plans": {"p": {"stages": [{"percent": 5}], "shadow": shadow}}}

    assert jsonschema.Draft7Validator(config_schema()).is_valid(data) is sound
