"""What people ask of a whole fleet: hold everything, go on, take everything back."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from canarycli.clock import SystemClock
from canarycli.errors import CanaryError, Exit, NotFound, UsageError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.fleets import Fleets
from canarycli.operations.rollback import way_back
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace, actor, work_on
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.release.fleet import BADNESS, Course, Fleet, Seat, returned
from canarycli.release.record import Outcome, Release

AT_ONCE = 16
"""Endpoints that are taken back side by side."""


def pause(
    fleets: Fleets, name: str, env: Mapping[str, str], length: timedelta, reason: str
) -> Fleet:
    """Begin nothing more, and have every open release stay where it is for so long."""
    who, now = actor(env), SystemClock().now()
    fleet = fleets.change(name, lambda fleet: _on(fleet, Course.PAUSED, who, reason))

    def order(work: Workspace, release: Release) -> Release:
        now = work.clock.now()
        return orders.pause(release, who, now, length=length, then=Then.HOLD, reason=reason)

    event = Event("paused", now, f"{who} paused the fleet", "warning", {"by": who})
    _order_all(fleets, fleet, env, order, event)
    return fleet


def resume(fleets: Fleets, name: str, env: Mapping[str, str]) -> Fleet:
    """Go on: with the waves, and with every release that is paused."""
    who, now = actor(env), SystemClock().now()
    fleet = fleets.change(name, lambda fleet: _on(fleet, Course.RUNNING, who, ""))
    event = Event("resumed", now, f"{who} resumed the fleet", fields={"by": who})
    _order_all(fleets, fleet, env, lambda work, r: orders.resume(r, work.clock.now()), event)
    return fleet


def _on(fleet: Fleet, course: Course, who: str, reason: str) -> Fleet:
    if fleet.course in {Course.ROLLING_BACK, Course.DONE}:
        raise UsageError(f"fleet {fleet.name} is {fleet.course.value.replace('_', ' ')}")
    word = f"{course.value} by {who}" + (f": {reason}" if reason else "")
    said = replace(fleet, course=course, why=reason).said(who, word, SystemClock().now())
    if course is not Course.RUNNING or fleet.failures <= fleet.stop_after:
        return said
    return replace(said, stop_after=fleet.failures)  # whoever goes on has seen the failures


def _order_all(
    fleets: Fleets,
    fleet: Fleet,
    env: Mapping[str, str],
    order: Callable[[Workspace, Release], Release],
    event: Event,
) -> None:
    for release in fleets.releases(fleet).values():
        if release.over:
            continue
        work, _ = _work(fleets, release.id, env)

        def edit(now: Release, work: Workspace = work) -> Release:
            return order(work, now)

        with suppress(UsageError):  # it is deploying, or going back: there is nothing to hold
            work.controller(lambda _: None).change(
                work.key, edit, replace(event, at=work.clock.now())
            )
            work.poke(release)


@dataclass(frozen=True, slots=True)
class Back:
    """How one endpoint of a fleet went back.

    Attributes:
        failure: why it did not, None if it did.
    """

    seat: Seat
    failure: CanaryError | None = None


def roll_back(
    fleets: Fleets,
    name: str,
    env: Mapping[str, str],
    reason: str,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Back]:
    """Take every endpoint back that has got something: releases under way, and those promoted.

    Nothing more begins. A promoted one goes back to its old baseline, as long as that is there.
    Where a newer canary wrote the fleet its endpoints go back all the same; `say` hears of it.
    """
    who, now = actor(env), SystemClock().now()
    why = f"rolled back by {who}" + (f": {reason}" if reason else "")

    def turned(fleet: Fleet) -> Fleet:
        return replace(fleet, course=Course.ROLLING_BACK, why=why).said(who, why, now)

    kept = fleets.named(name)
    if kept.newer:
        say(f"warning: a newer canary wrote fleet {name}: what waits in it may begin elsewhere")
    fleet = kept.fleet if kept.newer else fleets.change(name, turned)
    promoted = [s for s in fleet.seats if s.release and s.outcome is Outcome.PROMOTED]
    moved = [*(s for s in fleet.seats if s.open), *promoted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for back in pool.map(lambda seat: _back(fleets, seat, env, reason or "fleet"), moved):
            if back.failure is None and not kept.newer:
                fleets.change(name, partial(returned, endpoint=back.seat.endpoint, why=why))
            yield back


def worst(backs: list[Back]) -> Exit:
    """What a rollback of all ends with."""
    codes = [Exit(back.failure.exit) for back in backs if back.failure is not None]
    return max(codes, key=BADNESS.index, default=Exit.OK)


def _back(fleets: Fleets, seat: Seat, env: Mapping[str, str], reason: str) -> Back:
    try:
        work, release = _work(fleets, seat.release, env)
        if release.over and release.outcome is not Outcome.PROMOTED:
            return Back(seat)
        to = release.baseline if release.over else None
        way_back(work, to, lambda _: None).go(reason, lambda _: None, wait=True)
    except CanaryError as error:
        return Back(seat, error)
    return Back(seat)


def _work(fleets: Fleets, name: str, env: Mapping[str, str]) -> tuple[Workspace, Release]:
    record = fleets.store.find(name)
    if record is None:
        raise NotFound(f"no record tells of {name}")
    release = record.release
    target = Target(release.endpoint, release.provider, release.settings, None, record)
    return work_on(target, fleets.store, env), release
