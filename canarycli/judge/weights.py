"""How the one promise of a release is shared out over its metrics."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from canarycli.metrics import ANSWERS, LABELLED

GROUPS: Mapping[str, float] = MappingProxyType(
    {
        "errors": 0.4,
        "latency": 0.3,
        "others": 0.2,
        "client errors": 0.1,
        "answers": 0.2,
        "quality": 0.2,
    }
)
"""Each group's part of alpha; the part of groups that are absent is shared out."""

BY_NAME: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "errors": ("errors", 1.0),
        "errors_5xx": ("errors", 1.0),
        "model_errors": ("errors", 1.0),
        "errors_4xx": ("client errors", 1.0),
        "latency": ("latency", 1.0),
        "latency_over": ("latency", 1.0),
        "latency_p50": ("latency", 0.5),
        "latency_p90": ("latency", 1.0),
        "latency_p95": ("latency", 1.0),
        "latency_p99": ("latency", 0.5),
        "overhead_p50": ("latency", 0.5),
        "overhead_p99": ("latency", 0.5),
        **{name: ("quality" if name in LABELLED else "answers", 1.0) for name in ANSWERS},
    }
)


def weights(names: Sequence[str]) -> list[float]:
    """The weight of each metric, by its name; they add up to 1.

    A weighted mean of e-processes is one itself, whatever the metrics have to do with each
    other, and is never slower than testing each at its part of alpha (Bonferroni).
    """
    known = [BY_NAME.get(name, ("others", 1.0)) for name in names]
    present = {group for group, _ in known}
    whole = sum(GROUPS[group] for group in present)
    sizes = {g: sum(part for group, part in known if group == g) for g in present}
    return [GROUPS[group] / whole * part / sizes[group] for group, part in known]
