"""`canary watch`: follow a release that somebody else drives, until it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.screen import Screen, suits
from canarycli.cli.display.status import status_lines
from canarycli.cli.options.common import Common
from canarycli.config import bake_from_option
from canarycli.engine.lease import last_sign
from canarycli.engine.status import release_status
from canarycli.errors import Exit, NotFound
from canarycli.journal import Event
from canarycli.operations.drive import OkOn, Timeout, ok_codes, standing
from canarycli.operations.workspace import Work, open_work
from canarycli.release.record import Release
from canarycli.store import Record
from canarycli.store.contract import LEASE


def watch(
    common: Common,
    *,
    interval: Annotated[
        str, Option("--interval", "-i", metavar="5s", help="How often to look for news")
    ] = "5s",
    timeout: Timeout = None,
    once: Annotated[bool, Option("--once", help="Show where it stands, and end")] = False,
    ok_on: OkOn = None,
) -> int:
    """Follow a release live until it ends.

    On a terminal of at least 60 x 16 it is a live screen, with keys to roll back, pause, go
    on and leave; elsewhere a line for each change, until the release ends or waits for a
    person. Ctrl-C leaves the release as it is. The exit code is the outcome's, 0 too at a
    planned hold and after q, 20 with --once while it goes on.
    """
    pause = bake_from_option(interval, "--interval").total_seconds()
    length = bake_from_option(timeout, "--timeout") if timeout else None
    accepted = ok_codes(ok_on)
    with Output(common) as output:
        work = open_work(common)
        record = work.target.record or work.record()
        if record is None:
            raise NotFound(
                f"no release of {work.target.name} is known here",
                hint=f"canary status {work.target.name} shows its traffic",
            )
        watcher = Watcher(work, output, record.release.id)
        until = None if length is None else work.clock.now() + length
        if once or not suits(common):
            late = False if once else watcher.follow(pause, until)
            release = watcher.show()
        else:
            screen = Screen(work, common, record.release.id)
            late, release = screen.run(pause, until), watcher.newest
            if screen.closed:
                return int(Exit.OK)
        code = Exit.TIMEOUT if late else release.exit
        return int(Exit.OK if code in accepted else code)


@dataclass(slots=True)
class Watcher:
    """Shows what is noted of one release.

    Attributes:
        seen: so many of its events were shown.
        alone: whether it was told that nobody drives.
    """

    work: Work
    output: Output
    release: str
    seen: int = 0
    alone: bool = False

    def follow(self, pause: float, until: datetime | None) -> bool:
        """Show news until the release is over or waits for a person; True if time ran out first."""
        self.seen = max(0, len(self.work.store.events(self.release)) - 1)
        while True:
            # The record first: what it says was noted before it was saved.
            release, now = self._record().release, self.work.clock.now()
            for event in self._news():
                self.output.event(event, self.release)
            if release.over or release.waits_for_a_person:
                return False
            if until is not None and now >= until:
                return True
            self.output.sign_of_life(Event("alive", now, standing(release)))
            self.work.clock.sleep(pause)

    def show(self) -> Release:
        """Show where it stands now."""
        record = self._record()
        status = release_status(record, None, self.work.clock.now())
        self.output.result(status, status_lines(status))
        return record.release

    @property
    def newest(self) -> Release:
        """The release as it is recorded now."""
        return self._record().release

    def _news(self) -> Iterator[Event]:
        events = self.work.store.events(self.release)[self.seen :]
        self.seen += len(events)
        yield from events
        record, now = self._record(), self.work.clock.now()
        driven = now - last_sign(record) < LEASE
        if not driven and not self.alone and not record.release.over:
            message = f"nobody drives it: canary resume {self.release} --take-over"
            yield Event("waiting", now, message, "warning")
        self.alone = not driven

    def _record(self) -> Record:
        record = self.work.store.find(self.release)
        assert record is not None
        return record
