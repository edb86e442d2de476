"""The one sentence of a finding that compares two arms: both numbers, the limit, what is proven."""

from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.wording import amount, change, requests


def sentence(finding: Finding, times: float = 0.0) -> str:
    """The sentence for a finding whose numbers are filled in.

    Args:
        finding: with its verdict.
        times: the release's e-value: a candidate within the limits reaches it at most once in so
            many releases.
    """
    numbers = _numbers(finding)
    match finding.verdict:
        case Verdict.FAIL:
            rare = requests(min(times, 1e9) // 1)
            return f"{numbers}: proven, a candidate within it shows this once in {rare} releases"
        case Verdict.PASS:
            return f"{numbers}: proven to be within it"
        case Verdict.NO_DATA:
            return f"{finding.check} has no data for the candidate"
        case Verdict.INCONCLUSIVE:
            return f"{numbers}: can't tell yet{_missing(finding)}"


def _numbers(finding: Finding) -> str:
    if finding.diff is None or finding.limit is None:
        return finding.check
    arms = ""
    if finding.baseline is not None and finding.candidate is not None:
        unit = finding.unit
        arms = f"{amount(finding.baseline, unit)} -> {amount(finding.candidate, unit)} "
    diff, limit = (
        change(v, finding.unit, relative=finding.relative) for v in (finding.diff, finding.limit)
    )
    return f"{finding.check} {arms}({diff}, limit {limit})"


def _missing(finding: Finding) -> str:
    if finding.more_requests is None:
        return ""
    return f", about {requests(finding.more_requests)} more requests"
