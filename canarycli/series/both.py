"""Reads recorded minutes of what may become neither more nor less: shares and values."""

from typing import Any

from canarycli.judge.both import both_rates, both_values, doubled
from canarycli.judge.evidence import Row, Several
from canarycli.judge.history import History
from canarycli.judge.margins import Promise, tolerance
from canarycli.judge.presence import Heard
from canarycli.plan import Margin
from canarycli.series.counted import CountsForm, ValuesForm


class BothCounts:
    """Rows as `CountsForm` has them; whatever is counted, `better` says nothing."""

    def __init__(self, counts: CountsForm, margin: Margin) -> None:
        self.counts, self.margin = counts, margin

    def evidence(self, promise: Promise) -> Several:
        """See `Form`."""
        rows = [(n, x) for n, x in filter(None, self.counts.metric.history) if 0 <= x <= n]
        rest = History.of([(n, n - x) for n, x in rows])
        return both_rates(self.margin, promise, History.of(rows), rest)

    def row(self, minute: Any) -> Row | None:
        """See `Form`; a minute without a baseline compares nothing."""
        if minute is None or None in minute or self.odd(minute) or not minute[2]:
            return None
        n_c, x_c, n_b, x_b = minute
        return doubled((n_c, x_c, x_c, n_b, x_b), (n_c, n_c - x_c, n_c - x_c, n_b, n_b - x_b))

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return self.counts.heard(minute)

    def odd(self, minute: Any) -> bool:
        """See `CountsForm`."""
        return self.counts.odd(minute)


class BothValues:
    """Rows as `ValuesForm` has them."""

    def __init__(self, values: ValuesForm, margin: Margin) -> None:
        self.values, self.margin = values, margin

    def evidence(self, promise: Promise) -> Several:
        """See `Form`."""
        known = self.values.known.relative(self.values.metric.config.cap)
        worse = tolerance(self.margin, self.values.level)
        return both_values(worse, promise, known, as_log=False)

    def row(self, minute: Any) -> Row | None:
        """See `Form`."""
        more = self.values.row(minute)
        if more is None:
            return None
        difference, precision, low, high, tilt = more
        difference *= self.values.sign
        fewer = (-difference, precision, high, low, tilt)
        return doubled((difference, precision, low, high, tilt), fewer)

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return self.values.heard(minute)
