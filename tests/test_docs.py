"""What is written down holds: links, limits, commands, pins, and nothing private in the tree."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pages import FENCE, ROOT, fences, pages, python_files, tracked

import canarycli
from canarycli.metrics import UNITS
from canarycli.provider import Deployer
from canarycli.registry import load_provider, provider_names
from canarycli.traffic import percent
from canarycli.verbs import offers

README = ROOT / "README.md"
RECIPES = ROOT / "docs/recipes"
"""They run in the user's own engine, which brings its own packages."""

DECISIONS = ROOT / "docs" / "decisions"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    headings = (re.sub(r"[`*]", "", h).lower() for h in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Links within the repository that lead nowhere."""
    for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
        target = match[1] or match[2]
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists():
            yield f"{page.name}: {target}: no such file"
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{page.name}: {target}: no such heading"


def test_every_link_leads_somewhere() -> None:
    assert [broken for page in pages() for broken in broken_links(page)] == []


def test_a_planted_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b` c!\n[up](#a-b-c) [no](#d) [gone](gone.md)\n[web](https://a.example)")

    assert list(broken_links(page)) == [
        "page.md: #d: no such heading",
        "page.md: gone.md: no such file",
    ]


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    ran = subprocess.run(
        ["bash", ROOT / ".ci/run", "commands"], capture_output=True, check=True, text=True
    ).stdout.splitlines()

    blocks = [block.splitlines() for block in fences(README.read_text(encoding="utf-8"), "sh")]
    assert len(ran) == 2
    assert [block for block in blocks if block[0] in ran] == [[line] for line in ran]


def test_the_workflow_runs_what_people_run() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")

    assert re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE) == [".ci/run"]


def test_the_exit_codes_of_the_readme_are_the_generated_ones() -> None:
    generated = table((ROOT / "docs/exit-codes.md").read_text(encoding="utf-8"), "| code |")

    assert generated in README.read_text(encoding="utf-8")


def table(text: str, start: str) -> str:
    """The table whose first line starts so."""
    return text[text.index(start) :].split("\n\n", maxsplit=1)[0]


SETTINGS = {
    "simulator": {"state": ":memory:"},
    "sagemaker": {"region": "us-east-1"},
    "vertex": {"project": "acme-ml", "region": "europe-west4"},
    "azureml": {"subscription": "none", "resource_group": "ml", "workspace": "eta"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_readme_says_what_each_provider_can_do(name: str) -> None:
    provider = load_provider(name, SETTINGS[name])
    limits = provider.limits

    lacks = ", ".join(f"`{metric}`" for metric in UNITS if metric not in limits.metrics)
    deploys = "yes" if offers(provider, Deployer) else "no"
    cells = [percent(limits.finest_percent), f"`{limits.custom_source}`", lacks, deploys]
    row = f"| `{name}` | {' | '.join(cells)} |".replace("|  |", "| |")
    assert row in README.read_text(encoding="utf-8").splitlines()


def test_the_readme_lists_every_provider() -> None:
    assert set(provider_names()) == set(SETTINGS)


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_constraints_are_plain_pins_in_order() -> None:
    names = list(pins())

    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in pins().values())
    assert all(first < second for first, second in pairwise(names))


def asked_for() -> list[Requirement]:
    """What the project itself names, for users and for developers."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for group in (PROJECT["dependencies"], *extras) for text in group]


def test_constraints_fit_what_the_project_asks_for() -> None:
    pinned = pins() | {"canarycli": canarycli.__version__}

    unfit = [
        r for r in asked_for() if pinned.get(canonicalize_name(r.name), "0") not in r.specifier
    ]
    assert unfit == []


def test_constraints_cover_everything_that_gets_installed() -> None:
    assert sorted(reachable() - {"canarycli"} - set(pins())) == []


def reachable() -> set[str]:
    """Every package that an install with all extras brings onto this machine."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = asked_for()
    while todo:
        requirement = todo.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) not in seen:
            seen.add((name, extras))
            todo += wanted(name, extras)
    return {name for name, _ in seen}


def wanted(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in installed_requirements(name):
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement


def installed_requirements(name: str) -> Iterable[str]:
    try:
        return requires(name) or ()
    except PackageNotFoundError:  # asked for by nobody on this machine
        return ()


def test_whatever_is_imported_gets_installed() -> None:
    installed = reachable()
    sources = packages_distributions()

    missing = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in python_files()
        if RECIPES not in path.parents
        for name in imported(path) - sys.stdlib_module_names - our_own()
        if not installed & {canonicalize_name(source) for source in sources.get(name, ())}
    }
    assert sorted(missing) == []


def imported(path: Path) -> set[str]:
    """The top names of every absolute import of a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found


def our_own() -> set[str]:
    """The names that come from this repository."""
    roots = (ROOT, *(ROOT / folder for folder in ("providers", "tests", "bench", "docs")))
    return {path.stem for root in roots for path in root.iterdir()}


def notes() -> list[Path]:
    return sorted(DECISIONS.glob("*.md"))


def test_decisions_are_numbered_and_short_and_say_four_things() -> None:
    numbers = [note.name[:4] for note in notes()]

    assert len(set(numbers)) == len(numbers) > 0
    for note in notes():
        lines = note.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", note.name)
        assert len(lines) <= 40, note.name
        headings = [line for line in lines if line.startswith("## ")]
        assert headings == ["## Context", "## Choice", "## What it costs", "## When to revisit"], (
            note.name
        )


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")

    names = [path.relative_to(ROOT / "docs").as_posix() for path in pages() if in_docs(path)]
    assert [name for name in names if f"({name})" not in index] == []


def in_docs(path: Path) -> bool:
    return ROOT / "docs" in path.parents and path.name != "README.md"


def test_the_changelog_keeps_to_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

    releases = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", name) for name in releases[1:])
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == canarycli.__version__


FORBIDDEN = re.compile(
    r"py[p]i\.org|pythonhoste[d]|registry\.np[m]js|deb\.debia[n]\.|"
    r"(?:^|[\s'\"=(`:])/(?:roo[t]|wor[k]|home/\w|tm[p])/",
    re.MULTILINE,
)
"""Registries' hosts, and paths of one person's machine."""


def private_lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if FORBIDDEN.search(line):
            yield f"{path.name}:{number}: {line.strip()}"


def test_no_file_names_a_registry_or_a_persons_machine() -> None:
    assert [line for path in tracked() for line in private_lines(path)] == []


@pytest.mark.parametrize("start", ["/roo" + "t/", "cache=/tm" + "p/", "https://py" + "pi.org"])
def test_a_planted_private_line_is_found(tmp_path: Path, start: str) -> None:
    (tmp_path / "a.py").write_text(f"fine\n{start}x\n")

    assert list(private_lines(tmp_path / "a.py")) == [f"a.py:2: {start}x"]


def test_no_function_has_over_50_lines() -> None:
    lengths = {
        f"{path.relative_to(ROOT).as_posix()}:{node.name}": body_length(node)
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: length for name, length in lengths.items() if length > 50} == {}


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the signature, which is a command's whole table of options."""
    return (function.body[-1].end_lineno or 0) - function.body[0].lineno + 1


def test_no_python_file_is_over_400_lines() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files()
    }

    assert {name: length for name, length in lengths.items() if length > 400} == {}
