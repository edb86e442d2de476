"""Odd but legal recordings are judged: no crash, no number that is none, no estimate outside."""

from math import isfinite
from random import Random
from typing import Any

import pytest

from canarycli.errors import PlanError
from canarycli.judge import Verdict
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

NUMBERS = (0, 0, 1, 2, 3, 10, 300, 5700, 0.5, 1e-6, 1e9, 1e12)
VALUES = (0, 1, -1, -5, 100, 100.1, 1e-12, 1e12, -1e12)
REQUESTS = (None, 0, 0.5, 1, 100, 1e9)
SETTINGS = {
    "rho_fail": (1e-9, 1, 1.1, 1e6),
    "delta_fail": (0, 0.5, 0.999),
    "rho_pass": (1e-9, 1, 1e6),
    "tol_fail": (0, 0.2, 1e6),
    "tol_pass": (0, 0.2, 1e6),
    "margin_fail": (0, 0.1, 1e6),
    "margin_pass": (0, 0.1, 1e6),
    "cap": (1e12,),
}


class Odd:
    """A metric of one form, made of numbers that are seldom seen and never refused."""

    def __init__(self, seed: int, form: str) -> None:
        self.chance, self.form = Random(seed), form
        self.quantiles = self.chance.choice([[0.5], [0.5, 0.9, 0.99], [0.01, 0.5], [0.999]])
        self.bounds = self.chance.choice([[1.0], [0.1, 0.2, 0.4], [0.0, 1, 2], [1e-6, 1e6]])

    def metric(self) -> dict[str, Any]:
        pick = self.chance.choice
        still = self.chance.random() < 0.3
        past = self.rows(self.past, pick([0, 1, 10, 70]), still=still)
        minutes = self.rows(self.minute, pick([1, 3, 30, 90]), still=still)
        config: dict[str, Any] = {
            k: pick(v) for k, v in SETTINGS.items() if self.chance.random() < 0.15
        }
        shape = {"bounds": self.bounds} if self.form == "histogram" else {}
        if self.form in {"counts", "values"} and self.chance.random() < 0.2:
            config["differs_by"] = {pick(["relative", "absolute"]): pick([1e-9, 0.02, 1, 1e6])}
        return {
            "name": pick(["errors", "latency", "kpi"]),
            "form": self.form,
            "better": pick(["lower", "higher"]),
            "quantiles": self.quantiles,
            "config": config,
            "history": past,
            "minutes": minutes,
            **shape,
        }

    def rows(self, make: Any, number: int, *, still: bool) -> list[Any]:
        first = make()
        return [
            None if self.chance.random() < 0.05 else first if still else make()
            for _ in range(number)
        ]

    def past(self) -> Any:
        row = self.minute()
        halves = {"fractions": [row[0], row[1]], "histogram": row[0]}
        return halves.get(self.form, row[: len(row) // 2])

    def minute(self) -> list[Any]:
        pick = self.chance.choice
        match self.form:
            case "counts":
                return [pick(NUMBERS), pick(NUMBERS), pick(NUMBERS), pick(NUMBERS)]
            case "histogram":
                return [[pick(NUMBERS) for _ in (*self.bounds, 0)] for _ in range(2)]
            case "fractions":
                shares = [[pick((0, 1, 0.5, 0.1)) for _ in self.quantiles] for _ in range(3)]
                return [pick(NUMBERS), shares[0], shares[1], pick(NUMBERS), shares[2]]
            case "percentiles":
                ours, theirs = (sorted(abs(pick(VALUES)) for _ in self.quantiles) for _ in range(2))
                return [pick(REQUESTS), ours, pick(REQUESTS), theirs]
            case _:
                return [pick(VALUES), pick(REQUESTS), pick(VALUES), pick(REQUESTS)]


def judged(metric: dict[str, Any]) -> SeriesVerdict:
    return judge_document(from_json({"schema": "canary.series/1", "metrics": [metric]}))


@pytest.mark.parametrize("form", ["counts", "histogram", "fractions", "percentiles", "values"])
def test_whatever_is_legal_is_judged_and_its_numbers_agree(form: str) -> None:
    for seed in range(15):
        (finding,) = judged(Odd(seed, form).metric()).findings
        told = [finding.low, finding.diff, finding.high, finding.limit, finding.more_requests]
        assert all(isfinite(number) for number in told if number is not None)
        known = [number for number in told[:3] if number is not None]
        assert known == sorted(known)
        assert finding.sentence


def test_history_without_requests_is_no_history_of_percentiles() -> None:
    rows = [[100, [0.1, 0.2], 1000, [0.1, 0.2]]] * 20
    metric = {"name": "latency", "form": "percentiles", "quantiles": [0.5, 0.9]}
    past = [[0, [0.1, 0.2]]] * 5
    assert judged({**metric, "history": past, "minutes": rows}).verdict is Verdict.PASS


def test_a_bucket_that_ends_at_0_is_no_threshold() -> None:
    row = [500.0, 400.0, 100.0, 0.0]
    metric = {"name": "latency", "form": "histogram", "bounds": [0.0, 1, 2], "history": [row] * 9}
    assert judged({**metric, "minutes": [[row, row]] * 9}).verdict is not Verdict.FAIL
    with pytest.raises(PlanError, match="no bound above 0"):
        judged({**metric, "bounds": [0.0], "history": [], "minutes": []})
