"""Simulated minutes in plain Python, seeded: what two arms count in calm and rough worlds."""

from collections.abc import Iterator, Sequence
from math import exp
from random import Random

Row = tuple[float, float, float, float]


def poisson(chance: Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    limit, product, count = exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def batches(chance: Random, mean: float, size: float) -> int:
    """Errors that come in geometric batches of that mean size."""
    if size <= 1:
        return poisson(chance, mean)
    total = 0
    for _ in range(poisson(chance, mean / size)):
        total += 1
        while chance.random() > 1 / size:
            total += 1
    return total


def release(
    seed: int,
    *,
    per_minute: float = 1200,
    rate: float = 0.01,
    share: float = 0.05,
    times: float = 1.0,
    onset: int = 0,
    length: int = 60,
    batch: float = 1,
    shocks: float = 0,
) -> Iterator[Row]:
    """Candidate's requests and bad ones, baseline's; shocks hit both arms alike."""
    chance = Random(seed)
    for minute in range(length):
        level = rate * (chance.uniform(5, 30) if chance.random() < shocks else 1)
        worse = min(1.0, level * (times if minute >= onset else 1))
        n_c, n_b = poisson(chance, per_minute * share), poisson(chance, per_minute * (1 - share))
        x_c = n_c if worse >= 1 else min(n_c, batches(chance, n_c * worse, batch))
        yield n_c, x_c, n_b, min(n_b, batches(chance, n_b * min(1.0, level), batch))


def history(seed: int, length: int = 300, **world: float) -> list[tuple[float, float]]:
    """The baseline alone."""
    alone = {**world, "share": 1e-9}
    rows = release(seed + 10_000, length=length, **alone)  # type: ignore[arg-type]  # all are numbers
    return [(n, x) for _, _, n, x in rows]


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return mean, (variance / len(values)) ** 0.5
