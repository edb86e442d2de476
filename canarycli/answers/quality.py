"""Counts how right answers were, where what would have been right is known by now.

All of them are counts of single answers or pairs, so that the judge's proof for counts holds. A
loss is counted by a coin whose chance it is, tossed by the answer's own key: the same in every
look, and on average exactly the loss.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import log
from types import MappingProxyType

from canarycli.answers.reading import Paths
from canarycli.answers.told import Told
from canarycli.metrics import Metric

SUREST = 0.01
"""A right answer that was given a smaller chance than this costs no more than that."""

Count = Callable[[Metric, Sequence[Told], Paths], tuple[int, int]]
"""Of how many, and how many."""


def _accuracy(_: Metric, several: Sequence[Told], __: Paths) -> tuple[int, int]:
    found = _classed(several)
    return len(found), sum(one.said.label == one.truth for one in found)


def _missed(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    found = [one for one in _classed(several) if one.truth == paths.positive]
    return len(found), sum(one.said.label != paths.positive for one in found)


def _false_alarms(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    found = [one for one in _classed(several) if one.truth != paths.positive]
    return len(found), sum(one.said.label == paths.positive for one in found)


def _precision(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    found = [one for one in _classed(several) if one.said.label == paths.positive]
    return len(found), sum(one.truth == paths.positive for one in found)


def _auc(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    """Each positive with a negative of its own: in the right order, or not."""
    found = sorted(_scored(several), key=lambda one: _coin("auc", one.key))
    good = [one for one in found if one.truth == paths.positive]
    rest = [one for one in found if one.truth != paths.positive]
    pairs = list(zip(good, rest, strict=False))
    return len(pairs), sum(_ordered(above, below) for above, below in pairs)


def _ordered(above: Told, below: Told) -> bool:
    high, low = above.said.score or 0.0, below.said.score or 0.0
    return _coin("tie", above.key) < 0.5 if high == low else high > low


def _brier(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    found = _scored(several)
    return len(found), sum(_tossed("brier", one, _chance(one, paths) ** 2) for one in found)


def _log_loss(_: Metric, several: Sequence[Told], paths: Paths) -> tuple[int, int]:
    found = _scored(several)
    return len(found), sum(_tossed("log", one, _cost(_chance(one, paths))) for one in found)


def _cost(off: float) -> float:
    """The log loss as a part of the greatest there is."""
    return log(max(SUREST, 1 - off)) / log(SUREST)


def _chance(one: Told, paths: Paths) -> float:
    """The chance that was given to what would have been wrong."""
    score = min(1.0, max(0.0, one.said.score or 0.0))
    return 1 - score if one.truth == paths.positive else score


def _error_over(metric: Metric, several: Sequence[Told], _: Paths) -> tuple[int, int]:
    limit = float(metric.about)
    off = [
        abs((one.said.score or 0.0) - truth)
        for one in _scored(several)
        if (truth := _number(one.truth)) is not None
    ]
    return len(off), sum(one > limit for one in off)


QUALITY: Mapping[str, Count] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "missed": _missed,
        "false_alarms": _false_alarms,
        "precision": _precision,
        "auc": _auc,
        "brier": _brier,
        "log_loss": _log_loss,
        "error_over": _error_over,
    }
)
"""How each metric of labelled answers is counted."""


def _classed(several: Sequence[Told]) -> list[Told]:
    return [one for one in several if one.truth is not None and one.said.label is not None]


def _scored(several: Sequence[Told]) -> list[Told]:
    return [one for one in several if one.truth is not None and one.said.score is not None]


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _tossed(what: str, one: Told, chance: float) -> bool:
    return _coin(what, one.key) < chance


def _coin(what: str, key: str) -> float:
    """A number between 0 and 1, the same for the same answer."""
    number = blake2b(f"{what}/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(number, "big") / 2**64
