"""Labels that come late: what those of the first hours say, and when the judge can tell."""

from collections.abc import Iterator
from math import exp

import numpy as np
from signals_judged import at, judged, markdown, said

from canarycli.metrics import Counts, Metric
from canarycli.plan import Better, Check, Margin

SEED = 24
RUNS = 60
PERIOD, LENGTH, PAST = 5, 288, 144
POSITIVE, RIGHT = 0.1, 0.92
HOURS = {True: 1.0, False: 8.0}
"""How late a label of a positive and of a negative answer comes on average."""

ACCURACY = Check(
    "accuracy", Metric("accuracy"), no_worse_by=Margin(absolute=0.01), better=Better.HIGHER
)
CATCHES = {"baseline": 0.8, "candidate": 0.6}
"""Both models are right as often; one is right about the positives, one about the others."""


def labels(runs: int | None) -> str:
    """Two tables: of the age at which periods are read, and of how many answers get a label."""
    return f"{_ages(runs or RUNS)}\n\n{_coverage(runs or RUNS)}"


def _ages(runs: int) -> str:
    """Equal accuracy, a day at 50 %, 20 answers a second, `no_worse_by: 1pp`."""
    rows = []
    for hours in (1, 4, 12, 24, 48):
        seen = {arm: _seen(catches, hours) for arm, catches in CATCHES.items()}
        apart = _accuracy(seen["candidate"]) - _accuracy(seen["baseline"])
        failed = [_aged(number, seen, hours) for number in range(runs)]
        rows.append((f"{hours} h", f"{100 * apart:+.2f} pp", said(failed)))
    return markdown(("periods are read after", "labels by then say", "equal candidate fails"), rows)


def _seen(catches: float, hours: float) -> tuple[float, float]:
    """Of all answers the parts that have a label by then, and that are right among those."""
    missed = POSITIVE * (1 - catches)
    alarmed = (1 - RIGHT) - missed
    known = {kind: 1 - exp(-hours / late) for kind, late in HOURS.items()}
    labelled = POSITIVE * known[True] + (1 - POSITIVE) * known[False]
    return labelled, labelled - missed * known[True] - alarmed * known[False]


def _accuracy(seen: tuple[float, float]) -> float:
    return seen[1] / seen[0]


def _aged(number: int, seen: dict[str, tuple[float, float]], hours: int) -> int | None:
    rng = np.random.default_rng([SEED, number, hours])
    n = 20 * 60 * PERIOD / 2
    past = list(_counts(rng, n * seen["baseline"][0], _accuracy(seen["baseline"]), PAST))
    ours, theirs = (
        _counts(rng, n * seen[arm][0], _accuracy(seen[arm]), LENGTH)
        for arm in ("candidate", "baseline")
    )
    failed = judged(ACCURACY, past, zip(ours, theirs, strict=True)).failed
    return None if failed is None else failed * PERIOD + hours * 60


def _coverage(runs: int) -> str:
    """Mature after six hours, 20 answers a second, a day long; times from the first share."""
    rows = []
    for share in (0.05, 0.5):
        for labelled in (1.0, 0.2, 0.05):
            cells = []
            for worse in (0.0, 0.03):
                called = [_matured(number, share, labelled, worse) for number in range(runs)]
                cells.append(said([one[bool(worse)] for one in called]))
            rows.append((f"{share:.0%}", f"{labelled:.0%}", *cells))
    head = ("share", "labelled", "equal candidate passes", "3 pp less right fails")
    return markdown(head, rows)


def _matured(number: int, share: float, labelled: float, worse: float) -> tuple[int | None, ...]:
    rng = np.random.default_rng([SEED, number, 6])
    n = 20 * 60 * PERIOD * labelled
    past = list(_counts(rng, n * (1 - share), RIGHT, PAST))
    ours = _counts(rng, n * share, RIGHT - worse, LENGTH)
    theirs = _counts(rng, n * (1 - share), RIGHT, LENGTH)
    called = judged(ACCURACY, past, zip(ours, theirs, strict=True))
    late = 6 * 60
    return tuple(
        None if time is None else time * PERIOD + late for time in (called.passed, called.failed)
    )


def _counts(rng: np.random.Generator, mean: float, right: float, length: int) -> Iterator[Counts]:
    for number in range(length):
        n = rng.poisson(mean)
        yield Counts(at(number * PERIOD), float(n), float(rng.binomial(n, right)))
