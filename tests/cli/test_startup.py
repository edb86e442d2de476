"""What each entry may import: start-up is kept short by a list, not by a stopwatch."""

import resource
from collections.abc import Collection

import pytest
from cli.shell import Desk, Ran

TYPER = frozenset({"typer", "click", "rich", "pydantic", "yaml"})
STORES = frozenset({"obstore", "psycopg", "temporalio"})
SDKS = STORES | {"boto3", "botocore", "google", "azure", "numpy", "tenacity", "jmespath"}

SLOW = STORES | {"rich", "boto3", "botocore", "google", "azure", "numpy"}
CONFIG = """\
version: 1
endpoints:
  churn: {provider: simulator, plan: quick, settle: 0.2s}
plans:
  quick:
    stages: [{percent: 5, bake: 1m}]
    checks: [{metric: errors_5xx, never_above: 2%}]
"""

NAMES = "sys.stderr.write('\\n' + ' '.join(set(sys.modules) - before))\n"
LOOK = (
    "import sys\n"
    "before = set(sys.modules)\n"
    "from canarycli.__main__ import main\n"
    "sys.argv = ['canary', *sys.argv[1:]]\n"
    "try:\n"
    "    main()\n"
    "except SystemExit:\n"
    "    pass\n"
    f"{NAMES}"
)
"""Runs canary and names every module that was imported on the way."""


def heavy(ran: Ran, banned: Collection[str]) -> set[str]:
    """The banned packages among the modules a run imported."""
    found = set(ran.err.splitlines()[-1].split())
    assert "canarycli.errors" in found or "canarycli.__main__" in found
    return {name for name in banned if any(f"{m}.".startswith(f"{name}.") for m in found)}


ENTRIES: dict[str, tuple[list[str], Collection[str]]] = {
    "--version": (["--version"], TYPER | SDKS),
    **{
        f"__complete {kind}": (["__complete", kind, "r"], TYPER | SDKS | {"pathlib"})
        for kind in ("open", "releases", "endpoints", "plans", "checks", "outcomes")
    },
    **{
        f"__complete {kind}": (["__complete", kind, "s"], TYPER | SDKS | {"importlib.metadata"})
        for kind in ("providers", "settings")
    },
    "--help": (["--help"], (TYPER - {"typer"}) | SDKS),
    "help exit-codes": (["help", "exit-codes"], {"rich", "yaml"} | SDKS),
    "a command's help": (["lint", "--help"], {"rich"} | SDKS),
    "a usage error": (["lint", "--zzz"], {"rich"} | SDKS),
    "start's help": (["start", "--help"], {"rich", "yaml", "pydantic"} | SDKS),
    "a number and a variable": (["history", "--limit", "5"], TYPER - {"typer"} | SDKS),
    "lint": (["lint"], {"rich"} | SDKS),
    "completion": (["completion", "bash"], {"rich"} | (SDKS - {"tenacity"})),
}


@pytest.mark.parametrize(("args", "banned"), ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entry_imports_only_what_it_needs(
    here: Desk, args: list[str], banned: Collection[str]
) -> None:
    for _ in range(2 if args[0] == "__complete" else 0):  # it reads once what it then keeps
        here.python(LOOK, *args)
    assert heavy(here.python(LOOK, *args, CANARY_NO_INPUT="1"), banned) == set()


def test_rollback_is_parsed_without_the_heavy_ones(here: Desk) -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from canarycli.cli.main import load_command\n"
        "words = ['fraud-scorer', '--reason', 'x', '-o', 'json', '--config', 'a.yaml', '-y']\n"
        "load_command('rollback').make_context('rollback', words)\n"
        f"{NAMES}"
    )

    assert heavy(here.python(code), SLOW | {"pydantic", "importlib.metadata"}) == set()


def test_rollback_reaches_its_prompt_without_the_heavy_ones(here: Desk) -> None:
    (here.home / "canary.yaml").write_text(CONFIG, encoding="utf-8")
    assert here.canary("start", "-m", "v42", "-p", "5", "--detach", "--yes").code == 0

    ran = here.at_terminal(LOOK.replace("*sys.argv[1:]", "'rollback'"), "n\n")

    assert "[Y/n]" in ran.err
    assert heavy(ran, SLOW) == set()


def test_a_planted_import_is_seen(here: Desk) -> None:
    planted = LOOK.replace("from canarycli", "import yaml\nfrom canarycli")

    assert heavy(here.python(planted, "--version"), TYPER) == {"yaml"}


def of_children() -> float:
    """Seconds of CPU of every process that was waited for so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def least_of(here: Desk, *args: str, code: str = "") -> float:
    """Seconds of CPU the cheapest of five runs took: other tests run beside this one."""
    costs = []
    for _ in range(5):
        before = of_children()
        ran = here.python(code) if code else here.canary(*args)
        assert ran.code == 0
        costs.append(of_children() - before)
    return min(costs)


@pytest.mark.xdist_group("clock")
def test_help_costs_at_most_a_few_bare_interpreters(here: Desk) -> None:
    bare = least_of(here, code="pass")

    assert least_of(here, "--help") <= 10 * bare
    assert least_of(here, "--version") <= 3 * bare
    assert least_of(here, "start", "--help") <= 10 * bare


@pytest.mark.xdist_group("clock")
def test_a_keypress_costs_hardly_more_than_two_bare_interpreters(here: Desk) -> None:
    (here.home / "canary.yaml").write_text(CONFIG, encoding="utf-8")
    assert here.canary("start", "-m", "v42", "-p", "5", "--detach", "--yes").code == 0
    bare = least_of(here, code="pass")

    for kind in ("open", "plans", "outcomes"):
        assert least_of(here, "__complete", kind, "") <= 3 * bare
