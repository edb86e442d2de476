"""Shows a release that this process drives or follows, and turns its end into an exit code."""

import os
import sys
from collections.abc import Callable
from dataclasses import field, replace

from canarycli.cli.display import ci
from canarycli.cli.display.interrupt import what_now
from canarycli.cli.display.live import live
from canarycli.cli.display.output import Output
from canarycli.cli.display.screen import Screen, suits
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import ok_codes
from canarycli.config import bake_from_option
from canarycli.errors import Exit, Left
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.artifacts import Artifacts
from canarycli.operations.drive import Drive, Ending
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Journey:
    """One release on its way, as this process shows it.

    Attributes:
        drive: how it is driven.
        ok_on: exit codes that count as 0.
        artifacts: what is left in files at the end, whatever it is.
        screen: what shows it live on a terminal, None for lines.
    """

    output: Output
    drive: Drive
    screen: Screen | None = None
    ok_on: frozenset[Exit] = frozenset()
    artifacts: Artifacts = field(default_factory=Artifacts)

    def show(self, run: Callable[[Drive], Ending], *, at_length: bool = True) -> int:
        """Run it, show how it ended, leave the artifacts, and return the exit code.

        Args:
            run: what is to be done, in this thread.
            at_length: whether it takes long enough for a live screen.
        """
        try:
            with live(self.screen if at_length else None, self.output):
                ending = run(self.drive)
            code = int(Exit.OK if ending.exit in self.ok_on else ending.exit)
            if ending.status is not None:
                self.output.result({**ending.status, "exit_code": code})
            for line in ending.advice:
                self.output.say(line)
        except Left:  # what somebody else drives
            return int(Exit.OK)
        else:
            return code
        finally:
            self._leave_artifacts()

    def _leave_artifacts(self) -> None:
        written = self.artifacts.write(self.drive.work, told_in_ci=ci.here(os.environ))
        if written is None:
            return
        for warning in written.warnings:
            self.output.say(warning)
        ci.tell(written.story, self.output, os.environ, self.artifacts.report, written.summary)


def journey(
    work: Workspace,
    output: Output,
    release_id: str,
    *,
    common: Common,
    timeout: str | None = None,
    on_interrupt: OnInterrupt | None = None,
    ok_on: str | None = None,
    artifacts: Artifacts | None = None,
) -> Journey:
    """How this process goes along with a release, from the flags.

    Raises:
        UsageError: a flag makes no sense, or a file can't be written.
    """
    artifacts = artifacts or Artifacts()
    artifacts.check()
    usual = OnInterrupt.HOLD if sys.stdin.isatty() else OnInterrupt.ROLLBACK
    heard: list[Event] = []

    def listen(event: Event) -> None:
        heard.append(event)
        output.event(event, release_id)

    drive = Drive(
        work,
        listen,
        output.sign_of_life,
        bake_from_option(timeout, "--timeout") if timeout else None,
        on_interrupt or usual,
    )
    screen = Screen(work, common, release_id, heard=heard) if suits(common) else None
    if screen is None and on_interrupt is None and common.may_ask:
        drive = replace(drive, choose=lambda release: what_now(release, choice=common.color))
    return Journey(output, drive, screen, ok_codes(ok_on), artifacts)
