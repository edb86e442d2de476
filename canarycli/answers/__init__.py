"""What recorded answers say: bodies in, counts by period out. Pure; nothing of a body is kept."""

from canarycli.answers.counting import Pace, counted, refuse_labels, told
from canarycli.answers.reading import Paths, Said, read
from canarycli.answers.slices import shares
from canarycli.answers.told import Told, joined, within

__all__ = [
    "Pace",
    "Paths",
    "Said",
    "Told",
    "counted",
    "joined",
    "read",
    "refuse_labels",
    "shares",
    "told",
    "within",
]
