"""Providers are found by name, and a missing one says how to get it."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from canarycli.errors import Exit, UsageError
from canarycli.operations.machine import machine
from canarycli.registry import GROUP, OURS, load_provider, provider_class, provider_names
from canarycli.simulator import Simulator

WITHOUT_SDK = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"boto3", "botocore", "google", "azure"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in [n for n in sys.modules if n.split(".")[0] in {"boto3", "botocore", "google", "azure"}]:
    del sys.modules[name]
sys.meta_path.insert(0, Missing())
from canarycli.cli.main import run
sys.exit(run(["status", "-e", "x", "--provider", sys.argv[1], "--region", "r", "--project", "p",
              "--subscription", "s", "--resource-group", "g", "--workspace", "w"]))
"""


def test_ours_are_found_where_the_entry_points_say() -> None:
    entries = entry_points(group=GROUP)
    assert {entry.name: entry.value for entry in entries if entry.name in OURS} == OURS


def test_anybodys_come_through_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "elsewhere-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: elsewhere\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[canarycli.providers]\nelsewhere = canarycli.simulator:Simulator\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert set(provider_names()) == {*OURS, "elsewhere"}
    assert isinstance(load_provider("elsewhere", {"state": ":memory:"}), Simulator)


def test_a_provider_is_made_with_its_settings() -> None:
    assert isinstance(load_provider("simulator", {"state": ":memory:"}), Simulator)


def test_demo_is_another_name_for_the_simulator() -> None:
    assert isinstance(load_provider("demo", {"state": ":memory:"}), Simulator)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        load_provider("sagemeker", {})
    assert caught.value.hints[0] == "did you mean sagemaker?"


@pytest.mark.parametrize("name", ["sagemaker", "vertex", "azureml"])
def test_a_missing_extra_says_what_to_install(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK, name], capture_output=True, text=True, check=False
    )
    assert done.returncode == Exit.USAGE, done.stderr
    assert f"pip install 'canarycli[{name}]'" in done.stderr


def test_a_package_that_has_a_name_of_ours_is_told_of_and_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[canarycli.providers]\nsimulator = acme:Simulator\n")
    monkeypatch.syspath_prepend(tmp_path)

    told = [
        probe for probe in machine({"HOME": str(tmp_path)}) if probe.name == "provider simulator"
    ]

    assert provider_class("simulator") is Simulator
    assert [probe.hints for probe in told] == [
        ("acme has one of this name too, which is never taken",)
    ]
