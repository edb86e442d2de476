"""Judges a whole window after the fact, period by period, as if it had been watched."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from canarycli.judge.finding import Arms, Judgement, Verdict
from canarycli.judge.looking import begin, extra_metrics, judge
from canarycli.judge.pool import pool
from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check, Role

REQUESTS = Metric("requests")
MOST_LOOKS = 1440
"""Longer windows are looked at every few periods."""

Measure = Callable[[tuple[Metric, ...]], Measurements]


def judge_window(
    checks: Sequence[Check], history: Measurements, measure: Measure, arms: Arms
) -> tuple[Judgement, datetime | None]:
    """The judgement on a window, and when a fail was first proven in it, None if it was not.

    A fail that is proven ends it, as it would have ended a release: what comes later changes
    nothing. Limits on the candidate alone are compared with its mean over the whole window.

    Args:
        checks: the plan's checks.
        history: the baseline before the window.
        measure: both arms within the window, the checks' metrics and those asked for besides.
        arms: `since` and `now` are the window, whose points no longer grow; a `share` of 0 is
            replaced by the one the requests show.
    """
    state = begin(checks, history, arms)
    whole = measure(extra_metrics(checks, state))
    looks = _ends(whole, Window(arms.since, arms.now))
    # The split was in place before the window, so nobody has to warm up in it.
    arms = replace(arms, share=arms.share or _share(whole, arms), warm_up=timedelta(0))
    found = Judgement((), state)
    for end in looks[:: max(1, len(looks) // MOST_LOOKS)]:
        found = judge(checks, _until(whole, end), replace(arms, now=end), found.state)
        if any(
            f.verdict is Verdict.FAIL and f.proven and f.role is Role.GATE for f in found.findings
        ):
            return found, end
    return judge(checks, _until(whole, arms.now), arms, found.state), None


def _ends(whole: Measurements, window: Window) -> list[datetime]:
    """The ends of the periods there are points of."""
    every = (series for metrics in whole.series.values() for series in metrics.values())
    ends = {point.at + series.period for series in every for point in series.points}
    return sorted(end for end in ends if window.start < end <= window.end)


def _share(whole: Measurements, arms: Arms) -> float:
    ours, theirs = (
        pool(whole.of(name, REQUESTS), REQUESTS).n or 0.0
        for name in (arms.candidate, arms.baseline)
    )
    return float(f"{100 * ours / (ours + theirs):.3g}") if ours + theirs else 0.0


def _until(whole: Measurements, end: datetime) -> Measurements:
    """What was known then; a series that comes late by itself was late then, too."""
    window = Window(whole.window.start, end)
    series = {
        version: {key: one.within(window) for key, one in metrics.items()}
        for version, metrics in whole.series.items()
    }
    return replace(whole, window=window, series=series)
