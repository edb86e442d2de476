"""One way of canary's to send traffic home against one of the cloud's own."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from output import beside
from processes import Cost, Pair, run


class Stage(Protocol):
    """The endpoint both commands play on, on a server of this machine."""

    def begin(self) -> None:
        """An endpoint with all traffic on the baseline and an idle candidate."""
        ...

    def remember(self) -> None:
        """Keep the notes that a release has left on the endpoint."""
        ...

    def split(self) -> None:
        """An endpoint in the middle of a release, with its notes, and no calls yet."""
        ...

    def check_home(self) -> None:
        """Return if all traffic is on the baseline.

        Raises:
            RuntimeError: it is not.
        """
        ...

    def calls_until_moved(self) -> Sequence[str]:
        """The calls since `split`, up to the one that moves traffic."""
        ...


@dataclass(frozen=True, slots=True)
class Contest:
    """Two command lines that do the same on one server.

    Attributes:
        what: canary's command, for the table.
        against: the other's.
        pair: both, with `before` that splits the traffic and `after` that sees it home.
        goal: the largest ratios that are good enough.
        calls: the calls made since `before`, up to the one that moves traffic.
        facts: more columns of the table.
    """

    what: str
    against: str
    pair: Pair
    goal: Cost
    calls: Callable[[], Sequence[str]]
    facts: Mapping[str, str] = field(default_factory=dict)

    def calls_of(self, command: Sequence[str]) -> Sequence[str]:
        """The calls one of the commands makes before traffic is on its way."""
        self.pair.before()
        run(command, self.pair.env)
        self.pair.after()
        return self.calls()


@dataclass(frozen=True, slots=True)
class Rival:
    """The cloud's own way.

    Attributes:
        name: what to call it.
        command: the whole command line.
        version: which one it is.
        goal: how much of its cost canary may have.
    """

    name: str
    command: Sequence[str]
    version: str
    goal: Cost


def contests_on(
    stage: Stage,
    where: Sequence[str],
    rivals: Sequence[Rival],
    env: Mapping[str, str],
    candidate: str,
) -> tuple[Contest, ...]:
    """Each rival against the rollback that waits until traffic is home, in three ways.

    From a machine that knows nothing, from the one that has the release's record, and without
    waiting, as most rivals only ask.

    Args:
        stage: the endpoint.
        where: canary's options that name it.
        rivals: what to compare with.
        env: the environment of all commands, complete.
        candidate: what the release brings in.
    """
    home = Path(env["HOME"])
    bare, knows = (Machine(stage, env, home.with_name(name)) for name in ("bare", "knows"))
    knows.start(where, candidate)
    bare.keep()
    ways = (
        ("canary rollback -y", (), bare),
        ("canary rollback -y, with a record", (), knows),
        ("canary rollback -y --no-wait", ("--no-wait",), bare),
    )
    return tuple(
        Contest(
            name,
            rival.name,
            Pair(
                (beside("canary"), "rollback", "-y", *where, *more),
                rival.command,
                machine.env,
                machine.split,
                stage.check_home,
            ),
            rival.goal,
            stage.calls_until_moved,
            {"other": rival.version},
        )
        for rival in rivals
        for name, more, machine in ways
    )


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that commands run on; its records are put back before every rollback."""

    stage: Stage
    given: Mapping[str, str]
    home: Path

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of commands on it."""
        return {**self.given, "CANARY_STATE": str(self.home / "now")}

    def start(self, where: Sequence[str], candidate: str) -> None:
        """Drive a release from here, and keep its record and its notes."""
        self.stage.begin()
        words = ("start", *where, "-m", candidate, "--percent", "10", "--detach", "-y")
        run((beside("canary"), *words), self.env)
        self.keep()
        self.stage.remember()

    def keep(self) -> None:
        """Keep the records there are."""
        (self.home / "now").mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.home / "now", self.home / "kept")

    def split(self) -> None:
        """The endpoint as it was in the release, and the record as well."""
        self.stage.split()
        shutil.rmtree(self.home / "now")
        shutil.copytree(self.home / "kept", self.home / "now")


def until(moves: str, calls: Sequence[str]) -> list[str]:
    """The calls up to the first of that name, which must be there."""
    return [*calls[: calls.index(moves)], moves]
