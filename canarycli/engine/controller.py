"""Drives a release: load, look, decide, save, act, look again. All I/O of a release is here."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from canarycli.clock import Clock
from canarycli.engine.autoscaling import keep_warm
from canarycli.engine.lease import busy_with
from canarycli.errors import (
    Busy,
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Stopped,
    Unavailable,
    Unsafe,
    Unsupported,
)
from canarycli.journal import Event
from canarycli.judge import Arms, Judgement
from canarycli.provider import Deployer, Endpoint, Provider, Reporting, Smoker
from canarycli.release.context import SETTLING, Decision, Seen, begin_rollback
from canarycli.release.decide import decide
from canarycli.release.reading import no_reading
from canarycli.release.record import Outcome, Release, State
from canarycli.release.smoke import Tried, try_out
from canarycli.store import Record, Stale, Store
from canarycli.traffic import TOLERANCE, Traffic

GUARD = timedelta(seconds=30)
"""A raise is only asked for with at least this much of the lease left."""

SLICE = timedelta(seconds=2)
"""While waiting, the record is read so often for what people asked meanwhile."""

TRIES = 20
"""So many lost races for the record in one tick are more than bad luck."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Who drives: a name for people that is unique for the process, and a link."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """The shell around `decide`.

    Attributes:
        store: where the records are.
        provider: already patient; this class never retries a call by itself.
        clock: the time and the waiting.
        driver: on whose behalf the lease is held.
        listen: hears every event after it is saved.
    """

    store: Store
    provider: Provider
    clock: Clock
    driver: Driver
    listen: Callable[[Event], None] = lambda _: None

    def create(self, release: Release) -> Record:
        """Record a new release, with the lease on its endpoint.

        Raises:
            Busy: the endpoint has an open release.
        """
        known = self.store.load(release.key)
        if known is not None and not known.release.over:
            raise busy_with(known, self.clock.now())
        record = Record(release, None, known.version if known else 0)
        try:
            return self._save(record.leased(self.driver.name, self.clock.now(), self.driver.url))
        except Stale as error:
            winner = self.store.load(release.key)
            raise busy_with(winner, self.clock.now()) if winner else error from error

    def tick(self, key: str, seen: Endpoint | None = None) -> Decision:
        """One step: look, decide, save, act, and look back after a raise.

        Safe to call too often, from two places at once, and after any crash. `seen` is a look
        the caller has just taken, so as not to look twice.

        Raises:
            NotFound: the endpoint has no release.
            Busy: somebody else drives it.
        """
        for _ in range(TRIES):
            try:
                return self._tick(self._load(key), seen)
            except Stale:
                seen = None
                self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be read")

    def change(self, key: str, edit: Callable[[Release], Release], *events: Event) -> Record:
        """Write a person's order into the record; whoever drives carries it out."""
        for _ in range(TRIES):
            record = self._load(key)
            with suppress(Stale):
                return self._save(replace(record, release=edit(record.release)), events)
            self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be written")

    def take_over(self, key: str) -> Record:
        """Take the lease from whoever has it; its driver finds out before its next write."""
        for _ in range(TRIES):
            record = self._load(key)
            with suppress(Stale):
                return self._save(
                    record.leased(self.driver.name, self.clock.now(), self.driver.url)
                )
            self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be written")

    def let_go(self, key: str) -> None:
        """Give the lease back, so that the next driver need not wait for its end."""
        record = self.store.load(key)
        if record is not None and record.held_by(self.driver.name, self.clock.now()):
            with suppress(Stale):
                self.store.save(replace(record, lease=None))

    def drive(
        self,
        key: str,
        *,
        until: datetime | None = None,
        seen: Endpoint | None = None,
        enough: Callable[[Release], bool] = lambda release: release.waits_for_a_person,
        insist: bool = True,
    ) -> Release:
        """Tick until the release is over, is `enough`, or `until` has come.

        The lease is given back at the end, however it ends. Without `insist` a cloud that denies
        or refuses is an error at once, for a person who is there to do something about it.

        A cloud that does not answer, or denies, is waited for: the release holds meanwhile. One
        that refuses a change has the release go back; before any traffic has moved it just ends.

        Raises:
            Unsafe: the endpoint could not be read for as long as the plan lets a change take.
            Stopped: somebody took the endpoint over.
        """
        try:
            return self._drive(key, until, seen, enough, insist=insist)
        finally:
            self.let_go(key)

    def _drive(
        self,
        key: str,
        until: datetime | None,
        seen: Endpoint | None,
        enough: Callable[[Release], bool],
        *,
        insist: bool,
    ) -> Release:
        blind_since: datetime | None = None
        while True:
            try:
                decision = self.tick(key, seen)
            except (Unavailable, Denied, Rejected, Unsupported, NotFound) as error:
                if not insist and not isinstance(error, Unavailable):
                    raise
                self._refused(key, error)
                blind_since = blind_since or self.clock.now()
                self._blind(key, error, self.clock.now() - blind_since)
                self._sleep(key, SETTLING * 2, until)
                continue
            except Busy as error:
                raise Stopped(
                    f"somebody else drives it now: {error.message}",
                    facts=error.facts,
                    hint=error.hints,
                ) from error
            finally:
                seen = None
            if blind_since is not None:
                self._tell("visible", "the cloud answers again")
                blind_since = None
            release = decision.release
            if release.over and not decision.events:
                self._tell_end(release)
            if release.over or enough(release) or self._late(until):
                return release
            self._sleep(key, decision.wake, until)

    def _tick(self, record: Record, look: Endpoint | None) -> Decision:
        now = self.clock.now()
        if record.release.over:
            return Decision(record.release)
        foreign = record.driven_by_another(self.driver.name, now)
        if foreign and record.release.state is not State.ROLLING_BACK:
            raise busy_with(record, now)
        endpoint = look or self.provider.describe(record.release.endpoint)
        decision = decide(record.release, self._see(record.release, endpoint), self.clock.now())
        after = replace(record, release=decision.release)
        # Lowering never needs the lease, so a rollback leaves it with whoever has it.
        if not foreign:
            after = after.leased(self.driver.name, self.clock.now(), self.driver.url)
        saved = self._save(after, decision.events)
        if decision.deploy:
            self._deploy(saved, endpoint)
        elif decision.release.state is State.DEPLOYING:
            self._report(endpoint)
        if decision.shift is not None:
            self._act(saved, endpoint, decision.shift)
        return decision

    def _see(self, release: Release, endpoint: Endpoint) -> Seen:
        if release.state is State.SMOKE_TEST:
            return Seen(endpoint, tried=self._try_out(release, endpoint))
        limits = self.provider.limits
        patience = limits.metric_delay + 3 * limits.metric_period
        if not self._reads(release, endpoint):
            return Seen(endpoint, None, patience)
        return Seen(endpoint, self._judge(release), patience)

    def _try_out(self, release: Release, endpoint: Endpoint) -> tuple[Tried, ...] | None:
        if not endpoint.settled or not endpoint.serves(release.candidate):
            return None
        if not isinstance(self.provider, Smoker):
            raise Unsupported(f"{release.provider} can't ask {release.candidate!r} by itself")
        return try_out(self.provider, endpoint.name, release.candidate, release.plan.smoke)

    def _reads(self, release: Release, endpoint: Endpoint) -> bool:
        """Whether this look is one that reads the metrics."""
        in_place = release.confirmed_at is not None and endpoint.settled
        if not in_place or release.state is State.ROLLING_BACK or not release.plan.checks:
            return False
        if release.read_at is None or release.read_at < (release.confirmed_at or release.read_at):
            return True
        return self.clock.now() - release.read_at >= release.plan.read_every

    def _judge(self, release: Release) -> Judgement:
        # Here and not above, so that a rollback does not wait for the statistics.
        from canarycli.judge import extra_metrics, judge, window

        now, limits = self.clock.now(), self.provider.limits
        arms = Arms(
            release.baseline,
            release.candidate,
            release.target,
            release.confirmed_at or now,
            now,
            limits.metric_delay,
        )
        extra = extra_metrics(release.plan.checks, release.judge)
        metrics = (*release.plan.metrics(), *(m for m in extra if m.name in limits.metrics))
        try:
            measured = self.provider.measure(
                release.endpoint,
                (release.baseline, release.candidate),
                {metric.key: metric for metric in metrics}.values(),
                window(release.judge, arms),
            )
        except (Unavailable, Denied) as error:
            return no_reading(release, error.message)
        return judge(release.plan.checks, measured, arms, release.judge)

    def _deploy(self, saved: Record, endpoint: Endpoint) -> None:
        release = saved.release
        if not isinstance(self.provider, Deployer):
            raise Unsupported(f"{release.provider} can't deploy {release.model!r}")
        try:
            name = self.provider.deploy(
                endpoint, release.model, release.baseline, release.deploy, release.id
            )
        except Conflict as error:
            self._tell("waiting", f"the cloud is still applying a change: {error.message}")
            return
        self._tell("deploying", f"deploying {release.model} as {name}, this takes minutes")
        if name != release.candidate:
            self._save(replace(saved, release=replace(release, candidate=name)))

    def _report(self, endpoint: Endpoint) -> None:
        if isinstance(self.provider, Reporting) and (text := self.provider.progress(endpoint)):
            self._tell("deploying", text)

    def _act(self, saved: Record, endpoint: Endpoint, split: Traffic) -> None:
        release = saved.release
        raises = split.gives_more(release.candidate, endpoint.traffic)
        if raises and not self._may_raise(saved):
            return
        try:
            request = self.provider.shift(endpoint, split, release.notes if raises else {})
        except Conflict as error:
            # Somebody's change is under way, ours perhaps: the next look tells.
            self._tell("waiting", f"the cloud is still applying a change: {error.message}")
            if raises:
                self._not_landed(saved)
            return
        before, after = endpoint.traffic.of(release.candidate), split.of(release.candidate)
        fields = {"from": before, "to": after, "request_id": request}
        self._tell("shift_accepted", f"the cloud accepted {split}", fields=fields)
        if raises:
            self._look_back(release)
            if said := keep_warm(self.provider, endpoint, release):
                self._tell("warm", said)

    def _not_landed(self, saved: Record) -> None:
        """Note that the raise was refused, so that it is not missed as somebody's doing."""
        with suppress(Stale):
            self._save(replace(saved, release=replace(saved.release, base="")))

    def _may_raise(self, saved: Record) -> bool:
        lease = saved.lease
        return lease is not None and self.clock.now() < lease.until - GUARD

    def _look_back(self, asked: Release) -> None:
        """Lower at once if the record says less by now: a raise may have been asleep."""
        record = self.store.load(asked.key)
        if record is None:
            return
        now_wanted = record.release
        if now_wanted.id == asked.id and now_wanted.target < asked.target:
            endpoint = self.provider.describe(asked.endpoint)
            self.provider.shift(endpoint, now_wanted.wanted, {})

    def _refused(self, key: str, error: ProviderError) -> None:
        """End, or turn back, a release whose change the cloud refused for good."""
        record = self._load(key)
        release = record.release
        if release.state is State.ROLLING_BACK or isinstance(error, Unavailable):
            return
        now = self.clock.now()
        if release.reached <= TOLERANCE:
            ended = replace(
                release,
                state=State.ENDED,
                outcome=Outcome.CLOUD_FAILED,
                why=error.message,
                ended_at=now,
            )
            self._save(replace(record, release=ended, lease=None))
            raise error
        if isinstance(error, Rejected):
            back = begin_rollback(release, Outcome.CLOUD_FAILED, error.message, "canary", now)
            self._save(replace(record, release=back))

    def _blind(self, key: str, error: ProviderError, length: timedelta) -> None:
        record = self._load(key)
        limit = record.release.plan.settle_within
        if length == timedelta(0):
            self._tell("waiting", f"{error.message}; holding until the cloud answers", "warning")
        if length > limit:
            raise Unsafe(
                f"the traffic of {record.release.endpoint} can't be read: {error.message}",
                hint=self.provider.plain_command(record.release.endpoint, record.release.home),
            ) from error

    def _sleep(self, key: str, length: timedelta, until: datetime | None) -> None:
        """Wait, but not past `until`, and not past a change of the record by somebody else."""
        end = self.clock.now() + length
        if until is not None:
            end = min(end, until)
        before = self.store.load(key)
        while (left := end - self.clock.now()) > timedelta(0):
            self.clock.sleep(min(left, SLICE).total_seconds())
            if left > SLICE and self.store.load(key) != before:
                return

    def _late(self, until: datetime | None) -> bool:
        return until is not None and self.clock.now() >= until

    def _load(self, key: str) -> Record:
        record = self.store.load(key)
        if record is None:
            raise NotFound(f"no release is known for {key}", hint="canary status")
        return record

    def _save(self, record: Record, events: tuple[Event, ...] = ()) -> Record:
        saved = self.store.save(record, events)
        for event in events:
            self.listen(event)
        return saved

    def _tell_end(self, release: Release) -> None:
        """Tell how a release ended that somebody else saw to its end."""
        for event in self.store.events(release.id)[-1:]:
            self.listen(event)

    def _tell(
        self, kind: str, message: str, level: str = "info", fields: Mapping[str, Any] | None = None
    ) -> None:
        self.listen(Event(kind, self.clock.now(), message, level, fields or {}))
