"""A release on its way in the Python API, as its record has it whenever it is asked."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from canarycli.config import bake_from_option
from canarycli.engine.status import release_status
from canarycli.errors import Exit
from canarycli.journal import Event
from canarycli.operations.address import Address
from canarycli.operations.drive import Drive, Ending, waits
from canarycli.operations.follow import follow
from canarycli.operations.history import one_release
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.pause import Pause
from canarycli.operations.pause import pause as pause_release
from canarycli.operations.promote import promote as promote_release
from canarycli.operations.resume import resumed
from canarycli.operations.rollback import way_back
from canarycli.operations.share import check_share
from canarycli.operations.shift import shift as shift_release
from canarycli.operations.stream import stream
from canarycli.operations.workspace import Workspace
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.release.record import Release
from canarycli.store import Record

Length = str | timedelta
"""A length of time as canary.yaml has it, `30m`, or as a value."""


@dataclass(slots=True)
class LiveRelease:
    """A release on its way, as its record has it whenever it is asked.

    Attributes:
        id: its name, such as `r-7k2fw`.
        endpoint: where it is, by the cloud's name.
    """

    id: str
    endpoint: str
    _work: Workspace
    _told: tuple[Event, ...] = ()
    """Events that nobody has heard yet."""
    _left: bool = False
    """Whether an engine drives it, so that `follow` only tells."""

    @property
    def state(self) -> str:
        """What it does now: `running`, `held`, `paused`, `rolling_back`, `ended` and others."""
        return self._release.state.value

    @property
    def outcome(self) -> str | None:
        """How it ended, such as `promoted` or `rolled_back`; None while it goes on."""
        outcome = self._release.outcome
        return outcome.value if outcome else None

    @property
    def verdict(self) -> str | None:
        """What its checks say together: `pass`, `fail`, `inconclusive`, `no_data`, None yet."""
        verdict = self._release.verdict
        return verdict.value if verdict else None

    @property
    def traffic(self) -> Mapping[str, float]:
        """The share of each version in percent, as it was last seen."""
        return dict(self.status()["traffic"])

    @property
    def exit_code(self) -> int:
        """What `canary` would end with: 0 promoted or at a planned hold, 20 while it goes on."""
        return int(self._release.exit)

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self._release.over

    @property
    def why(self) -> str:
        """Why it ended, or stands, as it does."""
        return self._release.why

    def status(self) -> dict[str, Any]:
        """All of it, as `canary.status/1`."""
        return release_status(self._record, None, self._work.clock.now())

    def events(self) -> tuple[Event, ...]:
        """Everything noted about it so far."""
        return self._work.store.events(self.id)

    def follow(
        self,
        *,
        timeout: Length | None = None,
        on_interrupt: Literal["hold", "rollback"] = "hold",
    ) -> Iterator[Event]:
        """Drive it until it ends or waits for a person; what happens, as it happens.

        Where somebody else drives it, what they do is told. Leaving the loop, like Ctrl-C, is an
        interrupt.

        Args:
            timeout: stop waiting after this; the release stays open.
            on_interrupt: what becomes of it where the loop is left.

        Raises:
            CanaryError: what the command would end with.
        """
        told, self._told = self._told, ()
        yield from told
        yield from stream(self._work, self._drive, length_of(timeout), OnInterrupt(on_interrupt))

    def wait(self, *, timeout: Length | None = None) -> "LiveRelease":
        """Drive, or follow, until it ends or waits for a person; returns itself.

        Raises:
            CanaryError: what the command would end with.
        """
        for _ in self.follow(timeout=timeout):
            pass
        return self

    def promote(
        self,
        *,
        to: float | None = None,
        full: bool = False,
        reason: str = "",
        override_freeze: str = "",
    ) -> None:
        """Ask for the next stage, a share, or 100 % at once; back once that is in place.

        In a change freeze only with `override_freeze`, the reason, which is kept in history.

        Raises:
            CanaryError: it is over, or the cloud refuses.
        """
        promote_release(
            self._quiet(), to=to, full=full, reason=reason, detach=True, override=override_freeze
        )

    def shift(self, percent: float, *, reason: str = "", override_freeze: str = "") -> None:
        """Set the candidate's share by hand; the release is paused there until `resume`.

        Raises:
            CanaryError: it is over, no split can be so, or a change freeze is in force.
        """
        check_share(percent, "percent", self._work.provider.limits)
        shift_release(self._quiet(), percent, reason=reason, override=override_freeze)

    def pause(self, length: Length = "30m", *, then: str = "rollback", reason: str = "") -> None:
        """Hold it where it is; after that time it goes back, or holds on.

        Raises:
            CanaryError: it is over.
        """
        span = length_of(length) or timedelta(minutes=30)
        text = length if isinstance(length, str) else str(length)
        pause_release(self._work, Pause(span, text, Then(then), reason), unheard)

    def resume(self) -> None:
        """Go on with it after a pause; `follow` or `wait` drives it.

        Raises:
            CanaryError: it is over.
        """
        now = self._work.clock.now()
        noted = resumed(self._release, self._work.actor, now)
        record = self._work.controller(unheard).change(
            self._work.key, lambda release: orders.resume(release, now), *noted
        )
        self._work.poke(record.release)

    def rollback(self, *, reason: str = "") -> dict[str, Any]:
        """Send all traffic back to the baseline, whoever drives; back once it is there.

        Raises:
            CanaryError: nobody can tell that it is.
        """
        return rolled_back(self._work, None, reason)

    @property
    def _record(self) -> Record:
        return one_release(self._work.store, Address(release=self.id), os.environ)

    @property
    def _release(self) -> Release:
        return self._record.release

    def _drive(self, drive: Drive) -> Ending:
        record = self._record
        if record.release.over or waits(record.release):
            return drive.finish(record.release, enough=waits, until=None)
        if self._left or record.driven_by_another(drive.work.driver.name, drive.work.clock.wall()):
            return follow(drive, record, until_done=True, takes_over=not self._left)
        return drive.run()

    def _quiet(self) -> Drive:
        return Drive(self._work, unheard, on_interrupt=OnInterrupt.HOLD)


def rolled_back(work: Workspace, to: str | None, reason: str) -> dict[str, Any]:
    """Send everything back, in silence; the status, once the traffic is home."""
    way = way_back(work, to, lambda _: None)
    return {**way.go(reason, unheard, wait=True), "exit_code": int(Exit.OK)}


def length_of(length: Length | None) -> timedelta | None:
    """A length of time as a value."""
    if length is None or isinstance(length, timedelta):
        return length
    return bake_from_option(length, "timeout")


def unheard(_: Event) -> None:
    """Nobody listens."""
