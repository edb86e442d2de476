"""A question for figures that is refused silences its own checks; it never moves traffic."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from engine.rehearsal import ENDPOINT, ERRORS, PLAN, Rehearsal

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.errors import NotFound, Rejected, Unsupported
from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check, Margin, Role, Then, Wait
from canarycli.release.record import Outcome
from canarycli.simulator import Simulator

ODD = Metric("approved", source={"simulator": {"ratio": 0.5}})
REFUSALS = (
    Rejected("parse error at char 3"),
    Unsupported("no such aggregation"),
    NotFound("no such table"),
    KeyError("data"),
)
KINDS = [type(error).__name__ for error in REFUSALS]


class Refusing(Simulator):
    """It takes no question that has a metric of a team's own in it, or none at all."""

    refusal: Exception = REFUSALS[0]
    everything = False

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        if self.everything or any(metric.source for metric in metrics):
            raise self.refusal
        return super().measure(endpoint, versions, metrics, window)


class OnRefusing(Rehearsal):
    """A release on it, driven as somebody else's provider is."""

    cloud = Refusing

    def driver(self) -> Controller:
        patient = Patient(self.watched, self.clock, who=lambda: "provider 'kong' (kong 0.1)")
        return Controller(self.store, patient, self.clock, Driver("ann"), self.heard.append)


def released(refusal: Exception, role: Role, *, everything: bool = False) -> OnRefusing:
    check = Check("approved", ODD, no_worse_by=Margin(absolute=0.5), role=role)
    wait = Wait(timedelta(minutes=1), Then.ROLLBACK)
    rehearsal = OnRefusing(replace(PLAN, checks=(ERRORS, check), on_no_metrics=wait))
    assert isinstance(rehearsal.simulator, Refusing)
    rehearsal.simulator.refusal, rehearsal.simulator.everything = refusal, everything
    driver = rehearsal.driver()
    rehearsal.start(driver)
    rehearsal.finish(driver)
    return rehearsal


@pytest.mark.parametrize("refusal", REFUSALS, ids=KINDS)
def test_a_check_that_only_watches_is_silent_and_the_others_promote(refusal: Exception) -> None:
    release = released(refusal, Role.WATCH).release

    assert release.outcome is Outcome.PROMOTED, release.why


@pytest.mark.parametrize("refusal", REFUSALS, ids=KINDS)
def test_a_check_that_gates_ends_it_for_want_of_figures_and_says_why(refusal: Exception) -> None:
    rehearsal = released(refusal, Role.GATE)

    assert rehearsal.release.outcome is Outcome.NO_METRICS
    assert str(refusal) in rehearsal.release.why
    assert rehearsal.simulator.describe(ENDPOINT).traffic.of("v42") == 0


@pytest.mark.parametrize("refusal", REFUSALS, ids=KINDS)
def test_refused_altogether_it_ends_for_want_of_figures(refusal: Exception) -> None:
    release = released(refusal, Role.WATCH, everything=True).release

    assert release.outcome is Outcome.NO_METRICS
    assert str(refusal) in release.why


def test_a_plug_ins_fault_is_named_with_its_package() -> None:
    assert (
        "provider 'kong' (kong 0.1) broke: KeyError"
        in released(REFUSALS[-1], Role.GATE).release.why
    )
