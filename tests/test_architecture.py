"""Imports point one way: values at the bottom, the command line on top, SDKs outside."""

from pathlib import Path

import pytest
from structure import (
    LAYERS,
    cycles,
    imports_below,
    impure,
    problems,
    silenced,
    strangers,
    talkative,
    thick,
    upward,
)

ROOT = Path(__file__).parents[1]


def test_every_import_points_down() -> None:
    assert upward(imports_below(ROOT)) == []


def test_no_two_modules_import_each_other() -> None:
    assert cycles(imports_below(ROOT)) == []


def test_sdks_stay_in_providers_and_screens_in_the_command_line() -> None:
    assert strangers(imports_below(ROOT)) == []


def test_whoever_silences_the_type_checker_says_why() -> None:
    assert silenced(ROOT) == []


def test_the_core_is_pure() -> None:
    assert impure(imports_below(ROOT)) == []


def test_operations_say_nothing_by_themselves() -> None:
    assert talkative(ROOT) == []


def test_commands_are_options_one_operation_and_show() -> None:
    assert thick(ROOT) == []


def test_every_part_has_one_place() -> None:
    assert len(LAYERS) == len(set(LAYERS))


PLANTED = {
    "a value that looks up to the controller": (
        "canarycli/traffic.py",
        "from canarycli.engine.controller import tick",
        "canarycli/traffic.py:1: canarycli.traffic imports canarycli.engine.controller above it",
    ),
    "the same, late and relative": (
        "canarycli/judge/pool.py",
        "def f() -> None:\n    from ..cli import main",
        "canarycli/judge/pool.py:2: canarycli.judge.pool imports canarycli.cli.main above it",
    ),
    "a part nobody placed": (
        "canarycli/helpers.py",
        "import json",
        "canarycli/helpers.py: 'helpers' stands nowhere in LAYERS",
    ),
    "the core knows a provider": (
        "canarycli/registry.py",
        "import canarycli_vertex",
        "canarycli/registry.py:1: canarycli.registry imports the provider canarycli_vertex",
    ),
    "an SDK in the core": (
        "canarycli/engine/controller.py",
        "import botocore.session",
        "canarycli/engine/controller.py:1: botocore.session belongs in providers/",
    ),
    "a pure file that looks at the clock": (
        "canarycli/release/decide.py",
        "def f() -> None:\n    import time",
        "canarycli/release/decide.py:2: canarycli.release.decide is pure and imports time",
    ),
    "a screen in the core": (
        "canarycli/release/decide.py",
        "from rich.table import Table",
        "canarycli/release/decide.py:1: rich.table belongs in canarycli/cli/",
    ),
    "a prompt in a provider": (
        "providers/canarycli_vertex/traffic.py",
        "import typer",
        "providers/canarycli_vertex/traffic.py:1: typer belongs in canarycli/cli/",
    ),
    "a provider that reads the record": (
        "providers/canarycli_vertex/traffic.py",
        "from canarycli import release",
        "providers/canarycli_vertex/traffic.py:1: a provider can't see canarycli.release",
    ),
    "a provider that leans on another": (
        "providers/canarycli_vertex/traffic.py",
        "from canarycli_azureml import traffic",
        "providers/canarycli_vertex/traffic.py:1: a provider can't see canarycli_azureml",
    ),
    "a provider that leans on a source": (
        "providers/canarycli_vertex/traffic.py",
        "from canarycli_sources import rows",
        "providers/canarycli_vertex/traffic.py:1: a provider can't see canarycli_sources",
    ),
    "an operation that prints": (
        "canarycli/operations/start.py",
        "def f() -> None:\n    print('started')",
        "canarycli/operations/start.py:2: an operation says nothing by itself",
    ),
    "an operation that writes to the screen": (
        "canarycli/operations/start.py",
        "import sys\nsys.stderr.write('started')",
        "canarycli/operations/start.py:2: an operation says nothing by itself",
    ),
    "an operation that knows Typer": (
        "canarycli/operations/start.py",
        "import typer",
        "canarycli/operations/start.py:1: typer belongs in canarycli/cli/",
    ),
    "a bucket outside the store": (
        "canarycli/engine/controller.py",
        "import obstore.store",
        "canarycli/engine/controller.py:1: obstore.store belongs in canarycli/store/",
    ),
    "Temporal where a rollback might load it": (
        "canarycli/operations/rollback.py",
        "def f() -> None:\n    import temporalio.client",
        (
            "canarycli/operations/rollback.py:2: temporalio.client belongs in "
            "canarycli/operations/temporal/"
        ),
    ),
    "a command that opens the store": (
        "canarycli/cli/commands/start.py",
        "from canarycli.store import LocalStore",
        "canarycli/cli/commands/start.py:1: a command can't see canarycli.store",
    ),
    "a command that works out a share": (
        "canarycli/cli/commands/start.py",
        "def f(share: float) -> float:\n    return 100 - share",
        "canarycli/cli/commands/start.py:2: a command works nothing out by itself",
    ),
    "a silent type checker": (
        "canarycli/plan.py",
        "x: int = ''  # type: ignore[assignment]",
        "canarycli/plan.py:1: say which rule and why",
    ),
}


@pytest.mark.parametrize(("path", "text", "expected"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_is_found(tree: Path, path: str, text: str, expected: str) -> None:
    (tree / path).write_text(text, encoding="utf-8")

    assert expected in problems(tree)


def test_a_planted_circle_is_found(tree: Path) -> None:
    (tree / "canarycli/store/local.py").write_text("import canarycli.store.cas", encoding="utf-8")
    (tree / "canarycli/store/cas.py").write_text("from . import local", encoding="utf-8")

    found = cycles(imports_below(tree))

    assert len(found) == 1
    assert {"canarycli.store.local", "canarycli.store.cas"} <= set(found[0].split(" -> "))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with every part of the layers and nothing wrong in it."""
    for part in LAYERS:
        (tmp_path / "canarycli" / part).mkdir(parents=True)
        (tmp_path / "canarycli" / part / "__init__.py").touch()
    for path in (
        "canarycli/cli/main.py",
        "canarycli/cli/commands/start.py",
        "providers/canarycli_vertex/traffic.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for folder in ("tests", "bench"):
        (tmp_path / folder).mkdir()
    assert problems(tmp_path) == []
    return tmp_path
