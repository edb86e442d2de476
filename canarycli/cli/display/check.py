"""What `canary check` shows of a live endpoint."""

from collections.abc import Iterator
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.display.table import fitted, room
from canarycli.judge.finding import Verdict
from canarycli.operations.check import Checked
from canarycli.operations.noise import Measured
from canarycli.plan import Role
from canarycli.release.decide.sentences import span
from canarycli.release.rows import SIGNS, row

WORDS = {
    Verdict.PASS: "PASS  every check passes",
    Verdict.FAIL: "FAIL",
    Verdict.INCONCLUSIVE: "CAN'T TELL",
    Verdict.NO_DATA: "NO DATA",
}


def show_checked(output: Output, checked: Checked) -> None:
    """Show the findings, and how to leave a silent check out."""
    output.result(_document(checked), fitted(_lines(checked), room()))
    for finding in checked.found.findings:
        if finding.verdict is Verdict.NO_DATA and finding.role is Role.GATE:
            name = f"'{finding.check}'" if " " in finding.check else finding.check
            output.say(f"hint: judge without it this once: canary check --skip {name}")


def show_measured(output: Output, measured: Measured) -> None:
    """Show how far two equal arms differ, and what to do with it."""
    live, most = measured.window, measured.most
    document = {
        "schema": "canary.noise/1",
        "endpoint": live.work.target.name,
        "baseline": live.baseline,
        "candidate": live.candidate,
        "window": {"start": live.window.start, "end": live.window.end},
        "arm_noise": None if most is None else round(most, 4),
        "checks": [
            {"name": name, "noise": None if noise is None else round(noise, 4)}
            for name, noise in measured.noise.items()
        ],
    }
    output.result(document, fitted(_noise_lines(measured), room()))


def _noise_lines(measured: Measured) -> Iterator[str]:
    live = measured.window
    yield f"{live.work.target.name}  {live.baseline} and {live.candidate}, as if they were equal"
    for name, noise in measured.noise.items():
        said = "too few bad requests to tell" if noise is None else f"{noise:.0%} of its rate"
        yield f"  {name}  {said}"
    if measured.most:
        yield f"  into the plan: arm_noise: {measured.most:.0%}"


def _document(checked: Checked) -> dict[str, Any]:
    live, found = checked.window, checked.found
    work = live.work
    return {
        "schema": "canary.check/1",
        "endpoint": work.target.name,
        "provider": work.target.provider,
        "region": work.provider.place,
        "release": live.release.id if live.release else None,
        "baseline": live.baseline,
        "candidate": live.candidate,
        "share": None if live.share is None else round(live.share, 4),
        "window": {"start": live.window.start, "end": live.window.end},
        "verdict": found.verdict,
        "failed_at": checked.failed_at,
        "checks": [row(finding) for finding in found.findings],
    }


def _lines(checked: Checked) -> Iterator[str]:
    live, found, at = checked.window, checked.found, checked.failed_at
    work, window = live.work, live.window
    yield (
        f"{work.target.name}  {live.baseline} → {live.candidate}   {work.target.provider} "
        f"{work.provider.place}   {span(window.length)} to {window.end:%Y-%m-%d %H:%M:%S} UTC"
    )
    for finding in found.findings:
        yield f"  {SIGNS[finding.verdict]} {finding.sentence}"
    when = f", first shown at {at:%H:%M:%S} UTC" if at else ""
    yield f"  {WORDS[found.verdict]}{when}"
