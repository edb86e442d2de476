"""Reads a canary.series/1 document: recorded minutes of both arms, and what to prove on them."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from math import inf
from typing import Any

from canarycli.durations import parse_duration
from canarycli.errors import PlanError
from canarycli.late_methods import dataclass
from canarycli.plan import Better, Margin

SCHEMA = "canary.series/1"
SMALLEST, LARGEST = 1e-12, 1e12
"""Numbers that nobody measures would only overflow on their way through the statistics."""

RANGES: Sequence[tuple[Collection[str], Callable[[float], bool], str]] = (
    ({"alpha", "beta"}, lambda value: 0 < value < 1, "lies between 0 and 1"),
    ({"rho_fail", "rho_pass", "cap"}, lambda value: value > 0, "is above 0"),
    ({"delta_fail", "delta_pass"}, lambda value: value < 1, "is below 1"),
    (
        {"horizon"},
        lambda value: value == int(value) and value >= 1,
        "is a whole number of minutes above 0",
    ),
)
"""Where a setting may lie, and how that is said."""


class SeriesForm(StrEnum):
    """What the rows of a recorded metric hold; see the JSON Schema."""

    COUNTS = "counts"
    HISTOGRAM = "histogram"
    PERCENTILES = "percentiles"
    FRACTIONS = "fractions"
    VALUES = "values"


BOTH_WAYS = (SeriesForm.COUNTS, SeriesForm.HISTOGRAM, SeriesForm.VALUES)
"""The forms of what may be limited in both directions; no latency is too low."""


@dataclass(frozen=True, slots=True)
class Config:
    """What to prove. `alpha` to `stop_on_pass` hold for the release, the others for a metric.

    Attributes:
        alpha: limit on false rollbacks over everything.
        beta: limit on false passes of a metric.
        horizon: minutes judged at most.
        warm_up: minutes after a change of the split in which only most requests failing counts.
        arm_noise: by how much the rates of two equal arms differ; only beyond it a rate fails.
        stop_on_pass: stop at the first pass too.
        rho_fail: fail means the rate is proven above rho_fail * baseline + delta_fail.
        delta_fail: see there.
        rho_pass: pass means it is proven below rho_pass * baseline + delta_pass.
        delta_pass: see there.
        tol_fail: latency: how much slower is a failure.
        tol_pass: latency: how much slower is still a pass.
        margin_fail: values: how much worse is a failure, as a fraction of the baseline's level.
        margin_pass: values: how much worse is still a pass.
        differs_by: counts, values and histograms of scores: fail is proven to differ by more, in
            either direction, and pass by less; the other margins say nothing then.
        cap: values that are means of amounts: what no single amount exceeds, None if not known.
    """

    alpha: float = 0.01
    beta: float = 0.05
    horizon: int = 1440
    warm_up: float = 0.0
    arm_noise: float = 0.0
    stop_on_pass: bool = False
    rho_fail: float = 1.1
    delta_fail: float = 0.0
    rho_pass: float = 1.5
    delta_pass: float = 0.0005
    tol_fail: float = 0.10
    tol_pass: float = 0.30
    margin_fail: float = 0.03
    margin_pass: float = 0.03
    cap: float | None = None
    differs_by: Margin | None = None


CONFIG_KEYS = tuple(field.name for field in fields(Config))
RELEASE_KEYS = ("alpha", "beta", "horizon", "warm_up", "arm_noise", "stop_on_pass")
ROW_KEYS = ("form", "better", "quantiles", "bounds", "history", "minutes")


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """One metric's minutes. Rows are checked by `forms` as JSON lists; None is a missing one."""

    name: str
    form: SeriesForm
    better: Better
    config: Config
    history: Sequence[Any]
    minutes: Sequence[Any]
    quantiles: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class SeriesDocument:
    """One recorded release."""

    id: str
    config: Config
    metrics: tuple[MetricSeries, ...]

    @property
    def length(self) -> int:
        """The minutes to judge."""
        return min(self.config.horizon, max((len(m.minutes) for m in self.metrics), default=0))


def parse(text: str, where: str = "series") -> SeriesDocument:
    """A document from JSON text.

    Raises:
        PlanError: it is no such document; says where and what.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError(f"{where}, column {error.colno}", f"no JSON: {error.msg.lower()}") from None
    except RecursionError:
        raise PlanError(where, "no JSON: nested too deep") from None
    except ValueError:
        raise PlanError(where, "no JSON: a number has too many digits") from None
    return from_json(data, where)


def from_json(data: Any, where: str = "series") -> SeriesDocument:
    """A document from parsed JSON; see `parse`."""
    if not isinstance(data, Mapping):
        raise PlanError(where, f"a document is an object, not {_kind(data)}")
    _known(data, ("schema", "id", "config", "metrics", *ROW_KEYS), where)
    schema = data.get("schema")
    if schema != SCHEMA:
        raise PlanError(f"{where}: schema", f"is {schema!r}, not {SCHEMA!r}")
    name = data.get("id", "")
    if not isinstance(name, str):
        raise PlanError(f"{where}: id", f"is text, not {_kind(name)}")
    config = _config(data.get("config", {}), Config(), f"{where}: config", CONFIG_KEYS)
    if "metrics" not in data:
        if "minutes" not in data:
            raise PlanError(where, "has neither minutes nor metrics")
        return SeriesDocument(name, config, (_metric(data, config, where, name="errors"),))
    for key in ROW_KEYS:
        if key in data:
            raise PlanError(f"{where}: {key}", "stands inside metrics when there are metrics")
    rows = _list(data["metrics"], f"{where}: metrics")
    if not rows:
        raise PlanError(f"{where}: metrics", "is empty")
    metrics = tuple(_named(row, config, f"{where}: metrics[{i}]") for i, row in enumerate(rows))
    names = [metric.name for metric in metrics]
    if len(set(names)) < len(names):
        raise PlanError(f"{where}: metrics", "two metrics have the same name")
    return SeriesDocument(name, config, metrics)


def numbers(value: Any, where: str, length: int | None = None) -> list[float]:
    """A list of finite numbers that are not negative.

    Raises:
        PlanError: it is not one, or not of that length.
    """
    row = _list(value, where)
    if length is not None and len(row) != length:
        raise PlanError(where, f"has {len(row)} numbers, not {length}")
    for i, number in enumerate(row):
        _number(number, f"{where}[{i}]")
    return row


def _named(data: Any, config: Config, where: str) -> MetricSeries:
    if not isinstance(data, Mapping):
        raise PlanError(where, f"a metric is an object, not {_kind(data)}")
    _known(data, ("name", "config", *ROW_KEYS), where, dot=".")
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise PlanError(f"{where}.name", "is missing")
    if "minutes" not in data:
        raise PlanError(f"{where}.minutes", "is missing")
    keys = tuple(key for key in CONFIG_KEYS if key not in RELEASE_KEYS)
    own = _config(data.get("config", {}), config, f"{where}.config", keys)
    return _metric(data, own, f"{where}.", name=name)


def _metric(data: Mapping[str, Any], config: Config, where: str, *, name: str) -> MetricSeries:
    at = where if where.endswith(".") else f"{where}: "
    form = _word(SeriesForm, data.get("form", "counts"), f"{at}form")
    better = _word(Better, data.get("better", "lower"), f"{at}better")
    quantiles = tuple(numbers(data.get("quantiles", [0.5, 0.9, 0.99]), f"{at}quantiles"))
    bounds = tuple(numbers(data.get("bounds", []), f"{at}bounds"))
    if any(not 0 < q < 1 for q in quantiles) or not quantiles:
        raise PlanError(f"{at}quantiles", "lie between 0 and 1")
    if list(bounds) != sorted(set(bounds)):
        raise PlanError(f"{at}bounds", "rise from one to the next")
    if config.differs_by is not None and form not in BOTH_WAYS:
        why = f"is {form.value}: differs_by goes with {', '.join(BOTH_WAYS)}"
        raise PlanError(f"{at}form", why)
    if form is SeriesForm.HISTOGRAM and not bounds:
        raise PlanError(f"{at}bounds", "is missing")
    if bounds and not bounds[-1]:
        raise PlanError(f"{at}bounds", "has no bound above 0")
    history = _list(data.get("history", []), f"{at}history")
    minutes = _list(data["minutes"], f"{at}minutes")
    return MetricSeries(name, form, better, config, history, minutes, quantiles, bounds, at)


def _config(data: Any, base: Config, where: str, keys: Sequence[str]) -> Config:
    if not isinstance(data, Mapping):
        raise PlanError(where, f"is an object, not {_kind(data)}")
    values = {name: getattr(base, name) for name in CONFIG_KEYS}
    _known(data, keys, where, dot=".")
    for key, value in data.items():
        read = _margin if key == "differs_by" else partial(_setting, key)
        values[key] = read(value, f"{where}.{key}")
    return Config(**values)


def _known(data: Mapping[str, Any], keys: Sequence[str], where: str, dot: str = ": ") -> None:
    """Refuse a key that nobody would read."""
    for key in data:
        if key not in keys:
            close = get_close_matches(str(key), keys, 1)
            hint = f"did you mean {close[0]}?" if close else f"it knows {', '.join(keys)}"
            raise PlanError(f"{where}{dot}{key}", "unknown key", hint=hint)


def _setting(key: str, value: Any, where: str) -> Any:
    if key == "stop_on_pass":
        if not isinstance(value, bool):
            raise PlanError(where, f"is true or false, not {_kind(value)}")
        return value
    if key == "warm_up" and isinstance(value, str):
        try:
            return parse_duration(value).total_seconds() / 60
        except ValueError as error:
            raise PlanError(where, str(error)) from None
    _number(value, where)
    for keys, holds, said in RANGES:
        if key in keys and not holds(value):
            raise PlanError(where, f"{said}, not {value!r}")
    return int(value) if key == "horizon" else value


def _margin(value: Any, where: str) -> Margin:
    if not isinstance(value, Mapping):
        raise PlanError(where, f"is an object, not {_kind(value)}")
    _known(value, ("relative", "absolute"), where, dot=".")
    for key, part in value.items():
        _number(part, f"{where}.{key}")
    margin = Margin(value.get("relative", 0.0), value.get("absolute", 0.0))
    if not margin.relative and not margin.absolute:
        raise PlanError(where, "is above 0: any two arms differ by a little")
    return margin


def _word(kind: type[Any], value: Any, where: str) -> Any:
    words = [member.value for member in kind]
    if value not in words:
        raise PlanError(where, f"is {value!r}, not one of {', '.join(words)}")
    return kind(value)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise PlanError(where, f"is a list, not {_kind(value)}")
    return value


def _number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(where, f"is a number, not {_kind(value)}")
    if value != value or value < 0 or value == inf:  # noqa: PLR0124 - the one way for any int
        raise PlanError(where, f"is finite and not negative, not {value!r}")
    if not measurable(value):
        raise PlanError(where, f"is 0 or from {SMALLEST:g} to {LARGEST:g}")


def measurable(value: float) -> bool:
    """Whether a number is one that can be computed with, up and down."""
    return value == 0 or SMALLEST <= abs(value) <= LARGEST


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
