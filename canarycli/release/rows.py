"""The findings of a look as pipelines get them, and what they come to in numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from canarycli.judge.finding import Finding
    from canarycli.plan import Check

SIGNS = {"pass": "✔", "fail": "✖", "inconclusive": "◔", "no_data": "?"}
"""The sign of a verdict, everywhere."""


def row(finding: "Finding") -> dict[str, Any]:
    """One finding as the JSON contract has it; see `canary schema status`."""
    return {
        "name": finding.check,
        "verdict": finding.verdict.value,
        "baseline": finding.baseline,
        "candidate": finding.candidate,
        "diff": finding.diff,
        "low": finding.low,
        "high": finding.high,
        "limit": finding.limit,
        "limit_low": finding.limit_low,
        "unit": finding.unit.value,
        "relative": finding.relative,
        "role": finding.role.value,
        "gates": "end" if finding.at_end else "stage",
        "n_baseline": finding.n_baseline,
        "n_candidate": finding.n_candidate,
        "age_seconds": None if finding.age is None else round(finding.age.total_seconds(), 1),
        "delay_seconds": None if finding.delay is None else finding.delay.total_seconds(),
        "source": finding.source or None,
        "sampled": finding.sampled,
        "labelled": dict(finding.labelled) or None,
        "message": finding.sentence,
    }


def checks_pass(passing: int, of: int) -> str:
    """`2 of 3 checks pass`."""
    return f"{passing} of {of} {'check passes' if of == 1 else 'checks pass'}"


def failed_requests(extra: float) -> str:
    """`190 extra failed requests`."""
    count = round(extra)
    return f"{count:,} extra failed request{'s' * (count != 1)}"


def served(findings: "Sequence[Finding]") -> float:
    """About how many requests the candidate was judged on at the split in force."""
    return max((finding.n_candidate or 0.0 for finding in findings), default=0.0)


def extra_failures(findings: "Sequence[Finding]", checks: "Sequence[Check]") -> float:
    """About how many requests failed on the candidate that the baseline would have served.

    None where chance alone may have made the difference, or there is no baseline to say it by.
    """
    failures = {check.name for check in checks if check.metric.counts_failures}
    return max((_extra(f) for f in findings if f.check in failures), default=0.0)


def _extra(finding: "Finding") -> float:
    if finding.candidate is None or finding.baseline is None or (finding.low or 0.0) <= 0:
        return 0.0
    return max(0.0, finding.candidate - finding.baseline) * (finding.n_candidate or 0.0)
