"""Simulated releases: what two arms of an endpoint count a minute, in calm and in rough worlds.

A world draws candidate and baseline counts for a number of minutes. Both arms share the day
curve, drift and shocks; batches and arm noise are each arm's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAY = 1440


@dataclass(frozen=True, slots=True)
class World:
    """How errors come about.

    Attributes:
        per_second: requests of both arms together.
        base: the baseline's error rate.
        share: the candidate's share of the requests, 0 to 1.
        drift: standard deviation a day of the log rate, both arms.
        shocks: a day, both arms, five to a hundred times the rate.
        batch: mean size of a batch of errors, 1 for single ones.
        pareto: batches have a Pareto tail (index 1.5, at most 60) instead of a geometric one.
        frailty: coefficient of variation of each arm's own noise, minute by minute.
        wander: the same for noise that lasts (AR(1), lag-1 correlation 0.9).
        gaps: share of the minutes that are missing.
    """

    per_second: float
    base: float
    share: float = 0.05
    drift: float = 0.0
    shocks: float = 0.0
    batch: float = 1.0
    pareto: bool = False
    frailty: float = 0.0
    wander: float = 0.0
    gaps: float = 0.0


FAMILIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "drift": {"drift": 1.0},
    "shared shocks": {"shocks": 6.0},
    "batches of 3": {"batch": 3.0},
    "batches of 10": {"batch": 10.0},
    "frailty 30%": {"frailty": 0.3},
    "arm noise 10%, lasting": {"wander": 0.1},
    "everything": {"drift": 1.0, "shocks": 6.0, "batch": 3.0, "frailty": 0.15},
    "pareto bursts": {"batch": 3.0, "pareto": True},
    "gaps": {"gaps": 0.2},
    "arm noise 30%, lasting (no promise)": {"wander": 0.3},
}


def world(family: str, per_second: float, base: float, share: float = 0.05) -> World:
    """The world of a noise family."""
    return replace(World(per_second, base, share), **FAMILIES[family])


def minutes(
    rng: np.random.Generator, place: World, effect: Floats | float, length: int
) -> list[list[float] | None]:
    """Rows `[n_candidate, x_candidate, n_baseline, x_baseline]`, None where missing.

    `effect` is what the candidate's rate is multiplied by, a number or one a minute.
    """
    load = place.per_second * 60 * (1 + 0.5 * np.sin(2 * np.pi * (np.arange(length) / DAY)))
    rate = place.base * _shared(rng, place, length)
    n_candidate = rng.poisson(load * place.share)
    n_baseline = rng.poisson(load * (1 - place.share))
    x_candidate = _errors(rng, place, n_candidate, rate * effect)
    x_baseline = _errors(rng, place, n_baseline, rate)
    columns = np.stack([n_candidate, x_candidate, n_baseline, x_baseline], axis=1).tolist()
    missing = rng.random(length) < place.gaps
    return [
        None if gone else [float(v) for v in row]
        for row, gone in zip(columns, missing.tolist(), strict=True)
    ]


def history(rng: np.random.Generator, place: World, length: int = DAY) -> list[list[float]]:
    """Rows `[n, x]` of the baseline alone, before the release."""
    before = replace(place, share=1e-9, gaps=0.0)
    return [row[2:] for row in minutes(rng, before, 1.0, length) if row is not None]


def _shared(rng: np.random.Generator, place: World, length: int) -> Floats:
    factor = np.ones(length)
    if place.drift:
        steps = rng.normal(0, place.drift / np.sqrt(DAY), length)
        factor *= np.exp(np.cumsum(steps))
    if place.shocks:
        for _ in range(rng.poisson(place.shocks * length / DAY)):
            start, lasts = rng.integers(length), rng.integers(1, 11)
            factor[start : start + lasts] *= np.exp(rng.uniform(np.log(5), np.log(100)))
    return factor


def _errors(rng: np.random.Generator, place: World, n: NDArray[np.int64], rate: Floats) -> Floats:
    own = rate * _own_noise(rng, place, len(n))
    own = np.clip(own, 0, 1)
    if place.batch <= 1:
        return rng.binomial(n, own).astype(float)
    batches = rng.poisson(n * own / place.batch)
    sizes = _sizes(rng, place, int(batches.sum()))
    which = np.repeat(np.arange(len(n)), batches)
    total = np.bincount(which, weights=sizes, minlength=len(n))
    return np.minimum(total, n).astype(float)


def _sizes(rng: np.random.Generator, place: World, number: int) -> Floats:
    if place.pareto:
        return np.minimum(np.floor(rng.pareto(1.5, number) + 1), 60.0)
    return rng.geometric(1 / place.batch, number).astype(float)


def _own_noise(rng: np.random.Generator, place: World, length: int) -> Floats:
    noise = np.ones(length)
    if place.frailty:
        shape = 1 / place.frailty**2
        noise *= rng.gamma(shape, 1 / shape, length)
    if place.wander:
        sigma = np.sqrt(np.log(1 + place.wander**2))
        kick = rng.normal(0, sigma * np.sqrt(1 - 0.81), length)
        level = rng.normal(0, sigma)
        path = np.empty(length)
        for i in range(length):
            level = 0.9 * level + kick[i]
            path[i] = level
        noise *= np.exp(path - sigma**2 / 2)
    return noise
