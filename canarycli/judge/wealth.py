"""The capital of one side's bets: two lanes over a grid of alternatives.

Lane A makes one bounded bet a minute on how the minute's errors fall to the arms. It needs
nothing but that they fall in proportion to traffic, in whatever batches. Lane B makes likelihood
bets tempered by phi, and is the fast one. Each has half of the capital, or lane B more.
"""

from collections.abc import Sequence
from math import exp, log

GUESSES = (1.0, 4.0, 16.0)
GUESS_WEIGHTS = (0.55, 0.30, 0.15)
AT_RISK = 0.95
LARGEST = 1e60

AT_ONCE, AT_STAGES = 0.8, 0.1
SPREAD, TAIL = 0.08, 0.02
TAIL_SUM = 2.2
"""At least the sum over t >= 0 of 1/((t + 2) log(t + 2)^2), so that the tail adds up to 1."""

LANE, SURE_LANE = 0.5, 0.8
"""Lane B's part of the capital, and where history shows that errors come one by one."""


HURRY, LEAST_QUICK = 0.7, 0.15
"""What is seen within a minute or two needs little capital to be seen as soon."""

LONG, LEAST_SLOW = 90, 0.15
"""Harm that needs more minutes than this to be seen is worth less capital."""


def fitted(weights: Sequence[float], speeds: Sequence[float], nats: float) -> list[float]:
    """The weights, moved to what this traffic finds neither at once nor after hours.

    Args:
        weights: of the alternatives.
        speeds: the nats a minute that each of them gains where it is true.
        nats: how many make a verdict.
    """
    parts = [
        weight
        * max(exp(-HURRY * speed), LEAST_QUICK)
        * max(min(1.0, speed * LONG / nats), LEAST_SLOW)
        for weight, speed in zip(weights, speeds, strict=True)
    ]
    return [part * sum(weights) / sum(parts) for part in parts]


def by_batch(weights: Sequence[float], lane: float = LANE) -> tuple[float, ...]:
    """Lane A's weights: every alternative with every guess of the batch size."""
    return tuple((1 - lane) * w * g for w in weights for g in GUESS_WEIGHTS)


def tempered_part(weights: Sequence[float], lane: float = LANE) -> tuple[float, ...]:
    """Lane B's weights."""
    return tuple(lane * w for w in weights)


class Wealth:
    """Capital by lane and alternative. The sum is the e-value."""

    __slots__ = ("lane_a", "lane_b", "weights_a", "weights_b")

    def __init__(
        self, weights_a: Sequence[float], weights_b: Sequence[float], at_once: float
    ) -> None:
        self.weights_a, self.weights_b = weights_a, weights_b
        self.lane_a = [at_once * w for w in weights_a]
        self.lane_b = [at_once * w for w in weights_b]

    def spread(self, weights_a: Sequence[float], weights_b: Sequence[float], part: float) -> None:
        """Begin with so large a part of the capital, by weights of its own."""
        self.lane_a = [part * w for w in weights_a]
        self.lane_b = [part * w for w in weights_b]

    @property
    def total(self) -> float:
        """The e-value."""
        return sum(self.lane_a) + sum(self.lane_b)

    def start(self, share: float) -> None:
        """Bring in capital that was held back for harm that begins now."""
        self.lane_a = [k + share * w for k, w in zip(self.lane_a, self.weights_a, strict=True)]
        self.lane_b = [k + share * w for k, w in zip(self.lane_b, self.weights_b, strict=True)]

    def bounded(
        self, strengths: Sequence[float], excess: float, most: float, serial: float
    ) -> None:
        """Lane A's bet: on the candidate having more (fail) or fewer (pass) than its share.

        Args:
            strengths: of the alternatives, positive.
            excess: how many errors more than at the margin, in the direction that is bet on.
            most: the most that can be staked per unit of excess.
            serial: stakes are divided by this.
        """
        if excess == 0:
            return
        unit = excess / serial
        stakes = [s / g for s in strengths for g in GUESSES]
        self.lane_a = [
            k * (1 + unit * (min(most, s))) for k, s in zip(self.lane_a, stakes, strict=True)
        ]

    def tempered(self, logs: Sequence[float], phi: float) -> None:
        """Lane B's bet: the likelihood ratio to the power of 1/phi."""
        self.lane_b = [k * exp(min(x / phi, 300.0)) for k, x in zip(self.lane_b, logs, strict=True)]

    def times(self, lane_a: Sequence[float], lane_b: Sequence[float]) -> None:
        """Multiply each alternative by its factor."""
        self.lane_a = [k * f for k, f in zip(self.lane_a, lane_a, strict=True)]
        self.lane_b = [k * f for k, f in zip(self.lane_b, lane_b, strict=True)]

    def hold_to(self, most: float) -> None:
        """Throw away what is above `most`: less evidence is still valid."""
        total = self.total
        if total > most:
            keep = most / total
            self.lane_a = [k * keep for k in self.lane_a]
            self.lane_b = [k * keep for k in self.lane_b]


def late_start(minute: int, horizon: int) -> float:
    """The share of the capital that is brought in at a minute, 0 the first; at most 0.1 in all.

    Spread evenly over the horizon, with a thin tail that never ends.
    """
    even = SPREAD / horizon if minute < horizon else 0.0
    return even + TAIL / (TAIL_SUM * (minute + 2) * log(minute + 2) ** 2)


def stage_start(stage: int) -> float:
    """The share of the capital that is brought in at a stage's start, 1 the second stage."""
    return AT_STAGES * 0.5**stage
