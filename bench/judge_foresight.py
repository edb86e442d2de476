"""Whether verdicts come when `canary plan` says, and after as many requests as a finding says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import product
from math import ceil, inf
from typing import Any

import numpy as np
from judge_worlds import history, minutes, world

from canarycli.forecast.sight import Sight
from canarycli.judge.history import History
from canarycli.judge.margins import Promise
from canarycli.judge.power import more_requests
from canarycli.judge.sources import HISTORY, evidence_of
from canarycli.judge.wording import SPAN
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Stage

SEED = 17
LONGEST = 1440
"""Minutes after which a verdict no longer counts; cells that are said to take half of it are left
out, as much of what comes would be cut off there."""

NEAR, FACTOR = 0.3, 2.0
MINUTE = timedelta(minutes=1)
LIMITS = (Margin(absolute=0.005), Margin(absolute=0.002), Margin(0.5), Margin(1.0))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One place and limit: what is said of an equal candidate or a bad one, and what comes."""

    family: str
    per_second: float
    base: float
    percent: float
    limit: Margin
    worse: bool
    runs: int

    def run(self) -> dict[str, Any]:
        """Forecast once, from a day of history, and judge."""
        place = world(self.family, self.per_second, self.base, self.percent / 100)
        check = Check("errors", Metric("errors"), no_worse_by=self.limit)
        past = History.of([(n, x) for n, x in history(np.random.default_rng([SEED]), place)])
        facts = {name: getattr(past, name) for name in HISTORY}
        flow = 60 * self.per_second * self.percent / 100
        stage = Stage(self.percent, 15 * MINUTE)
        sight = Sight(check, facts, 1.0)
        outlook = sight.at(1, stage, flow, 0.0, 0 * MINUTE)
        said = outlook.fails_in if self.worse else outlook.passes_in
        effect = sight.assumed(past.rate) / past.rate if self.worse else 1.0
        if said is None or said > LONGEST / 2 * MINUTE:
            return {**asdict(self), "said": None, "came": None, "more": []}
        half = ceil(said / MINUTE / 2)
        each = [self._release(check, facts, effect, (number, half)) for number in range(self.runs)]
        came = sum(requests for requests, _ in each) / len(each) / flow
        more = [pair for _, pair in each if pair is not None]
        return {**asdict(self), "said": max(2.0, said / MINUTE), "came": came, "more": more}

    def _release(
        self, check: Check, facts: dict[str, Any], effect: float, which: tuple[int, int]
    ) -> tuple[float, tuple[float, float] | None]:
        """Requests to the verdict; and of those left at some minute, how many were said and came.

        Requests and not minutes, for the world has a day and the forecast one level of traffic.
        """
        (number, asked), served, told = which, 0.0, None
        place = world(self.family, self.per_second, self.base, self.percent / 100)
        rows = minutes(np.random.default_rng([SEED, number]), place, effect, LONGEST)
        evidence = evidence_of(check, "rate", facts, Promise())
        for minute, row in enumerate(rows, 1):
            n, x, m, y = row or (0.0, 0.0, 0.0, 0.0)
            evidence.step((n, x, x, m, y))
            served += n
            if (evidence.evidence >= 100) if self.worse else (evidence.assurance >= 20):
                break
            if minute == asked and not self.worse:
                told = (more_requests(evidence, 0.05) or inf, served)
        return served, (told[0], served - told[1]) if told else None


def foreseen(*, full: bool, runs: int | None) -> list[Foreseen]:
    """Every cell of a form of the benchmark."""
    few = runs or (60 if full else 16)
    places = product(
        ("plain", "batches of 3") if full else ("plain",),
        (20, 200),
        (0.001, 0.005),
        (5.0, 50.0),
        LIMITS,
        (False, True),
    )
    return [Foreseen(*place, few) for place in places]


def near(cell: dict[str, Any]) -> bool:
    """Whether it came within 30 % of when it was said, or within a minute."""
    said, came = cell["said"], cell["came"]
    return bool(abs(said - came) <= max(1.0, NEAR * came))


def foresight_goals(cells: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """How many cells came when they were said to, and how often "N more requests" was near."""
    known = [cell for cell in cells if cell["said"] is not None]
    if not known:
        return []
    right = sum(near(cell) for cell in known)
    rows = [("forecasts within 30 % or a minute", ">= 90 % of the cells", right, len(known))]
    for name, told in (
        ("N more requests, in the span that the finding says", _spanned),
        ("the middle of that span within a factor of two", _said),
        ("the same of the best number that is one for all", _best),
    ):
        held = [held for cell in known for held in told(cell["more"])]
        rows += [(name, ">= 80 %", sum(held), len(held))] if held else []
    return [
        {"goal": name, "floor": floor, "measured": f"{k} of {n} ({k / n:.0%})"}
        for name, floor, k, n in rows
    ]


def _spanned(more: Sequence[tuple[float, float]]) -> list[bool]:
    low, high = SPAN
    return [low <= came / said <= high for said, came in more]


def _said(more: Sequence[tuple[float, float]]) -> list[bool]:
    return [1 / FACTOR <= said / came <= FACTOR for said, came in more]


def _best(more: Sequence[tuple[float, float]]) -> list[bool]:
    """What nobody can know: the one number that is right for most releases of this cell."""
    each = [[1 / FACTOR <= guess / came <= FACTOR for _, came in more] for _, guess in more]
    return max(each, key=sum, default=[])
