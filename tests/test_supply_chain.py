"""What builds and publishes canary is pinned, and may do no more than its job."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: *(.*)", path.read_text(encoding="utf-8"))

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_only_the_publisher_may_sign(path: Path) -> None:
    found = workflow(path)

    assert found["permissions"] in ({}, {"contents": "read"})
    for name, job in found["jobs"].items():
        wanted = {"id-token": "write"} if name == "publish" else {"contents": "read"}
        assert job.get("permissions", found["permissions"]) == wanted
        assert job["timeout-minutes"] <= 45


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_input_of_others_is_part_of_a_script(path: Path) -> None:
    for job in workflow(path)["jobs"].values():
        put_in = re.findall(r"\$\{\{ *(.*?) *\}\}", str([step.get("run") for step in job["steps"]]))
        assert [word for word in put_in if not word.startswith("matrix.")] == []


def test_the_build_backend_is_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert re.search(r'^requires = \["hatchling==[\d.]+"\]$', text, re.MULTILINE)


def test_every_constraint_is_one_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert [pin for pin in pins if not re.match(r"[\w.-]+==[\w.!+]+( *;.*)?$", pin)] == []
