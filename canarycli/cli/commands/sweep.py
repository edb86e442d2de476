"""`canary sweep`: what becomes of releases that nobody drives any more; for cron."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common, WithoutRelease
from canarycli.clock import Clock, SystemClock
from canarycli.config import bake_from_option
from canarycli.engine.lease import last_sign
from canarycli.errors import CanaryError, Exit
from canarycli.journal import Event
from canarycli.operations.drive import roll_back
from canarycli.operations.workspace import Target, Work, open_store, work_on
from canarycli.plan import Lost
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Record


def sweep(
    common: WithoutRelease,
    *,
    older_than: Annotated[
        str, Option(metavar="5m", help="Only what nobody has driven for so long")
    ] = "5m",
    do: Annotated[
        Lost | None, Option(help="For all of them; else what each plan's on_driver_lost says")
    ] = None,
) -> int:
    """Resume or roll back every release nobody drives (for cron).

    A release that waits for a person, at a planned hold or in a pause without end, needs no
    driver and is left alone. Those that are resumed are driven to their end, all at once.
    """
    patience = bake_from_option(older_than, "--older-than")
    with Output(common) as output:
        swept = list(_lost(common, output, patience, do))
        threads = [threading.Thread(target=one.run, daemon=True) for one in swept]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in swept:
            if one.fault is not None:
                raise one.fault
        output.result(
            {"schema": "canary.sweep/1", "releases": [one.document for one in swept]},
            [one.line for one in swept] or ["every open release is driven or waits for a person"],
        )
        return max((one.code for one in swept), default=int(Exit.OK))


@dataclass(slots=True)
class Swept:
    """A release that nobody drove, and what became of it here.

    Attributes:
        work: None where its cloud can't even be asked; `failure` says why.
        release: as it was found, then as it was left.
        do: what is done with it.
        lock: two that are driven at once take turns in talking.
        failure: why it could not be done, None while nothing went wrong.
        fault: an error of canary's own.
    """

    work: Work | None
    output: Output
    release: Release
    do: Lost
    lock: threading.Lock
    failure: CanaryError | None = None
    fault: Exception | None = None

    def run(self) -> None:
        """Do it; what goes wrong with one must not stop the others."""
        if self.work is None:
            return
        try:
            if self.do is Lost.ROLLBACK or self.release.state is State.ROLLING_BACK:
                self.release = roll_back(self.work, self._hear, "nobody drove it")
            else:
                self.release = self.work.controller(self._hear).drive(self.work.key)
        except CanaryError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - raised again where all are done
            self.fault = error

    @property
    def code(self) -> int:
        """What this release adds to the exit code: 3 for one that went back, whoever wanted it."""
        if self.failure is not None:
            return int(self.failure.exit)
        stopped = self.release.outcome is Outcome.STOPPED
        return int(Exit.ROLLED_BACK if stopped else self.release.exit)

    @property
    def line(self) -> str:
        """For people."""
        if self.failure is not None:
            return f"{self.release.id} {self.release.endpoint}  {self.failure.message}"
        word = (self.release.outcome or self.release.state).value.replace("_", " ")
        return f"{self.release.id} {self.release.endpoint}  {self.do.value}: {word}"

    @property
    def document(self) -> dict[str, Any]:
        """For programs."""
        outcome = self.release.outcome
        return {
            "release": self.release.id,
            "endpoint": self.release.endpoint,
            "did": self.do.value,
            "outcome": outcome.value if outcome else None,
            "exit_code": self.code,
            "error": self.failure.message if self.failure else None,
        }

    def _hear(self, event: Event) -> None:
        with self.lock:
            self.output.event(event, self.release.id)


def _lost(common: Common, output: Output, patience: timedelta, do: Lost | None) -> Iterator[Swept]:
    """Every open release that nobody drives and that does not wait for a person."""
    store, lock = open_store(os.environ), threading.Lock()
    for record in store.newest():
        release = record.release
        if release.over or common.endpoint not in {None, release.endpoint}:
            continue
        target = Target(release.endpoint, release.provider, release.settings, None, record)
        work, failure = None, None
        try:
            work = work_on(target, store, os.environ)
        except CanaryError as error:
            failure = error
        if _nobody(record, work.clock if work else SystemClock(), patience):
            what = do or release.plan.on_driver_lost
            yield Swept(work, output, release, what, lock, failure)


def _nobody(record: Record, clock: Clock, patience: timedelta) -> bool:
    now = clock.now()
    driven = record.lease is not None and record.lease.alive(now)
    return (
        not driven and not record.release.waits_for_a_person and now - last_sign(record) >= patience
    )
