"""The matrix of what can befall a command: which command, at which call, and what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from time import monotonic

from cli.worlds import WORLDS, OnGoogle, OnMicrosoft, OnSageMaker, Trouble

FOREVER = 100_000


class Deed(StrEnum):
    """What somebody does as a call comes in."""

    KILL = "kill"
    CANCEL = "cancel"
    FILL_DISK = "fill-disk"
    LOWER = "lower"
    RAISE = "raise"
    ROLL_BACK = "roll-back"
    START_TOO = "start-too"
    CLOCK_AHEAD = "clock-ahead"
    CLOCK_BACK = "clock-back"


OF_ALL = frozenset({Deed.KILL, Deed.FILL_DISK, Deed.CLOCK_AHEAD, Deed.CLOCK_BACK})
"""What may happen to any command."""

MOVES = frozenset({Deed.LOWER, Deed.RAISE, Deed.ROLL_BACK})
"""What others do to the traffic meanwhile."""

RIVALS = 20
"""The share that another machine's start gives the candidate."""

HELD = ("-p", "5", "--bake", "1s", "-y")
LEFT = ("-y", "--detach")
PROMOTED = ("--stages", "100", "--bake", "0s", "-y")
BACK = ("--on-interrupt", "rollback")


@dataclass(frozen=True)
class Order:
    """A command as it is given.

    Attributes:
        share: the candidate's at its end if it ends 0.
        args: what it is given.
        begun: how a start before it left the release, None if there is none.
        deeds: what may happen meanwhile, besides trouble with a call.
        judged: whether it asks for metrics where a plan has checks.
    """

    share: int
    args: Sequence[str]
    begun: Sequence[str] | None = HELD
    deeds: frozenset[Deed] = OF_ALL | MOVES
    judged: bool = False


COMMANDS: Mapping[str, Order] = {
    "start": Order(100, ("-y", *BACK), None, frozenset(Deed), judged=True),
    "promote": Order(
        100, ("--full", "-y", *BACK), HELD, frozenset(Deed) - {Deed.START_TOO}, judged=True
    ),
    "shift": Order(30, ("--percent", "30", "-y")),
    "rollback": Order(0, ("-y", "--reason", "the pager rang")),
    "pause": Order(5, ("--for", "1h")),
    "resume": Order(100, ("-y", *BACK), LEFT, OF_ALL | MOVES | {Deed.CANCEL}, judged=True),
    "guard": Order(5, ("--for", "3s"), judged=True),
    "sweep": Order(0, ("--older-than", "0s", "--do", "rollback"), LEFT),
    "cleanup": Order(100, ("-y",), PROMOTED, OF_ALL),
}

CALLS: Mapping[str, Sequence[str]] = {
    "sagemaker": OnSageMaker.calls,
    "vertex": OnGoogle.calls,
    "azureml": OnMicrosoft.calls,
}
METRICS = {
    "sagemaker": OnSageMaker.metrics,
    "vertex": OnGoogle.metrics,
    "azureml": OnMicrosoft.metrics,
}
REMOVES = {
    "sagemaker": ("CreateEndpointConfig", "UpdateEndpoint"),
    "vertex": ("undeployModel", "getOperation"),
    "azureml": ("deployment.delete",),
}
"""The calls that take a version away."""

SEES_LATE = "azureml"
"""Its metrics are a minute old at best: no release of seconds ever comes to a hold by them."""


@dataclass(frozen=True)
class Cell:
    """One command, and what befalls it.

    Attributes:
        call: the call of the cloud at which it happens, after `skip` others of that name.
        what: a trouble with that call, or somebody's deed.
        times: how often the trouble comes.
    """

    cloud: str
    command: str
    call: str
    skip: int
    what: Trouble | Deed
    times: int = 1

    def __str__(self) -> str:
        return f"{self.cloud} {self.command} {self.call} {self.skip} {self.what} {self.times}"

    @classmethod
    def read(cls, line: str) -> "Cell":
        """The cell that was written so."""
        cloud, command, call, skip, what, times = line.split()
        kind: type[Trouble | Deed] = Trouble if what in set(Trouble) else Deed
        return cls(cloud, command, call, int(skip), kind(what), int(times))

    @property
    def order(self) -> Order:
        return COMMANDS[self.command]

    @property
    def judged(self) -> bool:
        """Whether it is about the metrics that a plan asks for."""
        return self.call == METRICS[self.cloud]


def draw(dice: Random) -> Cell:
    """Any cell."""
    cloud = dice.choice(sorted(WORLDS))
    command = dice.choice(["start", "start", *COMMANDS])
    order, calls = COMMANDS[command], list(CALLS[cloud])
    if order.judged and (cloud != SEES_LATE or command == "start"):
        calls.append(METRICS[cloud])
    if command == "cleanup":
        calls += REMOVES[cloud]
    call, skip = dice.choice(calls), dice.choice([0, 0, 1, 2, 3, 5, 8])
    what: Trouble | Deed = dice.choice(sorted(order.deeds))
    if dice.random() < 0.5:
        what = dice.choice(list(Trouble))
    times = dice.choice([1, 1, 2, FOREVER]) if isinstance(what, Trouble) else 1
    if what is Trouble.HANGS:
        times = min(times, 2)
    return Cell(cloud, command, call, skip, what, times)


def within(seconds: float, cells: Callable[[], Cell]) -> Iterator[Cell]:
    """Cells as long as there is time."""
    end = monotonic() + seconds
    while monotonic() < end:
        yield cells()
