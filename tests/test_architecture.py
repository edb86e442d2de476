"""Imports point one way: values at the bottom, the command line on top, SDKs outside."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VALUES = (
    "errors",
    "traffic",
    "metrics",
    "durations",
    "plan",
    "provider",
    "probes",
    "journal",
    "codec",
)
"""The ground: values everybody may import."""

PURE = (*VALUES, "judge", "forecast", "series", "release", "report")
"""Values and logic, bottom first: same values in, same values out."""

LAYERS = (
    *PURE,
    "clock",
    "ids",
    "folders",
    "config",
    "store",
    "registry",
    "simulator",
    "engine",
    "testing",
    "operations",
    "cli",
)
"""The parts of canarycli, bottom first: a file imports from its own part and the ones before."""

OPEN_TO_PROVIDERS = frozenset(
    {"", "errors", "traffic", "metrics", "plan", "provider", "probes", "clock"}
)
"""What a provider is written against: the contract, the values in it, and which canary it is."""

SDKS = frozenset({"boto3", "botocore", "google", "azure", "msal", "vertexai", "moto"})
SCREENS = frozenset({"typer", "rich", "click"})
CLOCK = frozenset({"time", "threading"})
CHANCE = frozenset({"random", "secrets", "uuid"})
FILES = frozenset({"io", "logging", "os", "pathlib", "shutil", "sqlite3", "tempfile"})
NETWORK = frozenset({"asyncio", "http", "socket", "ssl", "subprocess", "urllib"})


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: who, what, and on which line."""

    path: Path
    line: int
    importer: str
    target: str

    @property
    def where(self) -> str:
        return f"{self.path.as_posix()}:{self.line}"

    @property
    def part(self) -> str:
        """The part of canarycli the importer belongs to, "" for the package itself."""
        return part_of(self.importer)

    @property
    def is_provider(self) -> bool:
        return self.importer.split(".")[0].startswith("canarycli_")


def part_of(module: str) -> str:
    """`canarycli.judge.pool` is in `judge`."""
    _, _, rest = module.partition(".")
    return rest.split(".")[0]


def module_name(path: Path) -> str:
    """The dotted name of a file below `canarycli/` or `providers/`."""
    parts = path.with_suffix("").parts
    if parts[0] == "providers":
        parts = parts[1:]
    return ".".join(part for part in parts if part != "__init__")


def imports_below(root: Path) -> list[Import]:
    """Every import of every file in the two source roots, late ones too."""
    files = sorted(
        path.relative_to(root)
        for folder in ("canarycli", "providers")
        for path in (root / folder).rglob("*.py")
    )
    modules = {module_name(path) for path in files}
    return [found for path in files for found in imports_of(root, path, modules)]


def imports_of(root: Path, path: Path, modules: set[str]) -> Iterator[Import]:
    importer = module_name(path)
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                targets = [name.name for name in names]
            case ast.ImportFrom(module=module, names=names, level=level):
                source = absolute(package, module or "", level)
                inner = [f"{source}.{name.name}" for name in names]
                targets = [name if name in modules else source for name in inner]
            case _:
                continue
        for target in dict.fromkeys(targets):
            yield Import(path, node.lineno, importer, target)


def absolute(package: str, module: str, level: int) -> str:
    if not level:
        return module
    above = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*above, module] if module else above)


def upward(imports: list[Import]) -> list[str]:
    """Imports that point to a higher layer, and parts that stand nowhere in `LAYERS`."""
    rank = {part: n for n, part in enumerate(LAYERS)} | {"": -1, "__main__": len(LAYERS)}
    found = []
    for use in imports:
        if use.importer.split(".")[0] != "canarycli":
            continue
        if use.part not in rank:
            found.append(f"{use.path.as_posix()}: {use.part!r} stands nowhere in LAYERS")
        elif use.target.split(".")[0] == "canarycli":
            if rank.get(part_of(use.target), len(LAYERS)) > rank[use.part]:
                found.append(f"{use.where}: {use.importer} imports {use.target} above it")
        elif use.target.startswith("canarycli_"):
            found.append(f"{use.where}: {use.importer} imports the provider {use.target}")
    return list(dict.fromkeys(found))


def cycles(imports: list[Import]) -> list[str]:
    """The first circle of modules that import each other."""
    graph: dict[str, set[str]] = {}
    for use in imports:
        ours = use.target.split(".")[0] == "canarycli" or use.target.startswith("canarycli_")
        if ours and use.target != use.importer:
            graph.setdefault(use.importer, set()).add(use.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" -> ".join(reversed(error.args[1]))]
    return []


def strangers(imports: list[Import]) -> list[str]:
    """SDKs outside providers/, Typer and Rich outside canarycli/cli/, providers that reach in."""
    found = []
    for use in imports:
        top = use.target.split(".")[0]
        if top in SDKS and not use.is_provider:
            found.append(f"{use.where}: {use.target} belongs in providers/")
        if top in SCREENS and use.part != "cli":
            found.append(f"{use.where}: {use.target} belongs in canarycli/cli/")
        if not use.is_provider:
            continue
        if top == "canarycli" and part_of(use.target) not in OPEN_TO_PROVIDERS:
            found.append(f"{use.where}: a provider can't see {use.target}")
        if top.startswith("canarycli_") and top != use.importer.split(".")[0]:
            found.append(f"{use.where}: a provider can't see {top}")
    return found


def impure(imports: list[Import]) -> list[str]:
    """Pure files that reach for the clock, the disk, the network or chance."""
    return [
        f"{use.where}: {use.importer} is pure and imports {use.target}"
        for use in imports
        if use.part in PURE
        and not use.is_provider
        and use.target.split(".")[0] in CLOCK | CHANCE | FILES | NETWORK
    ]


def silenced(root: Path) -> list[str]:
    """Lines that silence the type checker without saying which rule and why."""
    reasoned = re.compile(r"# type: ignore\[[\w, -]+\]\s*# \w")
    return [
        f"{path.relative_to(root).as_posix()}:{number}: say which rule and why"
        for folder in ("canarycli", "providers", "tests", "bench")
        for path in sorted((root / folder).rglob("*.py"))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "type: ignore" in line and not reasoned.search(line)
    ]


def problems(root: Path) -> list[str]:
    """Everything wrong with the tree at `root`."""
    imports = imports_below(root)
    return [
        *upward(imports),
        *cycles(imports),
        *strangers(imports),
        *impure(imports),
        *silenced(root),
    ]


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
    for path in ("canarycli/cli/main.py", "providers/canarycli_vertex/traffic.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for folder in ("tests", "bench"):
        (tmp_path / folder).mkdir()
    assert problems(tmp_path) == []
    return tmp_path
