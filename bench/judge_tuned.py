"""The judge beside peers whose knobs were turned with knowledge of the very noise they then meet.

Nobody can do that for real. It shows how much the judge pays for not knowing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from judge_peers import kayenta_every, z_scores
from judge_worlds import DAY, history, minutes, world

from canarycli.series import judge_document
from canarycli.series.document import from_json

PER_SECOND, BASE = 200, 0.005
EFFECTS = {"x1.5": 1.5, "x2": 2.0, "x5": 5.0, "outage": 1 / BASE}
KAYENTA = [(every, z) for every in (5, 15, 60) for z in (2.3263, 3.2905)]
"""Every so many minutes, at a confidence of 98 % and 99.9 %."""

ALLOWED = 0.01
Floats = Any
Call = Callable[[Floats], int | None]


@dataclass(frozen=True, slots=True)
class Tuned:
    """One noise family, at 200 requests a second and 0.5 %."""

    family: str
    runs: int

    def run(self) -> dict[str, Any]:
        """Tune on healthy releases, then compare on harmed ones."""
        calm = [self._release(i, 1.0)[1] for i in range(self.runs)]
        peers: dict[str, Call] = {
            f"{every} min, z {z:.1f}": partial(kayenta_every, minutes=every, z=z)
            for every, z in KAYENTA
        }
        allowed = ceil(ALLOWED * self.runs)
        fit = {
            name: rule
            for name, rule in peers.items()
            if sum(rule(rows) is not None for rows in calm) <= allowed
        }
        highest = sorted(float(z_scores(rows).max()) for rows in calm)
        limit = highest[-1 - allowed] if allowed < len(highest) else highest[-1]
        found = {name: self._compared(effect, fit, limit) for name, effect in EFFECTS.items()}
        return {"family": self.family, "runs": self.runs, "z": round(limit, 2), "effects": found}

    def _release(self, number: int, effect: float) -> tuple[list[Any], Floats, list[Any]]:
        rng = np.random.default_rng([13, number, round(effect * 10)])
        place = world(self.family, PER_SECOND, BASE)
        past, rows = history(rng, place), minutes(rng, place, effect, DAY)
        return past, np.array([row or [0.0] * 4 for row in rows]), rows

    def _compared(self, effect: float, fit: dict[str, Call], limit: float) -> dict[str, Any]:
        times: dict[str, list[int]] = {"judge": [], "z-test": [], **{name: [] for name in fit}}
        bad: dict[str, list[float]] = {name: [] for name in times}
        for number in range(self.runs):
            past, counts, rows = self._release(1000 + number, effect)
            over = np.flatnonzero(z_scores(counts) > limit)
            called = {
                "judge": _judged(past, rows),
                "z-test": int(over[0]) + 1 if len(over) else None,
                **{name: rule(counts) for name, rule in fit.items()},
            }
            for name, minute in called.items():
                times[name].append(minute or DAY + 1)
                bad[name].append(float(counts[: minute or DAY, 1].sum()))
        best = min((float(np.median(bad[name])) for name in fit), default=None)
        return {
            "judge_minutes": float(np.median(times["judge"])),
            "z_minutes": float(np.median(times["z-test"])),
            "judge_bad": float(np.median(bad["judge"])),
            "kayenta_bad": best,
        }


def _judged(past: list[Any], rows: list[Any]) -> int | None:
    data = {"schema": "canary.series/1", "config": {"delta_pass": 0.0}}
    verdict = judge_document(from_json({**data, "history": past, "minutes": rows}))
    return None if verdict.minute is None else verdict.minute + 1


def tuned(*, full: bool, runs: int | None) -> list[Tuned]:
    """Every world the peers are tuned in."""
    number = runs or (100 if full else 6)
    worlds = ("plain", "batches of 3", "shared shocks", "everything")
    return [Tuned(family, number) for family in worlds]
