"""Turns a release's measurements into a canary.series/1 document, to be judged again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from canarycli.judge.finding import WARM_UP, Arms, State
from canarycli.judge.latency import SHARE_MARGINS
from canarycli.judge.margins import Margins, margins_of, tolerance
from canarycli.judge.ratios import linear
from canarycli.judge.sources import BOTH, LEVELS, OVER, RATE, SPREAD, kind_of, needs
from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Histogram, Measurements, Metric, Point, Series, Value
from canarycli.plan import Check, Margin, Role
from canarycli.series.document import SCHEMA

BROKEN = 0.5
"""A candidate that warms up is only held to failing less than this part of its requests."""


@dataclass(frozen=True, slots=True)
class Span:
    """A share that was in place from `start` to `end`, in percent for the candidate."""

    start: datetime
    end: datetime
    share: float


def exportable(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks that a document can hold: those that decide by comparing."""
    return tuple(c for c in checks if c.margin is not None and c.role is Role.GATE)


def export(
    release_id: str,
    checks: Sequence[Check],
    history: Measurements,
    measured: Measurements,
    *,
    spans: Sequence[Span],
    arms: Arms,
    state: State,
) -> dict[str, Any]:
    """The document of a release: one row a period, null where the judge would not look.

    Periods in which the split changed are null, and so are the first two of every split unless
    the candidate fails most of its requests in them: the judge lets a new copy warm up.

    Args:
        release_id: becomes the document's id.
        checks: those of `exportable`.
        history: the baseline before the release.
        measured: both arms during it, with the metrics the judge asks for besides.
        spans: what was in place, oldest first; at least one.
        arms: the versions' names count.
        state: what the judge knew at the start, from `begin`.
    """
    names = [check.metric.name for check in checks]
    metrics = []
    for check in checks:
        facts: Mapping[str, Any] = state.get(check.name, {}).get("facts", {})
        kind = kind_of(check, facts, measured, arms)
        if kind:
            own = names.count(check.metric.name) > 1
            writer = _Writer(check, kind, facts, spans)
            found = writer.metric(history, measured, arms)
            metrics.append({"name": check.name if own else check.metric.name, **found})
    return {"schema": SCHEMA, "id": release_id, "metrics": metrics}


class _Writer:
    """One check's rows."""

    def __init__(
        self, check: Check, kind: str, facts: Mapping[str, Any], spans: Sequence[Span]
    ) -> None:
        self.check, self.kind, self.facts, self.spans = check, kind, facts, spans
        self.margin = check.margin or Margin()

    def metric(self, history: Measurements, measured: Measurements, arms: Arms) -> dict[str, Any]:
        ours, theirs = self._series(measured, arms)
        past = history.of(arms.baseline, self.check.metric).points
        each = (_arm(self._even(point)) for point in past)
        known = [row for row in each if row is not None] if self.kind != OVER else []
        shape: dict[str, Any] = {"form": self._form(), "better": self.check.better.value}
        if self.kind in {SPREAD, LEVELS}:
            bounds = next(p.bounds for p in theirs.points if isinstance(p, Histogram))
            shape["bounds"] = list(bounds)
        rows = self._rows(ours, theirs)
        return {**shape, "config": self._config(), "history": known, "minutes": rows}

    def _series(self, measured: Measurements, arms: Arms) -> tuple[Series, Series]:
        mine: Metric = self.check.metric
        base = mine
        if self.kind == OVER:
            base, mine = needs(self.check, self.facts)
        return measured.of(arms.candidate, mine), measured.of(arms.baseline, base)

    def _form(self) -> str:
        if self.kind in {RATE, BOTH, OVER}:
            return "counts"
        return "histogram" if self.kind in {SPREAD, LEVELS} else "values"

    def _config(self) -> dict[str, Any]:
        if self.check.two_sided:
            both = {"relative": self.margin.relative, "absolute": self.margin.absolute}
            return {"differs_by": both, **self._capped()}
        if self.kind in {RATE, OVER}:
            margins = self._margins()
            return {
                "rho_fail": margins.rho_fail,
                "delta_fail": margins.delta_fail,
                "rho_pass": margins.rho_pass,
                "delta_pass": margins.delta_pass,
            }
        level = float(self.facts.get("tau", self.facts.get("level", 0.0)))
        slack = tolerance(self.margin, level)
        if self.kind == SPREAD:
            return {"tol_fail": slack, "tol_pass": slack}
        return {"margin_fail": slack, "margin_pass": slack, **self._capped()}

    def _capped(self) -> dict[str, float]:
        return {} if self.check.cap is None else {"cap": self.check.cap}

    def _margins(self) -> Margins:
        return SHARE_MARGINS if self.kind == OVER else margins_of(self.margin, self.check.better)

    def _rows(self, ours: Series, theirs: Series) -> list[Any]:
        period = theirs.period if theirs.points else ours.period
        mine = {point.at: point for point in ours.points}
        base = {point.at: point for point in theirs.points}
        every = sorted({*mine, *base})
        if not every:
            return []
        count = round((every[-1] - every[0]) / period) + 1
        times = (every[0] + n * period for n in range(count))
        rows = [self._row(mine.get(at), base.get(at), at, period) for at in times]
        return rows[next((n for n, row in enumerate(rows) if row is not None), 0) :]

    def _row(
        self, ours: Point | None, theirs: Point | None, at: datetime, period: timedelta
    ) -> list[Any] | None:
        span = next((s for s in self.spans if s.start <= at and at + period <= s.end), None)
        if span is None:
            return None
        alone = span.share >= 100
        if at < span.start + WARM_UP * period:
            broken = isinstance(ours, Counts) and ours.bad > BROKEN * ours.n
            return [*(_arm(ours) or []), 0, 0] if broken and self.kind == RATE else None
        mine, base = _arm(self._even(ours)), _arm(self._even(theirs))
        if self._form() == "counts":
            return [*(mine or [None, None]), *(base or ([0, 0] if alone else [None, None]))]
        if mine is None or base is None:
            return None
        return [mine, base] if self._form() == "histogram" else [*mine, *base]

    def _even(self, point: Point | None) -> Point | None:
        """A ratio as the mean that the judge compares."""
        ratio = self.facts.get("ratio")
        return point if ratio is None else linear(point, ratio, self.facts["level"])


def _arm(point: Point | None) -> list[Any] | None:
    """One arm's part of a row; counts that are not settled are left out."""
    match point:
        case Counts():
            return [point.n, point.bad] if 0 <= point.bad <= point.n else None
        case Histogram():
            return list(point.counts)
        case Value():
            return [point.value, point.n]
        case _:
            return None
