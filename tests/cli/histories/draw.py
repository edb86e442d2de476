"""Draws histories: who runs which command when, what befalls it, and what others do meanwhile."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from cli.worlds import WORLDS, OnGoogle, OnMicrosoft, OnSageMaker, Trouble

CALLS = {
    "sagemaker": (*OnSageMaker.calls, OnSageMaker.metrics),
    "vertex": (*OnGoogle.calls, OnGoogle.metrics),
    "azureml": (*OnMicrosoft.calls, OnMicrosoft.metrics),
}
ANY = "*"
MACHINES = ("ann", "bob", "phone")
"""The first two have a canary.yaml, the phone has nothing but flags."""

BARE = "phone"
STAGES = (5, 50, 100)
FOREVER = 100_000


class Way(StrEnum):
    """How a command is run."""

    PLAIN = "plain"
    JSON = "json"
    CLOSED = "closed"
    FULL = "full"
    NO_DISK = "no-disk"


@dataclass(frozen=True)
class Command:
    """Somebody runs the command.

    Attributes:
        joined: whether its end is waited for before the next step.
        ends: a signal, and how many seconds after its begin.
    """

    machine: str
    args: Sequence[str]
    way: Way = Way.JSON
    joined: bool = True
    ends: tuple[signal.Signals, float] | None = None

    def __str__(self) -> str:
        ends = f" {self.ends[0].name} after {self.ends[1]:.1f} s" if self.ends else ""
        way = "" if self.way in {Way.PLAIN, Way.JSON} else f" ({self.way})"
        return f"{self.machine}$ {' '.join(self.args)}{way}{ends}{'' if self.joined else ' &'}"


@dataclass(frozen=True)
class Spoil:
    """Calls of that name go wrong."""

    call: str
    what: Trouble
    skip: int
    times: int

    def __str__(self) -> str:
        return f"{self.what} {self.call}, {self.times} times after {self.skip}"


@dataclass(frozen=True)
class ByHand:
    """Another writer gives the candidate a share."""

    share: int

    def __str__(self) -> str:
        return f"somebody sets {self.share}%"


@dataclass(frozen=True)
class Versions:
    """Another writer adds a version, or removes one, whose traffic goes to the baseline."""

    adds: str = ""
    removes: str = ""

    def __str__(self) -> str:
        return f"somebody removes {self.removes}" if self.removes else f"somebody adds {self.adds}"


@dataclass(frozen=True)
class Damage:
    """A machine's records are no records any more."""

    machine: str

    def __str__(self) -> str:
        return f"the records of {self.machine} are damaged"


@dataclass(frozen=True)
class SetClock:
    """The wall clock of bob's machine is set so many seconds ahead of the others'."""

    ahead: int

    def __str__(self) -> str:
        return f"bob's clock is {self.ahead:+} s"


@dataclass(frozen=True)
class Calm:
    """Nothing goes wrong any more."""

    def __str__(self) -> str:
        return "calm"


Step = Command | Spoil | ByHand | Versions | Damage | SetClock | Calm


@dataclass(frozen=True)
class History:
    """What happens on one endpoint of a cloud, each step so many seconds after the one before.

    Attributes:
        steps_clock: whether somebody sets the wall clock of a machine.
        bad: the candidate fails, and the plan has a check that sees it.
        judged: the plan has a check, whether the candidate fails or not.
        shared: ann and bob keep their records in one place.
        bucket: that place is a bucket.
        slow: how long the cloud takes for a change.
        neighbour: another project of ann's has a release of its own, held.
    """

    seed: int
    cloud: str
    bad: bool
    judged: bool
    shared: bool
    bucket: bool
    slow: float
    neighbour: bool
    steps_clock: bool
    steps: Sequence[tuple[float, Step]]

    def __str__(self) -> str:
        traits = [
            *(["bad candidate"] if self.bad else []),
            *(["judged"] if self.judged and not self.bad else []),
            *(["shared records"] if self.shared and not self.bucket else []),
            *(["records in a bucket"] if self.bucket else []),
            *(["a neighbour"] if self.neighbour else []),
            f"changes take {self.slow:g} s",
        ]
        lines = [f"{self.cloud} {self.seed}: {', '.join(traits)}"]
        lines += [f"  +{wait:.1f} {step}" for wait, step in self.steps]
        return "\n".join(lines)


def draw(seed: int, cloud: str = "") -> History:
    """The history of a seed, on any cloud unless told."""
    dice = Random(seed)
    drawn = dice.choice(sorted(WORLDS))
    cloud = cloud or drawn
    bad = cloud != "azureml" and dice.random() < 0.3
    steps: list[tuple[float, Step]] = [(0.0, _start(dice, first=True))]
    steps += [(_while(dice), _step(dice, cloud)) for _ in range(dice.randint(3, 7))]
    shared, steps_clock = dice.random() < 0.3, dice.random() < 0.15
    if steps_clock:  # where records are shared, clocks are kept alike
        shared = False
        for _ in range(2):
            step = SetClock(dice.choice([-3600, -40, -5, 5, 40, 120]))
            steps.insert(dice.randint(0, len(steps)), (_while(dice), step))
    return History(
        seed,
        cloud,
        bad,
        judged=bad or dice.random() < 0.2,
        shared=shared,
        bucket=shared and dice.random() < 0.5,
        slow=dice.choice([0.2, 0.2, 0.5, 2.0]),
        neighbour=dice.random() < 0.25,
        steps_clock=steps_clock,
        steps=steps,
    )


def _while(dice: Random) -> float:
    return dice.choice([0, 0.1, 0.4, 1, 2, 3]) * dice.random()


def _step(dice: Random, cloud: str) -> Step:
    die = dice.random()
    if die < 0.15:
        times = dice.choice([1, 1, 2, 5, FOREVER])
        what, call = dice.choice(list(Trouble)), dice.choice(CALLS[cloud])
        if what is Trouble.EXPIRED and dice.random() < 0.7:
            call = ANY
        if what is Trouble.HANGS:
            times = min(times, 2)
        return Spoil(call, what, dice.choice([0, 0, 1, 2, 4]), times)
    if die < 0.20:
        return ByHand(dice.choice([0, 0, 20, 60, 100]))
    if die < 0.23:
        removes = dice.choice(["candidate", "other", ""])
        return Versions("" if removes else "new", removes)
    if die < 0.25:
        return Damage(dice.choice(MACHINES[:2]))
    if die < 0.30:
        return Calm()
    if die < 0.45:
        return _start(dice)
    if die < 0.65:
        return _rollback(dice)
    return _order(dice)


def _start(dice: Random, *, first: bool = False) -> Command:
    machine = "ann" if first else dice.choice(MACHINES)
    model = "other" if not first and dice.random() < 0.2 else "candidate"
    ways: list[Sequence[str]] = [
        ("--percent", "5", "--bake", "1s"),
        ("--percent", "20", "--bake", "1s", "--detach"),
        ("--stages", "10,100", "--bake", "1s"),
    ]
    if machine != BARE:
        ways += [(), (), ("--plan", "held"), ("--wait", "10s"), ("--stay", "8s", "--plan", "held")]
    args = ["start", "-m", model, "-y", *dice.choice(ways)]
    if dice.random() < 0.4:
        args += ["--on-interrupt", dice.choice(["hold", "rollback"])]
    if dice.random() < 0.15 or (machine == BARE and "--detach" not in args):
        args += ["--timeout", "6s"]
    return _run(dice, machine, args, background=0.7)


def _rollback(dice: Random) -> Command:
    args = ["rollback", "-y"]
    die = dice.random()
    if die < 0.15:
        args += ["--no-wait"]
    elif die < 0.27:
        args += ["--to", dice.choice(["baseline", "candidate"])]
    elif die < 0.6:
        args += ["--reason", "the pager rang"]
    return _run(dice, dice.choice(MACHINES), args, background=0.3)


ORDERS: Sequence[tuple[Sequence[str], float]] = (
    (("promote", "-y", "--timeout", "8s"), 3),
    (("promote", "-y", "--full", "--detach"), 1),
    (("promote", "-y", "--to", "50", "--timeout", "8s"), 1),
    (("promote", "-y", "--detach"), 1),
    (("pause", "--for", "2s", "--then", "rollback"), 1),
    (("pause", "--for", "2s", "--then", "hold"), 1),
    (("resume", "-y", "--timeout", "8s"), 1.5),
    (("resume", "-y", "--take-over", "--timeout", "8s"), 1.5),
    (("guard", "--for", "4s"), 1),
    (("shift", "--percent", "30", "-y"), 1),
    (("shift", "--percent", "2", "-y"), 0.5),
    (("sweep", "--older-than", "0s"), 2),
    (("sweep", "--older-than", "0s", "--do", "resume"), 1),
    (("tick", "--all"), 2),
    (("cleanup",), 0.5),
    (("status",), 1),
    (("status", "--all"), 0.5),
    (("watch", "--timeout", "3s"), 0.5),
    (("unlock", "--yes"), 0.3),
)
NEEDS_NO_ENDPOINT = frozenset({"sweep", "tick"})


def _order(dice: Random) -> Command:
    args = dice.choices([order for order, _ in ORDERS], [weight for _, weight in ORDERS])[0]
    return _run(dice, dice.choice(MACHINES[:2] * 3 + MACHINES[2:]), args, background=0.4)


def _run(dice: Random, machine: str, args: Sequence[str], *, background: float) -> Command:
    way = dice.choices(list(Way), [3, 6, 0.5, 0.5, 0.7])[0]
    ends = None
    if dice.random() < 0.25:
        number = dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        ends = (number, round(dice.choice([0.3, 1, 3]) * dice.random(), 2))
    return Command(machine, tuple(args), way, dice.random() >= background, ends)
