"""Margins and limits as people write them: `20%`, `0.5pp`, `50ms`, `85`, by the metric's unit."""

import re
from typing import Any

from canarycli.metrics import ABOUT, ANSWERS, UNITS, Metric, Unit
from canarycli.plan import Margin

MARGIN_PATTERN = r"^[0-9]+(\.[0-9]+)?\s*(%|pp|ms|s)?$"
LIMIT_PATTERN = r"^-?[0-9]+(\.[0-9]+)?\s*(%|ms|s)?$"
OVER_PATTERN = r"^latency_over\([0-9]+(\.[0-9]+)?(ms|s)\)$"

ABOUT_PATTERN = r"^(class_share|score_over|error_over)\(([^()\s][^()]*)\)$"

SPEED_PATTERN = r"^([0-9]+(?:\.[0-9]+)?)x?$"

_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)\s*([a-z%]*)")
_SECONDS = {"ms": 0.001, "s": 1.0}


def parse_metric(text: str) -> Metric | None:
    """The built-in metric of that name, `latency_over(500ms)` included; None if there is none."""
    if re.match(OVER_PATTERN, text):
        number, unit = _split(text.removeprefix("latency_over(").removesuffix(")"))
        return Metric("latency_over", threshold=number * _SECONDS[unit])
    if found := re.match(ABOUT_PATTERN, text):
        return Metric(found[1], about=found[2])
    if text in {*UNITS, *ANSWERS} - {"latency_over", *ABOUT}:
        return Metric(text)
    return None


def parse_margin(value: Any, unit: Unit | None) -> Margin:
    """By how much the candidate may be worse.

    Args:
        value: what was written; only metrics that are no share and no time take a bare number.
        unit: of the metric, None where the metric itself is not known.

    Raises:
        ValueError: with a sentence that quotes the value and says what to write.
    """
    number, suffix = _split(value)
    if number < 0:
        raise ValueError(f'"{value}" is negative, write how much worse is still fine')
    if suffix == "%":
        return Margin(relative=_tidy(number / 100))
    if suffix == "pp":
        return Margin(absolute=_points(value, number, unit))
    if suffix in _SECONDS:
        if unit not in {Unit.SECONDS, None}:
            raise ValueError(
                f'"{value}" is a time and this metric is not, write {_advice("", unit)}'
            )
        return Margin(absolute=_tidy(number * _SECONDS[suffix]))
    if suffix:
        raise ValueError(f'"{value}" is not a margin, write {_advice("5", unit)}')
    if unit in {Unit.COUNT, Unit.NONE}:
        return Margin(absolute=number)
    raise ValueError(f'"{value}" has no unit, write {_advice(str(value).strip(), unit)}')


def parse_limit(value: Any, unit: Unit | None) -> float:
    """A limit on the candidate alone, in the metric's own unit.

    Raises:
        ValueError: with a sentence that quotes the value and says what to write.
    """
    number, suffix = _split(value)
    match unit:
        case Unit.SECONDS if suffix in _SECONDS:
            return _tidy(number * _SECONDS[suffix])
        case Unit.SECONDS if not suffix:
            raise ValueError(f'"{value}" has no unit, write {value}ms or {value}s')
        case Unit.RATIO if suffix in {"", "%"}:
            return _ratio(value, number, suffix)
        case Unit.PERCENT if suffix in {"", "%"}:
            return number
        case Unit.COUNT | Unit.NONE | None if suffix in {"", "%"}:
            return number if not suffix else _tidy(number / 100)
    example = {Unit.SECONDS: "500ms or 2s", Unit.RATIO: "2% or 0.02", Unit.PERCENT: "85"}
    wanted = example.get(unit, "a plain number") if unit else "a number"
    raise ValueError(f'"{value}" does not fit this metric, write {wanted}')


def parse_speed(value: Any) -> float:
    """How many times faster than the clock: `30x`, `30`.

    Raises:
        ValueError: with a sentence that quotes the value.
    """
    found = None if isinstance(value, bool) else re.fullmatch(SPEED_PATTERN, str(value).strip())
    if found is None or not 0 < float(found.group(1)) <= 1_000_000:
        raise ValueError(f'"{value}" is not a speed, write it such as 30x')
    return float(found.group(1))


def _split(value: Any) -> tuple[float, str]:
    found = None if isinstance(value, bool) else _NUMBER.fullmatch(str(value).strip().lower())
    if found is None:
        raise ValueError(f'"{value}" is not a number with a unit, such as 20%, 0.5pp or 50ms')
    return float(found.group(1)), found.group(2)


def _points(value: Any, number: float, unit: Unit | None) -> float:
    if unit in {Unit.SECONDS, Unit.COUNT}:
        raise ValueError(f'"{value}" is for shares, write {_advice(f"{number:g}", unit)}')
    if number > 100:
        raise ValueError(f'"{value}" is more than all: a share is at most 100%')
    return number if unit is Unit.PERCENT else _tidy(number / 100)


def _ratio(value: Any, number: float, suffix: str) -> float:
    share = number / 100 if suffix else number
    if not 0 <= share <= 1:
        percent = "" if suffix else f", or did you mean {number:g}%?"
        raise ValueError(f'"{value}" is not a share between 0 and 1{percent}')
    return _tidy(share)


def _advice(number: str, unit: Unit | None) -> str:
    number = number or "5"
    match unit:
        case Unit.SECONDS:
            return f"{number}% or {number}ms"
        case Unit.COUNT | Unit.NONE:
            return f"{number}% or a plain number"
        case _:
            return f"{number}% or {number}pp"


def _tidy(number: float) -> float:
    """Without the dust of a division: 0.5 / 100 is 0.005."""
    return float(f"{number:.12g}")
