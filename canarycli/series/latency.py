"""Reads recorded latency: histograms, percentiles and shares above a threshold, as counts."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite, log
from typing import Any

from canarycli.errors import PlanError
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Row, Several
from canarycli.judge.history import History
from canarycli.judge.latency import (
    LEAST_ABOVE,
    QUANTILE_WEIGHTS,
    SHARE_MARGINS,
    share_above,
)
from canarycli.judge.margins import Promise
from canarycli.judge.marks import Mark, above_bound, mark, undecided
from canarycli.judge.means import Means, weight_of
from canarycli.judge.pool import merged
from canarycli.judge.presence import Heard
from canarycli.metrics import Histogram
from canarycli.series.document import MetricSeries, numbers
from canarycli.series.rows import entries, known, present

LEARNING = 5
"""Minutes of the baseline that set latency thresholds where there is no history."""

HALF_FEWER, ONE_FEWER = 0.5, 1.0
"""So many requests above a percentile are spared: it scatters more upwards than downwards, so the
mean of the shares read from few requests lies above the truth, by about half a request for a
lognormal and by one for heavier tails. Each answer takes what makes a fail harder."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Thresholds:
    """Shares above one threshold a quantile, as one check."""

    as_values = False

    def __init__(self, metric: MetricSeries) -> None:
        self.metric = metric
        even = [1 / len(metric.quantiles)] * len(metric.quantiles)
        self.weights = list(QUANTILE_WEIGHTS) if len(even) == len(QUANTILE_WEIGHTS) else even

    @property
    def usual(self) -> Sequence[float | None]:
        """The baseline's usual value at each quantile, None where it was not recorded."""
        return [None] * len(self.weights)

    def parts(self, promise: Promise, pasts: Sequence[Sequence[tuple[float, float]]]) -> Several:
        """A comparison for every quantile, with its history of requests and slow ones."""
        size = promise.crowd * len(self.weights)
        return Several(
            [
                Comparison(
                    SHARE_MARGINS,
                    replace(promise, weight=promise.weight * weight, crowd=size),
                    History.of(past, 1 - q),
                )
                for q, weight, past in zip(self.metric.quantiles, self.weights, pasts, strict=True)
            ],
            self.weights,
        )


class HistogramForm(Thresholds):
    """Rows `[candidate's counts, baseline's counts]` between the bounds, history `[counts]`."""

    def __init__(self, metric: MetricSeries) -> None:
        super().__init__(metric)
        size = len(metric.bounds) + 1
        self.past = []
        for where, row in present(metric.history, f"{metric.where}history"):
            self.past.append(self._histogram(numbers(row, where, size)))
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            for i, arm in enumerate(entries(row, where, 2)):
                numbers(arm, f"{where}[{i}]", size)
        self.marks: list[Mark] = []
        self._learn(self.past)

    def evidence(self, promise: Promise) -> Several:
        """See `Form`."""
        known = [[(h.n, above_bound(h, one.base)) for h in self.past] for one in self.marks]
        return self.parts(promise, known or [[]] * len(self.weights))

    def row(self, minute: Any) -> Row | None:
        """See `Form`."""
        if minute is None:
            return None
        ours, theirs = map(self._histogram, minute)
        if not self.marks:
            self.past.append(theirs)
            if len(self.past) >= LEARNING:
                self._learn(self.past)
            return None
        return [number for one in self.marks for number in one.row((ours, ours), theirs)]

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (sum(minute[0]), sum(minute[1]))

    @property
    def usual(self) -> Sequence[float | None]:
        """See `Thresholds`: the bounds the baseline is cut at."""
        return [self.metric.bounds[one.base] for one in self.marks] or super().usual

    @property
    def coarse(self) -> str:
        """Why the bounds can't decide a pass, "" if they can."""
        widest = max(self.marks, key=lambda one: one.decides, default=None)
        if widest is None or not widest.decides:
            return ""
        decides = widest.decides if isfinite(widest.decides) else None
        return undecided(self.metric.config.tol_pass, widest.width, decides)

    def _histogram(self, counts: Sequence[float]) -> Histogram:
        return Histogram(NEVER, self.metric.bounds, tuple(counts))

    def _learn(self, past: Sequence[Histogram]) -> None:
        if not past or not merged(past).n:
            return
        whole, config = merged(past), self.metric.config
        self.marks = [
            mark(whole, q, config.tol_fail, config.tol_pass) for q in self.metric.quantiles
        ]


class PercentilesForm(Thresholds):
    """Rows `[n_candidate, [values], n_baseline, [values]]`, history `[n, [values]]`.

    The values are those at the quantiles. Where requests are null they are judged as values.
    """

    def __init__(self, metric: MetricSeries) -> None:
        super().__init__(metric)
        size = len(metric.quantiles)
        self.past: list[tuple[float | None, list[float]]] = []
        for where, row in present(metric.history, f"{metric.where}history"):
            self.past.append(_percentiles(entries(row, where, 2), where, size))
        counted = [n is not None for n, _ in self.past]
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            arms = entries(row, where, 4)
            counted += [_percentiles(arms[i : i + 2], where, size)[0] is not None for i in (0, 2)]
        self.as_values = not counted or not all(counted) or size < 2
        self.marks: list[float] = []
        self._learn()

    @property
    def usual(self) -> Sequence[float | None]:
        """See `Thresholds`."""
        return self.marks or super().usual

    def evidence(self, promise: Promise) -> Several:
        """See `Form`."""
        if self.as_values:
            size, config = promise.crowd * len(self.weights), self.metric.config
            return Several(
                [
                    Means(
                        log(1 + config.tol_fail),
                        log(1 + config.tol_pass),
                        replace(promise, weight=promise.weight * weight, crowd=size),
                    )
                    for weight in self.weights
                ],
                self.weights,
            )
        known = self.past if self.marks else []
        shares = [self._shares(n or 0.0, values, 0.0, spare=HALF_FEWER) for n, values in known]
        rows = [
            [(share[2 * i], share[2 * i + 1]) for share in shares if share[2 * i]]
            for i in range(len(self.weights))
        ]
        return self.parts(promise, rows)

    def row(self, minute: Any) -> Row | None:
        """See `Form`."""
        if minute is None:
            return None
        n_c, ours, n_b, theirs = minute
        if self.as_values:
            ratios = [max(a, 1e-9) / max(b, 1e-9) for a, b in zip(ours, theirs, strict=True)]
            return [
                number
                for ratio, q in zip(ratios, self.metric.quantiles, strict=True)
                for number in (log(ratio), *weight_of(None, None, q))
            ]
        if not self.marks:
            self.past.append((n_b, theirs))
            if len(self.past) >= LEARNING:
                self._learn()
            return None
        config = self.metric.config
        fail = self._shares(n_c, ours, config.tol_fail, spare=ONE_FEWER)
        passing = self._shares(n_c, ours, config.tol_pass, lowest=True)
        base = self._shares(n_b, theirs, 0.0, spare=HALF_FEWER)
        return [
            number
            for i in range(0, 2 * len(self.weights), 2)
            for number in (
                fail[i] if base[i] else 0.0,
                fail[i + 1],
                passing[i + 1],
                base[i],
                base[i + 1],
            )
        ]

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (known(minute[0]), known(minute[2]))

    def _shares(
        self,
        n: float,
        values: Sequence[float],
        tolerance: float,
        *,
        spare: float = 0.0,
        lowest: bool = False,
    ) -> list[float]:
        """Requests and slow ones for each threshold; no requests where too few lie above it.

        `lowest` takes each percentile for the lowest that it may be of so many requests; `spare`
        for one with so many requests fewer above it.
        """
        levels = [
            q * n / (n + 1) if lowest else 1 - (1 - q) / (1 + spare / max(1.0, n * (1 - q)))
            for q in self.metric.quantiles
        ]
        found: list[float] = []
        for i, (q, tau) in enumerate(zip(self.metric.quantiles, self.marks, strict=True)):
            if n * (1 - q) < LEAST_ABOVE:
                found += (0.0, 0.0)
            else:
                share = share_above(tau * (1 + tolerance), levels, values, i)
                found += (n, n * share)
        return found

    def _learn(self) -> None:
        known = [(n, values) for n, values in self.past if n]
        total = sum(n for n, _ in known)
        if total and not self.as_values:
            self.marks = [
                max(1e-9, sum(n * values[i] for n, values in known) / total)
                for i in range(len(self.metric.quantiles))
            ]


def _percentiles(arm: list[Any], where: str, size: int) -> tuple[float | None, list[float]]:
    if arm[0] is not None:
        numbers(arm[:1], where)
    return arm[0], numbers(arm[1], f"{where}: percentiles", size)


class FractionsForm(Thresholds):
    """Rows of shares above thresholds that history has set, as `PR(:x)` gives them.

    `[n_candidate, [above tau * (1 + tol_fail)], [above tau * (1 + tol_pass)], n_baseline,
    [above tau]]`, one share a quantile; history `[n, [above tau]]`.
    """

    def __init__(self, metric: MetricSeries) -> None:
        super().__init__(metric)
        size = len(metric.quantiles)
        for where, row in present(metric.history, f"{metric.where}history"):
            _fractions(entries(row, where, 2), where, size, lists={1})
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            _fractions(entries(row, where, 5), where, size, lists={1, 2, 4})

    def evidence(self, promise: Promise) -> Several:
        """See `Form`."""
        past = [row for row in self.metric.history if row is not None]
        rows = [[(n, n * above[i]) for n, above in past] for i in range(len(self.weights))]
        return self.parts(promise, rows)

    def row(self, minute: Any) -> Row | None:
        """See `Form`."""
        if minute is None:
            return None
        n_c, fail, passing, n_b, base = minute
        return [
            number
            for f, p, b in zip(fail, passing, base, strict=True)
            for number in (n_c, n_c * f, n_c * p, n_b, n_b * b)
        ]

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (minute[0], minute[3])


def _fractions(row: list[Any], where: str, size: int, *, lists: Collection[int]) -> None:
    for i, entry in enumerate(row):
        if i in lists:
            if not isinstance(entry, list):
                raise PlanError(f"{where}[{i}]", f"is a list of {size} shares")
            shares = numbers(entry, f"{where}[{i}]", size)
            if max(shares) > 1:
                raise PlanError(f"{where}[{i}]", "holds shares from 0 to 1")
        else:
            numbers([entry], where)
