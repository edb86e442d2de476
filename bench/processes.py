"""Runs command lines as whole processes, two by two, and says what they cost."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryFile
from typing import Self


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds one process took, those it started and waited for included.

    Attributes:
        cpu: user and system time.
        wall: from start to end.
    """

    cpu: float
    wall: float

    @classmethod
    def median(cls, costs: Sequence[Self]) -> Self:
        """The median of each figure on its own."""
        return cls(median(c.cpu for c in costs), median(c.wall for c in costs))


def nothing() -> None:
    """What there is to do around a command that changes nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two command lines to compare.

    Attributes:
        ours: the command that is measured.
        theirs: the one it is measured against.
        env: the environment of both, complete.
        before: puts things back; called before each of the two, not measured.
        after: raises if the command did not do its work; called after each, not measured.
    """

    ours: Sequence[str]
    theirs: Sequence[str]
    env: Mapping[str, str]
    before: Callable[[], None] = nothing
    after: Callable[[], None] = nothing


@dataclass(frozen=True, slots=True)
class Comparison:
    """The median costs of both, and the medians of the ratios within each pair."""

    ours: Cost
    theirs: Cost
    ratio: Cost


def compare(pair: Pair, rounds: int) -> Comparison:
    """Run both `rounds` times, right after each other, taking turns in who goes first.

    One round more is run before and not counted: it compiles and fills caches. What disturbs
    the machine for a while disturbs both halves of a pair, so the ratios are taken within pairs.
    """
    _round(pair, ours_first=True)
    costs = [_round(pair, ours_first=n % 2 == 0) for n in range(rounds)]
    return Comparison(
        Cost.median([ours for ours, _ in costs]),
        Cost.median([theirs for _, theirs in costs]),
        Cost.median([Cost(o.cpu / t.cpu, o.wall / t.wall) for o, t in costs]),
    )


def _round(pair: Pair, *, ours_first: bool) -> tuple[Cost, Cost]:
    if ours_first:
        ours = _once(pair, pair.ours)
        return ours, _once(pair, pair.theirs)
    theirs = _once(pair, pair.theirs)
    return _once(pair, pair.ours), theirs


def _once(pair: Pair, command: Sequence[str]) -> Cost:
    pair.before()
    cost = run(command, pair.env)
    pair.after()
    return cost


def run(command: Sequence[str], env: Mapping[str, str]) -> Cost:
    """The cost of one process from start to end.

    Raises:
        subprocess.CalledProcessError: it did not exit with 0; carries what it printed.
    """
    with TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, output.read())
    return Cost(usage.ru_utime + usage.ru_stime, wall)
