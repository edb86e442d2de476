"""Reads the metrics of a look so that one which is refused takes only its own checks' data."""

from collections.abc import Collection, Sequence
from functools import reduce

from canarycli.errors import Broken, Late, ProviderError, Unavailable
from canarycli.metrics import Measurements, Metric, Window
from canarycli.provider import Provider


def read_apart(
    provider: Provider,
    endpoint: str,
    versions: Collection[str],
    metrics: Sequence[Metric],
    window: Window,
) -> Measurements:
    """All metrics in one question; where that is refused, each of a team's own by itself.

    What is refused then is in `Measurements.failed`, and a release goes on by the rest.

    Raises:
        ProviderError: there is no answer, or not one of the metrics can be read.
    """

    def ask(some: Sequence[Metric]) -> Measurements:
        return provider.measure(endpoint, versions, some, window)

    try:
        return ask(metrics)
    except ProviderError as error:
        groups = _groups(metrics)
        if len(groups) == 1 or _passes(error):
            raise
        whole = error
    found: list[Measurements] = []
    failed: dict[str, str] = {}
    for group in groups:
        try:
            found.append(ask(group))
        except ProviderError as error:
            if _passes(error):
                raise
            failed |= {metric.key: error.said for metric in group}
    if not found:
        raise whole
    measured = reduce(Measurements.joined, found)
    return measured.joined(Measurements(window, measured.taken_at, {}, failed=failed))


def _passes(error: ProviderError) -> bool:
    """Whether it is about the moment, not about what was asked: no answer, or none in time."""
    if isinstance(error, Broken):
        return isinstance(error, Late)
    return isinstance(error, Unavailable)


def _groups(metrics: Sequence[Metric]) -> list[Sequence[Metric]]:
    """The built-in ones with those of sources, which fail apart; each of a team's own alone."""
    own = [[metric] for metric in metrics if metric.source and metric.origin is None]
    usual = [metric for metric in metrics if [metric] not in own]
    return [group for group in (usual, *own) if group]
