"""A cloud that gives no answer is asked again, for a while; everything else passes through."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, current_thread
from typing import Any

import pytest

from canarycli.engine.retries import Patient
from canarycli.errors import Broken, Denied, Unavailable, Unsupported
from canarycli.metrics import Window
from canarycli.simulator import Simulator
from canarycli.testing import FakeClock, Fault, Faulty
from canarycli.traffic import Traffic


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

    assert measured(foreign(lambda: "points")) == "points"
    with pytest.raises(Broken, match="broke: TimeoutError its own"):
        measured(foreign(late))
    with pytest.raises(Denied):
        measured(foreign(denied))
