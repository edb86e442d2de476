"""One way of canary's to send traffic home against one of the cloud's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Protocol

from output import beside
from processes import Cost, Pair, run


class Stage(Protocol):
    """The endpoint both commands play on, on a server of this machine."""

    def split(self) -> None:
        """An endpoint in the middle of a release, and no calls yet."""
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
    stage: Stage, where: Sequence[str], rival: Rival, env: Mapping[str, str]
) -> tuple[Contest, ...]:
    """The rollback that waits until traffic is home, and the one that only asks, on one stage.

    The rivals only ask, so the one that waits is held to their CPU and not to their time.

    Args:
        stage: the endpoint.
        where: canary's options that name it.
        rival: what to compare with.
        env: the environment of both commands, complete.
    """
    return tuple(
        Contest(
            " ".join(("canary rollback -y", *more)),
            rival.name,
            Pair(
                (beside("canary"), "rollback", "-y", *where, *more),
                rival.command,
                env,
                stage.split,
                stage.check_home,
            ),
            replace(rival.goal, wall=rival.goal.wall if more else inf),
            stage.calls_until_moved,
            {"other": rival.version},
        )
        for more in ((), ("--no-wait",))
    )


def until(moves: str, calls: Sequence[str]) -> list[str]:
    """The calls up to the first of that name, which must be there."""
    return [*calls[: calls.index(moves)], moves]
