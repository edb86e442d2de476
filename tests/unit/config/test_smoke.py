"""`smoke:` in a plan: what is sent, from where, and what must come back."""

from pathlib import Path

import pytest

from canarycli.config import Config, lint, load, plan_from_word
from canarycli.config.payloads import LARGEST, with_payloads
from canarycli.config.writing import write_plan
from canarycli.errors import PlanError
from canarycli.plan import Plan, Smoke

HEAD = "plans:\n  standard:\n    stages: [{percent: 100}]\n    smoke:\n"


def planned(folder: Path, *lines: str) -> Plan:
    (folder / "canary.yaml").write_text(HEAD + "".join(f"      {line}\n" for line in lines))
    return load(None, cwd=folder, env={}).plans["standard"]


def problems(folder: Path, *lines: str) -> list[str]:
    (folder / "canary.yaml").write_text(HEAD + "".join(f"      {line}\n" for line in lines))
    return [str(problem) for problem in lint(Path("canary.yaml"), cwd=folder)]


def test_text_is_sent_as_it_is_and_a_mapping_as_json(tmp_path: Path) -> None:
    text, mapping = planned(
        tmp_path,
        "- {payload: 'a,b', content_type: text/csv, expect: {contains: score}}",
        "- {payload: {amount: 900}, name: a fraud, expect: {status: 400}}",
    ).smoke

    assert text == Smoke("smoke test 1", "a,b", content_type="text/csv", contains="score")
    assert mapping == Smoke("a fraud", '{"amount": 900}', status=400)
    assert mapping.body == b'{"amount": 900}'


def test_a_file_is_meant_from_where_the_plan_lies_and_read_when_it_is_used(tmp_path: Path) -> None:
    plan = planned(tmp_path, "- {file: one.json}")
    (tmp_path / "one.json").write_text('{"amount": 1}')

    (read,) = with_payloads(plan).smoke

    assert (read.name, read.body) == ("one.json", b'{"amount": 1}')


def test_a_file_that_is_no_text_is_sent_byte_by_byte(tmp_path: Path) -> None:
    plan = planned(tmp_path, "- {file: cat.png, content_type: image/png}")
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\xff")

    (read,) = with_payloads(plan).smoke

    assert (read.binary, read.body) == (True, b"\x89PNG\xff")


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path: Path) -> None:
    plan = planned(tmp_path, "- {file: one.json}")
    with pytest.raises(PlanError, match=r"one\.json: the smoke test's body can't be read: No such"):
        with_payloads(plan)

    (tmp_path / "one.json").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(PlanError, match="262145 bytes are too many for a smoke test"):
        with_payloads(plan)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("- {expect: {status: 200}}", "a smoke test needs a body: one of payload, file"),
        ("- {payload: a, file: b}", "file beside payload: a smoke test has one body"),
        ("- {payload: a, expect: {code: 200}}", "unknown key code"),
        ("- {payload: a, expects: {}}", "unknown key expects, did you mean expect?"),
        ("- {payload: a, expect: {status: ok}}", 'status: "ok" is not a whole number'),
        ("- {payload: a, expect: {contains: 1.5}}", "contains: "),
        ("- ping", '"ping" where a mapping is expected'),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    (problem,) = problems(tmp_path, line)

    assert problem.startswith("canary.yaml:5:")
    assert said in problem


def test_what_a_body_holds_is_nobody_elses_business(tmp_path: Path) -> None:
    assert problems(tmp_path, "- {payload: {smoke: [1], expect: {anything: 2}}}") == []


def test_a_plan_that_is_written_reads_back_the_same(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        "- {payload: {amount: 900}, name: a fraud, expect: {status: 400, contains: amount}}",
        "- {payload: 'a,b', content_type: text/csv}",
        "- {file: one.json}",
    )
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "standard.yaml").write_text(write_plan(plan))

    back = plan_from_word("plans/standard.yaml", Config(), cwd=tmp_path)

    assert back.smoke == plan.smoke
