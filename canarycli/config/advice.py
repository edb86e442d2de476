"""What canary.yaml may say and is still worth a word: `canary lint` says it, and it is no mistake.

The rules look at the raw data, as `rules` do, and skip what has a wrong shape.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from canarycli.config.candidates import candidate_remark
from canarycli.config.plans import SOURCES
from canarycli.config.problem import Problem
from canarycli.config.quantities import parse_margin
from canarycli.config.reading import shown
from canarycli.config.rules import Flaw
from canarycli.config.source import read_source
from canarycli.config.sources import FROM
from canarycli.judge.margins import EQUAL_ARMS, MAY_DIFFER
from canarycli.metrics import VALUED, Unit

COMPARED = ("no_worse_by", "differs_by")


def remarks(path: Path, *, cwd: Path | None = None) -> tuple[Problem, ...]:
    """Every remark on a file, in its order; none if it can't be read."""
    document = read_source(path if cwd is None else cwd / path, shown(path, cwd))
    flaws = _remarks(document.data)
    return tuple(sorted({document.problem(flaw.path, flaw.sentence, flaw.at) for flaw in flaws}))


def _remarks(data: Any) -> Iterator[Flaw]:
    plans, endpoints, usual = (_mapping(data, key) for key in ("plans", "endpoints", "defaults"))
    for name, endpoint in endpoints.items():
        if text := candidate_remark(endpoint, usual):
            yield Flaw(("endpoints", name, "candidate"), text)
    for name, plan in plans.items():
        checks = plan.get("checks") if isinstance(plan, Mapping) else None
        for index, check in enumerate(checks if isinstance(checks, list) else ()):
            for key in COMPARED if isinstance(check, Mapping) and _is_value(check) else ():
                if _tight(check.get(key)):
                    path = ("plans", name, "checks", index, key)
                    yield Flaw(path, f"{check[key]} {MAY_DIFFER}")


def _mapping(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_value(check: Mapping[str, Any]) -> bool:
    """Whether the metric is a person's own mean, without a unit and no share of requests."""
    metric = check.get("metric")
    if not isinstance(metric, Mapping) or metric.get("unit", Unit.NONE) != Unit.NONE:
        return False
    made_up = metric.get("simulator")
    if isinstance(made_up, Mapping) and "ratio" in made_up:
        return False
    return not metric.keys().isdisjoint(VALUED if FROM in metric else SOURCES)


def _tight(written: Any) -> bool:
    try:
        margin = parse_margin(written, Unit.NONE)
    except ValueError:
        return False
    return not margin.absolute and margin.relative < EQUAL_ARMS
