"""Scores of two arms under PSI, KS and chi-square at every look, and under the judge."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from signals_judged import Called, at, judged, markdown, percent

from canarycli.answers.counting import BOUNDS
from canarycli.metrics import Histogram, Metric
from canarycli.plan import Check, Margin

Floats = NDArray[np.float64]
SEED = 21
RUNS = 200
A_MINUTE, LOOKS, PAST = 1200, 360, 120
TENTHS = 10
KS_5, CHI_5 = 1.358, 16.919
"""What both exceed once in twenty looks at equal arms; chi-square with nine degrees of freedom."""

SCORES = Check("scores", Metric("scores"), differs_by=Margin(absolute=0.05))
RULES = (
    "PSI > .1, 1 min",
    "PSI > .25, 1 min",
    "PSI > .1, 15 min",
    "KS p < .05, so far",
    "chi-square p < .05, so far",
    "KS p < .05, 15 min",
    "judge, differs_by 5pp",
    "judge passes",
)


def drift(runs: int | None) -> str:
    """Alarms in % of the releases of six hours, with a look every minute."""
    rows = []
    for share in (0.05, 0.5):
        for moved, name in ((0.0, "equal arms"), (0.01, "1 pp moved"), (0.1, "10 pp moved")):
            found = _runs(share, moved, runs or RUNS)
            rows.append((f"{name}, {share:.0%}", *(percent(found[rule]) for rule in RULES)))
    return markdown(("candidate, share", *RULES), rows)


def _runs(share: float, moved: float, runs: int) -> Mapping[str, list[int | None]]:
    """When each rule first called, by rule. `moved` of the scores went from below to above .5."""
    found: dict[str, list[int | None]] = {rule: [] for rule in RULES}
    for number in range(runs):
        rng = np.random.default_rng([SEED, number])
        ours = _scores(rng, A_MINUTE * share, moved, LOOKS)
        theirs = _scores(rng, A_MINUTE * (1 - share), 0.0, LOOKS)
        past = _scores(rng, A_MINUTE * (1 - share), 0.0, PAST)
        for rule, alarms in _rules(ours, theirs).items():
            found[rule].append(_first(alarms))
        called = _judged(past, ours, theirs)
        found["judge, differs_by 5pp"].append(called.failed)
        found["judge passes"].append(called.passed)
    return found


def _scores(rng: np.random.Generator, n: float, moved: float, length: int) -> Floats:
    """Counts by hundredths of scores that are spread evenly, but for what moved upwards."""
    shares = np.full(100, 0.01)
    shares[:50] -= moved / 50
    shares[50:] += moved / 50
    return rng.multinomial(rng.poisson(n, length), shares).astype(float)


def _judged(past: Floats, ours: Floats, theirs: Floats) -> Called:
    def points(counts: Floats) -> list[Histogram]:
        return [Histogram(at(i), BOUNDS, tuple(row)) for i, row in enumerate(counts.tolist())]

    pairs = zip(points(ours), points(theirs), strict=True)
    return judged(SCORES, points(past), pairs)


def _rules(ours: Floats, theirs: Floats) -> dict[str, NDArray[np.bool_]]:
    """Of each look whether a rule calls; windows of 15 minutes call at their end."""
    so_far = ours.cumsum(axis=0), theirs.cumsum(axis=0)
    quarters = _by(ours, 15), _by(theirs, 15)
    one, long = _psi(ours, theirs), _psi(*quarters)
    return {
        "PSI > .1, 1 min": one > 0.1,
        "PSI > .25, 1 min": one > 0.25,
        "PSI > .1, 15 min": long > 0.1,
        "KS p < .05, so far": _ks(*so_far) > KS_5,
        "chi-square p < .05, so far": _chi_square(*so_far) > CHI_5,
        "KS p < .05, 15 min": _ks(*quarters) > KS_5,
    }


def _by(counts: Floats, minutes: int) -> Floats:
    return np.asarray(counts.reshape(-1, minutes, counts.shape[1]).sum(axis=1))


def _psi(ours: Floats, theirs: Floats) -> Floats:
    """With half an answer in each tenth, so that an empty one does not make it infinite."""
    a, b = (_tenths(counts) + 0.5 for counts in (ours, theirs))
    p, q = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=1))


def _ks(ours: Floats, theirs: Floats) -> Floats:
    """The greatest distance, in units in which its 5 % point is `KS_5`."""
    n, m = (counts.sum(axis=1) for counts in (ours, theirs))
    apart = np.abs(ours.cumsum(axis=1) / n[:, None] - theirs.cumsum(axis=1) / m[:, None])
    return np.asarray(apart.max(axis=1) * np.sqrt(n * m / (n + m)))


def _chi_square(ours: Floats, theirs: Floats) -> Floats:
    a, b = _tenths(ours), _tenths(theirs)
    n, m = a.sum(axis=1, keepdims=True), b.sum(axis=1, keepdims=True)
    part = (a + b) / (n + m)
    return np.asarray((((a - n * part) ** 2 / n + (b - m * part) ** 2 / m) / part).sum(axis=1))


def _tenths(counts: Floats) -> Floats:
    return np.asarray(counts.reshape(counts.shape[0], TENTHS, -1).sum(axis=2))


def _first(alarms: NDArray[np.bool_]) -> int | None:
    return int(alarms.argmax()) + 1 if alarms.any() else None
