"""The Python API: what a notebook, a pipeline step or a task needs, in plain arguments and values.

Each function means what the command of its name means: the same canary.yaml, records, variables
and errors. `docs/python.md` has examples that are run by the tests.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from canarycli.config import bake_from_option
from canarycli.engine.status import release_status
from canarycli.errors import Exit
from canarycli.journal import Event
from canarycli.judge.finding import Finding, Verdict
from canarycli.operations.address import Address
from canarycli.operations.anyhow import open_anyhow
from canarycli.operations.check import Asked, check_live
from canarycli.operations.drive import Drive, Ending, waits
from canarycli.operations.follow import follow
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.history import history as past_releases
from canarycli.operations.history import one_release
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.on_interrupt import OnInterrupt
from canarycli.operations.pause import Pause
from canarycli.operations.pause import pause as pause_release
from canarycli.operations.promote import promote as promote_release
from canarycli.operations.rollback import way_back
from canarycli.operations.start import Wanted, intend
from canarycli.operations.status import status as standing
from canarycli.operations.stream import stream
from canarycli.operations.target import Target, find_target
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import Workspace, open_store, work_on
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
        yield from stream(self._work, self._drive, _length(timeout), OnInterrupt(on_interrupt))

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

    def pause(self, length: Length = "30m", *, then: str = "rollback", reason: str = "") -> None:
        """Hold it where it is; after that time it goes back, or holds on.

        Raises:
            CanaryError: it is over.
        """
        span = _length(length) or timedelta(minutes=30)
        text = length if isinstance(length, str) else str(length)
        pause_release(self._work, Pause(span, text, Then(then), reason), _unheard)

    def resume(self) -> None:
        """Go on with it after a pause; `follow` or `wait` drives it.

        Raises:
            CanaryError: it is over.
        """
        now = self._work.clock.now()
        self._work.controller(_unheard).change(self._work.key, lambda r: orders.resume(r, now))

    def rollback(self, *, reason: str = "") -> dict[str, Any]:
        """Send all traffic back to the baseline, whoever drives; back once it is there.

        Raises:
            CanaryError: nobody can tell that it is.
        """
        return _rolled_back(self._work, None, reason)

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
        if record.driven_by_another(drive.work.driver.name, drive.work.clock.wall()):
            return follow(drive, record, until_done=True)
        return drive.run()

    def _quiet(self) -> Drive:
        return Drive(self._work, _unheard, on_interrupt=OnInterrupt.HOLD)


def start(
    endpoint: str | None = None,
    *,
    new_model: str,
    percent: float | str | None = None,
    plan: str | None = None,
    stages: str | None = None,
    bake: str | None = None,
    baseline: str | None = None,
    skip: Collection[str] = (),
    note: str = "",
    ref: str = "",
    override_freeze: str = "",
    accept_risks: bool = False,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> LiveRelease:
    """Record a canary release of a new model version; `follow` or `wait` drives it.

    No traffic has moved when this returns. Who does not drive it within 90 seconds has given the
    endpoint free.

    Args:
        endpoint: in canary.yaml, or the cloud's name with `provider`; None for the only one.
        new_model: a version already on the endpoint, else a model, or files of one, to deploy.
        percent: one stage at that share, then hold; short for a plan.
        plan: a plan's name in canary.yaml, or a plan file.
        stages: such as `5,25,50,100`.
        bake: least time per stage, such as `15m`.
        baseline: the version to compare with; else the one with most traffic.
        skip: checks to leave out.
        note: kept in history.
        ref: a link kept in history.
        override_freeze: why it goes up in a change freeze; kept in history.
        accept_risks: start although a check can never tell, as `--yes` does.
        provider: which cloud; needed only without a config.
        config: the config file; else canary.yaml here or above.
        **settings: the cloud's own options: region, project, subscription and so on.

    Raises:
        Busy: the endpoint is in a release.
        CanaryError: anything else that stands against it; nothing has moved.
    """
    address = _address(endpoint, provider, config, settings)
    share = None if percent is None else f"{percent:g}" if not isinstance(percent, str) else percent
    wanted = Wanted(
        new_model, share, plan, stages, bake, baseline, tuple(skip), note, ref, override_freeze
    )
    intent = intend(address, wanted, os.environ)
    if refuse_busy(intent):
        intent = intend(address, wanted, os.environ)
    intent.refuse_blocked()
    intent = foreseen(intent, foresee(intent, insist=True))
    if not accept_risks:
        intent.refuse_risks()
    heard: list[Event] = []
    record_start(intent, heard.append)
    release = intent.release
    return LiveRelease(release.id, release.endpoint, intent.work, tuple(heard))


def find(
    release: str | None = None,
    *,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> LiveRelease:
    """A release that is known here: by its id, the newest of an endpoint, or the only open one.

    Raises:
        NotFound: there is none.
    """
    address = _address(release, provider, config, settings)
    store = open_store(os.environ)
    record = None
    if provider is None:
        record = one_release(store, address, os.environ)
        found = record.release
        target = Target(found.endpoint, found.provider, found.settings, None, record)
    else:
        target = find_target(address, store, os.environ)
    work = work_on(target, store, os.environ)
    known = record or work.open_record()
    return LiveRelease(known.release.id, known.release.endpoint, work)


def status(
    endpoint: str | None = None,
    *,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Where an endpoint stands now, with its live traffic, as `canary.status/1`.

    Raises:
        CanaryError: nothing is known of it here, and its cloud does not answer.
    """
    return dict(standing(_address(endpoint, provider, config, settings), os.environ).document)


def rollback(
    endpoint: str | None = None,
    *,
    reason: str = "",
    to: str | None = None,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Send all traffic back to the baseline, now; its status once the traffic is there.

    Needs no record, no plan and no metrics, and wins over whoever drives.

    Raises:
        Unsafe: nobody can tell that it is; its hints have the cloud's own command.
        CanaryError: the cloud refused.
    """
    address = _address(endpoint, provider, config, settings)
    return _rolled_back(open_anyhow(address, os.environ, _unsaid), to, reason)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a window shows.

    Attributes:
        verdict: the worst of all gates.
        findings: one a check, each with its numbers and one sentence.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]


def check(
    endpoint: str | None = None,
    *,
    since: str = "30m",
    at: str | None = None,
    baseline: str | None = None,
    candidate: str | None = None,
    skip: Collection[str] = (),
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> CheckResult:
    """Judge candidate against baseline once; nothing is moved.

    Raises:
        CanaryError: arms, checks or window make no sense, or the cloud does not answer.
    """
    asked = Asked(baseline, candidate, since, at, tuple(skip))
    checked = check_live(_address(endpoint, provider, config, settings), asked, os.environ)
    return CheckResult(checked.found.verdict, tuple(checked.found.findings))


def history(endpoint: str | None = None, *, limit: int = 20) -> tuple[dict[str, Any], ...]:
    """Past and open releases known here as `canary.status/1`, the youngest first."""
    from canarycli.clock import SystemClock

    now = SystemClock().now()
    records = past_releases(os.environ, endpoint=endpoint, limit=limit)
    return tuple(release_status(record, None, now) for record in records)


def _unsaid(_: str) -> None:
    """Hears what could not be had, for a program that has nobody to tell."""


def _rolled_back(work: Workspace, to: str | None, reason: str) -> dict[str, Any]:
    way = way_back(work, to, _unsaid)
    return {**way.go(reason, _unheard, wait=True), "exit_code": int(Exit.OK)}


def _address(
    word: str | None,
    provider: str | None,
    config: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
) -> Address:
    path = None if config is None else Path(config)
    return Address(None, word, provider, path, settings)


def _length(length: Length | None) -> timedelta | None:
    if length is None or isinstance(length, timedelta):
        return length
    return bake_from_option(length, "timeout")


def _unheard(_: Event) -> None:
    pass
