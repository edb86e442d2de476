"""One step of a release: load, look, decide, save, act, look back."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from canarycli.clock import Clock
from canarycli.engine.autoscaling import keep_warm
from canarycli.engine.lease import busy_with
from canarycli.engine.look import see
from canarycli.errors import (
    Busy,
    Conflict,
    NotFound,
    Unsupported,
)
from canarycli.journal import Event
from canarycli.provider import Deployer, Endpoint, Provider, Reporting
from canarycli.release.context import Decision
from canarycli.release.decide import decide
from canarycli.release.record import Release, State
from canarycli.store import Record, Stale, Store
from canarycli.store.contract import LEASE
from canarycli.traffic import Traffic
from canarycli.verbs import offers

GUARD = timedelta(seconds=30)
"""A raise is only asked for with at least this much of the lease left."""

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

    def create(self, release: Release, *events: Event) -> Record:
        """Record a new release, with the lease on its endpoint and what led to it.

        Raises:
            Busy: the endpoint has an open release.
        """
        known = self.store.load(release.key)
        if known is not None and not known.release.over:
            raise busy_with(known, self.clock.now())
        record = Record(release, None, known.version if known else 0)
        try:
            leased = record.leased(self.driver.name, self.clock.now(), self.driver.url)
            return self.save(leased, events)
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
                return self._tick(self.load(key), seen)
            except Stale:
                seen = None
                self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be read")

    def change(self, key: str, edit: Callable[[Release], Release], *events: Event) -> Record:
        """Write a person's order into the record; whoever drives carries it out."""
        for _ in range(TRIES):
            record = self.load(key)
            with suppress(Stale):
                return self.save(replace(record, release=edit(record.release)), events)
            self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be written")

    def take_over(self, key: str) -> Record:
        """Take the lease from whoever has it; its driver finds out before its next write."""
        for _ in range(TRIES):
            record = self.load(key)
            with suppress(Stale):
                return self.save(record.leased(self.driver.name, self.clock.now(), self.driver.url))
            self.clock.sleep(0.05)
        raise Busy(f"the record of {key} changes faster than it can be written")

    def let_go(self, key: str) -> None:
        """Give the lease back, so that the next driver need not wait for its end."""
        record = self.store.load(key)
        if record is not None and record.held_by(self.driver.name, self.clock.now()):
            with suppress(Stale):
                self.store.save(replace(record, lease=None))

    def _tick(self, record: Record, look: Endpoint | None) -> Decision:
        now = self.clock.now()
        if record.release.over:
            return Decision(record.release)
        foreign = record.driven_by_another(self.driver.name, now)
        if foreign and record.release.state is not State.ROLLING_BACK:
            raise busy_with(record, now)
        endpoint = look or self.provider.describe(record.release.endpoint)
        decision = decide(
            record.release,
            see(self.provider, self.clock, record.release, endpoint),
            self.clock.now(),
        )
        saved = self._keep(record, decision, foreign=foreign)
        if decision.deploy:
            self._deploy(saved, endpoint)
        elif decision.release.state is State.DEPLOYING:
            self._report(endpoint)
        if decision.shift is not None:
            self._act(saved, endpoint, decision.shift)
        return decision

    def _keep(self, record: Record, decision: Decision, *, foreign: bool) -> Record:
        """Save what was decided; a look that changed nothing only when half the lease is gone."""
        now, lease = self.clock.now(), record.lease
        if (
            decision.changes_nothing(record.release)
            and lease is not None
            and record.held_by(self.driver.name, now)
            and lease.until - now > LEASE / 2
        ):
            return record
        after = replace(record, release=decision.release)
        # Lowering never needs the lease, so a rollback leaves it with whoever has it.
        if not foreign:
            after = after.leased(self.driver.name, now, self.driver.url)
        return self.save(after, decision.events)

    def _deploy(self, saved: Record, endpoint: Endpoint) -> None:
        release = saved.release
        if not offers(self.provider, Deployer):
            raise Unsupported(f"{release.provider} can't deploy {release.model!r}")
        try:
            name = self.provider.deploy(
                endpoint, release.model, release.baseline, release.deploy, release.id
            )
        except Conflict as error:
            self.tell("waiting", f"the cloud is still applying a change: {error.said}")
            return
        self.tell("deploying", f"deploying {release.model} as {name}, this takes minutes")
        if name != release.candidate:
            self.save(replace(saved, release=replace(release, candidate=name)))

    def _report(self, endpoint: Endpoint) -> None:
        if offers(self.provider, Reporting) and (text := self.provider.progress(endpoint)):
            self.tell("deploying", text)

    def _act(self, saved: Record, endpoint: Endpoint, split: Traffic) -> None:
        release = saved.release
        raises = split.gives_more(release.candidate, endpoint.traffic)
        if raises and not self._may_raise(saved):
            return
        try:
            request = self.provider.shift(endpoint, split, release.notes if raises else {})
        except Conflict as error:
            # Somebody's change is under way, ours perhaps: the next look tells.
            self.tell("waiting", f"the cloud is still applying a change: {error.said}")
            if raises:
                self._not_landed(saved)
            return
        before, after = endpoint.traffic.of(release.candidate), split.of(release.candidate)
        fields = {"from": before, "to": after, "request_id": request}
        self.tell("shift_accepted", f"the cloud accepted {split}", fields=fields)
        if raises:
            self._look_back(release)
            if said := keep_warm(self.provider, endpoint, release):
                self.tell("warm", said)

    def _not_landed(self, saved: Record) -> None:
        """Note that the raise was refused, so that it is not missed as somebody's doing."""
        with suppress(Stale):
            self.save(replace(saved, release=replace(saved.release, base="")))

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

    def load(self, key: str) -> Record:
        """The endpoint's record.

        Raises:
            NotFound: it has none.
        """
        record = self.store.load(key)
        if record is None:
            raise NotFound(f"no release is known for {key}", hint="canary status")
        return record

    def save(self, record: Record, events: tuple[Event, ...] = ()) -> Record:
        """Save the record with its events, then tell them.

        Raises:
            Stale: the record has changed since it was loaded.
        """
        saved = self.store.save(record, events)
        for event in events:
            self.listen(event)
        return saved

    def tell(
        self, kind: str, message: str, level: str = "info", fields: Mapping[str, Any] | None = None
    ) -> None:
        """Tell something that is not worth a place in the journal."""
        self.listen(Event(kind, self.clock.now(), message, level, fields or {}))
