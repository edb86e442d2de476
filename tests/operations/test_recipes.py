"""The recipes under docs/recipes do what they say, as far as they can without their engines."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from cli.blackbox import CANARY, Canary, simulated

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "recipes"
PLAN = """\
  short:
    stages: [{percent: 5, bake: 5s}, {percent: 100}]
    checks: []
"""
Json = Any


def loaded(name: str) -> ModuleType:
    """A recipe in Python, as its engine imports it."""
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def at(path: str, data: Json) -> Json:
    for part in path.removeprefix("$").strip(".").split("."):
        data = data[part] if part else data
    return data


def filled(template: Json, data: Json) -> Json:
    """Parameters and result selectors: a key that ends with `.$` is a path or a sum."""
    if not isinstance(template, dict):
        return template
    found = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            found[key] = filled(value, data)
        elif added := re.fullmatch(r"States\.MathAdd\((\$[.\w]*), (\d+)\)", value):
            found[key.removesuffix(".$")] = at(added[1], data) + int(added[2])
        else:
            found[key.removesuffix(".$")] = at(value, data)
    return found


def chosen(state: Json, data: Json) -> str:
    rules: dict[str, Callable[[Any, Any], bool]] = {
        "StringEquals": lambda found, word: found == word,
        "IsNull": lambda found, wanted: (found is None) is wanted,
        "NumericGreaterThanEquals": lambda found, number: found >= number,
    }
    for choice in state["Choices"]:
        [rule] = set(choice) & set(rules)
        if rules[rule](at(choice["Variable"], data), choice[rule]):
            return str(choice["Next"])
    return str(state["Default"])


class Machine:
    """Just enough of the Amazon States Language for the recipe, without its waits."""

    def __init__(self, task: Callable[[Json], Json], ticks: int = 0) -> None:
        self.states = json.loads((RECIPES / "step-functions.asl.json").read_text())["States"]
        self.task, self.ticks = task, ticks
        self.waited: list[float] = []

    def run(self, data: Json, most: int = 400) -> tuple[str, Json]:
        """The name of the state it ended in, and what it knew then."""
        name = "Count"
        for _ in range(most):
            state = self.states[name]
            kind = state["Type"]
            if kind in {"Succeed", "Fail"} or state.get("End"):
                return name, data
            name, data = self._step(state, data)
        raise AssertionError(f"still in {name} after {most} steps")

    def _step(self, state: Json, data: Json) -> tuple[str, Json]:
        match state["Type"]:
            case "Choice":
                return chosen(state, data), data
            case "Wait":
                self.waited.append(state.get("Seconds") or at(state["SecondsPath"], data))
            case "Pass" if "Result" in state:
                data = {**data, "ticks": self.ticks or state["Result"]}
            case "Pass":
                data = filled(state["Parameters"], data)
            case "Task":
                answer = {"Payload": self.task(filled(state["Parameters"], data)["Payload"])}
                data = {**data, "step": filled(state["ResultSelector"], answer)}
        return str(state["Next"]), data


def test_every_state_of_the_step_function_leads_somewhere_and_is_led_to() -> None:
    machine = json.loads((RECIPES / "step-functions.asl.json").read_text())
    states = machine["States"]
    led_to = {machine["StartAt"]}
    for state in states.values():
        led_to |= {choice["Next"] for choice in state.get("Choices", ())}
        led_to |= {state[key] for key in ("Next", "Default") if key in state}
        assert {"Next", "End", "Choices"} & set(state) or state["Type"] in {"Succeed", "Fail"}

    assert led_to == set(states)


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Canary:
    """A release that nobody drives, and a process in which `canary` is the installed one."""
    canary = simulated(tmp_path, PLAN, speed="120x", settle="0s")
    canary.env["CANARY_STATE"] = str(tmp_path / "state")
    for name, value in canary.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{Path(CANARY).parent}:{canary.env['PATH']}")
    monkeypatch.chdir(canary.folder)
    return canary


def test_the_step_function_drives_a_release_to_its_end(canary: Canary) -> None:
    started = canary.run("start", "-m", "v42", "--plan", "short", "--yes", "--detach", "-o", "json")
    assert started.code == 0, started.err
    machine = Machine(loaded("tick_lambda").handler)

    ended, known = machine.run({"release": started.json["release"]})

    assert (ended, known["step"]["outcome"]) == ("Promoted", "promoted")
    assert all(isinstance(wait, int) and wait > 0 for wait in machine.waited)


@pytest.mark.parametrize(
    ("answer", "ticks", "ended"),
    [
        ({"outcome": "rolled_back", "wake_in": None}, 0, "Ended otherwise"),
        ({"outcome": None, "wake_in": 15.0}, 2000, "Go on anew"),
    ],
)
def test_the_step_function_ends_where_nothing_more_happens(
    answer: Json, ticks: int, ended: str
) -> None:
    assert Machine(lambda _: answer, ticks).run({"release": "r-1"})[0] == ended


def test_a_step_that_can_not_be_taken_is_an_error_of_the_task(canary: Canary) -> None:
    assert canary.env["CANARY_STATE"]
    with pytest.raises(RuntimeError, match="r-nobody"):
        loaded("tick_lambda").handler({"release": "r-nobody"})


def test_the_airflow_tasks_start_a_release_and_see_it_through(canary: Canary) -> None:
    text = (canary.folder / "canary.yaml").read_text()
    canary.write(text.replace("plan: quick", "plan: short"))
    dag = loaded("airflow_release")

    release = dag.begin("demo", "v42")
    while not dag.is_over(release):
        continue

    assert dag.is_over(release)
    assert canary.run("history", "-o", "json").json["releases"][0]["outcome"] == "promoted"
    with pytest.raises(RuntimeError, match="start ended with"):
        dag.begin("nobody", "v42")
    with pytest.raises(RuntimeError, match="tick ended with"):
        dag.is_over("r-nobody")


def test_a_step_that_the_cloud_gave_no_answer_to_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "canary"
    command.write_text('#!/bin/sh\necho \'{"schema": "canary.error/1"}\'; exit 10\n')
    command.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert not loaded("airflow_release").is_over("r-1")


def test_the_line_for_argo_takes_a_release_that_goes_on_for_success(canary: Canary) -> None:
    workflow = yaml.safe_load((RECIPES / "argo-cronworkflow.yaml").read_text())
    [template] = workflow["spec"]["workflowSpec"]["templates"]
    [line] = template["container"]["args"]
    assert canary.run("start", "-m", "v42", "--yes", "--detach").code == 0

    ran = canary.shell(line)

    assert ran.code == 0, ran.err
    assert "come back in" in ran.out


def test_the_line_for_cron_does_so_too(canary: Canary) -> None:
    page = (RECIPES / "README.md").read_text()
    [line] = re.findall(r"^\* \* \* \* \*  CANARY_STATE=\S+ (.+)$", page, re.MULTILINE)
    assert canary.run("start", "-m", "v42", "--yes", "--detach").code == 0

    assert canary.shell(line).code == 0


def manifests() -> dict[str, Json]:
    every = yaml.safe_load_all((RECIPES / "kubernetes.yaml").read_text())
    return {one["kind"]: one for one in every}


def test_the_pods_run_a_command_line_that_there_is(tmp_path: Path) -> None:
    [container] = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    words = [word.replace("0.0.0.0:9464", "127.0.0.1:0") for word in container["args"]]

    ran = simulated(tmp_path).run(*words, "--for", "0s")

    assert ran.code == 0, ran.err


def test_two_pods_stand_by_for_each_other_and_may_do_nothing_else() -> None:
    found = manifests()
    spec = found["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    selector = spec["selector"]["matchLabels"]

    assert (spec["replicas"], found["PodDisruptionBudget"]["spec"]["minAvailable"]) == (2, 1)
    assert selector == spec["template"]["metadata"]["labels"]
    assert selector == found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    assert pod["serviceAccountName"] == found["ServiceAccount"]["metadata"]["name"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    [port] = container["ports"]
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert str(port["containerPort"]) in container["args"][3]


def test_the_image_holds_what_is_there_and_runs_as_nobody() -> None:
    lines = (RECIPES / "Dockerfile").read_text().splitlines()
    copied = [w for line in lines if line.startswith("COPY ") for w in line.split()[1:-1]]
    ours = [word for word in copied if not word.startswith(("--", "/"))]

    assert all((ROOT / word).exists() for word in ours), ours
    assert "USER 65532:65532" in lines
    assert "ARG EXTRAS=all" in lines
    assert json.loads(lines[-1].removeprefix("CMD "))[:2] == ["drive", "--all"]


def test_the_image_is_built_from_all_that_the_package_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        *wheel["packages"],
        *wheel["shared-data"],
        *project["project"]["license-files"],
        project["project"]["readme"],
        "pyproject.toml",
        "constraints.txt",
    ]
    build = (RECIPES / "Dockerfile").read_text().split("\nFROM ")[1].splitlines()
    copied = [w for line in build if line.startswith("COPY ") for w in line.split()[1:-1]]

    lacking = [n for n in needed if not any(f"{n}/".startswith(f"{c}/") for c in copied)]
    assert lacking == []


def test_the_image_has_one_command_and_no_shell_in_its_way() -> None:
    text = (RECIPES / "Dockerfile").read_text()
    last = text.rpartition("\nFROM ")[2].splitlines()

    [entry] = [line for line in last if line.startswith("ENTRYPOINT ")]
    [user] = [line for line in last if line.startswith("USER ")]
    assert json.loads(entry.removeprefix("ENTRYPOINT ")) == ["canary"]
    assert int(user.split()[1].partition(":")[0]) > 0, "Kubernetes checks runAsNonRoot by number"
    assert '".[${EXTRAS}]"' in text
    assert not [line for line in last if line.startswith(("RUN ", "ADD "))]


def test_the_recipes_in_python_need_no_engine_to_be_read() -> None:
    names = [str(path) for path in RECIPES.glob("*.py")]

    compiled = subprocess.run([sys.executable, "-m", "py_compile", *names], check=False)

    assert compiled.returncode == 0
