"""A whole release is decided in each slice of its answers, and says which of them was wrong."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, ENDPOINT, ERRORS, PLAN, Rehearsal, seconds

from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.metrics import Metric, Origin, Window
from canarycli.plan import Check, Margin, Stage
from canarycli.recorder import RECORDED, Answer, Budget, Recording
from canarycli.release.record import Outcome, Release
from canarycli.release.slices import sliced

pytestmark = pytest.mark.slow

SETTINGS = {"class": "label", "delay": seconds(60), "period": seconds(60)}
ORIGIN = Origin("recorded answers", RECORDED, SETTINGS)
SHARE = Check(
    "class_share(fraud)",
    Metric("class_share", about="fraud", by="country", origin=ORIGIN),
    differs_by=Margin(absolute=0.3),
)
STAGES = (Stage(50, seconds(60)), Stage(100, seconds(0)))
COUNTRIES = ("DE", "DE", "DE", "FR", "FR", "IS")
EACH = 120
"""Answers a minute of each version."""


@dataclass
class Recorded:
    """The pretend endpoint, of which all answers are kept: a tenth of them says fraud."""

    provider: Any
    wrong: Mapping[str, float]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        assert endpoint == ENDPOINT
        return {name: Recording("memory") for name in (BASELINE, CANDIDATE)}

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        assert (endpoint, budget.part) == (ENDPOINT, 1)
        at = window.start.replace(second=0, microsecond=0)
        while at < window.end:
            for version in versions:
                yield from self.minute(version, at)
            at += seconds(60)

    def minute(self, version: str, at: Any) -> Iterator[Answer]:
        chance = Random(f"{version} {at}")
        for number in range(EACH):
            country = COUNTRIES[number % len(COUNTRIES)]
            often = self.wrong.get(country, 0.1) if version == CANDIDATE else 0.1
            label = "fraud" if chance.random() < often else "ok"
            body = json.dumps({"label": label, "country": country}).encode()
            yield Answer(version, at, f"{at} {number}", body, "application/json")


def released(wrong: Mapping[str, float]) -> Release:
    rehearsal = Rehearsal(replace(PLAN, stages=STAGES, read_every=seconds(60)))
    patient = Patient(Recorded(rehearsal.watched, wrong), rehearsal.clock)
    now = rehearsal.clock.now()
    past = Window(now - seconds(600), now)
    known = patient.values(ENDPOINT, BASELINE, SHARE.metric, past)
    rehearsal.plan = sliced(replace(rehearsal.plan, checks=(ERRORS, SHARE)), {SHARE.name: known})
    controller = Controller(
        rehearsal.store, patient, rehearsal.clock, Driver("ann"), rehearsal.heard.append
    )
    rehearsal.start(controller)
    return rehearsal.finish(controller)


def test_one_country_in_six_is_enough_to_go_back_and_is_named() -> None:
    release = released({"IS": 0.9})

    assert release.outcome is Outcome.ROLLED_BACK
    assert "class_share(fraud) of country=IS" in release.why


def test_equal_ones_are_promoted_once_each_slice_passes() -> None:
    release = released({})

    assert release.outcome is Outcome.PROMOTED, release.why
    names = {check.name for check in release.plan.checks}
    assert names >= {f"class_share(fraud) of country={name}" for name in ("DE", "FR", "IS")}
