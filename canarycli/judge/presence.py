"""Which arm was heard in which period: what silence, gaps and impossible numbers mean.

One rule for a live release and for a recorded one: an arm is silent after five periods in which
twenty requests were expected of it. They are expected from the other arm's requests and, where
that one is silent too, from what the arm had before.
"""

from collections.abc import Sequence

SILENT_PERIODS, SILENT_REQUESTS = 5, 20.0
STALE_PERIODS, STALE_REQUESTS = 3, 12.0
"""After so many an arm is not fresh enough for a pass."""

UNKNOWN = SILENT_REQUESTS / SILENT_PERIODS
"""What a period counts as whose source does not say how many requests it had."""

HALF_LIFE = 1 - 0.5 ** (1 / 30)
TOLERATED = 0.1
FEW = 10
FORGIVEN_AFTER, FORGIVEN_GAPS = 30, 3
"""A few gaps are no pattern once so many whole periods have followed them."""

MOST_MISSING = 10_000

Heard = tuple[float | None, float | None]
"""Requests of candidate and baseline in a period, None where an arm has no point."""


class Ear:
    """What was heard of one arm."""

    __slots__ = ("expected", "heard", "lost", "periods", "rate", "silent")

    def __init__(self) -> None:
        self.heard = self.silent = self.expected = 0.0
        self.rate = self.periods = self.lost = 0.0

    def hear(self, n: float, expected: float) -> None:
        """Take a period in, with the requests that were expected of it."""
        if n > 0:
            self.speak()
        else:
            self.silent += 1
            self.expected += expected
        self.periods += 1
        self.rate += (n - self.rate) * max(HALF_LIFE, 1 / self.periods)

    def speak(self) -> None:
        """It was heard."""
        self.heard += 1
        self.silent = self.expected = 0.0

    def missing(self, periods: float, requests: float) -> bool:
        """Silent for so long while so many requests were expected, or never heard."""
        return self.heard <= 0 or (self.silent >= periods and self.expected >= requests)


class Presence:
    """Both arms as they were heard, a period at a time."""

    __slots__ = ("baseline", "candidate", "gap", "gaps", "odd", "taken", "until", "whole")

    def __init__(self) -> None:
        self.candidate, self.baseline = Ear(), Ear()
        self.taken = self.odd = self.gaps = self.gap = self.whole = 0.0
        self.until = 0.0

    def begin_split(self, at: float, share: float) -> None:
        """Another split is in force from then on: both arms must be heard in it.

        Args:
            at: when, as a timestamp.
            share: the candidate's percent.
        """
        total = self.candidate.rate + self.baseline.rate
        for ear, part in ((self.candidate, share / 100), (self.baseline, 1 - share / 100)):
            ear.rate = total * part
            ear.heard = ear.silent = ear.expected = 0.0
        self.until = at

    def hear_at(self, at: float, period: float, heard: Heard, *, odd: bool = False) -> None:
        """Take the period in that starts at a timestamp, and those before it without any point."""
        self.pass_over(at, period)
        self.hear(heard, odd=odd)
        self.until = max(self.until, at + period)

    def pass_over(self, at: float, period: float) -> None:
        """Nothing at all is known of the periods up to then."""
        if self.until <= 0 or period <= 0:
            return
        empty = int(min(MOST_MISSING, (at - self.until + 0.001) // period))
        for _ in range(empty):
            self.hear((None, None))
        self.until += max(0, empty) * period

    def hear(self, heard: Heard, *, odd: bool = False) -> None:
        """Take the next period in; `odd` if its numbers can't be true."""
        ours, theirs = heard
        n_c, n_b = ours or 0.0, theirs or 0.0
        usual_c, usual_b = self.candidate.rate, self.baseline.rate
        self.candidate.hear(n_c, n_b * usual_c / usual_b if n_b > 0 and usual_b > 0 else usual_c)
        self.baseline.hear(n_b, n_c * usual_b / usual_c if n_c > 0 and usual_c > 0 else usual_b)
        if ours is None and theirs is None:
            return
        self.taken += 1
        self.odd += odd
        if ours is None or theirs is None:
            self.candidate.lost += ours is None
            self.baseline.lost += theirs is None
            self.gaps += not self.gap
            self.gap, self.whole = 1.0, 0.0
        else:
            self.gap, self.whole = 0.0, self.whole + 1

    def silent(self, *, alone: bool) -> str:
        """The arm that sends nothing, "" if both do; `alone` if no baseline is expected."""
        return self._missing(SILENT_PERIODS, SILENT_REQUESTS, alone=alone)

    def stale(self, *, alone: bool) -> str:
        """The arm that was not heard of lately enough for a pass, "" if both were."""
        return self._missing(STALE_PERIODS, STALE_REQUESTS, alone=alone)

    def _missing(self, periods: float, requests: float, *, alone: bool) -> str:
        if self.candidate.missing(periods, requests):
            return "candidate"
        if not alone and self.baseline.missing(periods, requests):
            return "baseline"
        return ""

    @property
    def lopsided(self) -> bool:
        """More than a tenth of the periods are missing in one arm only.

        Periods dropped at random are harmless; bad ones dropped are not, and those come again
        and again.
        """
        lost = abs(self.candidate.lost - self.baseline.lost)
        forgiven = self.whole >= FORGIVEN_AFTER and self.gaps <= FORGIVEN_GAPS
        return lost > TOLERATED * max(FEW, self.taken) and not forgiven

    @property
    def impossible(self) -> str:
        """Why the numbers can't be believed, "" if they can."""
        many = self.odd > TOLERATED * max(FEW, self.taken) or self.odd >= max(1, self.taken)
        return f"more bad requests than requests in {self.odd:.0f} periods" if many else ""

    def absence(self, name: str, *, alone: bool) -> str:
        """Why there is nothing to judge, as a sentence about `name`; "" if there is something."""
        if self.impossible:
            return f"{name} can't be judged: {self.impossible}"
        silent = self.silent(alone=alone)
        return f"{name} has no data for the {silent}" if silent else ""

    def numbers(self) -> list[float]:
        """The state as numbers, for `load`."""
        ears = (self.candidate, self.baseline)
        own = [float(getattr(self, name)) for name in SUMS]
        return own + [float(getattr(ear, name)) for ear in ears for name in Ear.__slots__]

    def load(self, numbers: Sequence[float]) -> None:
        """Take a state from `numbers` back.

        Raises:
            ValueError: there are too few or too many of them.
        """
        if len(numbers) != len(SUMS) + 2 * len(Ear.__slots__):
            raise ValueError("not a state of who was heard")
        rest = iter(numbers)
        for name in SUMS:
            setattr(self, name, next(rest))
        for ear in (self.candidate, self.baseline):
            for name in Ear.__slots__:
                setattr(ear, name, next(rest))


SUMS = ("until", "taken", "odd", "gaps", "gap", "whole")
