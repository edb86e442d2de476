"""Rules of other systems, rebuilt from their source or documentation, on the same minutes.

Each takes the candidate's and the baseline's counts a minute and says after how many minutes it
would roll back, or None. No rule sees a minute before it is over.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rule = Callable[[Floats], int | None]

THRESHOLD = 0.01
Z_98 = 2.3263
"""Two-sided 98 %, Kayenta's confidence level; one-sided 99 %."""

EFFECT = 0.25
HOUR = 60


def kayenta(rows: Floats) -> int | None:
    """Kayenta's NetflixACAJudge on the error rate: every hour, on the hour before.

    Mann-Whitney with the Hodges-Lehmann shift: High when the lower limit of the shift exceeds a
    quarter of the estimated shift. Data that are all equal pass.
    """
    return kayenta_every(rows, HOUR)


def kayenta_every(rows: Floats, minutes: int, z: float = Z_98) -> int | None:
    """The same on shorter windows and at another confidence than its guide asks for."""
    for end in range(minutes, len(rows) + 1, minutes):
        if is_high(*rates(rows[end - minutes : end]), z):
            return end
    return None


def rates(rows: Floats) -> tuple[Floats, Floats]:
    """Error rate a minute of candidate and baseline, minutes without requests left out."""
    ours, theirs = rows[rows[:, 0] > 0], rows[rows[:, 2] > 0]
    return ours[:, 1] / ours[:, 0], theirs[:, 3] / theirs[:, 2]


def is_high(experiment: Floats, control: Floats, z: float = Z_98) -> bool:
    """Whether the candidate's values are called High against the baseline's."""
    if len(experiment) == 0 or len(control) == 0:
        return False
    if np.array_equal(experiment, control):
        return False
    both = np.concatenate([experiment, control])
    if np.all(both == both[0]):
        return False
    low, shift = hodges_lehmann(experiment, control, z)
    return bool(low > EFFECT * abs(shift) and experiment.mean() >= control.mean())


def hodges_lehmann(x: Floats, y: Floats, z: float = Z_98) -> tuple[float, float]:
    """Lower limit and estimate of the shift, by the normal approximation of Mann-Whitney."""
    differences = np.sort((x[:, None] - y[None, :]).ravel())
    n, m = len(x), len(y)
    spread = np.sqrt(n * m * (n + m + 1) / 12)
    rank = int(np.floor(n * m / 2 - z * spread - 0.5))
    return float(differences[max(rank, 0)]), float(np.median(differences))


def _bad_minutes(rows: Floats) -> NDArray[np.bool_]:
    n, x = rows[:, 0], rows[:, 1]
    return np.asarray(x > THRESHOLD * n, dtype=np.bool_)


def _nth(bad: NDArray[np.bool_], number: int, later: int = 0) -> int | None:
    where = np.flatnonzero(bad)
    return int(where[number - 1]) + 1 + later if len(where) >= number else None


def flagger(rows: Floats, threshold: int) -> int | None:
    """Flagger: failed checks add up and are never reset; rolled back a tick after the limit."""
    return _nth(_bad_minutes(rows) | (rows[:, 0] == 0), threshold, 1)


def argo(rows: Floats, failure_limit: int = 3) -> int | None:
    """Argo Rollouts: failed when more measurements failed than the limit, over the whole run."""
    return _nth(_bad_minutes(rows), failure_limit + 1)


def alarm(rows: Floats, points: int = 3) -> int | None:
    """CloudWatch: so many minutes in a row above the threshold."""
    bad = _bad_minutes(rows).astype(int)
    runs = np.convolve(bad, np.ones(points, dtype=int))[: len(bad)] == points
    return _nth(runs, 1)


def peeking(rows: Floats) -> int | None:
    """A one-sided two-sample z-test at 1 %, made for one look, looked at every minute."""
    return _nth(z_scores(rows) > Z_98, 1)


def z_scores(rows: Floats) -> Floats:
    """Of the difference of the rates up to each minute."""
    n_c, x_c, n_b, x_b = np.cumsum(rows, axis=0).T
    n_c, n_b = np.maximum(n_c, 1), np.maximum(n_b, 1)
    pooled = (x_c + x_b) / (n_c + n_b)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / n_c + 1 / n_b))
    return np.asarray((x_c / n_c - x_b / n_b) / error)


PEERS: dict[str, Rule] = {
    "Kayenta, 60 min": kayenta,
    "Flagger 1 %, 5": lambda rows: flagger(rows, 5),
    "Flagger 1 %, 10": lambda rows: flagger(rows, 10),
    "Argo 1 %, limit 3": argo,
    "alarm 1 %, 3 of 3": alarm,
    "z-test, every minute": peeking,
}
"""The rules of the short form."""
