"""A verb of a plug-in that never returns is named, the release holds, and it can be taken back."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from engine.rehearsal import CANDIDATE, ENDPOINT, PLAN, Rehearsal, change, seconds

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.engine.steps import Steps
from canarycli.errors import Broken
from canarycli.release.context import begin_rollback
from canarycli.release.record import Outcome
from canarycli.simulator import Simulator

LIMIT = 0.5
NAMED = "provider 'kong' (kong 0.1) gave no answer in 0.5 s"
VERBS = ("describe", "shift", "measure")
AWAKE = Event()


class Deaf(Simulator):
    """Answers none of the next calls of one verb, and never carries them out."""

    verb, calls = "", 0

    def describe(self, *given: Any) -> Any:
        return self._listen("describe", super().describe, given)

    def shift(self, *given: Any, **more: Any) -> Any:
        return self._listen("shift", lambda *_: super(Deaf, self).shift(*given, **more), given)

    def measure(self, *given: Any) -> Any:
        return self._listen("measure", super().measure, given)

    def _listen(self, verb: str, answer: Any, given: Any) -> Any:
        if verb != self.verb or not self.calls:
            return answer(*given)
        self.calls -= 1
        AWAKE.wait(60)
        raise RuntimeError("nobody waits for this any more")


class OnDeaf(Rehearsal):
    """A release on it, driven as somebody else's provider is."""

    cloud = Deaf

    def driver(self) -> Controller:
        patient = Patient(
            self.watched, self.clock, who=lambda: "provider 'kong' (kong 0.1)", limit=LIMIT
        )
        return Controller(self.store, patient, self.clock, Driver("ann"), self.heard.append)

    def goes_deaf(self, verb: str, calls: int = 2) -> None:
        assert isinstance(self.simulator, Deaf)
        self.simulator.verb, self.simulator.calls = verb, calls

    @property
    def told(self) -> str:
        found = [finding.sentence for finding in self.release.findings]
        return "\n".join((*self.messages, *found))


@pytest.fixture(autouse=True)
def _waking() -> Iterator[None]:
    AWAKE.clear()
    yield
    AWAKE.set()


@pytest.mark.parametrize("verb", VERBS)
def test_a_release_holds_meanwhile_and_goes_on_when_it_answers(verb: str) -> None:
    rehearsal = OnDeaf(PLAN)
    driver = rehearsal.driver()
    rehearsal.start(driver)
    rehearsal.confirm(driver)
    steps, before = Steps(driver, rehearsal.key), rehearsal.share
    rehearsal.goes_deaf(verb)
    assert isinstance(rehearsal.simulator, Deaf)

    told = ""
    for _ in range(400):
        decision = steps.take()
        told += rehearsal.told
        if rehearsal.simulator.calls:
            assert Simulator.describe(rehearsal.simulator, ENDPOINT).traffic.of(CANDIDATE) == before
        if rehearsal.release.over:
            break
        rehearsal.clock.sleep(max(decision.wake.total_seconds() if decision else 4.0, 0.5))

    assert NAMED in told
    assert rehearsal.release.outcome is Outcome.PROMOTED, rehearsal.release.why


@pytest.mark.parametrize("verb", VERBS)
def test_a_rollback_comes_through_meanwhile(verb: str) -> None:
    rehearsal = OnDeaf(replace(PLAN, warm_up=seconds(0)))
    driver = rehearsal.driver()
    rehearsal.start(driver)
    rehearsal.confirm(driver)
    rehearsal.goes_deaf(verb)
    now = rehearsal.clock.now()
    change(rehearsal, begin_rollback(rehearsal.release, Outcome.ROLLED_BACK, "asked", "ann", now))

    rehearsal.finish(driver)

    assert rehearsal.release.outcome is Outcome.ROLLED_BACK
    assert rehearsal.share == 0


def test_nothing_starts_where_the_first_look_is_not_answered() -> None:
    rehearsal = OnDeaf(PLAN)
    rehearsal.goes_deaf("describe")

    with pytest.raises(Broken) as caught:
        rehearsal.driver().provider.describe(ENDPOINT)

    assert NAMED in str(caught.value)
