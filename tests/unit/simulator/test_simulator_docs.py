"""What is written of the simulator's versions holds."""

import re
from dataclasses import fields

import pytest
from pages import ROOT

from canarycli.config import load
from canarycli.simulator import Simulator
from canarycli.simulator.script import Quality, parse_script
from canarycli.testing import FakeClock


def test_where_no_version_says_a_share_the_first_has_all() -> None:
    script = parse_script({"versions": {"v41": {}, "v42": {}}, "scenario": "failing"})

    assert {name: actor.percent for name, actor in script.actors.items()} == {"v41": 100, "v42": 0}
    assert (script.actors["v41"].turns, len(script.actors["v42"].turns)) == ((), 1)


def test_the_page_on_the_simulator_names_every_key_of_a_version() -> None:
    page = (ROOT / "docs/simulator.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", page, re.MULTILINE))))

    assert named == {field.name for field in fields(Quality)} | {
        "percent",
        "model",
        "instances",
        "answer",
        "status",
        "turns",
    }


@pytest.mark.parametrize("name", ["simulator.yaml", "metrics.yaml"])
def test_the_pretend_endpoint_of_an_example_is_there(name: str) -> None:
    entry = load(ROOT / "docs/examples" / name, cwd=ROOT, env={}).endpoints["demo"]
    settings = {**entry.settings, "state": ":memory:", "endpoints": [entry.cloud_name]}

    seen = Simulator(settings, clock=FakeClock()).describe(entry.cloud_name)

    assert seen.traffic.of("v41") == 100
