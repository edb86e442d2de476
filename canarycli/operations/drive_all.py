"""Drives every open release of the records from this process, until it is told to stop."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from canarycli.clock import SystemClock, speed_of
from canarycli.config.discover import here
from canarycli.engine.controller import Controller
from canarycli.engine.crew import Crew
from canarycli.engine.figures import Figures
from canarycli.engine.looks import Hands, Looks, Noting
from canarycli.errors import Exit, Terminated, Unsafe
from canarycli.journal import Event
from canarycli.operations.accounts import Accounts
from canarycli.operations.notify import Hearer, done_with, hearers
from canarycli.operations.target import Target
from canarycli.operations.waves import Waves
from canarycli.operations.workspace import driver, open_store
from canarycli.release.record import Release
from canarycli.store import Record


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
    accounts, store = Accounts(env, figures, pace), Noting(open_store(env, config))
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

        controller = Controller(store, shared.patient, shared.clock, me, hear, in_turn=True)
        return Hands(controller, shared.lane, speed_of(shared.clock), done)

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
