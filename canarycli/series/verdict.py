"""The verdict on a recorded release, and its JSON."""

import json
from typing import Any

from canarycli.judge.finding import Finding, Verdict
from canarycli.late_methods import dataclass

SCHEMA = "canary.verdict/1"


@dataclass(frozen=True, slots=True)
class SeriesVerdict:
    """What was found on a recorded release.

    Attributes:
        id: the document's.
        verdict: the worst of the findings.
        minute: index of the minute at which fail (with `stop_on_pass` also pass) was called.
        findings: one a metric, as of the last minute judged.
    """

    id: str
    verdict: Verdict
    minute: int | None
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The canary.verdict/1 document."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "verdict": self.verdict.value,
            "minute": self.minute,
            "findings": [_row(finding) for finding in self.findings],
        }

    def line(self) -> str:
        """The document on one line."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(", ", ": "))


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.check,
        "verdict": finding.verdict.value,
        "unit": finding.unit.value,
        "relative": finding.relative,
        "baseline": _short(finding.baseline),
        "candidate": _short(finding.candidate),
        "diff": _short(finding.diff),
        "low": _short(finding.low),
        "high": _short(finding.high),
        "limit": _short(finding.limit),
        "limit_low": _short(finding.limit_low),
        "n_baseline": finding.n_baseline,
        "n_candidate": finding.n_candidate,
        "more_requests": _short(finding.more_requests),
        "message": finding.sentence,
    }


def _short(value: float | None) -> float | None:
    """Six digits: enough for people, and the same on every machine."""
    return None if value is None else float(f"{value:.6g}")
