"""One step of a release: load, look, decide, save, act, look back."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from canarycli.clock import Clock
from canarycli.engine.autoscaling import keep_warm
from canarycli.engine.changes import arrived, by_somebody, came_home, raises, sent_away
from canarycli.engine.lease import busy_with, length_of, may_raise
from canarycli.engine.look import look, notes_of, see
from canarycli.engine.races import until_won
from canarycli.engine.undo import undo
from canarycli.errors import (
    CanaryError,
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Unavailable,
    Unsupported,
)
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.provider import Deployer, Endpoint, Notes, Provider, Reporting
from canarycli.release.context import Decision
from canarycli.release.decide import decide
from canarycli.release.mark import left_by, sent_elsewhere
from canarycli.release.record import Release, State
from canarycli.release.rescue import CROSSING, SENDING, is_marked, noted_with, tagged_since
from canarycli.store import Record, Stale, Store
from canarycli.traffic import Traffic
from canarycli.verbs import offers

T = TypeVar("T")

SLOW = timedelta(seconds=5)
"""A raise that took so long may have been sent twice by something on the way."""


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
        in_turn: whether metrics are read at the endpoint's own moment of each interval, as
            whoever drives many has it; else an interval after the last read.
    """

    store: Store
    provider: Provider
    clock: Clock
    driver: Driver
    listen: Callable[[Event], None] = lambda _: None
    in_turn: bool = False

    def create(self, release: Release, *events: Event) -> Record:
        """Record a new release, with the lease on its endpoint and what led to it.

        Raises:
            Busy: the endpoint has an open release.
        """
        known = self.store.load(release.key)
        if known is not None and not known.release.over:
            raise busy_with(known, self.clock.wall())
        record = Record(release, None, known.version if known else 0)
        try:
            leased = self._leased(record, self.clock.wall())
            return self.save(leased, events)
        except Stale as error:
            winner = self.store.load(release.key)
            raise busy_with(winner, self.clock.wall()) if winner else error from error

    def tick(self, key: str, seen: Endpoint | None = None) -> Decision:
        """One step: look, decide, save, act, and look back after a raise.

        Safe to call too often, from two places at once, and after any crash. `seen` is a look
        the caller has just taken, so as not to look twice.

        Raises:
            NotFound: the endpoint has no release.
            Busy: somebody else drives it.
        """
        looks = iter((seen,))  # after a race that was lost it may be too old
        return self._until_won(key, lambda: self._tick(self.load(key), next(looks, None)))

    def change(self, key: str, edit: Callable[[Release], Release], *events: Event) -> Record:
        """Write a person's order into the record; whoever drives carries it out."""

        def write() -> Record:
            record = self.load(key)
            return self.save(replace(record, release=edit(record.release)), events)

        return self._until_won(key, write)

    def take_over(self, key: str, *events: Event) -> Record:
        """Take the lease from whoever has it; its driver finds out before its next write."""
        return self._until_won(
            key, lambda: self.save(self._leased(self.load(key), self.clock.wall()), events)
        )

    def _until_won(self, key: str, attempt: Callable[[], T]) -> T:
        return until_won(attempt, self.clock, self.driver.name, key)

    def let_go(self, key: str) -> None:
        """Give the lease back, so that the next driver need not wait for its end.

        Also one that is over by a clock that was set meanwhile: for others it may last.
        """
        record = self.store.load(key)
        lease = record.lease if record is not None else None
        if record is not None and lease is not None and lease.holder == self.driver.name:
            with suppress(Stale):
                self.store.save(replace(record, lease=None))

    def _tick(self, record: Record, seen: Endpoint | None) -> Decision:
        now = self.clock.wall()
        if record.release.over:
            return Decision(record.release)
        foreign = record.driven_by_another(self.driver.name, now)
        if foreign and record.release.state is not State.ROLLING_BACK:
            raise busy_with(record, now)
        endpoint = seen or look(self.provider, record.release)
        decision = self._decide(record.release, endpoint)
        more = raises(decision, endpoint)
        if more:
            decision = replace(decision, release=self._committed(decision.release))
        saved = self._keep(record, decision, foreign=foreign)
        if decision.deploy:
            self._deploy(saved, endpoint)
        elif decision.release.state is State.DEPLOYING:
            self._report(endpoint)
        try:
            if decision.shift is not None and more:
                return self._raise(saved, endpoint, decision, before=record.release)
            if decision.shift is not None:
                return self._lower(saved, endpoint, decision)
        except Unavailable:
            raise  # it may land yet, and the record says so
        except ProviderError:
            self._undone(saved, record.release, raises=more)
            raise
        return decision

    def _keep(self, record: Record, decision: Decision, *, foreign: bool) -> Record:
        """Save what was decided; a look that changed nothing only when half the lease is gone."""
        now, lease, length = self.clock.wall(), record.lease, length_of(self.clock)
        if (
            decision.changes_nothing(record.release)
            and lease is not None
            and record.held_by(self.driver.name, now)
            and length / 2 < lease.until - now <= length
        ):
            return record
        after = replace(record, release=decision.release)
        if decision.release.over:
            after = replace(after, lease=None)  # at its end nobody has to give it back
        # Lowering never needs the lease, so a rollback leaves it with whoever has it.
        elif not foreign:
            after = self._leased(after, now)
        return self.save(after, decision.events)

    def _leased(self, record: Record, now: datetime) -> Record:
        return record.leased(self.driver.name, now, self.driver.url, length_of(self.clock))

    def _decide(self, release: Release, endpoint: Endpoint) -> Decision:
        """Decide, and once more with what the endpoint's notes say before anything is raised."""
        seen = see(self.provider, self.clock, release, endpoint, in_turn=self.in_turn)
        decision = decide(release, seen, self.clock.now())
        if came_home(release, decision.release):
            home, notes = self._marked(release, endpoint, ends=decision.release.over)
            if home is release and not sent_elsewhere(release, notes):
                return decision
            return decide(home, replace(seen, notes=notes), self.clock.now())
        after = decision.release
        if sent_away(release, decision, endpoint):
            notes = notes_of(self.provider, endpoint, release)
            return decide(release, replace(seen, notes=notes), self.clock.now())
        unsure = by_somebody(release, after) or arrived(release, after)
        if not raises(decision, endpoint) and not unsure:
            return decision
        try:
            notes = self.provider.notes(endpoint)
        except Denied:
            if release.found is None:
                return decision  # no release needs this permission
            raise
        return decide(release, replace(seen, notes=notes), self.clock.now())

    def _committed(self, release: Release) -> Release:
        """The record as it is saved before a raise: it may land from now on."""
        return replace(self._loose(release), raised=True)

    def _loose(self, release: Release) -> Release:
        """The record where a raise may be on its way from now on, or be sent in a moment."""
        late = self.provider.limits.late_request + SENDING
        return replace(release, loose_until=self.clock.now() + late)

    def _marked(self, release: Release, endpoint: Endpoint, *, ends: bool) -> tuple[Release, Notes]:
        """A rollback that came home: loose where its mark is lost, or others noted a raise by now.

        With it what the endpoint's notes say, {} where they were not read.

        It can't be told before: a driver notes its raise, then looks for the mark of a rollback;
        so whoever leaves that mark, then looks for the raise, sees it unless the driver saw them.
        Where the mark goes with the split, whoever sends that may be at it still, or be refused.
        Without the right to leave a mark, or to see it, nobody can tell that others heed it.
        """
        first = self.provider.limits.notes_first
        if first and not ends:
            return release, {}
        try:
            notes = self.provider.notes(endpoint)
            if first and not is_marked(release, notes):
                mark = left_by(release)
                self.provider.shift(endpoint, release.home, mark, raises=False)
                notes = self.provider.notes(endpoint)
        except Denied:
            return replace(release, unmarked=True), {}
        except ProviderError:
            return self._loose(release), {}
        sure = is_marked(release, notes) and not tagged_since(release, notes)
        return release if sure else self._loose(release), notes

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

    def _raise(
        self, saved: Record, endpoint: Endpoint, decision: Decision, before: Release
    ) -> Decision:
        """Ask for more, once: whoever asks again looks and saves again first."""
        release, split = saved.release, decision.shift
        if split is None or not may_raise(self.store, saved, self.clock.wall()):
            self._answered(saved, before, raised=before.raised)
            return decision
        asked_at, notes = self.clock.now(), noted_with(release, self.provider.limits)
        try:
            request = self.provider.shift(endpoint, split, notes, raises=True)
        except Conflict as error:
            # Somebody's change is under way, ours perhaps: the next look tells.
            self._answered(saved, before, raised=before.raised, base="")
            self.tell("waiting", f"the cloud is still applying a change: {error.said}")
            return replace(decision.later, put_off=before if before.ask else None)
        self._accepted(release, endpoint, split, request)
        answered = self._twice(saved, before, self.clock.now() - asked_at)
        if not self._answered(saved, answered, raised=True) and self._says_less(release):
            return replace(decision, wake=timedelta(0))
        if said := keep_warm(self.provider, endpoint, release):
            self.tell("warm", said)
        return decision

    def _twice(self, saved: Record, before: Release, took: timedelta) -> Release:
        """The record before a raise; one that was answered slowly may have a copy on its way.

        A proxy that gets no answer asks again, and tells nobody. The first of the two may still
        land, over a rollback too where no revision is named.
        """
        if took < SLOW or not self.provider.limits.late_request:
            return before
        return replace(before, loose_until=saved.release.loose_until)

    def _lower(self, saved: Record, endpoint: Endpoint, decision: Decision) -> Decision:
        release, split = saved.release, decision.shift
        if split is None:
            return decision
        back = release.state is State.ROLLING_BACK
        notes = left_by(release) if back else {}
        try:
            request = self.provider.shift(endpoint, split, notes, raises=False)
        except Conflict as error:
            self.tell("waiting", f"the cloud is still applying a change: {error.said}")
            with suppress(CanaryError):  # else it is taken for written, and seen in place
                self.save(replace(saved, release=replace(release, written=False)))
            return decision.later
        self._accepted(release, endpoint, split, request)
        self._count_from_now(saved)
        return decision

    def _count_from_now(self, saved: Record) -> None:
        """Look on for as long after a late acceptance: until then a driver could not see it."""
        until, late = saved.release.loose_until, self.provider.limits.late_request + CROSSING
        end = self.clock.now() + late
        if saved.release.rescues is None or until is None or end - until < CROSSING:
            return
        with suppress(CanaryError):
            self.save(replace(saved, release=replace(saved.release, loose_until=end)))

    def _accepted(self, release: Release, endpoint: Endpoint, split: Traffic, request: str) -> None:
        before, after = endpoint.traffic.of(release.candidate), split.of(release.candidate)
        fields = {"from": before, "to": after, "request_id": request}
        self.tell("shift_accepted", f"the cloud accepted {split}", fields=fields)

    def _answered(
        self, saved: Record, before: Release, *, raised: bool, base: str | None = None
    ) -> bool:
        """Note that the raise had its answer and is not loose; False if others wrote meanwhile.

        A refused one has no `base`, so that it is not missed as somebody's doing.
        """
        noted_at = before.noted_at or (self.clock.now() if raised else None)
        release = replace(
            saved.release, raised=raised, loose_until=before.loose_until, noted_at=noted_at
        )
        if base is not None:
            release = replace(release, base=base)
        try:
            self.save(replace(saved, release=release))
        except CanaryError:  # the record goes on saying that it may land: that is the safe side
            return False
        return True

    def _undone(self, saved: Record, before: Release, *, raises: bool) -> None:
        """Note that a change was refused for good; a person's order for it is no more."""
        if before.ask is not None:
            seen = saved.release
            release = replace(before, ask=None, seen_at=seen.seen_at, traffic=seen.traffic)
            with suppress(CanaryError):  # else the record says that it may land: the safe side
                self.save(replace(saved, release=release))
        elif raises:
            self._answered(saved, before, raised=before.raised)

    def _says_less(self, asked: Release) -> bool:
        """Whether the record says less by now: a raise may have been asleep.

        The next look lowers it at once, waiting out the cloud's own lock. Where the release is
        over already nobody looks any more, so it is lowered here.
        """
        record = self.store.load(asked.key)
        if record is None or record.release.id != asked.id:
            return False
        if record.release.over and record.release.target < asked.target:
            undo(self.provider, self.clock, asked)
        return record.release.target < asked.target

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
