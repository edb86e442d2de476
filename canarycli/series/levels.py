"""Reads recorded scores that may become neither higher nor lower: shares above thresholds."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from canarycli.judge.both import above_cut, both_levels, cut_rows, cuts_of
from canarycli.judge.evidence import Row, Several
from canarycli.judge.history import History
from canarycli.judge.margins import Promise
from canarycli.judge.presence import Heard
from canarycli.metrics import Histogram
from canarycli.plan import Margin
from canarycli.series.document import MetricSeries, numbers
from canarycli.series.rows import entries, present

LEARNING = 3
"""Minutes of the baseline that set the thresholds where there is no history; they judge nothing."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Levels:
    """Rows `[candidate's counts, baseline's counts]` between the bounds, history `[counts]`.

    The thresholds are the bounds nearest to the baseline's p10, p50 and p90. Each share above
    one may become neither more nor less.
    """

    def __init__(self, metric: MetricSeries, margin: Margin) -> None:
        self.metric, self.margin = metric, margin
        size = len(metric.bounds) + 1
        past = [
            self._histogram(numbers(row, where, size))
            for where, row in present(metric.history, f"{metric.where}history")
        ]
        theirs = []
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            arms = entries(row, where, 2)
            for i, arm in enumerate(arms):
                numbers(arm, f"{where}[{i}]", size)
            theirs.append(self._histogram(arms[1]))
        self.past = [one for one in past if one.n]
        self.learning = 0 if self.past else LEARNING
        first = self.past or list(islice((one for one in theirs if one.n), LEARNING))
        self.cuts = cuts_of(first)[1] if first else ()

    def evidence(self, promise: Promise) -> Several:
        """See `Form`; where all scores are alike there is no threshold, and never evidence."""
        known = [self._known(cut) for cut in self.cuts] or [(History(), History())]
        return both_levels(self.margin, promise, known)

    def row(self, minute: Any) -> Row | None:
        """See `Form`; the minutes that set the thresholds are not judged by them."""
        if minute is None:
            return None
        ours, theirs = map(self._histogram, minute)
        if self.learning and theirs.n:
            self.learning -= 1
            return None
        return cut_rows(ours, theirs, self.cuts, self.metric.bounds) if theirs.n else None

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (sum(minute[0]), sum(minute[1]))

    def _known(self, cut: int) -> tuple[History, History]:
        above = [(one.n, above_cut(one, cut)) for one in self.past]
        return History.of(above), History.of([(n, n - x) for n, x in above])

    def _histogram(self, counts: Sequence[float]) -> Histogram:
        return Histogram(NEVER, self.metric.bounds, tuple(counts))
