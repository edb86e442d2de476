"""The rollback path reads endpoints whatever else is wrong with the file."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from canarycli.config import endpoint_settings, load
from canarycli.config.keys import CLOUD, DEFAULTS, SIMULATOR_KEYS
from canarycli.config.models import (
    DefaultsModel,
    OtherModel,
    SimulatorModel,
)
from canarycli.errors import PlanError

EXAMPLE = Path(__file__).with_name("example.yaml")

ENDPOINTS = """
defaults: {region: eu-west-1}
endpoints:
  churn:
    provider: sagemaker
    metric_delay: 2m

    endpoint: churn-prod   # its name over there
"""


def read(folder: Path, text: str) -> dict[str, object]:
    (folder / "canary.yaml").write_text(text, encoding="utf-8")
    found = endpoint_settings(None, cwd=folder, env={})
    return {name: (e.cloud_name, dict(e.settings)) for name, e in found.items()}


CHURN = {
    "churn": ("churn-prod", {"region": "eu-west-1", "metric_delay": timedelta(minutes=2)}),
}


def test_it_reads_the_example_as_load_does() -> None:
    quick = endpoint_settings(EXAMPLE, cwd=EXAMPLE.parent, env={})

    assert quick == load(EXAMPLE, cwd=EXAMPLE.parent, env={}).endpoints


@pytest.mark.parametrize(
    "mistake",
    [
        "",
        "plans: {standard: {stages: nonsense}}\n",
        "plans: {standard: [unclosed\n",
        "plans:\n\tstandard: tabbed\n",
        "zebra: *nowhere\n",
        "version: 17\nversion: 18\n",
    ],
    ids=["none", "a wrong plan", "an open bracket", "a tab", "a lost alias", "twice"],
)
def test_a_mistake_elsewhere_does_not_matter(tmp_path: Path, mistake: str) -> None:
    assert read(tmp_path, ENDPOINTS + mistake) == CHURN
    assert read(tmp_path, mistake + ENDPOINTS) == CHURN


def test_a_setting_that_can_not_be_read_is_left_out(tmp_path: Path) -> None:
    text = ENDPOINTS.replace("2m", "soon") + "    regoin: x\n    profile: [a]\n"

    assert read(tmp_path, text) == {"churn": ("churn-prod", {"region": "eu-west-1"})}


def test_an_endpoint_that_can_not_be_read_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, ENDPOINTS + "  eta:\n  ranker: {region: x}\n  beta: 5\n") == CHURN


@pytest.mark.parametrize("text", ["", "[", "endpoints: [a]\n", "endpoints:\n", "5\n"])
def test_a_file_without_endpoints_has_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


def test_no_file_has_none(tmp_path: Path) -> None:
    assert endpoint_settings(None, cwd=tmp_path, env={}) == {}


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there is no file"):
        endpoint_settings(Path("none.yaml"), cwd=tmp_path, env={})


def test_it_knows_the_keys_that_the_models_know() -> None:
    assert set(SimulatorModel.model_fields) == SIMULATOR_KEYS
    assert set(OtherModel.model_fields) == CLOUD
    assert set(DefaultsModel.model_fields) == DEFAULTS


def test_it_does_not_import_pydantic() -> None:
    code = (
        "import sys, pathlib; from canarycli.config import endpoint_settings; "
        f"found = endpoint_settings(pathlib.Path({str(EXAMPLE)!r}), cwd=pathlib.Path(), env={{}}); "
        "print(sorted(found), 'pydantic' in sys.modules)"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert result.stdout.strip() == "['eta', 'fraud-scorer', 'ranker'] False"
