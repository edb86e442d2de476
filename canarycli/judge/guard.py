"""What is left of judging when the candidate has everything: a guard, not a comparison.

It knows what the baseline had, and by how much that moved from hour to hour. Beyond a limit made
of that and of the plan's own it raises an alarm, which is over as soon as the rate is back: an
outage that would have hit the baseline alike looks the same.
"""

from collections.abc import Sequence
from math import exp, log, sqrt

FACTOR = 3.0
"""The hour's rate may always become so many times what it was an hour before."""

FURTHEST = 10.0
"""And in the long run so many times what the baseline had last."""

MOST = 0.95
ODDS = (1.15, 1.3, 1.5, 2.0, 3.0, 5.5, 13.0, 60.0)
HALF_LIFE = 0.5 ** (1 / 60)
LOUDEST = 10.0
"""Of what it takes to raise it; so a single good minute or two can end it."""

COMMON = 0.5
"""What the baseline had more often than not is no failure, and nothing to raise an alarm about."""

STEP = 0.7
LASTING = 15
"""Minutes after which an alarm is no longer put down to an outage that would hit both versions."""


class Guard:
    """An alarm on one arm's rate.

    For each alternative the likelihood ratio is multiplied on, and never falls below its start
    (a CUSUM): what was long ago does not matter.

    Attributes:
        n: the candidate's requests since it has no baseline.
        bad: the bad ones.
        minutes: since then.
        since_n: the requests since the rate went beyond the limit.
        since_bad: the bad ones.
        limit: the rate beyond which it raises its alarm.
        loud: minutes it has been sounding.
    """

    __slots__ = (
        "bad",
        "first",
        "hour_bad",
        "hour_n",
        "levels",
        "limit",
        "loud",
        "minutes",
        "n",
        "since_bad",
        "since_n",
    )

    def __init__(self) -> None:
        self.n = self.bad = self.minutes = self.limit = self.loud = 0.0
        self.since_n = self.since_bad = 0.0
        self.first = self.hour_n = self.hour_bad = 0.0
        self.levels = [1.0 / len(ODDS)] * len(ODDS)

    def begin(self, hour_n: float, hour_bad: float, phi: float) -> None:
        """From here on there is only the candidate; the baseline's last hour goes with it."""
        self.hour_n, self.hour_bad = hour_n, hour_bad
        self.first = self._upper(phi)

    def step(
        self, n: float, bad: float, phi: float, *, swing: float, plan: float, alpha: float
    ) -> None:
        """Take a minute in.

        Args:
            n: requests.
            bad: bad ones.
            phi: how much they scatter.
            swing: by how much the baseline's own rate grew from an hour to the next.
            plan: the rate the plan allows.
            alpha: how rare the alarm is to be while the rate is at the limit.
        """
        usual = min(max(FACTOR, swing) * self._upper(phi), FURTHEST * self.first)
        self.limit = min(MOST, max(usual, plan))
        self.count(n, bad)
        self.since_n, self.since_bad = self.since_n + n, self.since_bad + bad
        if self.since_bad <= self.limit * self.since_n:
            self.since_n = self.since_bad = 0.0
        if self.first >= COMMON:
            return
        before = sum(self.levels)
        good, low = n - bad, log(1 - self.limit)
        for i, w in enumerate(ODDS):
            rate = w * self.limit / (1 - self.limit + w * self.limit)
            gain = (bad * log(rate / self.limit) + good * (log(1 - rate) - low)) / phi
            self.levels[i] = max(1.0 / len(ODDS), self.levels[i] * exp(min(gain, 300.0)))
        most = min(max(before, 1.0) * exp(-STEP * log(alpha)), LOUDEST / alpha)
        keep = min(1.0, most / sum(self.levels))
        self.levels = [max(level * keep, 1.0 / len(ODDS)) for level in self.levels]
        self.loud = self.loud + 1 if self.alarmed(alpha) else 0.0
        if bad <= self.limit * n:
            # Whoever serves is what the hour is like; an outage is not taken for it.
            self.hour_n = self.hour_n * HALF_LIFE + n
            self.hour_bad = self.hour_bad * HALF_LIFE + bad

    def count(self, n: float, bad: float) -> None:
        """Count a minute of the candidate alone, guarded or not."""
        self.n, self.bad, self.minutes = self.n + n, self.bad + bad, self.minutes + 1

    def alarmed(self, alpha: float) -> bool:
        """It is beyond its limit just now."""
        return sum(self.levels) >= 1 / alpha

    @property
    def lasting(self) -> bool:
        """The alarm has sounded for longer than shared outages do."""
        return self.loud >= LASTING

    def _upper(self, phi: float) -> float:
        upper = self.hour_bad + 2 * sqrt(self.hour_bad * phi) + 3
        return min(MOST, upper / self.hour_n) if self.hour_n > 0 else MOST

    def numbers(self) -> list[float]:
        """The state as numbers, for `load`."""
        return [*(float(getattr(self, name)) for name in SUMS), *self.levels]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back."""
        for name, number in zip(SUMS, numbers, strict=False):
            setattr(self, name, number)
        self.levels = list(numbers[len(SUMS) :])


SUMS = (
    "n",
    "bad",
    "minutes",
    "limit",
    "loud",
    "first",
    "hour_n",
    "hour_bad",
    "since_n",
    "since_bad",
)
LENGTH = len(SUMS) + len(ODDS)
