"""The shell around the commands: help, topics, aliases, and what a wrong command line gets."""

import importlib
import json
import re

import pytest
from cli.shell import Desk

from canarycli import __version__
from canarycli.cli.help.root import root_help
from canarycli.cli.help.topics import EXITS
from canarycli.cli.help.usage import command_help
from canarycli.cli.main import load_command
from canarycli.cli.table import ALIASES, COMMANDS, Panel, listed
from canarycli.errors import Exit, exit_name

LISTED = [name for name, row in COMMANDS.items() if row.panel is not Panel.HIDDEN]


def test_a_bare_canary_is_its_help_on_stdout(here: Desk) -> None:
    bare = here.canary()

    assert bare.code == 0
    assert bare.err == ""
    assert bare.out == here.canary("--help").out == root_help(color=False)


def test_the_root_help_is_laid_as_designed() -> None:
    lines = root_help(color=False).splitlines()

    assert lines[:4] == [
        "Canary releases for ML models on SageMaker, Vertex AI and Azure ML",
        "",
        "Usage: canary COMMAND [OPTIONS]",
        "",
    ]
    assert "  lint        Validate canary.yaml" in lines
    assert (
        "Run canary COMMAND --help for its options, "
        "canary help options | exit-codes | env | config | keys."
    ) in lines
    assert max(map(len, lines)) <= 100


def test_the_root_help_names_every_command_once_and_no_other() -> None:
    named = re.findall(r"^  ([a-z]+) +[A-Z]", root_help(color=False), re.MULTILINE)

    assert sorted(named) == sorted(LISTED)
    assert named == [name for rows in listed().values() for name in rows]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_table_says(name: str) -> None:
    row = COMMANDS[name]

    module = importlib.import_module(f"canarycli.cli.commands.{row.module}")
    command = load_command(name)

    assert callable(getattr(module, row.function or name))
    assert command.name == name
    assert (command.help or "").startswith(row.help.removesuffix("."))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_plain_help(name: str) -> None:
    text = command_help(load_command(name), f"canary {name}", width=90, color=False)

    assert text.startswith(COMMANDS[name].help.removesuffix("."))
    assert f"Usage: canary {name} " in text
    assert not re.search("[╭│╰\x1b]", text)
    assert max(map(len, text.splitlines())) <= 90


def test_the_help_of_a_command_is_reached_by_two_ways(here: Desk) -> None:
    text = command_help(load_command("lint"), "canary lint", width=90, color=False)

    assert here.canary("lint", "--help", COLUMNS="90").out == text
    assert here.canary("help", "lint", COLUMNS="90").out == text


@pytest.mark.parametrize("name", LISTED)
def test_common_options_sit_on_every_command(name: str) -> None:
    options = {option for param in load_command(name).params for option in param.opts}

    wanted = (
        "-e --endpoint --provider --config --profile --region --project --subscription "
        "--resource-group --workspace -o --output --query --events --no-input -q -v --debug "
        "--color --ascii"
    )
    assert set(wanted.split()) <= options


def test_the_version_is_one_line(here: Desk) -> None:
    assert here.canary("--version").out == f"canary {__version__}\n"


@pytest.mark.parametrize("name", LISTED)
def test_a_help_names_what_all_commands_take_in_one_line(name: str) -> None:
    text = command_help(load_command(name), f"canary {name}", width=90, color=False)

    assert text.count("canary help options") == 1
    assert "--no-input" not in text
    assert "--resource-group" not in text


def test_the_options_of_all_commands_are_a_topic(here: Desk) -> None:
    page = here.canary("help", "options").out

    for option in ("--endpoint", "--provider", "--resource-group", "--output", "--ascii"):
        assert f"{option} " in page


@pytest.mark.parametrize("name", ["start", "plan", "check", "unlock"])
def test_what_needs_no_release_takes_an_endpoint(name: str) -> None:
    text = command_help(load_command(name), f"canary {name}", width=90, color=False)

    assert f"Usage: canary {name} [ENDPOINT] [OPTIONS]" in text
    assert "RELEASE  " not in text


@pytest.mark.parametrize("topic", ["options", "exit-codes", "env", "config", "keys"])
def test_every_topic_has_a_page(here: Desk, topic: str) -> None:
    ran = here.canary("help", topic)

    assert ran.code == 0
    assert len(ran.out.splitlines()) >= 5


def test_every_exit_code_is_explained(here: Desk) -> None:
    page = here.canary("help", "exit-codes").out

    rows = re.findall(r"^  (\d+) +([a-z-]+) ", page, re.MULTILINE)
    assert {int(code): name for code, name in rows} == {int(c): exit_name(c) for c in Exit}
    assert set(EXITS) == set(Exit)


def test_every_variable_of_an_option_is_explained(here: Desk) -> None:
    page = here.canary("help", "env").out

    used = {p.envvar for name in LISTED for p in load_command(name).params if p.envvar}
    assert [name for name in sorted(map(str, used)) if name not in page] == []


WRONG = {
    "a command that is nearly one": (["lnit"], ["no command 'lnit'", "did you mean lint or init?"]),
    "a command that is none": (["frobnicate"], ["no command 'frobnicate'", "canary --help"]),
    "a command that several are alike": (["strat"], ["did you mean start or status or state?"]),
    "a command with two letters swapped": (["statsu"], ["did you mean status?"]),
    "an argument that is no choice": (["ci", "circle"], ["error: system: 'circle' is not one of"]),
    "a number too small": (["history", "--limit", "0"], ["--limit: it is at least 1"]),
    "a number too large": (["dashboard", "--port", "65536"], ["--port: it is at most 65535"]),
    "an outcome that is none": (["history", "--outcome", "good"], ["promoted, rolled-back, "]),
    "a model from an unset variable": (["start", "-m", ""], ["--new-model: it is empty"]),
    "a model of blanks": (["plan", "-m", " "], ["--new-model: it is empty"]),
    "an option that is nearly one": (
        ["lint", "--formt", "json"],
        ["no such option '--formt'", "did you mean --format?"],
    ),
    "an option of the root": (["--frobnicate"], ["no such option '--frobnicate'"]),
    "a word that is no choice": (
        ["lint", "--format", "xml"],
        ["--format: 'xml' is not one of 'text', 'json', 'github'", "canary lint --help"],
    ),
    "an option without its value": (["lint", "--format"], ["requires an argument"]),
    "an argument too many": (
        ["schema", "config", "more"],
        ["got unexpected extra argument", "(more)"],
    ),
    "a missing argument": (["completion"], ["missing argument"]),
    "a topic that is nearly one": (["help", "exit-code"], ["did you mean exit-codes?"]),
    "a query without JSON": (["lint", "--query", "a"], ["--query", "add -o json"]),
    "a query that is none": (["lint", "-o", "json", "--query", "a["], ["is no JMESPath"]),
    "an events file in no folder": (["lint", "--events", "no/such/folder"], ["can't be written"]),
}


@pytest.mark.parametrize(("args", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_command_line_is_told_what_and_how_to_go_on(
    here: Desk, args: list[str], said: list[str]
) -> None:
    (here.home / "canary.yaml").write_text("version: 1\n", encoding="utf-8")

    ran = here.canary(*args)

    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert ran.err.endswith("  (exit 2)\n")
    assert [words for words in said if words not in ran.err] == []
    first = ran.err.splitlines()[0]
    assert not first.endswith(".")
    assert "Error:" not in ran.err


def test_with_json_the_error_is_on_stdout_too(here: Desk) -> None:
    ran = here.canary("lint", "missing.yaml", "--zzz", "-o", "json")

    error = json.loads(ran.out)
    assert error["schema"] == "canary.error/1"
    assert error["error"] == "no such option '--zzz'"
    assert error["exit_code"] == ran.code == 2
    assert error["hints"] == ["canary lint --help lists what it takes"]
    assert "error: no such option" in ran.err


def test_an_unknown_log_level_is_refused(here: Desk) -> None:
    ran = here.canary("schema", CANARY_LOG="loud")

    assert ran.code == 2
    assert "CANARY_LOG is 'loud'" in ran.err
    assert "quiet, info, verbose, debug" in ran.err


@pytest.mark.parametrize(
    ("variable", "value"), [("CANARY_OUTPUT", "xml"), ("CANARY_NO_INPUT", "maybe")]
)
def test_a_wrong_variable_is_called_by_its_name(here: Desk, variable: str, value: str) -> None:
    ran = here.canary("schema", **{variable: value})

    assert ran.code == 2
    assert ran.err.startswith(f"error: {variable}: ")


@pytest.mark.parametrize(("alias", "meant"), ALIASES.items())
def test_an_alias_says_our_word_for_it(here: Desk, alias: str, meant: str) -> None:
    if meant not in COMMANDS:
        pytest.skip(f"{meant} does not exist yet")

    ran = here.canary(alias, "--help")

    assert ran.err == f"note: {alias} is called {meant} here\n"
    assert ran.out == here.canary(meant, "--help").out


COLORS = {
    "a pipe": ({}, False),
    "a pipe, forced": ({"FORCE_COLOR": "1"}, True),
    "a pipe, forced the BSD way": ({"CLICOLOR_FORCE": "1"}, True),
    "forced and refused": ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
}


@pytest.mark.parametrize(("env", "bright"), COLORS.values(), ids=COLORS.keys())
def test_colour_follows_the_usual_variables(here: Desk, env: dict[str, str], bright: bool) -> None:  # noqa: FBT001 - a case of a table
    assert ("\x1b[1m" in here.canary("--help", **env).out) is bright
    assert ("\x1b[31m" in here.canary("lnit", **env).err) is bright
