"""Faults strike where the script says, and a late write lands when nobody waits for it."""

from collections.abc import Callable
from typing import Any

import pytest

from canarycli.errors import Conflict, Denied, ProviderError, Unavailable
from canarycli.metrics import Metric, Window
from canarycli.provider import Deployer
from canarycli.simulator import Simulator
from canarycli.testing import (
    NOON,
    Call,
    Crash,
    FakeClock,
    Fault,
    Faulty,
    ForeignWriter,
    Late,
    Points,
)
from canarycli.traffic import Traffic

FIVE = Traffic.split("v41", "v42", 5)
TEN = Traffic.split("v41", "v42", 10)
HOME = Traffic.all_to("v41")


class Bench:
    def __init__(self, script: Any = None, **settings: Any) -> None:
        self.clock = FakeClock()
        self.simulator = Simulator({"state": ":memory:", **settings}, clock=self.clock)
        self.faulty = Faulty(self.simulator, script, clock=self.clock)

    @property
    def wanted(self) -> Traffic:
        """The split when everything has settled."""
        self.clock.advance(300)
        return self.simulator.describe("demo").traffic

    def shift(self, to: Traffic = FIVE) -> None:
        self.faulty.shift(self.simulator.describe("demo"), to, {}, raises=True)


VERBS: list[tuple[str, Callable[[Faulty], object]]] = [
    ("describe", lambda faulty: faulty.describe("demo")),
    ("notes", lambda faulty: faulty.notes(faulty.provider.describe("demo"))),
    ("shift", lambda faulty: faulty.shift(faulty.provider.describe("demo"), FIVE, {}, raises=True)),
    (
        "measure",
        lambda faulty: faulty.measure("demo", ["v41"], [Metric("cpu")], Window(NOON, NOON)),
    ),
    (
        "deploy",
        lambda faulty: faulty.deploy(faulty.provider.describe("demo"), "v43", "v41", {}, "r-1"),
    ),
    ("retire", lambda faulty: faulty.retire(faulty.provider.describe("demo"), "v42")),
]


def test_without_a_script_nothing_goes_wrong() -> None:
    bench = Bench()

    bench.shift()

    assert bench.wanted.same_as(FIVE)
    assert isinstance(bench.faulty, Deployer)
    assert bench.faulty.place == "local"
    assert bench.faulty.limits == bench.simulator.limits
    assert bench.faulty.plain_command("demo", FIVE) == bench.simulator.plain_command("demo", FIVE)


@pytest.mark.parametrize(("verb", "call"), VERBS, ids=[verb for verb, _ in VERBS])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.CRASH_BEFORE, Crash),
        (Fault.CRASH_AFTER, Crash),
        (Fault.LOST, Unavailable),
        (Fault.UNAVAILABLE, Unavailable),
        (Fault.DENIED, Denied),
        (Fault.CONFLICT, Conflict),
    ],
    ids=str,
)
def test_every_verb_can_go_wrong_in_every_way(
    verb: str, call: Callable[[Faulty], object], fault: Fault, raised: type[BaseException]
) -> None:
    bench = Bench({1: fault})

    with pytest.raises(raised, match=verb):
        call(bench.faulty)

    assert bench.faulty.count(verb) == bench.faulty.count() == 1


def test_a_crash_is_nothing_that_code_of_ours_may_catch() -> None:
    assert not issubclass(Crash, Exception)


@pytest.mark.parametrize(
    ("fault", "split"),
    [
        (Fault.CRASH_BEFORE, HOME),
        (Fault.UNAVAILABLE, HOME),
        (Fault.DENIED, HOME),
        (Fault.CONFLICT, HOME),
        (Fault.CRASH_AFTER, FIVE),
        (Fault.LOST, FIVE),
    ],
    ids=str,
)
def test_a_fault_before_moves_nothing_and_one_after_does(fault: Fault, split: Traffic) -> None:
    bench = Bench({1: fault})

    with pytest.raises((ProviderError, Crash)):
        bench.shift()

    assert bench.wanted.same_as(split)


def test_only_the_call_of_that_number_goes_wrong() -> None:
    bench = Bench({2: Fault.DENIED})

    bench.faulty.describe("demo")
    with pytest.raises(Denied):
        bench.faulty.describe("demo")
    bench.faulty.describe("demo")

    assert [call.number for call in bench.faulty.calls] == [1, 2, 3]


def test_a_script_may_look_at_the_call() -> None:
    def no_raise_above_5(call: Call) -> Fault | None:
        raised = call.verb == "shift" and call.arguments[1].of("v42") > 5
        return Fault.UNAVAILABLE if raised else None

    bench = Bench(no_raise_above_5)

    bench.shift(FIVE)
    assert bench.wanted.same_as(FIVE)
    with pytest.raises(Unavailable):
        bench.shift(TEN)

    assert bench.wanted.same_as(FIVE)


def test_a_late_write_lands_before_the_call_it_waits_for() -> None:
    bench = Bench({1: Late(calls=2)})
    with pytest.raises(Unavailable):
        bench.shift()

    first = bench.faulty.describe("demo")
    second = bench.faulty.describe("demo")

    assert first.settled
    assert not second.settled
    assert bench.wanted.same_as(FIVE)


def test_a_late_write_lands_when_its_time_has_come() -> None:
    bench = Bench({1: Late(seconds=60)})
    with pytest.raises(Unavailable):
        bench.shift()

    bench.clock.advance(59)
    early = bench.faulty.describe("demo")
    bench.clock.advance(1)
    late = bench.faulty.describe("demo")

    assert early.settled
    assert not late.settled


def test_a_late_write_needs_a_clock_for_its_time() -> None:
    faulty = Faulty(Bench().simulator, {1: Late(seconds=60)})

    with pytest.raises(ValueError, match="needs a clock"):
        faulty.describe("demo")


def test_late_writes_land_when_told() -> None:
    bench = Bench({1: Late()})
    with pytest.raises(Unavailable):
        bench.shift()
    assert bench.wanted.same_as(HOME)

    bench.faulty.land()

    assert bench.wanted.same_as(FIVE)


@pytest.mark.parametrize(("blind", "split"), [(True, TEN), (False, FIVE)], ids=["blind", "not"])
def test_a_late_write_is_refused_by_a_change_in_between_unless_it_is_blind(
    blind: bool,  # noqa: FBT001 - a case of the table
    split: Traffic,
) -> None:
    bench = Bench({1: Late(blind=blind)})
    with pytest.raises(Unavailable):
        bench.shift(TEN)
    ForeignWriter(bench.simulator, "demo").put(FIVE)
    assert bench.wanted.same_as(FIVE)

    bench.faulty.land()

    assert bench.wanted.same_as(split)


def test_a_late_write_that_is_refused_bothers_nobody() -> None:
    bench = Bench({1: Late()})
    with pytest.raises(Unavailable):
        bench.shift(TEN)
    ForeignWriter(bench.simulator, "demo").put(FIVE)

    bench.faulty.land()

    assert bench.wanted.same_as(FIVE)


def test_a_late_write_lands_once() -> None:
    bench = Bench({1: Late(calls=1)})
    with pytest.raises(Unavailable):
        bench.shift(TEN)
    bench.faulty.describe("demo")
    assert bench.wanted.same_as(TEN)
    ForeignWriter(bench.simulator, "demo").put(HOME)
    assert bench.wanted.same_as(HOME)

    bench.faulty.describe("demo")

    assert bench.wanted.same_as(HOME)


def test_the_sender_of_a_late_write_may_die() -> None:
    bench = Bench({1: Late(crash=True)})

    with pytest.raises(Crash, match="during shift"):
        bench.shift()

    bench.faulty.land()
    assert bench.wanted.same_as(FIVE)


def test_a_provider_and_a_store_may_share_their_points() -> None:
    points = Points({2: Fault.CRASH_AFTER})
    faulty, saved = Faulty(Bench().simulator, points), list[str]()

    faulty.describe("demo")
    with pytest.raises(Crash):
        points.reach("save", lambda: saved.append("record"), "record")

    assert saved == ["record"]
    assert [(call.verb, call.arguments) for call in points.calls] == [
        ("describe", ("demo",)),
        ("save", ("record",)),
    ]


def test_somebody_else_gives_a_version_its_share_and_the_rest_to_the_largest() -> None:
    bench = Bench(versions={"a": {"percent": 70}, "b": {"percent": 30}, "c": {}})
    somebody = ForeignWriter(bench.simulator, "demo")

    somebody.give("c", 20)

    assert bench.wanted.same_as(Traffic({"a": 80, "c": 20}))
    somebody.give("a", 100)
    assert bench.wanted.same_as(Traffic.all_to("a"))
    somebody.give("a", 90)
    assert bench.wanted.same_as(Traffic({"a": 90, "b": 10}))


def test_only_a_deployer_can_be_asked_to_deploy() -> None:
    class Plain:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name)

    with pytest.raises(TypeError, match="Plain is no Deployer"):
        Faulty(Plain()).deploy(Bench().simulator.describe("demo"), "m", "v41", {}, "r-1")
