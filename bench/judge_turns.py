"""Candidates that are better than the baseline for hours and then bad: how soon that is found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import numpy as np
from judge_worlds import history, minutes, world

from canarycli.judge import Verdict
from canarycli.series import judge_document
from canarycli.series.document import from_json

SEED = 19
LENGTH = 600
"""Minutes judged after the candidate turns."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate with `part` of the baseline's errors until `onset`, and `times` as many after.

    `relative` and `absolute` are its limit.
    """

    family: str
    per_second: float
    base: float
    part: float
    times: float
    onset: int
    relative: float
    absolute: float
    runs: int

    def run(self) -> dict[str, Any]:
        """Simulate and judge."""
        called = [self._minute(np.random.default_rng([SEED, i])) for i in range(self.runs)]
        after = sorted(c - self.onset if c is not None else LENGTH + 1 for c in called)
        return {
            **asdict(self),
            "found": sum(c is not None for c in called),
            "early": sum(minute <= 0 for minute in after),
            "median": _within(after[(len(after) - 1) // 2]),
            "late": _within(after[ceil(0.95 * len(after)) - 1]),
        }

    def _minute(self, rng: np.random.Generator) -> int | None:
        """How many minutes it served until a fail, None for never."""
        place = world(self.family, self.per_second, self.base)
        length = self.onset + LENGTH
        effect = np.where(np.arange(length) < self.onset, self.part, self.times)
        rho, delta = 1 + self.relative, self.absolute
        config = {"rho_fail": rho, "rho_pass": rho, "delta_fail": delta, "delta_pass": delta}
        data = {"schema": "canary.series/1", "config": config, "history": history(rng, place)}
        verdict = judge_document(
            from_json({**data, "minutes": minutes(rng, place, effect, length)})
        )
        failed = verdict.verdict is Verdict.FAIL and verdict.minute is not None
        return verdict.minute + 1 if failed and verdict.minute is not None else None


def turns(*, full: bool, runs: int | None) -> list[Turn]:
    """Every turn of a form of the benchmark."""
    runs = runs or (100 if full else 10)
    places = [(20, 0.01), (200, 0.002), (2000, 0.002)] if full else [(200, 0.002)]
    onsets = (60, 180, 480) if full else (180,)
    return [
        Turn(family, rate, base, part, times, onset, relative, absolute, runs)
        for family in ("plain", "batches of 3")
        for rate, base in places
        for onset in onsets
        for relative, absolute, times in ((0.5, 0.0, 5.0), (0.0, 0.005, 10.0))
        for part in (0.0, 0.1, 0.5, 1.0)
    ]


def turns_table(found: Sequence[dict[str, Any]]) -> list[list[str]]:
    """A row for each place, limit and onset: median and 95th percentile for every beginning."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        limit = f"{one['relative']:.0%}" if one["relative"] else f"{100 * one['absolute']:g} points"
        place = (
            one["family"],
            f"{one['per_second']:g}",
            f"{one['base']:.1%}",
            f"{limit}, x{one['times']:g}",
            f"{one['onset'] // 60} h",
        )
        told = [_said(one["median"]), _said(one["late"])]
        early = f" ({one['early']} before)" if one["early"] else ""
        rows.setdefault(place, []).append("/".join(told) + early)
    return [[*place, *cells] for place, cells in rows.items()]


TURNS_HEAD = ["noise", "per s", "base", "limit, then", "after", "none", "a tenth", "half", "equal"]


def _within(minute: int) -> int | None:
    return minute if minute <= LENGTH else None


def _said(minute: int | None) -> str:
    return "never" if minute is None else str(minute)
