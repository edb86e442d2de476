"""Tries a cell of the matrix on a world of its own, and says what did not hold."""

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from cli.blackbox import Result, Running
from cli.cells import RIVALS, SEES_LATE, Cell, Deed
from cli.histories.clock import WallClock, wall_clock
from cli.worlds import SHARES, WORLDS, Trouble, World

PATIENCE = 150.0
"""Seconds after which a command hangs."""

WATCH = 420.0
"""The same of a sweep: a raise without an answer may land on SageMaker for 330 s. And of a release
that is judged by metrics of a minute each."""

SOON = 0.03

HOME = frozenset({3, 4, 6, 10, 11, 130, 143})
"""Codes that say the candidate has nothing, unless the command says that it stays as it is."""

BY_HAND = {Deed.LOWER: 0, Deed.RAISE: 60}
STEPS = {Deed.CLOCK_AHEAD: 3600, Deed.CLOCK_BACK: -3600}


@dataclass
class Trial:
    """A cell as it is tried on a world of its own.

    Attributes:
        broken: what did not hold.
        before: the shares there were when the deed was done.
        versions: those there were before the command.
    """

    cell: Cell
    world: World
    result: Result | None = None
    done: bool = False
    before: Sequence[float] = ()
    versions: Sequence[str] = ()
    phone: Result | None = None
    rival: Result | None = None
    clock: WallClock | None = None
    broken: list[str] = field(default_factory=list)

    def run(self) -> list[str]:
        """Try it, see what it came to, bring it to an end, and see that."""
        cell, world = self.cell, self.world
        if cell.judged:
            world.judge()
        if cell.order.begun is not None:
            begun = world.ann.run("start", "-m", world.model, *cell.order.begun)
            assert begun.code == 0, begun.err
        if cell.command == "cleanup":
            self.versions = self._versions()
        running = self._begin()
        self.result = self._end(running)
        if self.result is not None and cell.command == "cleanup":
            self._judge_cleanup(self.result)
        elif self.result is not None:
            self._judge(self.result)
        world.calm()
        if self.clock is not None:
            self.clock.step(0)
        if cell.command == "cleanup":
            self._clean()
        else:
            self._sweep()
        return self.broken

    def blame(self, what: str) -> None:
        """Something did not hold."""
        said = ""
        if self.result is not None:
            said = "".join(
                f"\n    {line}" for line in (self.result.out + self.result.err).split("\n")
            )
        self.broken.append(f"{what}; shares {list(self.world.shares())}{said}")

    def _begin(self) -> Running:
        cell, world, first = self.cell, self.world, len(self.world.seen())
        args = (cell.command, *cell.order.args)
        if cell.command == "start":
            args = (*args, "-m", world.model)
        if isinstance(cell.what, Trouble):
            world.trouble(cell.call, cell.what, cell.skip, cell.times)
            return world.ann.begin(*args)
        running = world.ann.begin(*args)
        self._await(running, first)
        return running

    def _await(self, running: Running, first: int) -> None:
        """Do the deed as soon as its call has come in; never where it does not come."""
        cell = self.cell
        while running.process.poll() is None:
            came = sum(call == cell.call for call in self.world.seen()[first:])
            if came > cell.skip:
                self._do(running)
                return
            sleep(SOON)

    def _do(self, running: Running) -> None:
        what, world, pid = self.cell.what, self.world, running.process.pid
        self.done, self.before = True, tuple(world.shares())
        match what:
            case Deed.KILL:
                os.kill(pid, signal.SIGKILL)
            case Deed.CANCEL:
                os.kill(pid, signal.SIGTERM)
            case Deed.FILL_DISK:  # no file of this process grows any more
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            case Deed.LOWER | Deed.RAISE:
                world.somebody_sets(BY_HAND[Deed(what)])
            case Deed.ROLL_BACK:
                self.phone = world.ann.elsewhere("phone").run("rollback", *world.flags, "-y")
            case Deed.CLOCK_AHEAD | Deed.CLOCK_BACK:
                if self.clock is not None:
                    self.clock.step(STEPS[Deed(what)])
            case Deed.START_TOO:
                theirs = ("-m", world.model, "-p", str(RIVALS), "--bake", "1s", "-y")
                self.rival = world.ann.elsewhere("phone").run("start", *world.flags, *theirs)

    def _end(self, running: Running) -> Result | None:
        patience = WATCH if self.cell.judged and self.cell.cloud == SEES_LATE else PATIENCE
        try:
            result = running.end(patience)
        except subprocess.TimeoutExpired:
            running.kill()
            self.blame(f"no end within {patience:g} s")
            return None
        return None if result.code == -signal.SIGKILL else result

    def _judge(self, result: Result) -> None:
        """Whether the exit code is true, and nothing went where it must not."""
        cell, text, share = self.cell, result.out + result.err, self.world.shares()[-1]
        untouched = max(self.world.shares()) == 0 or "has all traffic again" in text
        full = cell.what is Deed.FILL_DISK and share == 0 and untouched
        if (result.code == 1 and not full) or "fault in canary" in text:
            self.blame(f"ended {result.code}, it broke")
        if result.code == 0 and not self._is_as_asked(share):
            self.blame(f"ended 0 with {share:g}%")
        if result.code in HOME and share > 0 and not self._said_to_stay(text):
            self.blame(f"ended {result.code} with {share:g}%")
        if result.code == 13 and "by hand: " not in text:
            self.blame("ended 13 without a way by hand")
        told = self._said_to_stay(text) or "by hand" in text
        if result.code in {8, 9} and share > 0 and not told:
            self.blame(f"ended {result.code} with {share:g}%, unsaid")
        if result.code == 14 and cell.what is not Deed.RAISE:
            self.blame("ended 14, and nobody raised anything")
        if self.rival is not None:
            self._judge_rival(result, self.rival)
        elif result.code in {2, 5, 7, 12, 20}:
            self.blame(f"ended {result.code}")
        self._judge_shares()

    def _judge_cleanup(self, result: Result) -> None:
        """Of a release that is over: nothing moves, whether it may or not."""
        full = {1} if self.cell.what is Deed.FILL_DISK else set()
        moved = self.world.shares()[-1] != self.cell.order.share
        if result.code not in {0, 8, 10} | full or moved:
            self.blame(f"ended {result.code}")

    def _judge_rival(self, result: Result, rival: Result) -> None:
        """Of two starts one goes on, and the other one touches nothing of it."""
        codes = (result.code, rival.code)
        if codes not in {(0, 7), (0, 2), (7, 0)}:
            self.blame(f"the two starts ended {codes}: {rival.out}{rival.err}")
        elif self.world.shares()[-1] != (RIVALS if rival.code == 0 else 100):
            self.blame(f"the other's split was changed, {codes}: {rival.out}{rival.err}")

    def _is_as_asked(self, share: float) -> bool:
        """Whether the candidate has what a command that ended 0 says; others may follow it."""
        wanted = self.cell.order.share
        if wanted == 0:
            return share == 0 or (self.cell.what is Deed.RAISE and self.done)
        return share == wanted or (wanted in self.world.shares() and self.done)

    def _said_to_stay(self, text: str) -> bool:
        return "stays as it is" in text

    def _judge_shares(self) -> None:
        """Never more than a stage at once, and never more once somebody lowered it for good."""
        theirs = {BY_HAND[Deed(self.cell.what)]} if self.cell.what in BY_HAND else set()
        theirs |= {RIVALS} if self.rival is not None and self.rival.code == 0 else set()
        shares = self.world.shares()
        for share in set(shares) - {*SHARES, self.cell.order.share} - theirs:
            self.blame(f"{share:g}% is no stage")
        over = self.phone is not None and self.phone.code == 0
        if over and any(share > 0 for share in shares[len(self.before) + 1 :]):
            self.blame("a raise came after a rollback that ended 0")
        if over and shares[-1] > 0:
            self.blame(f"{shares[-1]:g}% after a rollback that ended 0")
        if self.phone is not None and self.phone.code != 0:
            self.blame(f"the phone's rollback ended {self.phone.code}: {self.phone.err}")

    def _sweep(self) -> None:
        """What nobody drives any more is found by a sweep, and brought to an end."""
        share = self.world.shares()[-1]
        if (self.cell.what is Deed.RAISE and self.done) or self.rival is not None:
            return  # it is theirs to answer for
        state = self._state_of("state")
        if 0 < share < 100 and state in {"ended", "idle"}:
            self.blame(f"{share:g}% and no open release")
        if self.result is None:  # else its lease would have to end first
            self.world.ann.run("unlock", self._state_of("endpoint"), "--yes")
        # One that waits for a person is only judged by a sweep.
        sweep = ("sweep", "--older-than", "0s", "--do", "rollback")
        end = ("rollback", "-y") if state in {"held", "paused"} else sweep
        swept = self.world.ann.begin(*end).end(WATCH)
        share = self.world.shares()[-1]
        if swept.code not in {0, 3} or 0 < share < 100:
            self.blame(f"{end[0]} ended {swept.code} with {share:g}%: {swept.out}{swept.err}")

    def _clean(self) -> None:
        """What could not be removed is removed by the next one, and nothing else is."""
        end = monotonic() + PATIENCE
        again = self.world.ann.run("cleanup", "-y")
        while again.code == 10 and monotonic() < end:  # what the killed one began is under way
            sleep(1)
            again = self.world.ann.run("cleanup", "-y")
        left = self._versions()
        if again.code not in {0, 9} or len(left) != len(self.versions) - 1:
            self.blame(f"a second cleanup ended {again.code}, and left {left}: {again.err}")

    def _versions(self) -> list[str]:
        bare = self.world.ann.elsewhere("tablet")
        status: Any = bare.run("status", "-o", "json", *self.world.flags)
        return [version["name"] for version in status.json["versions"]]

    def _state_of(self, what: str) -> str:
        status: Any = self.world.ann.run("status", "-o", "json")
        return str(status.json[what]) if status.code == 0 else "unknown"


def tried(cell: Cell, folder: Path) -> Trial:
    """The cell, tried on a server of its own."""
    with WORLDS[cell.cloud](folder) as world:
        clock = wall_clock(folder) if cell.what in STEPS else None
        if clock is not None:
            world.ann.env |= clock.environment
        trial = Trial(cell, world, clock=clock)
        trial.run()
        return trial
