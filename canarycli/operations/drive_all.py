"""Drives every open release of the records from this process, until it is told to stop."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from canarycli.batch import Batching
from canarycli.clock import Clock, SystemClock
from canarycli.config.discover import here
from canarycli.engine.controller import Controller
from canarycli.engine.crew import Crew
from canarycli.engine.figures import Figures
from canarycli.engine.looks import Hands, Looks, Noting
from canarycli.engine.retries import LIMIT, Patient
from canarycli.engine.together import Together
from canarycli.engine.wakes import Lane
from canarycli.errors import Exit, Terminated, Unsafe
from canarycli.journal import Event
from canarycli.operations.notify import Hearer, done_with, hearers
from canarycli.operations.settings import made_with
from canarycli.operations.target import Target
from canarycli.operations.waves import Waves
from canarycli.operations.workspace import driver, open_store
from canarycli.registry import OURS, described, load_provider
from canarycli.release.record import Release
from canarycli.store import Record
from canarycli.verbs import offers

PATIENCE = timedelta(seconds=2)
"""How long a cloud is asked again within one look: the next look comes by itself."""


@dataclass(slots=True)
class _Shared:
    """One account and region: its provider, and the lane of those that are there."""

    patient: Patient
    clock: Clock
    lane: Lane


@dataclass(slots=True)
class _First:
    """Has the first question to an account asked alone: it builds clients and fetches tokens."""

    done: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def alone(self) -> Iterator[None]:
        if self.done:
            yield
            return
        with self._lock:
            try:
                yield
            finally:
                self.done = True


class Accounts:
    """One provider, with one client and one session, for each account and region.

    Args:
        figures: count how many readings were asked for in how many calls.
        env: holds what a record may not keep.
        pace: see `looks_of`.
    """

    def __init__(self, figures: Figures, env: Mapping[str, str], pace: int | None = None) -> None:
        self._figures = figures
        self._pace = pace
        self._env = env
        self._lock = threading.Lock()
        self._shared: dict[tuple[str, str], _Shared] = {}

    def of(self, target: Target) -> _Shared:
        """What a target shares with the others of its account.

        Raises:
            CanaryError: its provider can't be had.
        """
        settings = sorted(target.settings.items(), key=lambda item: item[0])
        key = (target.provider, repr(settings))
        with self._lock:
            if key not in self._shared:
                self._shared[key] = self._made(target.provider, target.settings)
            return self._shared[key]

    def __len__(self) -> int:
        return len(self._shared)

    def _made(self, name: str, settings: Mapping[str, Any]) -> _Shared:
        provider = load_provider(name, made_with(name, settings, self._env))
        clock: Clock = getattr(provider, "clock", None) or SystemClock()
        asked: Any = provider
        if offers(provider, Batching):
            asked = Together(provider, count=self._read)
        first = _First()
        patient = Patient(
            asked,
            clock,
            PATIENCE,
            who=lambda: described(name),
            ours=name in OURS,
            limit=None if name in OURS else LIMIT,
            around=first.alone,
        )
        limit = provider.limits.looks_a_minute
        return _Shared(patient, clock, Lane(limit if self._pace is None else self._pace))

    def _read(self, number: int) -> None:
        self._figures.count("metric_calls")
        self._figures.count("metric_readings", number=number)


def looks_of(
    env: Mapping[str, str],
    listen: Callable[[Release, Event], None],
    *,
    wanted: Callable[[Release], bool] = lambda _: True,
    pace: int | None = None,
    config: Path | None = None,
) -> Looks:
    """A look at every open release of the records, with clients they share.

    Args:
        env: says where the records are, and who acts.
        listen: hears every event with the release it is of; one at a time.
        wanted: which releases, all of them if left out.
        pace: so many looks a minute at the endpoints of each account, 0 for any number; None
            for what its cloud allows.
        config: the config file, None to look for one.
    """
    lock, figures = threading.Lock(), Figures()
    accounts, store = Accounts(figures, env, pace), Noting(open_store(env, config))
    me = driver(env)

    def in_turn(release: Release, event: Event) -> None:
        with lock:
            listen(release, event)

    def newest(key: str) -> Release | None:
        record = store.load(key)
        return record.release if record else None

    elsewhere: dict[str, tuple[Hearer, ...]] = {}

    def hands(record: Record) -> Hands:
        release = record.release
        target = Target(release.endpoint, release.provider, release.settings, None, record)
        shared = accounts.of(target.placed(env))
        told = hearers(config, here(), env, partial(newest, release.key))
        elsewhere[release.key] = told

        def hear(event: Event) -> None:
            in_turn(release, event)
            for one in told:
                one.hear(event)

        def done() -> None:
            elsewhere.pop(release.key, None)
            done_with(told)

        controller = Controller(store, shared.patient, shared.clock, me, hear)
        return Hands(controller, shared.lane, getattr(shared.clock, "speed", 1.0), done)

    def tell(release: Release, event: Event) -> None:
        in_turn(release, event)
        if event.type == "unsafe":
            for one in elsewhere.get(release.key, ()):
                one.alarm(Unsafe(event.message))

    return Looks(store, hands, tell, figures, wanted)


def drive_all(looks: Looks, waves: Waves, length: timedelta | None) -> Exit:
    """Drive until the time is up, or a signal comes; then hand everything over.

    Another process that drives all takes over what this one let go of within seconds; of one
    that was killed, when its leases end. Fleets go on too, whose endpoints are known here.
    """
    clock = SystemClock()
    until = None if length is None else clock.now() + length
    try:
        with waves.going_on():
            Crew(looks).run(lambda: until is not None and clock.now() >= until)
    except Terminated:
        return Exit.TERMINATED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.OK
