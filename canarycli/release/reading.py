"""One reading for people: the findings of a look as a sentence."""

from canarycli.judge import Finding, Judgement, Verdict
from canarycli.judge.finding import deciding
from canarycli.release.record import Release
from canarycli.release.rows import checks_pass


def reading(release: Release) -> str:
    """The newest findings in one sentence, the worst first."""
    gates = list(deciding(release.findings))
    bad = [f for f in gates if f.verdict is Verdict.FAIL]
    if bad:
        if bad[0].proven or bad[0].critical:
            return bad[0].sentence
        times = release.failing.get(bad[0].check, 1)
        return f"{bad[0].sentence}, {times} of {release.plan.fails_after} in a row"
    if not any(f.baseline is not None or f.candidate is not None for f in gates):
        return f"no verdict yet; {gates[0].sentence}" if gates else "no check decides"
    passing = sum(f.verdict is Verdict.PASS for f in gates)
    open_ones = [f.sentence for f in gates if f.verdict is not Verdict.PASS]
    if open_ones and not passing:
        return f"no verdict yet; {open_ones[0]}"
    tail = f"; {open_ones[0]}" if open_ones else ""
    return f"{checks_pass(passing, len(gates))}{tail}"


def no_reading(release: Release, why: str) -> Judgement:
    """What is known of the checks when the metrics can't be read: nothing."""
    findings = tuple(
        Finding(
            check.name,
            Verdict.NO_DATA,
            f"{check.name}: the metrics can't be read: {why}",
            role=check.role,
        )
        for check in release.plan.checks
    )
    return Judgement(findings, release.judge)
