"""Asks an endpoint's own recorded answers, as a source is asked."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from canarycli.answers import Paths, counted
from canarycli.errors import Unsupported
from canarycli.metrics import Measurements, Metric, Origin, Window
from canarycli.provider import Provider
from canarycli.recorder import MOST, USUAL_DELAY, Budget, Recorder
from canarycli.source import Arm
from canarycli.verbs import offers

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(hours=2)
"""What is read of the past: whole answers are read, and a day of them is a lot."""


def recorded(
    provider: Provider,
    origin: Origin,
    arms: Sequence[Arm],
    metrics: Collection[Metric],
    window: Window,
) -> Measurements:
    """What the versions said in a window, counted by period.

    Raises:
        Unsupported: the provider keeps no answers, or nothing is kept of a version.
    """
    if not offers(provider, Recorder):
        raise Unsupported("this provider's cloud keeps no answers")
    settings = origin.settings
    if window.length > LONGEST:
        window = replace(window, start=window.end - LONGEST)
    budget = Budget(float(settings.get("sample", 1.0)), int(settings.get("at_most", MOST)))
    endpoint, versions = arms[0].endpoint, [arm.version for arm in arms]
    found = counted(
        provider.answers(endpoint, versions, window, budget),
        Paths.of(settings),
        metrics,
        window,
        period=settings.get("period") or MINUTE,
        delay=settings.get("delay") or USUAL_DELAY,
        versions=versions,
    )
    kept = provider.recording(endpoint)
    where = ", ".join(sorted({kept[v].where for v in versions if v in kept}))
    part = "" if budget.part >= 1 else f", {budget.part:.0%} of them"
    queries = {metric.key: f"answers in {where}{part}" for metric in metrics}
    return Measurements(window, window.end, found, queries)
