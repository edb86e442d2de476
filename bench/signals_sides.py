"""A share that may become neither more nor less: what is passed, what fails, and how soon."""

from collections.abc import Iterator

import numpy as np
from signals_judged import at, judged, markdown, said

from canarycli.judge.margins import Promise
from canarycli.metrics import Counts, Metric
from canarycli.plan import Check, Margin

SEED = 22
RUNS = 60
A_MINUTE, LENGTH, PAST = 3000, 400, 120
BASE, MARGIN = 0.10, 0.02
CLASS = Check("says", Metric("class_share", about="fraud"), differs_by=Margin(absolute=MARGIN))


def sides(runs: int | None) -> str:
    """`class_share` of 10 %, `differs_by: 2pp`, 50 answers a second, weight .2."""
    rows = []
    for share in (0.05, 0.5):
        for rate in (0.10, 0.11, 0.12, 0.08, 0.13, 0.14, 0.06, 0.16):
            called = [_run(number, share, rate) for number in range(runs or RUNS)]
            passed, failed = zip(*called, strict=True)
            rows.append((f"{share:.0%}", f"{rate:.0%}", said(passed), said(failed)))
    return markdown(("share", "candidate says it", "passes", "fails"), rows)


def _run(number: int, share: float, rate: float) -> tuple[int | None, int | None]:
    rng = np.random.default_rng([SEED, number])
    past = list(_points(rng, A_MINUTE * (1 - share), BASE, PAST))
    ours = _points(rng, A_MINUTE * share, rate, LENGTH)
    theirs = _points(rng, A_MINUTE * (1 - share), BASE, LENGTH)
    called = judged(CLASS, past, zip(ours, theirs, strict=True), Promise(weight=0.2))
    return called.passed, called.failed


def _points(rng: np.random.Generator, mean: float, rate: float, length: int) -> Iterator[Counts]:
    for minute in range(length):
        n = rng.poisson(mean)
        yield Counts(at(minute), float(n), float(rng.binomial(n, rate)))
