"""The rules of the house, as functions that find what breaks them in a tree."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

VALUES = (
    "late_methods",
    "errors",
    "late_names",
    "failing",
    "sense",
    "refusals",
    "proxies",
    "likeness",
    "traffic",
    "metrics",
    "written",
    "durations",
    "freeze",
    "plan",
    "permissions",
    "provider",
    "batch",
    "preview",
    "linking",
    "source",
    "declared",
    "files",
    "recorder",
    "labels",
    "kept",
    "verbs",
    "lacking",
    "probes",
    "journal",
    "codec",
    "harmless",
)
"""The ground: values everybody may import."""

PURE = (*VALUES, "answers", "judge", "forecast", "series", "release", "report")
"""Values and logic, bottom first: same values in, same values out."""

LAYERS = (
    *PURE,
    "clock",
    "ids",
    "folders",
    "local_files",
    "private_file",
    "https",
    "plain",
    "masking",
    "child",
    "ci",
    "registry",
    "config",
    "store",
    "simulator",
    "engine",
    "testing",
    "operations",
    "cli",
)
"""The parts of canarycli, bottom first: a file imports from its own part and the ones before."""

API = "canarycli"
"""The package itself names the public functions for type checkers, and imports them when used."""

OPEN_TO_PROVIDERS = frozenset(
    {
        "",
        "late_methods",
        "errors",
        "failing",
        "https",
        "refusals",
        "proxies",
        "likeness",
        "traffic",
        "metrics",
        "plan",
        "provider",
        "batch",
        "permissions",
        "preview",
        "source",
        "declared",
        "sense",
        "durations",
        "files",
        "child",
        "local_files",
        "recorder",
        "labels",
        "kept",
        "probes",
        "clock",
    }
)
"""What a provider is written against: the contract, the values in it, and which canary it is."""

SDKS = frozenset({"boto3", "botocore", "google", "azure", "msal", "vertexai", "moto"})
DRIVERS = frozenset({"obstore", "psycopg"})
TEMPORAL = "canarycli.operations.temporal"
"""The only part that knows Temporal."""
SCREENS = frozenset({"typer", "rich", "click"})
FOR_OPERATIONS = frozenset({"store", "registry", "simulator", "judge", "forecast"})
"""What a command reaches through an operation only."""
ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
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
    def is_source(self) -> bool:
        return self.importer.split(".")[0] == "canarycli_sources"

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
        if use.importer.split(".")[0] != "canarycli" or use.importer == API:
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
        if ours and use.importer not in {use.target, API}:
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
        if top in DRIVERS and use.part != "store" and not use.is_source:
            found.append(f"{use.where}: {use.target} belongs in canarycli/store/")
        if top == "temporalio" and not use.importer.startswith(TEMPORAL):
            found.append(f"{use.where}: {use.target} belongs in canarycli/operations/temporal/")
        if top in SCREENS and use.part != "cli":
            found.append(f"{use.where}: {use.target} belongs in canarycli/cli/")
        if not use.is_provider:
            continue
        if top == "canarycli" and part_of(use.target) not in OPEN_TO_PROVIDERS:
            found.append(f"{use.where}: a provider can't see {use.target}")
        others = top.startswith("canarycli_") and top != use.importer.split(".")[0]
        if others and not use.is_source:  # a store in a cloud is asked by that cloud's own client
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


def talkative(root: Path) -> list[str]:
    """Operations that print: they yield events and return values, and somebody else shows them."""
    return [
        f"{path.relative_to(root).as_posix()}:{node.lineno}: an operation says nothing by itself"
        for path in sorted((root / "canarycli/operations").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.expr) and _speaks(node)
    ]


def _speaks(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print" | "input")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" | "stdin"):
            return True
    return False


def thick(root: Path) -> list[str]:
    """Commands that reach for a cloud or a store, or work something out by themselves."""
    found = []
    for path in sorted((root / "canarycli/cli/commands").rglob("*.py")):
        where = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC):
                found.append(f"{where}:{node.lineno}: a command works nothing out by itself")
            if isinstance(node, ast.ImportFrom) and part_of(node.module or "") in FOR_OPERATIONS:
                found.append(f"{where}:{node.lineno}: a command can't see {node.module}")
    return found


def silenced(root: Path) -> list[str]:
    """Lines that silence the type checker without saying which rule and why."""
    reasoned = re.compile(r"# type: ignore\[[\w, -]+\]\s*# \w")
    return [
        f"{path.relative_to(root).as_posix()}:{number}: say which rule and why"
        for folder in ("canarycli", "providers", "tests", "bench")
        for path in sorted((root / folder).rglob("*.py"))
        if path.name != "test_architecture.py" and path != Path(__file__)
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
        *talkative(root),
        *thick(root),
        *silenced(root),
    ]
