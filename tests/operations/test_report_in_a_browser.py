"""The report where people look at it: on a telephone, and on paper."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, a_tab
from unit.stories import NOON, a_release_of

from canarycli.journal import Event
from canarycli.judge import Finding, Verdict
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.release.record import Outcome, State
from canarycli.report import page, told

MINUTE = timedelta(minutes=1)
QUERY = f"SELECT * FROM `{'a_long_name' * 12}`"
NAMES = ("errors_5xx", "errors_4xx", "latency_p50", "latency_p99", "approval rate", "cpu")
PLAN = Plan(
    name="standard",
    stages=(Stage(5, 15 * MINUTE), Stage(25, 20 * MINUTE), Stage(100, 0 * MINUTE)),
    checks=tuple(Check(name, Metric("errors_5xx"), no_worse_by=Margin(0.2)) for name in NAMES),
)


def row(name: str, value: float) -> dict[str, Any]:
    facts = {"unit": "ratio", "relative": False, "role": "gate", "message": f"{name}: a sentence"}
    numbers = {"baseline": 0.002, "candidate": value, "diff": value - 0.002, "limit": 0.005}
    ends = {"low": value - 0.004, "high": value, "n_baseline": 9, "n_candidate": 3}
    return {"name": name, "verdict": "pass", **facts, **numbers, **ends, "age_seconds": 50.0}


def written(folder: Path) -> str:
    """A report of an hour with six checks and twenty moments, as a file's address."""
    release = a_release_of(
        PLAN,
        state=State.ENDED,
        outcome=Outcome.ROLLED_BACK,
        why="errors_5xx 0.19% -> 1.34% (+1.15 pp, limit +0.50 pp)",
        ended_at=NOON + 60 * MINUTE,
        ref="https://ci.example/run/7",
        findings=(Finding("errors_4xx", Verdict.PASS, "", query=QUERY),),
    )
    events = [Event("shift_confirmed", NOON + MINUTE, "v42 5% confirmed", fields={"to": 5})]
    for n in range(40):
        rows = [row(name, 0.002 + n / 10_000) for name in NAMES]
        rows[1] |= {"source": "the warehouse of the shop", "labelled": {"candidate": 0.4}}
        fields = {"stage": 1 + n // 20, "verdict": "pass", "checks": rows}
        events.append(Event("read", NOON + (2 + n) * MINUTE, "a reading", fields=fields))
        events += [Event("note", NOON + n * MINUTE, "something happened" * 3)] * (n % 2)
    story = told(release, events, NOON + 60 * MINUTE, {"console": "https://aws.example/x"})
    file = folder / "report.html"
    file.write_text(page(story, {"readings": []}), encoding="utf-8")
    return file.as_uri()


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed: apt-get install chromium")
def test_a_report_fits_a_telephone_and_one_sheet_of_paper(tmp_path: Path) -> None:
    with a_tab(tmp_path / "profile", written(tmp_path)) as tab:
        screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        tab.call("Emulation.setDeviceMetricsOverride", **screen)
        tab.value("document.querySelectorAll('details').forEach(one => { one.open = true })")
        wide = tab.value("document.documentElement.scrollWidth")
        least = tab.value(
            "Math.min(...[...document.querySelectorAll('svg text')]"
            ".map(text => text.getBoundingClientRect().height))"
        )
        tab.value("document.querySelectorAll('details').forEach(one => { one.open = false })")
        tab.call("Emulation.clearDeviceMetricsOverride")
        paper = tab.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)

    assert wide <= 390
    assert least >= 10
    assert len(re.findall(rb"/Type\s*/Page[^s]", base64.b64decode(paper["data"]))) == 1
