"""The one sentence of a finding that compares two arms: both numbers, the limit, what is proven."""

from canarycli.judge.finding import Finding, Verdict
from canarycli.judge.wording import amount, change, spanned


def sentence(finding: Finding, of: str = "requests") -> str:
    """The sentence for a finding whose numbers are filled in, and what its numbers count."""
    if finding.guard:
        return _guarded(finding)
    return f"{_numbers(finding)}: {shown_by(finding, of)}"


def shown_by(finding: Finding, of: str = "requests") -> str:
    """What the numbers of a finding show."""
    match finding.verdict:
        case Verdict.FAIL:
            beyond = "worse than" if finding.limit_low is None else "beyond"
            return f"proven {beyond} the limit"
        case Verdict.PASS:
            return "proven within the limit"
        case _:
            return f"can't tell yet{_missing(finding, of)}"


def _guarded(finding: Finding) -> str:
    """Without a baseline there is one rate, and a limit on it."""
    if finding.candidate is None:
        return finding.check
    rate = f"{finding.check} {amount(finding.candidate, finding.unit)}"
    limit = "" if finding.limit is None else f" (guard {amount(finding.limit, finding.unit)})"
    if finding.verdict is not Verdict.FAIL:
        return f"{rate}{limit}"
    if finding.proven:
        return f"{rate}{limit}: most requests fail"
    return f"{rate}{limit}: beyond the guard, with no baseline left to compare it with"


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
    if finding.limit_low is not None:
        limit = limit.replace("+", "±", 1)
    return f"{finding.check} {arms}({diff}, limit {limit})"


def _missing(finding: Finding, of: str) -> str:
    if finding.more_requests is None:
        return ""
    return f", about {spanned(finding.more_requests)} more {of}"
