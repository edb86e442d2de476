"""What docs/python.md shows runs, as far as it can without the engines it is for."""

import importlib.util
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
FENCED = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCED.findall(PAGE.read_text(encoding="utf-8"))
ENGINES = {"sagemaker": "sagemaker.workflow", "kfp": "from kfp", "airflow": "from airflow"}


def blocks(*, of_engines: bool) -> list[str]:
    return [b for b in BLOCKS if any(word in b for word in ENGINES.values()) is of_engines]


def run(text: str, names: dict[str, Any]) -> None:
    exec(compile(text, str(PAGE), "exec"), names)


@pytest.mark.usefixtures("project")
def test_the_notebook_goes_from_start_to_rollback(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for text in blocks(of_engines=False):
        run(text, names)

    said = capsys.readouterr().out.splitlines()

    assert "promoted 0" in said
    assert said[-1] == "{'v41': 100.0, 'v42': 0.0}"


@pytest.mark.usefixtures("project")
def test_the_step_sees_a_release_through() -> None:
    names: dict[str, Any] = {}
    run(blocks(of_engines=False)[-1], names)

    assert names["release_model"]("fraud-scorer", "v42").endswith("promoted")


@pytest.mark.usefixtures("project")
def test_the_step_fails_with_the_reason_where_the_candidate_fails(project: Path) -> None:
    config = project / "canary.yaml"
    failing = "    versions: {v41: {percent: 100}, v42: {errors_5xx: 0.5}}\n    speed: 60x\n"
    config.write_text(
        config.read_text(encoding="utf-8").replace("    speed: 60x\n", failing), encoding="utf-8"
    )
    names: dict[str, Any] = {}
    run(blocks(of_engines=False)[-1], names)

    with pytest.raises(RuntimeError, match="rolled_back"):
        names["release_model"]("fraud-scorer", "v42")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_engines_own_part_is_valid_python(engine: str) -> None:
    (text,) = [block for block in blocks(of_engines=True) if ENGINES[engine] in block]

    compile(text, str(PAGE), "exec")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_engines_own_part_runs_where_the_engine_is(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    monkeypatch.chdir(tmp_path)
    (text,) = [block for block in blocks(of_engines=True) if ENGINES[engine] in block]
    module = tmp_path / "canary_steps.py"  # engines read a function's source, so it has a file
    module.write_text(f"{blocks(of_engines=False)[-1]}\n\n{text}", encoding="utf-8")

    runpy.run_path(str(module))
