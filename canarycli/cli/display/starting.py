"""Starts a release before a person's eyes: what is meant, what is foreseen, the word to go."""

import os
import sys
from collections.abc import Callable
from dataclasses import KW_ONLY
from datetime import timedelta
from typing import TypeVar

from canarycli.cli.display.agreed import about, judged
from canarycli.cli.display.journey import Journey, journey
from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import address_of
from canarycli.cli.display.plan import show_plan
from canarycli.cli.display.prompt import confirm
from canarycli.cli.options.common import Common
from canarycli.cli.options.driving import may_be_unchanged
from canarycli.config import bake_from_option
from canarycli.errors import Exit, Unchanged
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.artifacts import Artifacts
from canarycli.operations.engine_kind import EngineKind
from canarycli.operations.engines import Engine, engine_of
from canarycli.operations.follow import leave_to
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.guard import Stay
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.start import Intent, Wanted, in_place, intend
from canarycli.operations.turn import Turn
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import open_workspace

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Starting:
    """One `canary start`, from its flags.

    Attributes:
        engine: what it is left to, None for what canary.yaml says.
        yes: whether the person agreed to everything beforehand.
    """

    common: Common
    wanted: Wanted
    artifacts: Artifacts
    timeout: str | None
    on_interrupt: OnInterrupt | None
    ok_on: str | None
    engine: EngineKind | None
    _: KW_ONLY
    yes: bool

    def foresee(self) -> int:
        """Show what would be done, and do nothing."""
        with Output(self.common) as output:
            address = address_of(self.common, offer=True)
            return show_plan(output, _ready(address, self.wanted, output.say), yes=self.yes)

    def start(self, wait: str | None, stay: str | None, *, detach: bool) -> int:
        """Start it, drive it, and show how it ends."""
        with Output(self.common) as output:
            engine = engine_of(self.engine, self.common.config, os.environ)
            address = address_of(self.common, offer=True)
            try:
                intent, on_its_way = _in_turn(
                    address, wait, output, lambda: self._begin(output, address, engine)
                )
            except Unchanged as error:
                if not may_be_unchanged(self.ok_on):
                    raise
                output.say(f"{error.message}; nothing to do")
                return int(Exit.OK)
            drive = on_its_way.drive
            if engine is not None:
                return on_its_way.show(
                    lambda drive: leave_to(engine, drive, detach=detach), at_length=not detach
                )
            enough = in_place if detach else Stay(drive.work.clock, _stay(stay), drive.listen)
            return on_its_way.show(
                lambda drive: drive.run(seen=intent.look, enough=enough), at_length=not detach
            )

    def _begin(
        self, output: Output, address: Address, engine: Engine | None
    ) -> tuple[Intent, Journey]:
        intent = _ready(address, self.wanted, output.say)
        intent.refuse_blocked()
        seen = foresee(intent, insist=True)
        intent = foreseen(intent, seen)
        if engine is not None:
            engine.check()
        for warning in seen.warnings:
            output.say(f"warning: {warning.message}")
        self._agree(output, intent, about(intent, seen))
        on_its_way = journey(
            intent.work,
            output,
            intent.release.id,
            common=self.common,
            timeout=self.timeout,
            on_interrupt=self.on_interrupt,
            ok_on=self.ok_on,
            artifacts=self.artifacts,
        )
        record_start(intent, on_its_way.drive.listen)
        return intent, on_its_way

    def _agree(self, output: Output, intent: Intent, question: str) -> None:
        """Have a person agree to the risks."""
        if self.yes:
            return
        if not self.common.may_ask:
            intent.refuse_risks()
            return
        for trouble in intent.troubles:
            output.say(f"warning: {trouble.message}")
        for line in judged(intent):
            output.say(line)
        confirm(self.common, question, yes=False)


def _in_turn(address: Address, wait: str | None, output: Output, begin: Callable[[], T]) -> T:
    """Begin at once, or with `--wait` when the endpoint is free."""
    if wait is None:
        return begin()
    patience = bake_from_option(wait, "--wait")
    return Turn(open_workspace(address, os.environ, output.say), patience, output.say).take(begin)


def _ready(address: Address, wanted: Wanted, say: Callable[[str], None]) -> Intent:
    """What is to be started, on an endpoint that no release is on.

    Raises:
        Busy: one is.
    """
    intent = _intend(address, wanted)
    return _intend(address, wanted) if refuse_busy(intent, say) else intent


def _stay(word: str | None) -> timedelta | None:
    """How long to guard a hold: as asked; on a terminal as long as it lasts; else not at all."""
    if word is not None:
        return bake_from_option(word, "--stay")
    return None if sys.stdin.isatty() and sys.stdout.isatty() else timedelta(0)


def _intend(address: Address, wanted: Wanted) -> Intent:
    return intend(address, wanted, os.environ, stdin=sys.stdin)
