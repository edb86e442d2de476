"""The job that canary ci prints is one its system would take, and goes back if cancelled."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.blackbox import Canary

CI = Path(__file__).parents[2] / "canarycli" / "ci"
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
def test_a_job_starts_and_goes_back_however_it_ends(
    canary: Canary, system: str, path: tuple[Any, ...], key: str
) -> None:
    canary.write(CONFIG)

    found = steps(job(canary, system), *path)

    commands = {step[key]: step for step in found if key in step}
    (start,) = [c for c in commands if c.startswith("canary start ")]
    (back,) = [c for c in commands if c.startswith("canary status ")]
    assert "--on-interrupt rollback" in start
    assert "$MODEL" in start
    assert "always()" in str({**commands[back], key: ""})
    assert "canary rollback -y" in back
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
    assert "always { // however it ended" in text


def test_without_a_config_the_flags_stand_in_the_job(canary: Canary) -> None:
    flags = ("-e", "churn", "--provider", "vertex", "--project", "acme", "--region", "us-central1")

    found = steps(job(canary, "github", *flags), "jobs", "canary", "steps")

    (start,) = [s["run"] for s in found if s.get("run", "").startswith("canary start ")]
    assert all(word in start for word in flags[2:])
    assert " --stages 5,25,50,100 --bake 15m " in start, "without a config there is no plan"


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


def test_a_setting_that_a_shell_would_obey_is_refused(canary: Canary) -> None:
    flags = ("-e", "x", "--provider", "vertex", "--region", "us-central1", "--project", "a'; b")

    result = canary.run("ci", "jenkins", *flags)

    assert (result.code, "can't stand in a job as it is, as project" in result.err) == (2, True)


KILLED_JOB = """\
version: 1
endpoints:
  demo:
    {{provider: simulator, plan: p, state: {state}, speed: 60x, period: 10s, settle: 3s, delay: 0s,
      day: 0, rate: 1000}}
plans:
  p:
    read_every: 5s
    stages: [{{percent: 5, bake: 10h}}, {{percent: 100}}]
    checks: [{{metric: errors_5xx, never_above: 50%, min_requests: 50}}]
"""


def commands_of(canary: Canary, system: str) -> tuple[str, str]:
    """What a job runs to start, and however that ended."""
    text = job(canary, system)
    if system == "jenkins":
        (start,) = re.findall(r"script: '\.canary/bin/(canary start .*?)'\)", text)
        (back,) = re.findall(r"sh 'PATH=\S+; (canary status .*)'", text)
        return start, back
    found = yaml.safe_load(text)
    if system == "gitlab":
        return found["canary"]["script"][0], found["canary"]["after_script"][0]
    key, jobs = ("run", "jobs") if system == "github" else ("script", "jobs")
    listed = found[jobs]["canary" if system == "github" else 0]["steps"]
    lines = [step[key] for step in listed if key in step]
    (start,) = [line for line in lines if line.startswith("canary start")]
    (back,) = [line for line in lines if line.startswith("canary status")]
    return start, back


@pytest.fixture
def job_canary(canary: Canary) -> Canary:
    canary.write(KILLED_JOB.format(state=canary.folder / "simulator.json"))
    canary.env |= {"MODEL": "v42", "CANARY_ENDPOINT": "demo"}
    return canary


def test_the_jobs_of_all_systems_end_in_the_same_step(canary: Canary) -> None:
    canary.write(CONFIG)

    ends = {commands_of(canary, system)[1].strip() for system in ("github", "gitlab", "azure")}

    assert ends == {commands_of(canary, "jenkins")[1].strip()}


@pytest.mark.slow
@pytest.mark.parametrize("system", ["github", "jenkins"])
def test_a_job_that_is_killed_leaves_nothing_that_nobody_drives(
    job_canary: Canary, system: str
) -> None:
    start, back = commands_of(job_canary, system)
    starting = job_canary.begin(*shlex.split(start.replace("$MODEL", "v42"))[1:])
    starting.wait_for("accepted")
    starting.kill()

    done = job_canary.shell(f"set -e\n{back}")

    assert done.code == 0, done.err
    assert "the job ended before the release" in done.out
    left = job_canary.run("status", "demo", "-o", "json").json
    assert left["traffic"] == {"v41": 100, "v42": 0}


@pytest.mark.slow
def test_a_job_that_came_to_its_end_leaves_the_release_as_it_is(job_canary: Canary) -> None:
    text = (job_canary.folder / "canary.yaml").read_text()
    job_canary.write(text.replace("10h}, {percent: 100}", "5s, then: hold}, {percent: 100}"))
    start, back = commands_of(job_canary, "github")
    held = job_canary.shell(f"set -e\n{start}")
    assert held.code == 0, held.err

    done = job_canary.shell(f"set -e\n{back}")

    assert done.code == 0, done.err
    assert job_canary.run("status", "demo", "-o", "json").json["state"] == "held"


PARTS = CONFIG.replace(
    "bake: 1m}", "bake: 1m, then: hold}, {percent: 7.5, bake: 1m, then: approve}"
)
"""A plan at whose second stage a person decides, too."""


def parts_of(canary: Canary, system: str) -> list[str]:
    """What the jobs run one after the other, where each of them waits for the one before it."""
    text = job(canary, system, "--stages-as-jobs")
    if system == "jenkins":
        waits = re.findall(r"input { message '(.*?)' }", text)
        assert waits == ["Go on, to 7.5%?", "Go on, to 100%?"]
        return re.findall(r"script: '\.canary/bin/(canary .*?)'\)", text)
    found = yaml.safe_load(text)
    if system == "gitlab":
        jobs = [found[stage] for stage in found["stages"]]
        assert [one["stage"] for one in jobs] == found["stages"]
        assert [one["rules"][0].get("when") for one in jobs] == [None, "manual", "manual"]
        return [one["script"][0] for one in jobs]
    names = ["canary_5", "canary_7_5", "canary_100"]
    if system == "azure":
        first, *others = found["jobs"]
        assert [first["job"], *(one["deployment"] for one in others)] == names
        assert [one["dependsOn"] for one in others] == names[:-1]
        deploys = [one["strategy"]["runOnce"]["deploy"] for one in others]
        return [command_in(one["steps"], "script") for one in (first, *deploys)]
    assert list(found["jobs"]) == names
    assert [one.get("needs") for one in found["jobs"].values()] == [None, *names[:-1]]
    return [command_in(one["steps"], "run") for one in found["jobs"].values()]


def command_in(listed: list[dict[str, Any]], key: str) -> str:
    """The command of a job that moves traffic."""
    lines: list[str] = [step[key] for step in listed if key in step]
    (command,) = [line for line in lines if re.match(r"canary (start|promote) ", line)]
    assert any("canary rollback -y" in line for line in lines)
    return command


@pytest.mark.parametrize("system", ["github", "gitlab", "azure", "jenkins"])
def test_stages_as_jobs_has_a_job_up_to_each_decision(canary: Canary, system: str) -> None:
    canary.write(PARTS)

    first, *others = parts_of(canary, system)

    assert first.startswith('canary start --new-model "$MODEL" --timeout ')
    assert len(others) == 2
    assert all(one.startswith("canary promote --timeout ") for one in others)


def test_jobs_on_machines_of_their_own_are_told_to_share_their_records(canary: Canary) -> None:
    canary.write(PARTS)
    assert "set state: in canary.yaml" in canary.run("ci", "github", "--stages-as-jobs").err
    canary.write(PARTS + "state: s3://team/canary\n")
    assert canary.run("ci", "github", "--stages-as-jobs").err == ""


@pytest.mark.parametrize(
    ("system", "config", "said"),
    [
        ("github", CONFIG, "no stage of plan p waits for a person"),
        ("vertex", PARTS, "a step of vertex does the whole release"),
        (
            "gitlab",
            PARTS.replace(", plan: p}", "}"),
            "fraud has no plan",
        ),
    ],
)
def test_what_cannot_be_several_jobs_is_refused(
    canary: Canary, system: str, config: str, said: str
) -> None:
    canary.write(config)

    result = canary.run("ci", system, "--stages-as-jobs")

    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.slow
def test_the_jobs_of_the_stages_bring_a_release_to_its_end(job_canary: Canary) -> None:
    text = (job_canary.folder / "canary.yaml").read_text()
    job_canary.write(text.replace("10h}, {percent: 100}", "5s, then: hold}, {percent: 100}"))
    found = yaml.safe_load(job(job_canary, "github", "--stages-as-jobs"))["jobs"]

    reached = []
    for steps_of in (one["steps"] for one in found.values()):
        for line in [step["run"] for step in steps_of if step.get("run", "").startswith("canary")]:
            done = job_canary.shell(f"set -e\n{line}")
            assert done.code == 0, done.err
        status = job_canary.run("status", "demo", "-o", "json").json
        reached.append(status["traffic"])

    assert reached == [{"v41": 95, "v42": 5}, {"v41": 0, "v42": 100}]


PIPELINES = ("sagemaker", "vertex", "airflow")


@pytest.mark.parametrize("system", PIPELINES)
def test_a_step_in_python_takes_the_config_along(canary: Canary, system: str) -> None:
    canary.write(CONFIG + '# a \\ and """ in it\n')

    text = job(canary, system)

    names = {
        node.targets[0].id: node.value.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    assert names["CONFIG"] == (canary.folder / "canary.yaml").read_text()
    assert names["ENDPOINT"] == "fraud"
    assert "canarycli[sagemaker]" in text


def test_a_step_in_python_has_a_plan_where_there_is_no_config(canary: Canary) -> None:
    flags = ("-e", "churn", "--provider", "vertex", "--project", "acme", "--region", "us-central1")
    text = job(canary, "airflow", *flags)
    canary.write(text.split('CONFIG = """\\\n')[1].split('"""')[0])

    linted = canary.run("lint")

    assert linted.code == 0, linted.err
    assert "churn: {provider: vertex, region: us-central1, project: acme, plan: standard}" in text


def a_step(canary: Canary, folder: Path, ending: str = "") -> "subprocess.Popen[str]":
    """The function of a printed step, run as its engine would: far from the repository."""
    tree = ast.parse(job(canary, "vertex"))
    kept = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "release_model"]
    config = (canary.folder / "canary.yaml").read_text()
    call = f"\nprint(release_model('demo', 'v42', {config!r}, {ending or '3h'!r}))\n"
    folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", ast.unparse(kept[0]) + call],
        cwd=folder,
        env={**canary.env, "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stopped", "out of time"])
def test_a_step_in_python_goes_back_if_it_ends_before_the_release(
    job_canary: Canary, tmp_path: Path, how: str
) -> None:
    far = tmp_path / "far"
    step = a_step(job_canary, far, "3h" if how == "stopped" else "5s")
    assert step.stdout is not None
    if how == "stopped":
        assert any("confirmed" in line for line in step.stdout)
        step.terminate()
    step.communicate(timeout=60)

    assert step.returncode != 0
    there = Canary(job_canary.folder, {**job_canary.env, "HOME": str(far)})
    assert there.run("status", "demo", "-o", "json").json["traffic"] == {"v41": 100, "v42": 0}


def test_the_action_and_the_component_start_and_go_back() -> None:
    action = yaml.safe_load((CI / "github" / "action.yml").read_text())
    header, component = yaml.safe_load_all((CI / "gitlab" / "release.yml").read_text())

    runs = {step["run"]: step for step in action["runs"]["steps"]}
    assert all(step["shell"] == "bash" for step in runs.values())
    (back,) = [line for line in runs if "canary rollback" in line]
    assert runs[back]["if"] == "always()"
    (install,) = [line for line in runs if "pipx install" in line]
    assert (CI / "github" / "../../.." / "pyproject.toml").is_file(), install
    assert not any("${{" in line for line in runs), "an input is never part of a script"
    (release,) = component.values()
    used = set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", (CI / "gitlab/release.yml").read_text()))
    assert used == set(header["spec"]["inputs"])
    assert "canary rollback -y" in release["after_script"][0]
