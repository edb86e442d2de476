"""Simulated latency and KPI series: the forms that are not plain counts of errors."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from canarycli.judge import Verdict
from canarycli.series import judge_document
from canarycli.series.document import from_json

Floats = NDArray[np.float64]
BOUNDS = [0.005 * 1.1**step for step in range(81)]
QUANTILES = [0.5, 0.9, 0.99]
TYPICAL, SIGMA = 0.08, 0.5
SHARE = 0.05
PAST = 240
WINDOW = 5
NOISE = 0.6


@dataclass(frozen=True, slots=True)
class Kind:
    """One form with one effect, simulated `runs` times.

    Attributes:
        form: of the series: histogram, fractions, percentiles, values.
        per_second: requests of both arms.
        effect: how much slower (latency) or lower (values) the candidate is, a fraction.
        arm_noise: standard deviation of the candidate's own lasting noise, a fraction.
    """

    form: str
    per_second: float
    effect: float
    runs: int
    arm_noise: float = 0.0
    length: int = 720

    def run(self) -> dict[str, Any]:
        """Simulate and judge."""
        make = _values if self.form == "values" else _latency
        calls = []
        for number in range(self.runs):
            rng = np.random.default_rng([7, number, int(self.effect * 1000)])
            document = from_json(json.loads(json.dumps(make(rng, self))))
            verdict = judge_document(document)
            called = verdict.minute if verdict.verdict is Verdict.FAIL else None
            calls.append(None if called is None else called + 1)
        unit = WINDOW if self.form == "values" else 1
        known = sorted((c if c is not None else self.length + 1) * unit for c in calls)
        middle, late = known[(len(known) - 1) // 2], known[int(0.95 * (len(known) - 1))]
        most = self.length * unit
        return {
            **asdict(self),
            "found": sum(c is not None for c in calls),
            "median": middle if middle <= most else None,
            "late": late if late <= most else None,
        }


def forms(*, full: bool, runs: int | None) -> list[Kind]:
    """Every kind of a form of the benchmark."""
    nulls, runs = (runs, runs) if runs else (200, 100) if full else (6, 8)
    found = []
    for form in ("fractions", "histogram", "percentiles"):
        for rate in (20, 200):
            found.append(Kind(form, rate, 0.0, nulls))
            found += [Kind(form, rate, effect, runs) for effect in (0.25, 0.5)]
            if full:
                found += [Kind(form, rate, 0.0, nulls, 0.05), Kind(form, rate, 0.15, runs)]
    for effect in (0.0, 0.02, 0.05, 0.1):
        found.append(Kind("values", 200, effect, nulls if effect == 0 else runs, length=288))
    return found


def _latency(rng: np.random.Generator, kind: Kind) -> dict[str, Any]:
    """Lognormal latencies; a drift and slow minutes that both arms share."""
    length = PAST + kind.length
    shared = np.cumsum(rng.normal(0, 0.01, length)) * 0.5 + 0.3 * (rng.random(length) < 0.01)
    own = _ar(rng, kind.arm_noise, length)
    centre = np.log(TYPICAL) + shared
    n = kind.per_second * 60
    taus = np.exp(centre[:PAST].mean() + SIGMA * np.array([0.0, 1.2816, 2.3263]))
    slower = [taus * 1.1, taus * 1.3]
    rows, past = [], []
    for i in range(length):
        theirs = _arm(rng, kind.form, rng.poisson(n * (1 - SHARE)), centre[i], [taus])
        if i < PAST:
            past.append(theirs)
            continue
        middle = centre[i] + np.log(1 + kind.effect) + own[i]
        ours = _arm(rng, kind.form, rng.poisson(n * SHARE), middle, slower)
        rows.append([ours, theirs] if kind.form == "histogram" else [*ours, *theirs])
    metric = {
        "name": "latency",
        "form": kind.form,
        "quantiles": QUANTILES,
        "bounds": BOUNDS if kind.form == "histogram" else [],
        "history": past,
        "minutes": rows,
    }
    return {"schema": "canary.series/1", "metrics": [metric]}


def _arm(
    rng: np.random.Generator,
    form: str,
    n: int,
    centre: float,
    marks: list[Floats],
) -> list[Any]:
    n = max(int(n), 1)
    latencies = np.exp(rng.normal(centre, SIGMA, min(n, 12_000)))
    if form == "histogram":
        counts = np.histogram(latencies, [0.0, *BOUNDS, np.inf])[0] * (n / len(latencies))
        return [float(c) for c in counts]
    if form == "percentiles":
        return [n, [float(q) for q in np.quantile(latencies, QUANTILES)]]
    return [n, *([float((latencies > tau).mean()) for tau in mark] for mark in marks)]


def _values(rng: np.random.Generator, kind: Kind) -> dict[str, Any]:
    """Means over five minutes, higher is better."""
    n = kind.per_second * 60 * WINDOW
    own = _ar(rng, kind.arm_noise, kind.length)

    def mean(level: float, requests: float) -> list[float]:
        return [float(level + rng.normal() * NOISE / requests**0.5), float(requests)]

    past = [mean(1.0, n * (1 - SHARE)) for _ in range(288)]
    rows = [
        mean(1.0 - kind.effect + own[i], n * SHARE) + mean(1.0, n * (1 - SHARE))
        for i in range(kind.length)
    ]
    metric = {
        "name": "kpi",
        "form": "values",
        "better": "higher",
        "config": {"margin_fail": 0.005},
        "history": past,
        "minutes": rows,
    }
    return {"schema": "canary.series/1", "metrics": [metric]}


def _ar(rng: np.random.Generator, sd: float, length: int) -> Floats:
    path, level = np.zeros(length), 0.0
    for i in range(length if sd else 0):
        level = 0.9 * level + rng.normal(0, sd * np.sqrt(1 - 0.81))
        path[i] = level
    return path
