"""Says recorded latency as people do: which percentile, how many are above what."""

from dataclasses import replace

from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.pool import quantile_of
from canarycli.judge.sentences import sentence, shown_by
from canarycli.judge.wording import amount
from canarycli.metrics import UNITS, Metric, Unit
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
    q = metric.quantiles[part]
    name = finding.check
    if quantile_of(Metric(name)) != q:
        name = f"{name} p{100 * q:g}"
    if finding.baseline is None or finding.candidate is None:
        return sentence(replace(finding, check=name))
    config, unit = metric.config, UNITS.get(metric.name, Unit.NONE)
    tolerance = config.tol_pass if finding.verdict is Verdict.PASS else config.tol_fail
    theirs, ours = (amount(v, Unit.RATIO) for v in (finding.baseline, finding.candidate))
    usual, beyond = "its usual value", "that by more than the limit"
    if threshold is not None:
        usual, beyond = (amount(v, unit) for v in (threshold, threshold * (1 + tolerance)))
    shares = f"{theirs} above {usual} -> {ours} above {beyond}"
    return f"{name} (limit +{100 * tolerance:g}%): {shares}: {shown_by(finding)}"
