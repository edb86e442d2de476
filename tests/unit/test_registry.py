"""Providers are found by name, and a missing one says how to get it."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from canarycli.cli.completion.words import complete
from canarycli.cli.help.topics import options
from canarycli.config import lint
from canarycli.errors import Exit, UsageError
from canarycli.operations.machine import machine
from canarycli.registry import (
    GROUP,
    OURS,
    declared_keys,
    described,
    known_provider,
    load_provider,
    metric_words,
    own_hosts,
    own_keys,
    own_stores,
    plug_ins,
    provider_class,
    provider_names,
)
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
sys.exit(run(["status", "-e", "x", "--provider", *sys.argv[1:]]))
"""
PLACES = {
    "sagemaker": ["--region", "us-east-1"],
    "vertex": ["--project", "acme", "--region", "europe-west4"],
    "azureml": [
        *("--subscription", "55555555-5555-5555-5555-555555555555"),
        *("--resource-group", "g", "--workspace", "w"),
    ],
}


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


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("sagemeker", "sagemaker"),
        ("awz", "sagemaker"),
        ("GCP", "vertex"),
        ("dem", "demo"),
        ("azure", "azureml"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(word: str, near: str) -> None:
    for named in (lambda: load_provider(word, {}), lambda: known_provider(word)):
        with pytest.raises(UsageError) as caught:
            named()
        assert caught.value.message == f"no provider named {word!r}"
        assert caught.value.hints[0] == f"did you mean {near}?"


@pytest.mark.parametrize("name", PLACES)
def test_a_missing_extra_says_what_to_install(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK, name, *PLACES[name]],
        capture_output=True,
        text=True,
        check=False,
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


def packaged(
    folder: Path, name: str, code: str, metadata: str = "Name: acme\nVersion: 1.0\n"
) -> None:
    """A distribution with one module and one provider, both of that name."""
    info = folder / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\n{metadata}")
    (info / "entry_points.txt").write_text(f"[canarycli.providers]\n{name} = {name}:Kong\n")
    (folder / f"{name}.py").write_text(code)


MADE = """\
from canarycli.declared import Key
from canarycli.simulator import Simulator
class Kong(Simulator):
    def __init__(self, settings):
        {made}
        super().__init__({{"state": ":memory:"}})
    {has}
"""
BREAKS = {
    "exits_at_import": ("raise SystemExit(4)", "breaks when it is imported: SystemExit 4"),
    "no_python": ("def", "breaks when it is imported: SyntaxError invalid syntax"),
    "no_such_name": ("from json import nope", "breaks when it is imported: ImportError"),
    "wants_a_key": (MADE.format(made="settings['x']", has=""), "breaks when it is made: KeyError"),
    "lacks_a_name": (
        MADE.format(made="self.nope", has=""),
        "breaks when it is made: AttributeError",
    ),
    "exits": (MADE.format(made="raise SystemExit", has=""), "breaks when it is made: SystemExit"),
    "raises_limits": (
        MADE.format(made="pass", has="limits = property(lambda self: 1 / 0)"),
        "breaks when it is made: ZeroDivisionError",
    ),
    "is_async": (
        MADE.format(made="pass", has="async def describe(self, endpoint): ..."),
        "lacks describe that answers when it is called, it is async",
    ),
}


@pytest.mark.parametrize(
    ("name", "code", "words"), [(k, *v) for k, v in BREAKS.items()], ids=BREAKS
)
def test_what_breaks_when_it_is_loaded_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, words: str
) -> None:
    packaged(tmp_path, name, code)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UsageError) as caught:
        load_provider(name, {})

    assert caught.value.message.startswith(f"provider {name!r} (acme 1.0) {words}")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("keys_raise", "staticmethod(lambda: 1 / 0)"),
        ("keys_exit", "staticmethod(lambda: exit(3))"),
        ("keys_of_texts", "staticmethod(lambda: {'url': 'where it is'})"),
    ],
)
def test_keys_that_break_stop_who_names_the_provider_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, keys: str
) -> None:
    has = f"keys = {keys}; metric_keys = {keys}"
    packaged(tmp_path, name, MADE.format(made="pass", has=has))
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UsageError, match=rf"provider {name!r} \(acme 1\.0\) breaks in keys\(\)"):
        own_keys(name)
    assert name not in declared_keys()
    assert name not in metric_words()


@pytest.mark.parametrize(
    ("metadata", "said"),
    [("Name: acme\n", " (acme)"), ("", "")],
    ids=["without a version", "without a name"],
)
def test_a_package_is_named_as_far_as_its_metadata_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metadata: str, said: str
) -> None:
    packaged(tmp_path, "kong", "", metadata)
    monkeypatch.syspath_prepend(tmp_path)

    assert described("kong") == f"provider 'kong'{said}"
    assert "kong" in provider_names()
    assert isinstance(plug_ins(), tuple)


KONG = """\
hosts = staticmethod(lambda: ("kong.example",))
    metric_keys = staticmethod(lambda: {"kong_store": {"status": Key()}})
"""
READS, ELSE = 'its check "gone" reads', "from: and one of sources:"
USED = """\
sources: {lake: {icebergg: {path: x}}}
endpoints:
  a: {provider: firstclass, plan: p, endpoint_url: "https://elsewhere.example"}
  b: {provider: firstclass, plan: own, endpoint_url: "https://api.kong.example"}
  c: {provider: sagemaker, plan: own}
plans:
  p:
    stages: [{percent: 5}]
    checks: [{metric: {name: gone, cloudwatch: {namespace: A, name: B}}, never_above: 1}]
  own:
    stages: [{percent: 5}]
    checks: [{metric: {name: gone, kong_store: {status: 410}}, never_above: 1}]
"""


def test_a_plug_in_is_checked_and_offered_as_ours_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    os.utime(packages, (0, 0))
    monkeypatch.setenv("CANARY_STATE", str(tmp_path / "state"))
    monkeypatch.syspath_prepend(packages)
    assert (complete(["providers", "first"]), capsys.readouterr().out) == (0, "")
    packaged(packages, "firstclass", MADE.format(made="pass", has=KONG))
    (tmp_path / "canary.yaml").write_text(USED)

    found = [problem.message for problem in lint(tmp_path / "canary.yaml")]

    assert own_stores("firstclass") == {"kong_store"}
    assert own_hosts("firstclass") == ("kong.example",)
    assert own_hosts("simulator") is None
    assert [one.partition(": ")[2] for one in found] == [
        "no kind of source is named icebergg",
        f"{READS} cloudwatch:, which firstclass does not have; write kong_store:, or {ELSE}",
        "'elsewhere.example' is none of the cloud's own hosts, and would get its credentials",
        f"{READS} kong_store:, which sagemaker does not have; write cloudwatch:, or {ELSE}",
    ]
    assert "azureml|demo|firstclass" in options()
    assert complete(["providers", "first"]) == 0
    assert capsys.readouterr().out == "firstclass\n"
