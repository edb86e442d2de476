"""Simulated request logs: clients with sessions, outages and kinds of requests, counted a minute.

Nearer to a real log than independent errors: a client sends a few requests in a row and mostly
fails with all of them or none, traffic has a day and bursts, and the endpoint has outages.
"""

from dataclasses import dataclass

import numpy as np
from judge_worlds import DAY
from numpy.typing import NDArray

SHARE = 0.05
People = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Log:
    """How requests come about.

    Attributes:
        per_minute: of both arms.
        base: the baseline's error rate.
        length: mean requests of a session.
        together: share of the errors that a whole session has.
        outages: a day, of both arms, five to thirty minutes.
        sticky: a client keeps its arm, picked by chance, instead of each request.
        clients: that many of them are seen in a day, if they are sticky.
    """

    per_minute: float
    base: float
    length: float = 4.0
    together: float = 0.5
    outages: float = 2.0
    sticky: bool = False
    clients: int = 400


LOGS: dict[str, Log] = {
    "web log, 118 a minute": Log(118, 0.02),
    "web log, 926 a minute": Log(926, 0.02),
    "LLM, 220 a minute": Log(220, 0.03, length=8.0, together=0.7),
    "LLM, 1350 a minute": Log(1350, 0.03, length=8.0, together=0.7),
}
STICKY = Log(926, 0.02, sticky=True)


def minutes(rng: np.random.Generator, log: Log, effect: float, length: int) -> list[list[float]]:
    """Rows `[n_candidate, x_candidate, n_baseline, x_baseline]`."""
    load = log.per_minute * (1 + 0.5 * np.sin(2 * np.pi * np.arange(length) / DAY))
    load *= rng.gamma(20, 1 / 20, length)
    rate = np.full(length, log.base)
    for _ in range(rng.poisson(log.outages * length / DAY)):
        start, lasts = rng.integers(length), rng.integers(5, 31)
        rate[start : start + lasts] = np.maximum(rate[start : start + lasts], rng.uniform(0.1, 0.6))
    people = _people(rng, log) if log.sticky else None
    return [
        _minute(rng, log, (float(n), float(p), effect), people)
        for n, p in zip(load, rate, strict=True)
    ]


def _people(rng: np.random.Generator, log: Log) -> People:
    """Of clients that keep their arm: which it is, how busy they are, how often they fail."""
    busy = rng.pareto(1.5, log.clients) + 0.1
    arm, fails = rng.random(log.clients) < SHARE, rng.gamma(0.5, 2.0, log.clients)
    return arm, busy / busy.sum(), fails


def _minute(
    rng: np.random.Generator, log: Log, now: tuple[float, float, float], people: People | None
) -> list[float]:
    load, rate, effect = now
    sessions = rng.poisson(load / log.length)
    sizes = rng.geometric(1 / log.length, sessions)
    if people is None:
        ours = rng.binomial(sizes, SHARE)
        worse = np.ones(sessions)
    else:
        arm, busy, fails = people
        who = rng.choice(len(arm), sessions, p=busy)
        ours = np.where(arm[who], sizes, 0)
        worse = fails[who]
    lost = rng.random(sessions)
    row: list[float] = []
    for n, times in ((ours, effect), (sizes - ours, 1.0)):
        p = np.clip(rate * worse * times, 0, 1)
        whole = np.where(lost < p * log.together, n, 0)
        alone = rng.binomial(n - whole, p * (1 - log.together))
        row += [float(n.sum()), float((whole + alone).sum())]
    return row
