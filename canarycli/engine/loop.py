"""Drives a release: steps until it is over, with the waits between them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from canarycli.engine.controller import Controller
from canarycli.engine.overheard import Overheard
from canarycli.engine.steps import Steps
from canarycli.errors import Busy, ProviderError, StoreError, Unsafe
from canarycli.provider import Endpoint
from canarycli.release.record import Release

SLICE = timedelta(seconds=2)
"""While waiting, the record is read so often for what people asked meanwhile."""

LOOK_ON = timedelta(seconds=12)
"""How long a rollback that is in place is watched where nobody is there to wait longer."""


def looked_enough(release: Release, now: datetime) -> bool:
    """Whether to leave a rollback that is in place, though a raise may still land.

    The release stays open, so that whoever looks next goes on looking.
    """
    since = release.confirmed_at
    return release.is_home and since is not None and now - since >= LOOK_ON


def drive(
    controller: Controller,
    key: str,
    *,
    until: datetime | None = None,
    seen: Endpoint | None = None,
    enough: Callable[[Release], bool] = lambda release: release.rests,
    insist: bool = True,
) -> Release:
    """Tick until the release is over, is `enough`, or `until` has come.

    The lease is given back at the end, however it ends. Without `insist` a cloud that denies
    or refuses is an error at once, for a person who is there to do something about it.

    A cloud that does not answer, or denies a look, is waited for: the release holds meanwhile.
    One that refuses a change has the release go back, one that denies it too once it has been
    asked again; before any traffic has moved it just ends. An order that is refused is no more,
    and an error where it is what this drive began with.

    Raises:
        Unsafe: the endpoint could not be read for as long as the plan lets a change take, or its
            way back is refused for good.
        ProviderError: an order, or the first share, was refused.
        Busy: somebody took the endpoint over.
    """
    heard = Overheard(controller.store, controller.listen, controller.clock.now())
    steps = Steps(replace(controller, listen=heard.hear), key, insist=insist)
    try:
        return _Loop(steps, heard, until, enough).run(seen)
    except (Busy, ProviderError, Unsafe):
        raise
    except Exception as error:
        steps.go_back_from_memory(error)
        raise
    finally:
        with suppress(StoreError):
            controller.let_go(key)


@dataclass(slots=True)
class _Loop:
    """Steps with the waits between them.

    Attributes:
        heard: what others noted is told through it.
        until: when to stop waiting, None for never.
        enough: whether a release has come far enough.
    """

    steps: Steps
    heard: Overheard
    until: datetime | None
    enough: Callable[[Release], bool]

    def run(self, seen: Endpoint | None) -> Release:
        """Tick until it is done."""
        while True:
            decision, seen = self.steps.take(seen), None
            if decision is None:
                self._sleep(self.steps.pause)
                continue
            release = decision.release
            if release.over or self.enough(release) or self._late():
                return release
            self._sleep(decision.wake)

    def _sleep(self, length: timedelta) -> None:
        """Wait, but not past the time that is left, nor past a change of the record by others."""
        here, key = self.steps.controller, self.steps.key
        end = here.clock.now() + length
        if self.until is not None:
            end = min(end, self.until)
        before = here.store.load(key)
        self.heard.catch_up(before)
        while (left := end - here.clock.now()) > timedelta(0):
            here.clock.sleep(min(left, SLICE).total_seconds())
            if left > SLICE and here.store.load(key) != before:
                break

    def _late(self) -> bool:
        return self.until is not None and self.steps.controller.clock.now() >= self.until
