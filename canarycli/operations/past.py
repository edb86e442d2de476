"""Reads a baseline's past: first what sets thresholds, then the requests counted over them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from canarycli.forecast.unseen import left_out
from canarycli.judge import Arms, begin, extra_metrics
from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check
from canarycli.provider import Provider

HISTORY = timedelta(hours=24)
MOST_POINTS = 2000
"""Periods shorter than a minute would make a whole day too much to read."""


def before(at: datetime, provider: Provider) -> Window:
    """The time before an instant that the judge learns from."""
    return Window(at - min(HISTORY, MOST_POINTS * provider.limits.metric_period), at)


def read_past(
    provider: Provider, endpoint: str, baseline: str, checks: Sequence[Check], window: Window
) -> Measurements:
    """The baseline's metrics in a window, with those the judge will ask for besides.

    Raises:
        ProviderError: the cloud does not answer, or the metrics may not be read.
    """

    def measure(metrics: Collection[Metric]) -> Measurements:
        return provider.measure(endpoint, (baseline,), metrics, window)

    arms = Arms(baseline, baseline, 0.0, window.end, window.end, timedelta(0))
    own = {check.metric.key: check.metric for check in checks}
    beside = {m.key: m for m in extra_metrics(checks, {}) if provider.limits.offers(m)}
    wider = {m.key: m for m in left_out(checks, provider.limits.metrics)}
    found = measure((own | beside | wider).values())
    counted = extra_metrics(checks, begin(checks, found, arms))
    more = [m for m in counted if m.key not in own | beside and provider.limits.offers(m)]
    return found.joined(measure(more)) if more else found
