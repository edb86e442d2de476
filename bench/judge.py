"""How the judge does against simulated releases, beside the rules of other systems.

    python bench/judge.py                            the short form: some minutes on one core
    python bench/judge.py --full --jobs 2 --keep DIR the full form: about two hours on two cores
    python bench/judge.py --json out.json --markdown out.md

Needs NumPy. Seeded: the same form gives the same numbers on every machine. With `--keep` the result
of each item is kept in a folder, and a run that was interrupted goes on where it ended; `--so-far`
makes the tables of what is there. Empty the folder when the judge has changed.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, log
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from judge_field import families
from judge_foresight import foreseen
from judge_forms import forms
from judge_kept import Item, Kept, run_all, so_far
from judge_peers import PEERS
from judge_tables import goals, markdown
from judge_tuned import tuned
from judge_turns import turns
from judge_worlds import DAY, FAMILIES, history, minutes, world

from canarycli.judge.power import information
from canarycli.series import judge_document
from canarycli.series.document import from_json

JUDGE, FIRST = "judge", "judge, no history"
NO_PROMISE = "arm noise 30%, lasting (no promise)"
OUTAGE = "outage"
CONFIG = {"delta_pass": 0.0}


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of release, simulated `runs` times.

    `effect` is what the candidate's error rate is multiplied by, or `outage`; `onset` the minute
    from which it is.
    """

    family: str
    per_second: float
    base: float
    effect: float | str
    runs: int
    seed: int
    onset: int = 0
    passing: bool = False

    def run(self) -> dict[str, Any]:
        """Simulate it and judge it by every rule."""
        return run(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule did in one cell.

    Attributes:
        found: rolled back (or passed) within the day.
        early: of those, before the onset.
        median, late, mean: minutes after the onset; the 95th percentile; None for "never".
        bad: median of bad responses the candidate served until then.
        requests: mean of requests the candidate served until then.
    """

    rule: str
    runs: int
    found: int
    early: int
    median: float | None
    late: float | None
    mean: float | None
    bad: float
    requests: float


def run(cell: Cell) -> dict[str, Any]:
    """Simulate a cell and judge it by every rule."""
    calls: dict[str, list[int | None]] = {}
    rows, spent = [], 0.0
    for number in range(cell.runs):
        rng = np.random.default_rng([cell.seed, number])
        place = world(cell.family, cell.per_second, cell.base)
        past = history(rng, place)
        factor = 1 / cell.base if cell.effect == OUTAGE else float(cell.effect)
        effect = np.where(np.arange(DAY) >= cell.onset, factor, 1.0)
        release = minutes(rng, place, effect, DAY)
        rows.append(np.array([row or [0, 0, 0, 0] for row in release]))
        began = time.process_time()
        calls.setdefault(JUDGE, []).append(_judged(past, release, passing=cell.passing))
        spent += time.process_time() - began
        calls.setdefault(FIRST, []).append(_judged([], release, passing=cell.passing))
        if not cell.passing:
            for name, rule in PEERS.items():
                calls.setdefault(name, []).append(rule(rows[-1]))
    outcomes = [_outcome(name, cell, called, rows) for name, called in calls.items()]
    return {
        **asdict(cell),
        "wald_minutes": _wald(cell),
        "seconds": round(spent, 3),
        "rules": [asdict(outcome) for outcome in outcomes],
    }


def _judged(past: list[list[float]], release: list[Any], *, passing: bool) -> int | None:
    config = {**CONFIG, "stop_on_pass": passing}
    data = {"schema": "canary.series/1", "config": config, "history": past, "minutes": release}
    verdict = judge_document(from_json(data))
    if verdict.minute is None or verdict.verdict.value != ("pass" if passing else "fail"):
        return None
    return verdict.minute + 1


def _outcome(rule: str, cell: Cell, called: Sequence[int | None], rows: Sequence[Any]) -> Outcome:
    ends = [min(c or DAY, DAY) for c in called]
    bad = [float(r[cell.onset : end, 1].sum()) for r, end in zip(rows, ends, strict=True)]
    requests = [float(r[cell.onset : end, 0].sum()) for r, end in zip(rows, ends, strict=True)]
    after = sorted(c - cell.onset if c is not None else DAY + 1 for c in called)
    delays = [value if value <= DAY else None for value in after]
    found = sum(c is not None for c in called)
    mean = sum(after) / len(after) if found == len(after) else None
    return Outcome(
        rule,
        len(called),
        found,
        sum(c is not None and c <= cell.onset for c in called),
        delays[(len(delays) - 1) // 2],
        delays[min(len(delays) - 1, ceil(0.95 * len(delays)) - 1)],
        mean,
        float(np.median(bad)),
        float(np.mean(requests)),
    )


def _wald(cell: Cell) -> float | None:
    """Wald's bound in minutes at mean traffic, to the tested null of 1.1 times the rate."""
    if cell.effect in {1.0, OUTAGE} or cell.passing:
        return None
    rate = min(1.0, cell.base * float(cell.effect))
    nats = information(rate, cell.base, 1.1, 0.0, 0.05)
    return log(100) / (nats * cell.per_second * 60 * 0.05)


def cells(*, full: bool, runs: int | None) -> list[Cell]:
    """Every cell of a form."""
    nulls, others = (runs, runs) if runs else (200, 200) if full else (10, 20)
    found = []
    places = [(r, b) for r in (20, 200, 2000) for b in (0.001, 0.01)] if full else NULL_PLACES
    for family in FAMILIES:
        found += [Cell(family, r, b, 1.0, nulls, 1) for r, b in places]
    for family in ("plain", "batches of 3", "everything"):
        for rate, base in PLACES:
            found += [
                Cell(family, rate, base, effect, others, 2)
                for effect in (1.5, 2.0, 5.0, OUTAGE)
                if full or _quick(family, rate, base, effect)
            ]
    for family in ("plain", "everything"):
        found += [Cell(family, 200, 0.005, e, others, 3, LATE) for e in (2.0, 5.0, OUTAGE)]
    for family in ("plain", "shared shocks", "batches of 3"):
        found.append(Cell(family, 200, 0.005, 1.0, others, 4, passing=True))
        found.append(Cell(family, 200, 0.005, 1.5, others, 5, passing=True))
    return found


def _quick(family: str, rate: float, base: float, effect: float | str) -> bool:
    """Whether a cell is quick enough, or telling enough, for the short form."""
    if (rate, base) == (20, 0.001):
        return effect in {5.0, OUTAGE}
    return family != "batches of 3" or effect == 2.0


LATE = 480
NULL_PLACES = [(20, 0.01), (200, 0.001)]
PLACES = [(20, 0.001), (20, 0.01), (200, 0.001), (200, 0.005), (2000, 0.005)]


def main() -> None:
    """Run a form, write its numbers."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--full", action="store_true", help="more runs and cells")
    options.add_argument("--runs", type=int, help="releases a cell, instead of the form's own")
    options.add_argument("--jobs", type=int, default=1, help="processes")
    options.add_argument("--keep", type=Path, help="keep each result here, and go on from them")
    options.add_argument("--so-far", action="store_true", help="run nothing, tell what is kept")
    options.add_argument("--only", nargs="*", help="of cells, forms, field ... just these")
    options.add_argument("--json", type=Path, help="write all numbers here")
    options.add_argument("--markdown", type=Path, help="write the tables here, else to stdout")
    chosen = options.parse_args()
    began = time.monotonic()
    parts: dict[str, Sequence[Item]] = {
        "cells": cells(full=chosen.full, runs=chosen.runs),
        "forms": forms(full=chosen.full, runs=chosen.runs),
        "field": families(full=chosen.full, runs=chosen.runs),
        "turns": turns(full=chosen.full, runs=chosen.runs),
        "tuned": tuned(full=chosen.full, runs=chosen.runs),
        "foresight": foreseen(full=chosen.full, runs=chosen.runs),
    }
    kept = Kept(chosen.keep)
    result: dict[str, Any] = {"form": "full" if chosen.full else "short"}
    for name, items in parts.items():
        wanted = not chosen.only or name in chosen.only
        found = so_far(items, kept) if chosen.so_far else None
        if found is None:
            found = run_all(items, chosen.jobs, kept) if wanted else []
        result[name] = found
    result["goals"] = goals(result)
    text = markdown(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    if chosen.markdown:
        chosen.markdown.write_text(text, encoding="utf-8")
    else:
        print(text)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
