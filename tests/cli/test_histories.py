"""Each broken promise in a history of a command is seen; `bench/histories.py` tells them."""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from cli.histories.draw import Command, History, Way
from cli.histories.judge import Judged
from cli.histories.place import NAMES
from cli.histories.tell import Ran, Tale

HISTORY = History(
    1,
    "sagemaker",
    bad=False,
    judged=False,
    shared=False,
    bucket=False,
    slow=0.2,
    neighbour=False,
    steps_clock=False,
    steps=(),
)
START = ("start", "-m", "candidate", "-y", "--percent", "5")
ROLLBACK = ("rollback", "-y")
BEFORE, FIVE, FIFTY = {"v1": 100.0}, {"v1": 95.0, "v2": 5.0}, {"v1": 50.0, "v2": 50.0}


def ran(args: Sequence[str], begun: float, ended: float, code: int, **said: Any) -> Ran:
    """A command of ann's as it was seen from outside."""
    nobody: Any = None
    told_by = json.dumps(said) if said else ""
    return Ran(Command("ann", args, Way.JSON), begun, nobody, ended, code, told_by)


class Seen:
    """A place of which there is nothing but what was seen."""

    names = NAMES["sagemaker"]

    def __init__(self, splits: Sequence[tuple[float, Mapping[str, float]]]) -> None:
        self._splits = splits

    def splits(self, *, neighbour: bool = False) -> Any:
        return [(0.0, BEFORE)] if neighbour else self._splits

    def owners_tags(self) -> Mapping[str, str]:
        return {"fraud team": "rides", "ledger team": "rides"}


class Machine:
    """One that knows of these releases."""

    def __init__(self, *states: str) -> None:
        self.states = states

    def run(self, *_: str) -> Any:
        rows = [{"endpoint": "fraud", "state": state} for state in self.states]
        return SimpleNamespace(code=0, json={"releases": rows})


def judged(
    splits: Sequence[tuple[float, Mapping[str, float]]], *commands: Ran, known: str = "held"
) -> list[str]:
    """What is said of a history like this."""
    there: Any = Seen([(0.0, BEFORE), *splits])
    machines: Any = {"ann": Machine(known)}
    return Judged(Tale(HISTORY, there, machines, list(commands))).broken()


HELD = ran(START, 1, 4, 0, exit_code=0, traffic=FIVE)


def test_a_history_in_which_all_went_well_is_not_blamed() -> None:
    assert judged([(2, FIVE)], HELD) == []
    back = ran(ROLLBACK, 20, 21, 0, exit_code=0, traffic=BEFORE)
    assert judged([(2, FIVE), (20.5, BEFORE)], HELD, back) == []


BROKEN: Mapping[str, tuple[Sequence[tuple[float, Mapping[str, float]]], Sequence[Ran], str]] = {
    "a share above the stage": ([(2, FIVE), (3, FIFTY)], [ran(START, 1, 4, 0)], "v2 got 50%"),
    "a raise of nobody's": ([(2, FIVE), (60, BEFORE), (90, FIVE)], [HELD], "nobody asked for it"),
    "a raise after a rollback": (
        [(2, FIVE), (20.5, BEFORE), (23, FIVE)],
        [ran(START, 1, 30, 0), ran(ROLLBACK, 20, 21, 0)],
        "and after it the traffic was",
    ),
    "a rollback that did nothing": (
        [(2, FIVE)],
        [HELD, ran(ROLLBACK, 20, 21, 0)],
        "and after it the traffic was",
    ),
    "a rollback to another version than was named": (
        [(2, FIVE), (20.5, BEFORE)],
        [HELD, ran((*ROLLBACK, "--to", "candidate"), 20, 21, 0)],
        "and after it the traffic was",
    ),
    "a rollback to the wrong version": (
        [(2, FIVE), (20.5, {"v2": 100.0})],
        [HELD, ran(ROLLBACK, 20, 21, 0)],
        "v2 got everything, which had 5%",
    ),
    "a code that is not so": ([(2, FIVE)], [ran(START, 1, 9, 3)], "and the candidate had"),
    "a document that is not so": (
        [(2, FIVE)],
        [ran(START, 1, 9, 0, exit_code=0, traffic=BEFORE)],
        "it says {'v1': 100.0}",
    ),
    "another code in the document": (
        [(2, FIVE)],
        [ran(START, 1, 9, 0, exit_code=5, traffic=FIVE)],
        "its JSON says 5",
    ),
    "a code that it never has": ([], [ran(ROLLBACK, 1, 2, 5)], "rollback -y: 5"),
    "a fault": ([], [ran(ROLLBACK, 1, 2, 1)], "rollback -y: 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_seen(name: str) -> None:
    splits, commands, what = BROKEN[name]
    assert any(what in said for said in judged(splits, *commands)), judged(splits, *commands)


def test_a_candidate_that_nobody_looks_after_is_seen() -> None:
    assert "no release is open" in judged([(2, FIVE)], HELD, known="ended")[0]
    assert "running in the end" in judged([(2, FIVE)], HELD, known="running")[0]
