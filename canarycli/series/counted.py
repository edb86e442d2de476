"""Reads recorded minutes of counts and of values."""

from typing import Any

from canarycli.errors import PlanError
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Row
from canarycli.judge.history import History
from canarycli.judge.margins import ERRORS_STAGE_RATIO, Margins, Promise
from canarycli.judge.means import Means, Scale, weight_of
from canarycli.judge.presence import Heard
from canarycli.plan import Better
from canarycli.series.document import MetricSeries, measurable, numbers
from canarycli.series.rows import entries, known, present


def margins_in(metric: MetricSeries) -> Margins:
    """The margins on a rate that the metric's config asks for."""
    c = metric.config
    stage = max(ERRORS_STAGE_RATIO, c.rho_pass)
    return Margins(c.rho_fail, c.delta_fail, c.rho_pass, c.delta_pass, stage).beyond(c.arm_noise)


class CountsForm:
    """Rows `[n_candidate, x_candidate, n_baseline, x_baseline]`, history `[n, x]`."""

    def __init__(self, metric: MetricSeries) -> None:
        for where, row in present(metric.history, f"{metric.where}history"):
            numbers(row, where, 2)
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            _counts(row, where)
        self.metric = metric
        self.turned = metric.better is Better.HIGHER

    def evidence(self, promise: Promise) -> Comparison:
        """See `Form`."""
        past = [(n, self._bad(n, x)) for n, x in filter(None, self.metric.history) if 0 <= x <= n]
        return Comparison(margins_in(self.metric), promise, History.of(past))

    def row(self, minute: Any) -> Row | None:
        """See `Form`; a minute with more bad ones than requests is left out, and counted."""
        if minute is None or None in minute or self.odd(minute):
            return None
        n_c, x_c, n_b, x_b = minute
        x_c, x_b = self._bad(n_c, x_c), self._bad(n_b, x_b)
        return n_c, x_c, x_c, n_b, x_b

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (minute[0], minute[2])

    def odd(self, minute: Any) -> bool:
        """Whether a minute has more bad ones than requests."""
        n_c, x_c, n_b, x_b = (number or 0.0 for number in minute or (0, 0, 0, 0))
        return bool(x_c > n_c or x_b > n_b)

    def _bad(self, n: float, x: float) -> float:
        return n - x if self.turned else x


def _counts(row: Any, where: str) -> None:
    whole = entries(row, where, 4)
    if None not in whole:
        numbers(whole, where)
        return
    for first in (0, 2):
        arm = whole[first : first + 2]
        if arm != [None, None]:
            numbers(arm, f"{where}[{first}:]")


class ValuesForm:
    """Rows `[v_candidate, n_candidate, v_baseline, n_baseline]`, history `[v, n]`; n may be null.

    Margins are fractions of the baseline's level: of its history, else of its first window.
    """

    def __init__(self, metric: MetricSeries) -> None:
        self.past = []
        for where, row in present(metric.history, f"{metric.where}history"):
            self.past.append(_value(entries(row, where, 2), where, metric.config.cap))
        firsts = []
        for where, row in present(metric.minutes, f"{metric.where}minutes"):
            arms = entries(row, where, 4)
            _value(arms[:2], where, metric.config.cap)
            firsts.append(_value(arms[2:], where, metric.config.cap)[0])
        self.metric = metric
        self.known = Scale.of(self.past, as_log=False)
        self.begun = bool(self.known.level)
        if not self.begun:
            self.known = Scale(next(filter(None, firsts), 0.0))
        self.level = self.known.level
        self.sign = 1.0 if metric.better is Better.LOWER else -1.0

    def evidence(self, promise: Promise) -> Means:
        """See `Form`."""
        config = self.metric.config
        known = self.known.relative(config.cap)
        return Means(config.margin_fail, config.margin_pass, promise, known)

    def row(self, minute: Any) -> Row | None:
        """See `Form`."""
        if minute is None:
            return None
        v_c, n_c, v_b, n_b = minute
        if not self.begun:
            # The window that sets the level is not judged by it.
            self.begun = bool(v_b)
            return None
        if 0 in {n_c, n_b}:
            return None
        return self.sign * (v_c - v_b) / abs(self.level), *weight_of(n_c, n_b, None)

    def heard(self, minute: Any) -> Heard:
        """See `Form`."""
        return (None, None) if minute is None else (known(minute[1]), known(minute[3]))


def _value(arm: list[Any], where: str, cap: float | None) -> tuple[float, float | None]:
    value, n = arm
    if isinstance(value, bool) or not isinstance(value, int | float) or not measurable(value):
        raise PlanError(where, f"a value is a finite number, not {value!r:.40}")
    if cap is not None and value > cap:
        raise PlanError(where, f"a mean of {value:g} is above the cap of {cap:g}")
    if n is not None:
        numbers([n], where)
    return value, n
