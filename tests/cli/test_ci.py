"""The job that canary ci prints is one its system would take, and goes back if cancelled."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.blackbox import Canary

CONFIG = """\
version: 1
endpoints:
  fraud: {provider: sagemaker, region: us-east-1, endpoint: prod-fraud, plan: p}
plans:
  p: {stages: [{percent: 5, bake: 1m}, {percent: 100}]}
"""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    folder = tmp_path / "ann"
    folder.mkdir()
    return Canary(folder)


def job(canary: Canary, system: str, *flags: str) -> str:
    result = canary.run("ci", system, *flags)
    assert result.code == 0, result.err
    assert "%%" not in result.out
    return result.out


def steps(text: str, *path: Any) -> list[dict[str, Any]]:
    found = yaml.safe_load(text)
    for key in path:
        found = found[key]
    listed: list[dict[str, Any]] = found
    return listed


@pytest.mark.parametrize(
    ("system", "path", "key"),
    [
        ("github", ("jobs", "canary", "steps"), "run"),
        ("azure", ("jobs", 0, "steps"), "script"),
    ],
)
def test_a_job_starts_and_goes_back_if_it_is_cancelled(
    canary: Canary, system: str, path: tuple[Any, ...], key: str
) -> None:
    canary.write(CONFIG)

    found = steps(job(canary, system), *path)

    commands = {step[key]: step for step in found if key in step}
    (start,) = [c for c in commands if c.startswith("canary start ")]
    (back,) = [c for c in commands if c.startswith("canary rollback ")]
    assert "--on-interrupt rollback" in start
    assert "$MODEL" in start
    assert "cancel" in str({**commands[back], key: ""})
    assert any("canarycli[sagemaker]" in c for c in commands)


def test_gitlab_gets_a_job_with_its_reports(canary: Canary) -> None:
    canary.write(CONFIG)

    found = yaml.safe_load(job(canary, "gitlab"))["canary"]

    assert found["allow_failure"]["exit_codes"] == [4, 5, 6, 14]
    assert found["artifacts"]["reports"] == {"junit": "canary.xml"}
    assert "canary rollback -y" in found["after_script"][0]
    assert found["variables"]["CANARY_ENDPOINT"] == "fraud"


def test_jenkins_tells_yellow_from_red(canary: Canary) -> None:
    canary.write(CONFIG)

    text = job(canary, "jenkins")

    assert text.count("{") == text.count("}")
    assert "code in [4, 5, 6, 14]" in text
    assert "aborted { sh" in text


def test_without_a_config_the_flags_stand_in_the_job(canary: Canary) -> None:
    flags = ("-e", "churn", "--provider", "vertex", "--project", "acme", "--region", "us-central1")

    found = steps(job(canary, "github", *flags), "jobs", "canary", "steps")

    (start,) = [s["run"] for s in found if s.get("run", "").startswith("canary start ")]
    assert all(word in start for word in flags[2:])


@pytest.mark.parametrize("provider", ["sagemaker", "vertex", "azureml", "simulator"])
def test_every_action_of_a_job_is_pinned_by_its_commit(canary: Canary, provider: str) -> None:
    canary.write(f"endpoints:\n  fraud: {{provider: {provider}}}\n")

    used = re.findall(r"uses: *(.*)", job(canary, "github"))

    assert len(used) == (2 if provider == "simulator" else 3)
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one)] == []


def test_nothing_to_release_is_said(canary: Canary) -> None:
    result = canary.run("ci", "github")

    assert (result.code, "-e ENDPOINT" in result.err) == (2, True)


def test_a_name_that_a_shell_would_obey_is_refused(canary: Canary) -> None:
    result = canary.run("ci", "github", "-e", "$(touch pwned)", "--provider", "sagemaker")

    assert result.code == 2
    assert "can't stand in a job" in result.err
