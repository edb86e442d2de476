"""canary lint and canary schema, as a person and as a pipeline run them."""

import json
import re

import jsonschema
import pytest
from cli.shell import Desk

from canarycli.cli.display.schemas import status_schema

GOOD = """\
version: 1
endpoints:
  churn: {provider: simulator, plan: quick}
plans:
  quick:
    stages: [{percent: 5, bake: 5s}, {percent: 100}]
    checks: [{metric: errors_5xx, no_worse_by: 1pp}]
"""
BAD = GOOD.replace("bake: 5s", "bake: 5").replace("percent: 100", "percent: 100, than: go")


def test_a_good_file_is_called_good(here: Desk) -> None:
    (here.home / "canary.yaml").write_text(GOOD, encoding="utf-8")

    ran = here.canary("lint")

    assert (ran.code, ran.out, ran.err) == (0, "no problems in canary.yaml\n", "")


def test_every_problem_has_its_place_and_they_are_counted(here: Desk) -> None:
    (here.home / "canary.yaml").write_text(BAD, encoding="utf-8")

    ran = here.canary("lint")

    *problems, count = ran.out.splitlines()
    assert ran.code == 2
    assert [line.split(": ")[0] for line in problems] == ["canary.yaml:6:33", "canary.yaml:6:52"]
    assert "did you mean then?" in ran.out
    assert count == "2 problems in canary.yaml"


def test_a_key_of_a_stranger_gives_a_pipeline_no_orders(here: Desk) -> None:
    key = '"a\\n##vso[task.setvariable variable=x]y\\n::error file=a.py::owned \\e[31m": 1\n'
    (here.home / "canary.yaml").write_text(GOOD + key, encoding="utf-8")

    ran = here.canary("lint")

    assert (ran.code, "task.setvariable" in ran.out, "owned" in ran.out) == (2, True, True)
    assert "##vso[" not in ran.out + ran.err
    assert not re.search(r"(?m)^\s*::[\w-]+[ :]", ran.out + ran.err)
    assert "\x1b" not in ran.out + ran.err


def test_several_files_are_checked_in_one_go(here: Desk) -> None:
    (here.home / "good.yaml").write_text(GOOD, encoding="utf-8")
    (here.home / "bad.yaml").write_text(BAD, encoding="utf-8")

    ran = here.canary("lint", "good.yaml", "bad.yaml", "gone.yaml")

    assert ran.code == 2
    assert "2 problems in bad.yaml" in ran.out
    assert "1 problem in gone.yaml" in ran.out
    assert "good.yaml" not in ran.out


def test_no_file_at_all_is_a_mistake(here: Desk) -> None:
    ran = here.canary("lint")

    assert ran.code == 2
    assert "there is no canary.yaml here or above" in ran.err


@pytest.mark.parametrize("flags", [["--format", "json"], ["-o", "json"]], ids=" ".join)
def test_problems_as_json(here: Desk, flags: list[str]) -> None:
    (here.home / "canary.yaml").write_text(BAD, encoding="utf-8")

    ran = here.canary("lint", *flags)

    document = json.loads(ran.out)
    assert ran.code == 2
    assert document["schema"] == "canary.lint/1"
    assert document["ok"] is False
    assert document["files"] == ["canary.yaml"]
    assert document["problems"][0]["line"] == 6
    assert document["problems"][0]["path"] == "plans.quick.stages[0]"


def test_problems_as_annotations_of_github(here: Desk) -> None:
    (here.home / "a,b.yaml").write_text(BAD, encoding="utf-8")

    lines = here.canary("lint", "a,b.yaml", "--format", "github").out.splitlines()

    assert len(lines) == 2
    assert lines[0].startswith("::error file=a%2Cb.yaml,line=6,col=33,title=canary lint::")


TIGHT = """\
    - metric: {name: ctr, cloudwatch: {namespace: Shop, name: CTR}}
      no_worse_by: 1%
    - metric: {name: basket, cloudwatch: {namespace: Shop, name: Basket}}
      no_worse_by: 5%
    - metric: {name: bought, simulator: {ratio: 0.03}}
      no_worse_by: 1%
"""


def test_a_limit_within_what_equal_machines_differ_by_is_a_remark_and_no_mistake(
    here: Desk,
) -> None:
    head = GOOD.partition("[{metric")[0].replace(", plan: quick", "")
    (here.home / "canary.yaml").write_text(f"{head.rstrip()}\n{TIGHT}", encoding="utf-8")

    ran = here.canary("lint")
    (remark,) = json.loads(here.canary("lint", "-o", "json").out)["remarks"]
    marks = here.canary("lint", "--format", "github").out

    first, last = ran.out.splitlines()
    assert (ran.code, last) == (0, "no problems in canary.yaml")
    assert first.startswith("canary.yaml:9:20: note: no_worse_by: 1% is less than two equal ")
    assert remark["path"] == "plans.quick.checks[0]"
    assert marks.startswith("::notice file=canary.yaml,line=9,col=20,")


@pytest.mark.parametrize("what", ["config", "status", "events"])
def test_every_schema_is_one(here: Desk, what: str) -> None:
    ran = here.canary("schema", what)

    schema = json.loads(ran.out)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert ran.code == 0


def test_the_schema_of_the_config_is_the_usual_one(here: Desk) -> None:
    ran = here.canary("schema")

    assert ran.out == here.canary("schema", "config").out
    assert "endpoints" in json.loads(ran.out)["properties"]


def test_the_status_of_the_contract_fits_its_schema() -> None:
    status = {
        "schema": "canary.status/1",
        "release": "r-7k2f",
        "endpoint": "fraud-scorer",
        "provider": "sagemaker",
        "region": "us-east-1",
        "state": "running",
        "verdict": "pass",
        "baseline": {"name": "v41", "share": 75.0},
        "candidate": {"name": "v42", "share": 25.0},
        "stage": {
            "index": 2,
            "of": 4,
            "percent": 25,
            "since": "2026-11-24T02:52:10Z",
            "seconds_left": 380,
        },
        "driver": {
            "id": "gha/8812",
            "url": "https://ci.example/8812",
            "last_heard": "2026-11-24T03:12:40Z",
            "alive": True,
        },
        "checks": [
            {
                "name": "errors_5xx",
                "verdict": "pass",
                "baseline": 0.0019,
                "candidate": 0.0021,
                "diff": 0.0002,
                "low": -0.0005,
                "high": 0.0009,
                "limit": 0.005,
                "unit": "ratio",
                "n_baseline": 37310,
                "n_candidate": 12402,
                "age_seconds": 50,
            }
        ],
        "next": {"action": "shift", "percent": 50, "at": "2026-11-24T03:19:04Z"},
        "expected_end": "2026-11-24T03:51:00Z",
    }

    validator = jsonschema.Draft202012Validator(status_schema())
    validator.validate(status)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**status, "verdict": "splendid"})
