"""Values that are right at a glance are taken as they are, all others as Typer would."""

from pathlib import Path
from typing import Annotated, Any, cast

import pytest
import typer
from typer import Option

from canarycli.cli.command import to_command
from canarycli.cli.options.common import Color, Common
from canarycli.cli.options.driving import ok_codes
from canarycli.errors import Exit, UsageError
from canarycli.operations.history import outcome_of
from canarycli.release.record import Outcome


def given(*args: str) -> dict[str, Any]:
    """What a command of every kind of option makes of these words."""
    found: dict[str, Any] = {}

    def shown(
        *,
        text: str | None = None,
        file: Path | None = None,
        color: Color = Color.AUTO,
        switch: Annotated[bool, Option("--switch", envvar="A_SWITCH")] = False,
        number: Annotated[int, Option(min=1)] = 20,
        share: float | None = None,
        many: Annotated[list[str] | None, Option()] = None,
    ) -> None:
        """Every kind there is."""
        found.update(locals())

    command = to_command("shown", shown)
    with command.make_context("shown", list(args)) as context:
        command.invoke(context)
    return {name: value for name, value in found.items() if name != "found"}


def test_every_kind_of_value() -> None:
    words = ("--text", "a", "--file", "b", "--color", "never", "--switch", "--number", "3")

    assert given(*words, "--share", "2.5", "--many", "x", "--many", "y") == {
        "text": "a",
        "file": Path("b"),
        "color": Color.NEVER,
        "switch": True,
        "number": 3,
        "share": 2.5,
        "many": ["x", "y"],
    }


def test_nothing_given_is_the_default() -> None:
    found = given()

    assert (found["text"], found["file"], found["color"]) == (None, None, Color.AUTO)
    assert (found["switch"], found["number"], found["share"]) == (False, 20, None)


@pytest.mark.parametrize(("word", "on"), [("1", True), ("yes", True), ("false", False)])
def test_a_switch_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, word: str, *, on: bool
) -> None:
    monkeypatch.setenv("A_SWITCH", word)
    assert given()["switch"] is on


@pytest.mark.parametrize("words", [("--color", "pink"), ("--number", "0"), ("--share", "much")])
def test_a_wrong_value_is_refused_by_typer(words: tuple[str, str]) -> None:
    with pytest.raises(typer.TyperException):
        given(*words)


def test_an_outcome_is_taken_in_the_spelling_of_json_too() -> None:
    both = {Exit.ROLLED_BACK, Exit.NO_METRICS}
    assert ok_codes("rolled_back, no-metrics") == ok_codes("rolled-back,no_metrics") == both
    assert outcome_of("rolled_back") is outcome_of("rolled-back") is Outcome.ROLLED_BACK


def placed(name: str, *args: str) -> str | None:
    """The provider that a command of that name is run with."""

    def shown(common: Common) -> str | None:
        """Where it is."""
        return common.provider

    command = to_command(name, shown)
    with command.make_context(name, list(args)) as context:
        return cast("str | None", command.invoke(context))


@pytest.mark.parametrize("said", ["flag", "variable"])
@pytest.mark.parametrize("name", ["history", "sweep", "rollback"])
def test_every_command_stops_at_a_word_that_is_no_provider(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    words = ["--provider", "awz"] if said == "flag" else []
    if not words:
        monkeypatch.setenv("CANARY_PROVIDER", "awz")

    with pytest.raises(UsageError) as caught:
        placed(name, *words)

    assert (caught.value.message, caught.value.hints[0]) == (
        "no provider named 'awz'",
        "did you mean sagemaker?",
    )
    assert placed(name, "--provider", "demo") == "demo"


def test_a_rollback_of_a_release_that_is_named_stops_at_no_provider() -> None:
    assert placed("rollback", "r-7k2fw", "--provider", "awz") == "awz"
