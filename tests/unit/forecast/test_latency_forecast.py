"""What is forecast of latency comes: one set of thresholds for plan and judge."""

from math import exp, log
from random import Random

import pytest
from unit.judge.arranging import MINUTE, at, counts, measured, series
from unit.judge.streams import poisson

from canarycli.forecast.sight import Sight
from canarycli.judge.latency import cumulative, score
from canarycli.judge.margins import Promise
from canarycli.judge.sources import evidence_of, learn, needs
from canarycli.metrics import Metric, Value
from canarycli.plan import Check, Margin, Stage

TAU, SPREAD, DAY, RUNS = 0.2, 0.5, 1440, 24


def above(threshold: float, q: float, slower: float = 1.0) -> float:
    middle = slower * TAU / exp(score(q) * SPREAD)
    return 1 - cumulative(log(threshold / middle) / SPREAD)


@pytest.mark.parametrize(
    ("q", "per_minute", "percent"), [(0.9, 30, 5), (0.9, 150, 5), (0.99, 150, 5), (0.99, 600, 25)]
)
def test_an_equal_candidate_passes_about_when_it_was_said(
    q: float, per_minute: int, percent: float
) -> None:
    check = Check("slow", Metric(f"latency_p{q * 100:.0f}"), no_worse_by=Margin(relative=0.2))
    others = per_minute * (100 - percent) / percent
    at_tau, slower = needs(check, {"tau": TAU})
    chance = Random(1)
    past = {
        check.metric.name: series([Value(at(i), TAU, others) for i in range(DAY)]),
        **{
            metric.key: counts(
                [(others, poisson(chance, others * above(threshold, q))) for _ in range(DAY)]
            )
            for metric, threshold in ((at_tau, TAU), (slower, 1.2 * TAU))
        },
    }
    facts = learn(check, measured({}, past), "old")
    outlook = Sight(check, facts, 1.0).at(
        1, Stage(percent, 15 * MINUTE), per_minute, 0.0, 0 * MINUTE
    )
    came = []
    for seed in range(RUNS):
        chance, evidence, minute = Random(seed), evidence_of(check, "over", facts, Promise()), 0
        while evidence.assurance < 20 and minute < 300:
            minute += 1
            x_c = poisson(chance, per_minute * above(1.2 * TAU, q))
            x_b = poisson(chance, others * above(TAU, q))
            evidence.step((per_minute, x_c, x_c, others, x_b))
        came.append(minute)
    assert outlook.passes_in is not None
    said = outlook.passes_in / MINUTE
    assert sum(came) / RUNS == pytest.approx(said, rel=0.3)


def test_history_of_the_counts_tells_how_they_scatter() -> None:
    """Without it the judge began with errors in batches of 30, and took four times as long."""
    check = Check("slow", Metric("latency_p90"), no_worse_by=Margin(relative=0.2))
    at_tau, slower = needs(check, {"tau": TAU})
    chance = Random(2)
    past = {
        "latency_p90": series([Value(at(i), TAU, 2850) for i in range(DAY)]),
        at_tau.key: counts([(2850, poisson(chance, 285)) for _ in range(DAY)]),
        slower.key: counts([(2850, poisson(chance, 142)) for _ in range(DAY)]),
    }
    [known] = learn(check, measured({}, past), "old")["past"]
    assert known["rate"] == pytest.approx(0.1, rel=0.05)
    assert known["equal"] == pytest.approx(0.05, rel=0.05)
    assert known["phi"] < 1.6
