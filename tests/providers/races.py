"""Machines that share no records, on one endpoint of a real client's cloud: who wins."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive, looked_enough
from canarycli.engine.retries import Patient
from canarycli.errors import Exit, Unavailable
from canarycli.ids import new_id
from canarycli.plan import Plan, Stage
from canarycli.provider import Endpoint, Notes
from canarycli.release import orders
from canarycli.release.record import Outcome, Release, State
from canarycli.release.request import Request, prepare
from canarycli.release.rescue import rescue
from canarycli.store import Store
from canarycli.store.memory import MemoryStore
from canarycli.testing import FakeClock
from canarycli.testing.kit import DeployWorld, Trouble
from canarycli.traffic import Traffic

SOON = timedelta(seconds=10)
PLAN = Plan(stages=(Stage(5, SOON), Stage(25, SOON), Stage(100, timedelta(0))), checks=())
RIVALS = 20.0
"""The share that another start asks for."""

Send = Callable[[], str]


class RacingWorld(DeployWorld, Protocol):
    """A world whose requests can be asleep."""

    def asleep(self) -> AbstractContextManager[None]:
        """Have changes of the split neither answered nor carried out while it is open."""


class Landing(FakeClock):
    """Whatever is under way on the endpoint lands while somebody waits for so many seconds."""

    def __init__(self, world: RacingWorld, takes: float = 0) -> None:
        super().__init__(datetime.now(UTC))
        self._world, self._takes = world, takes

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if sum(self.slept) >= self._takes:
            self._world.settle()


@dataclass
class Between:
    """A client that lets something happen as a raise is sent, or goes wrong at a look.

    Attributes:
        raising: what happens at the next raises, given what sends it.
        looking: what goes wrong at the next looks, None for nothing.
        raised: the splits that were to raise something.
    """

    world: RacingWorld
    raising: list[Callable[[Send], str]] = field(default_factory=list)
    looking: list[Trouble | None] = field(default_factory=list)
    raised: list[Traffic] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.provider, name)

    def describe(self, endpoint: str) -> Endpoint:
        trouble = self.looking.pop(0) if self.looking else None
        if trouble is None:
            return self.world.provider.describe(endpoint)
        with self.world.trouble(trouble):
            return self.world.provider.describe(endpoint)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        def send() -> str:
            return self.world.provider.shift(seen, to, notes, raises=raises)

        if not raises:
            return send()
        self.raised.append(to)
        return self.raising.pop(0)(send) if self.raising else send()


class Scene:
    """One endpoint, one clock, and as many machines as it takes."""

    def __init__(self, world: RacingWorld, takes: float = 0) -> None:
        self.world, self.clock, self.between = world, Landing(world, takes), Between(world)

    def machine(self, name: str, store: Store | None = None) -> Controller:
        """A machine, with records of its own unless it has another one's."""
        between: Any = self.between
        patient = Patient(between, self.clock, timedelta(0), ours=True)
        return Controller(store or MemoryStore(), patient, self.clock, Driver(name))

    def start(self, machine: Controller, *, model: str = "", share: float = 0) -> Release:
        """As `canary start` does."""
        world, seen = self.world, self.seen
        plan = replace(PLAN, stages=(Stage(share, SOON), PLAN.stages[-1])) if share else PLAN
        request = Request(
            "cloud",
            world.provider.place,
            model or world.candidate,
            plan,
            machine.driver.name,
            baseline=world.baseline,
            deploy=world.options if model else None,
        )
        release = prepare(request, seen, release_id=new_id(), now=self.clock.now())
        return machine.create(replace(release, found=dict(self.notes))).release

    def roll_back(self, during: Callable[[Release], bool] = lambda _: False) -> Release:
        """As `canary rollback` does on a machine that knows nothing."""
        phone, seen = self.machine("dana@phone"), self.seen
        release = rescue(
            seen,
            self.notes,
            to=None,
            release_id=new_id(),
            provider="cloud",
            place=self.world.provider.place,
            settings={},
            by="dana@phone",
            reason="",
            now=self.clock.now(),
            limits=self.world.provider.limits,
        )
        phone.create(release)

        def enough(now: Release) -> bool:
            return during(now) or looked_enough(now, self.clock.now())

        return drive(phone, release.key, enough=enough)

    @property
    def seen(self) -> Endpoint:
        return self.world.provider.describe(self.world.endpoint)

    @property
    def notes(self) -> Notes:
        return self.world.provider.notes(self.seen)

    @property
    def share(self) -> float:
        """All that is not the baseline's."""
        return 100 - self.seen.traffic.of(self.world.baseline)


def begun(world: RacingWorld, takes: float = 0) -> tuple[Scene, Controller, Release]:
    """A release that ann is about to give its first share."""
    scene = Scene(world, takes=takes)
    ann = scene.machine("ann@laptop")
    return scene, ann, scene.start(ann)


def needs_late_requests(world: RacingWorld) -> None:
    """Leave a test out for a cloud that refuses what was sent before somebody else's change."""
    if not world.provider.limits.late_request:
        pytest.skip("no request of this cloud lands late")


class RacesKit:
    """For a conformance class, beside the kit."""

    def test_a_rollback_while_the_candidate_is_brought_in_ends_its_driver_without_a_raise(
        self, world: RacingWorld
    ) -> None:
        scene = Scene(world)
        ann = scene.machine("ann@laptop")
        release = scene.start(ann, model=world.model)
        ann.tick(release.key)
        assert ann.load(release.key).release.state is State.DEPLOYING

        scene.roll_back()
        ended = drive(ann, release.key)

        assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
        assert "dana@phone rolled back" in ended.why
        assert scene.between.raised == []
        assert scene.share == 0

    def test_a_first_raise_without_an_answer_is_not_sent_again_after_a_rollback(
        self, world: RacingWorld
    ) -> None:
        scene, ann, release = begun(world)

        def lost(send: Send) -> str:
            try:
                with world.asleep():
                    return send()
            finally:
                scene.roll_back()

        scene.between.raising.append(lost)
        ended = drive(ann, release.key)

        assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
        assert len(scene.between.raised) == 1
        assert scene.share == 0

    def test_a_rollback_in_the_moment_of_the_first_raise_wins(self, world: RacingWorld) -> None:
        scene, ann, release = begun(world)

        def overtaken(send: Send) -> str:
            scene.roll_back()
            return send()

        scene.between.raising.append(overtaken)
        ended = drive(ann, release.key)

        assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
        assert len(scene.between.raised) == 1
        assert scene.share == 0

    def test_a_raise_that_lands_when_its_driver_is_dead_is_lowered_by_whoever_rolled_back(
        self, world: RacingWorld
    ) -> None:
        needs_late_requests(world)
        scene, ann, release = begun(world)
        with suppress(Unavailable), world.asleep():
            ann.tick(release.key)
        seen: list[float] = []

        def land(now: Release) -> bool:
            if now.is_home and not seen:
                world.foreign(Traffic.split(world.baseline, world.candidate, 5))
                seen.append(scene.share)
            return False

        scene.roll_back(land)

        assert seen == [5]
        assert scene.share == 0

    def test_an_order_to_go_back_right_after_a_raise_waits_out_the_clouds_lock(
        self, world: RacingWorld
    ) -> None:
        scene, ann, release = begun(world, takes=15)

        def ordered(send: Send) -> str:
            request = send()
            now = scene.clock.now()
            ann.change(release.key, lambda known: orders.roll_back(known, "ann", now))
            return request

        scene.between.raising.append(ordered)
        ended = drive(ann, release.key)

        assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
        assert scene.share == 0

    @pytest.mark.slow
    def test_a_raise_that_lands_once_its_release_is_over_is_lowered_by_its_driver(
        self, world: RacingWorld
    ) -> None:
        needs_late_requests(world)
        scene, ann, release = begun(world)

        def overslept(_: Send) -> str:
            bob, now = scene.machine("bob@laptop", ann.store), scene.clock.now()
            bob.change(release.key, lambda known: orders.roll_back(known, "bob", now))
            assert drive(bob, release.key).over
            world.foreign(Traffic.split(world.baseline, world.candidate, 5))
            return ""

        scene.between.raising.append(overslept)
        ended = drive(ann, release.key)

        assert (ended.outcome, ended.exit) == (Outcome.STOPPED, Exit.STOPPED)
        assert scene.share == 0

    @pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
    def test_a_look_that_is_denied_after_a_raise_ends_no_release(
        self, world: RacingWorld, *, lost: bool
    ) -> None:
        scene, ann, release = begun(world)

        def accepted(send: Send) -> str:
            scene.between.looking = [Trouble.DENIED]
            if not lost:
                return send()
            with world.trouble(Trouble.LOST_WRITE):
                return send()

        scene.between.raising.append(accepted)
        ended = drive(ann, release.key)

        assert ended.outcome is Outcome.PROMOTED
        assert scene.between.looking == []

    def test_of_two_starts_the_first_goes_on_and_nothing_of_it_is_touched(
        self, world: RacingWorld
    ) -> None:
        scene = Scene(world)
        ann, bob = scene.machine("ann@laptop"), scene.machine("bob@ci")
        first, second = scene.start(ann), scene.start(bob, share=RIVALS)

        def overtaken(send: Send) -> str:
            ann.tick(first.key)
            world.settle()
            return send()

        scene.between.raising.append(overtaken)
        ended = drive(bob, second.key)

        assert (ended.outcome, ended.exit) == (Outcome.SUPERSEDED, Exit.BUSY)
        assert first.id in ended.why
        assert scene.share == 5
        assert first.notes.items() <= scene.notes.items()
        assert drive(ann, first.key).outcome is Outcome.PROMOTED
