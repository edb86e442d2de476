"""A cloud that gives no answer is asked again, for a while; everything else passes through."""

from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, current_thread
from typing import Any

import pytest

from canarycli.engine.retries import Patient
from canarycli.errors import Broken, Denied, Unavailable, Unsupported
from canarycli.metrics import Counts, Histogram, Measurements, Metric, Series, Value, Window
from canarycli.provider import Endpoint, Version
from canarycli.simulator import Simulator
from canarycli.testing import FakeClock, Fault, Faulty
from canarycli.traffic import Traffic

START = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


def patient(faults: dict[int, Fault], clock: FakeClock) -> tuple[Patient, Faulty]:
    faulty = Faulty(Simulator({"state": ":memory:"}, clock=clock), faults)
    return Patient(faulty, clock), faulty


def test_an_answer_at_once_is_asked_for_once() -> None:
    provider, faulty = patient({}, FakeClock())
    provider.describe("demo")
    assert faulty.count() == 1


def test_no_answer_is_asked_for_again() -> None:
    clock = FakeClock()
    provider, faulty = patient({1: Fault.UNAVAILABLE, 2: Fault.LOST}, clock)
    assert provider.describe("demo").name == "demo"
    assert faulty.count("describe") == 3
    assert len(clock.slept) == 2


def test_patience_ends() -> None:
    clock = FakeClock()
    start = clock.now()
    provider, faulty = patient(dict.fromkeys(range(1, 999), Fault.UNAVAILABLE), clock)
    with pytest.raises(Unavailable):
        provider.describe("demo")
    assert clock.now() - start <= provider.patience
    assert faulty.count() > 5


def test_a_denial_is_final() -> None:
    provider, faulty = patient({1: Fault.DENIED}, FakeClock())
    with pytest.raises(Denied):
        provider.describe("demo")
    assert faulty.count() == 1


def test_a_way_back_whose_answer_was_lost_is_asked_for_again() -> None:
    clock = FakeClock()
    provider, faulty = patient({2: Fault.LOST}, clock)
    provider.shift(provider.describe("demo"), Traffic.all_to("v41"), {}, raises=False)
    assert faulty.count("shift") == 2


def test_a_raise_is_asked_for_once() -> None:
    provider, faulty = patient({2: Fault.LOST}, FakeClock())
    seen = provider.describe("demo")
    with pytest.raises(Unavailable):
        provider.shift(seen, Traffic.split("v41", "v42", 5), {}, raises=True)
    assert faulty.count("shift") == 1


def test_the_pause_a_cloud_asks_for_is_kept_or_refused() -> None:
    clock = FakeClock()

    class Busy(Simulator):
        answers = 0

        def describe(self, endpoint: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as below
            self.answers += 1
            if self.answers == 1:
                raise Unavailable("slow down", after=7)
            return super().describe(endpoint)

    Patient(Busy({"state": ":memory:"}, clock=clock), clock).describe("demo")
    assert clock.slept == [7]
    hurried = Patient(Busy({"state": ":memory:"}, clock=clock), clock, timedelta(seconds=5))
    with pytest.raises(Unavailable):
        hurried.describe("demo")


def test_deploying_where_a_provider_cannot_is_said() -> None:
    class Plain:
        limits = None
        place = "here"

    clock = FakeClock()
    seen = Simulator({"state": ":memory:"}, clock=clock).describe("demo")
    with pytest.raises(Unsupported):
        Patient(Plain(), clock).deploy(seen, "m", "v41", {}, "r-1")  # type: ignore[arg-type]  # less than a provider


class Foreign(Simulator):
    """A provider of somebody else's, whose `measure` does what a test says."""

    does: Callable[[], Any]

    def measure(self, *_: object) -> Any:
        return self.does()


def foreign(does: Callable[[], Any], limit: float = 60) -> Patient:
    clock = FakeClock()
    provider = Foreign({"state": ":memory:"}, clock=clock)
    provider.does = does
    return Patient(provider, clock, who=lambda: "provider 'kong'", limit=limit)


def measured(patient: Patient) -> Any:
    now = patient.clock.now()
    return patient.measure("demo", ["v41", "v42"], [], Window(now - timedelta(minutes=5), now))


def test_a_provider_that_never_answers_is_named_and_not_asked_at_once_again() -> None:
    never, asked = Event(), []

    def hang() -> None:
        asked.append(current_thread())
        never.wait(60)

    with pytest.raises(Broken, match=r"provider 'kong' gave no answer in 0\.05 s"):
        measured(foreign(hang, limit=0.05))
    never.set()
    assert len(asked) == 1
    assert asked[0].daemon


def test_what_a_provider_answers_or_raises_in_time_comes_through() -> None:
    def late() -> None:
        raise TimeoutError("its own")

    def denied() -> None:
        raise Denied("no token")

    nothing = Measurements(Window(START, START), START, {})
    assert measured(foreign(lambda: nothing)) == nothing
    with pytest.raises(Broken, match="broke: TimeoutError its own"):
        measured(foreign(late))
    with pytest.raises(Denied):
        measured(foreign(denied))


async def later() -> None:
    """Never awaited."""


def iterated() -> Any:
    """A generator, where a tuple belongs."""
    yield from ()


def loose(value: Any) -> Any:
    """What others write, of any type."""
    return value


def exits(error: BaseException) -> Any:
    raise error


def found(*points: Any, of: str = "v42", key: str = "fraud") -> Measurements:
    return Measurements(Window(START, START), START, {of: {key: Series(points)}})


def odd(series: Any) -> Measurements:
    return Measurements(Window(START, START), START, {"v42": {"fraud": series}})


MINUTE = timedelta(minutes=1)
ODD_ANSWERS: dict[str, tuple[Callable[[], Any], str]] = {
    "nothing": (lambda: None, "measure answers with NoneType, not with Measurements"),
    "a coroutine": (later, "measure is async"),
    "a generator": (iterated, "measure answers with a generator"),
    "no mapping": (lambda: odd([]), "for 'fraud' on 'v42', answers with list, not with Series"),
    "points of a generator": (
        lambda: odd(Series(iterated())),
        "as points of 'fraud' on 'v42', answers with a generator, not with tuple",
    ),
    "points of two forms": (
        lambda: found(Value(START, 1.0), Counts(START + MINUTE, 1, 0)),
        "points of 'fraud' on 'v42' are Counts, Value, not of one form",
    ),
    "a time without its zone": (
        lambda: found(Value(START.replace(tzinfo=None), 1.0)),
        "a time without its zone",
    ),
    "a time that is none": (lambda: found(Value(5, 1.0)), "is at 5"),  # type: ignore[arg-type]  # the same
    "text": (lambda: found(Value(START, "1")), "has '1' where a number"),  # type: ignore[arg-type]  # the same
    "yes": (lambda: found(Counts(START, True, 0)), "has True where a number"),
    "no number": (lambda: found(Counts(START, float("nan"), 0)), "has the number nan"),
    "endless": (lambda: found(Value(START, 1, float("-inf"))), "has the number -inf"),
    "huge": (lambda: found(Histogram(START, (0.1,), (10**400, 1))), "has the number 1000"),
    "newest first": (
        lambda: found(Value(START, 1.0), Value(START - MINUTE, 1.0)),
        "not the oldest first, one a period",
    ),
    "twice": (lambda: found(Value(START, 1.0), Value(START, 1.0)), "one a period"),
    "an exit": (lambda: exits(SystemExit(3)), "SystemExit 3"),
    "a cancelled task": (lambda: exits(CancelledError()), "CancelledError"),
    "an interrupt of its own": (lambda: exits(KeyboardInterrupt()), "KeyboardInterrupt"),
}


@pytest.mark.parametrize(("does", "words"), ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_what_a_provider_measures_against_its_contract_is_its_own_fault(
    does: Callable[[], Any], words: str
) -> None:
    with pytest.raises(Broken, match="provider 'kong' broke: ") as caught:
        measured(foreign(does))
    assert words in caught.value.message


ODD_LOOKS: dict[str, tuple[Callable[[Endpoint], Any], str]] = {
    "nothing": (lambda _: None, "describe answers with NoneType, not with Endpoint"),
    "a coroutine": (lambda _: later(), "describe is async"),
    "an exit": (lambda _: exits(SystemExit()), "SystemExit"),
    "versions of a generator": (
        lambda seen: replace(seen, versions=iterated()),
        "versions is a generator, not a tuple",
    ),
    "shares alone": (
        lambda seen: replace(seen, traffic=loose({"v41": 100})),
        "traffic is a dict, not a Traffic",
    ),
    "fractions": (lambda _: Traffic({"v41": 1.0}), "shares add up to 1, not to 100"),
    "settled in words": (lambda seen: replace(seen, settled=loose("no")), "settled is a str"),
    "in service in words": (lambda _: Version("v41", in_service="no"), "in_service is a str"),  # type: ignore[arg-type]  # the same
}


@pytest.mark.parametrize(("does", "words"), ODD_LOOKS.values(), ids=ODD_LOOKS.keys())
def test_what_a_provider_shows_against_its_contract_is_its_own_fault(
    does: Callable[[Endpoint], Any], words: str
) -> None:
    class Showing(Simulator):
        def describe(self, endpoint: str) -> Any:
            return does(super().describe(endpoint))

    clock = FakeClock()
    showing = Showing({"state": ":memory:"}, clock=clock)
    with pytest.raises(Broken) as caught:
        Patient(showing, clock, who=lambda: "provider 'kong'", limit=60.0).describe("demo")
    assert words in caught.value.message


def test_what_a_provider_changes_of_its_arguments_is_a_copy() -> None:
    class Taking(Simulator):
        def shift(
            self, seen: Endpoint, to: Traffic, notes: Any, *, raises: bool | None = None
        ) -> Any:
            super().shift(seen, to, notes, raises=raises)
            notes.clear()

        def measure(self, *asked: Any) -> Any:
            for metric in asked[2]:
                metric.source.clear()
            return found()

    clock = FakeClock()
    provider = Patient(Taking({"state": ":memory:"}, clock=clock), clock, limit=60.0)
    notes, own = {"canary-release": "r-1"}, Metric("gone", source={"kong": {"status": 410}})
    seen = provider.describe("demo")

    said = provider.shift(seen, Traffic({"v41": 100.0}), notes, raises=False)
    provider.measure("demo", ["v41", "v42"], [own], Window(START, START + MINUTE))

    assert said == ""  # an id that is none is none
    assert notes == {"canary-release": "r-1"}
    assert own.source == {"kong": {"status": 410}}


def test_nobody_is_stopped_by_what_cannot_be_said_in_an_emergency() -> None:
    class Mute(Simulator):
        def plain_command(self, *_: object) -> Any:
            raise SystemExit(9)

        @property
        def limits(self) -> Any:
            raise SystemExit(9)

    clock = FakeClock()
    provider = Patient(Mute({"state": ":memory:"}, clock=clock), clock, who=lambda: "it")

    assert "own tools" in provider.plain_command("demo", Traffic({"v41": 100.0}))
    with pytest.raises(Broken, match="it broke: SystemExit 9"):
        _ = provider.limits


def test_what_a_cloud_says_of_a_failed_change_is_known_without_its_secrets() -> None:
    class Failed(Simulator):
        def describe(self, endpoint: str) -> Endpoint:
            said = "see https://s3.example/log?X-Amz-Signature=MARKER, and so on"
            return replace(super().describe(endpoint), failure=said)

    seen = Patient(Failed({"state": ":memory:"}), FakeClock()).describe("demo")

    assert seen.failure == "see https://s3.example/log?X-Amz-Signature=***, and so on"
