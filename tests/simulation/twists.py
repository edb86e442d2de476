"""What some stories have and most have not: dice of their own, so that the others stay as told."""

import random
from enum import StrEnum


class Twist(StrEnum):
    """A kind of story."""

    DEPLOY = "the release brings its candidate in"
    SHADOW = "a copy of traffic comes before the first share"
    SMOKE = "the candidate is asked before it gets anything"
    ECHO = "what is sent twice lands late, after an answer"
    CREW = "crews drive, and take over from each other"
    BUCKET = "machines share a bucket, whose answers get lost"
    ELSEWHERE = "rollbacks go to a third version, older than the baseline"


CHANCE = 0.2
"""How many stories have each."""

DEAR = frozenset({Twist.CREW, Twist.BUCKET})
"""Kinds that take several times as long to tell: a third as many."""


def twists_of(seed: int) -> frozenset[Twist]:
    """Those of one story."""
    dice = random.Random(f"twists of {seed}")
    return frozenset(
        twist for twist in Twist if dice.random() < (CHANCE / 3 if twist in DEAR else CHANCE)
    )


NONE: frozenset[Twist] = frozenset()
