"""Says recorded latency as people do: which percentile, how many are slower, and than what."""

from dataclasses import replace

from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.sentences import sentence, shown_by
from canarycli.judge.wording import amount
from canarycli.metrics import UNITS, Unit
from canarycli.series.document import MetricSeries


def latency_sentence(
    finding: Finding, metric: MetricSeries, part: int, threshold: float | None
) -> str:
    """The sentence of a finding on one percentile of a metric.

    Args:
        finding: with shares of requests above a threshold, or differences of values.
        metric: what was recorded.
        part: which of its quantiles.
        threshold: the baseline's usual percentile, None where only shares above it were recorded.
    """
    name = f"{finding.check} p{100 * metric.quantiles[part]:g}"
    if finding.baseline is None or finding.candidate is None:
        return sentence(replace(finding, check=name))
    config, unit = metric.config, UNITS.get(metric.name, Unit.NONE)
    passed = finding.verdict is Verdict.PASS
    tolerance = config.tol_pass if passed else config.tol_fail
    usual, than = "", "so much more"
    if threshold is not None:
        usual = f" cut at {amount(threshold, unit)}"
        than = amount(threshold * (1 + config.tol_fail), unit)
    slower, ours = (amount(v, Unit.RATIO) for v in (finding.baseline, finding.candidate))
    shares = f"{slower} slower -> {ours} slower than {than}"
    return f"{name}{usual} (limit +{100 * tolerance:g}%): {shares}: {shown_by(finding)}"
