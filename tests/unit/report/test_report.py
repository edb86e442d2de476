"""A release told as Markdown, JUnit, HTML and JSON, from its record and its journal alone."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from unit.stories import NOON, a_release_of

from canarycli.cli.display.schemas import report_schema
from canarycli.journal import Event
from canarycli.judge import Finding, Verdict
from canarycli.metrics import Metric
from canarycli.plain import plain
from canarycli.plan import Check, Margin, Plan, Role, Stage
from canarycli.release.record import Outcome, Release, State
from canarycli.report import Story, junit, markdown, page, report_document, told
from canarycli.report.gauge import Gauge, drawn

MINUTE = timedelta(minutes=1)
HOSTILE = "<script>alert('1')</script>|`x`"
PLAN = Plan(
    name="standard",
    stages=(Stage(5, 15 * MINUTE), Stage(25, 20 * MINUTE), Stage(100, timedelta(0))),
    checks=(
        Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(0.005, absolute=True)),
        Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH),
        Check("approvals", Metric("approvals"), never_below=0.6),
    ),
)
BASE = a_release_of(
    PLAN,
)
ROLLED_BACK = replace(
    BASE,
    state=State.ENDED,
    outcome=Outcome.ROLLED_BACK,
    why="errors_5xx 0.19% -> 1.34%",
    ended_at=NOON + 39 * MINUTE,
    reached=25.0,
    served=14_712.0,
    extra=190.4,
    traffic={"v41": 100.0, "v42": 0.0},
)


def row(name: str, verdict: str, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("baseline", "candidate", "diff", "low", "high", "limit"))
    empty |= dict.fromkeys(("n_baseline", "n_candidate", "age_seconds"))
    facts = {"unit": "ratio", "relative": False, "role": "gate", "message": f"{name}: {verdict}"}
    return {"name": name, "verdict": verdict, **empty, **facts, **more}


def errors(verdict: str, candidate: float) -> dict[str, Any]:
    diff = candidate - 0.0019
    ends = {"low": diff - 0.003, "high": diff + 0.003}
    return row(
        "errors_5xx", verdict, baseline=0.0019, candidate=candidate, diff=diff, limit=0.005, **ends
    )


def read(minute: float, stage: int, verdict: str, *checks: dict[str, Any]) -> Event:
    fields = {"stage": stage, "verdict": verdict, "checks": checks}
    return Event("read", NOON + minute * MINUTE, f"a reading: {verdict}", fields=fields)


def moved(minute: float, share: float) -> Event:
    fields = {"from": 0.0, "to": share}
    return Event("shift_confirmed", NOON + minute * MINUTE, f"v42 {share:g}%", fields=fields)


JOURNAL = (
    Event("shift_requested", NOON, "asking for v42 5%"),
    moved(1, 5.0),
    read(3, 1, "inconclusive", errors("inconclusive", 0.002)),
    read(10, 1, "pass", errors("pass", 0.002)),
    read(14, 1, "pass", errors("pass", 0.0021)),
    moved(16, 25.0),
    read(
        30, 2, "fail", errors("fail", 0.0134), row("cpu", "no_data", role="watch", unit="percent")
    ),
    Event("rollback_started", NOON + 36 * MINUTE, f"rolling back {HOSTILE}", "warning"),
    moved(38, 0.0),
    Event("ended", NOON + 39 * MINUTE, "rolled back"),
)


def story(release: Release = ROLLED_BACK, events: Sequence[Event] = JOURNAL) -> Story:
    return told(release, events, NOON + 60 * MINUTE)


def document(of: Story) -> dict[str, Any]:
    status = {"schema": "canary.status/1", "release": of.release.id}
    found: dict[str, Any] = plain(report_document(of, status))
    return found


def test_the_summary_says_what_happened_first() -> None:
    lines = markdown(story()).splitlines()

    assert lines[0] == "### ↩ fraud-scorer v41 → v42 rolled back at 25%"
    assert lines[1] == (
        "errors_5xx 0.19% -> 1.34%. Traffic is at v41 100% since 12:39:00 UTC; "
        "about 190 extra failed requests."
    )
    [failed] = [line for line in lines if "errors_5xx |" in line]
    assert failed.startswith("| ✖ | errors_5xx | 0.19% | 1.34% | **+1.15 pp** | `")
    assert failed.endswith("▶` | +0.50 pp |")


def test_only_readings_that_say_something_new_are_in_the_timeline() -> None:
    text = markdown(story())

    assert text.count("a reading: pass") == 1
    assert "asking for" not in text


def test_an_open_release_is_told_as_it_is() -> None:
    running = replace(BASE, target=5.0)

    lines = markdown(story(running, JOURNAL[:3])).splitlines()

    assert lines[0] == "### ● fraud-scorer v41 → v42 running at 5%"


def test_nobodys_words_become_markup() -> None:
    assert "<script>alert" not in markdown(story())
    assert "<script>alert" not in page(story(), document(story()))
    named = replace(ROLLED_BACK, endpoint=HOSTILE, why=HOSTILE, note=HOSTILE, ref="javascript:x")
    assert "<script>alert" not in page(story(named), document(story(named)))
    assert "href" not in page(story(named), document(story(named)))
    ET.fromstring(junit(story(replace(named, why=f"{HOSTILE}\x00\x1b"))))


def test_junit_has_a_case_for_each_check_of_each_stage() -> None:
    suite = ET.fromstring(junit(story()))

    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "time": "2340.000",
    }
    cases = [
        (c.get("classname"), c.get("name"), [r.tag for r in c]) for c in suite.iter("testcase")
    ]
    assert cases == [
        ("fraud-scorer.stage 1 at 5%", "errors_5xx", []),
        ("fraud-scorer.stage 2 at 25%", "errors_5xx", ["failure"]),
        ("fraud-scorer.stage 2 at 25%", "cpu", ["skipped"]),
    ]


@pytest.mark.parametrize(
    ("verdict", "result"), [("fail", "failure"), ("inconclusive", "skipped"), ("no_data", "error")]
)
def test_a_verdict_is_a_result_of_junit(verdict: str, result: str) -> None:
    events = (moved(1, 5), read(3, 1, verdict, errors(verdict, 0.01)))

    [case] = ET.fromstring(junit(story(events=events))).iter("testcase")

    assert [(r.tag, r.get("message")) for r in case] == [(result, f"errors_5xx: {verdict}")]


class Balanced(HTMLParser):
    """Counts what is open, and remembers the charts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.charts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        if tag == "svg":
            self.charts.append(dict(attrs)["aria-label"] or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A line or a circle."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_no_network() -> None:
    text = page(story(), document(story()))

    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "traffic on v42 over time" in parser.charts
    assert "errors_5xx over time" in parser.charts
    assert "http" not in text
    assert len(text) < 60_000


def test_the_page_says_where_figures_come_from_that_the_cloud_did_not_count() -> None:
    share = row(
        "class_share(fraud)",
        "pass",
        source="recorded answers",
        sampled=0.1,
        n_baseline=8240.0,
        n_candidate=433.0,
        age_seconds=720.0,
        baseline=0.031,
        candidate=0.033,
        limit=0.01,
        limit_low=-0.01,
        labelled={"baseline": 0.38, "candidate": 0.381},
    )
    asked = Finding("class_share(fraud)", Verdict.PASS, "", query="SELECT 1 < 2")
    release = replace(BASE, findings=(asked,))
    told_ = story(release, (moved(1, 5.0), read(14, 1, "pass", errors("pass", 0.002), share)))

    text = page(told_, document(told_))

    section = text.split("<h2>Answers and sources</h2>")[1].split("<h2>Over time</h2>")[0]
    rows = [re.findall(r"<td[^>]*>([^<]*)", line) for line in section.split("<tr>")[2:]]
    assert rows == [
        [
            *("class_share(fraud)", "recorded answers", "3.10% of 8,240", "3.30% of 433"),
            *("±1.00 pp", "10%", "38%", "11-24 12:02"),
        ],
    ]
    assert "<pre>SELECT 1 &lt; 2</pre>" in section


def test_the_page_says_above_what_scores_were_compared() -> None:
    scores = row("scores", "pass", source="recorded answers", limit=0.05, limit_low=-0.05)
    frozen = {"scores": {"facts": {"cuts": [1, 2], "bounds": [0.1, 0.31, 0.74]}}}
    events = (moved(1, 5.0), read(14, 1, "pass", scores))
    told_ = story(replace(BASE, judge=frozen), events)

    assert "<pre>shares above 0.31, 0.74</pre>" in page(told_, document(told_))


def test_a_page_of_the_clouds_own_figures_has_no_sources() -> None:
    assert "Answers and sources" not in page(story(), document(story()))


def test_the_page_is_a_data_file_too() -> None:
    text = page(story(), document(story()))

    inside = text.split('id="canary-report">')[1].split("</script>")[0]
    assert json.loads(inside) == document(story())


def test_the_document_fits_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(report_schema())
    validator.validate(document(story()))
    validator.validate(document(story(BASE, ())))


def test_a_release_without_a_reading_is_told_too() -> None:
    empty = story(BASE, ())

    assert "| check |" not in markdown(empty)
    assert ET.fromstring(junit(empty)).get("tests") == "0"
    assert "Checks at the decision" not in page(empty, document(empty))


def test_the_time_of_a_report_is_no_earlier_than_what_it_tells() -> None:
    noted = Event("shift_confirmed", NOON + 30 * 60 * MINUTE, "v42 5% confirmed", fields={"to": 5})

    text = page(story := told(BASE, [noted], NOON - 60 * MINUTE), document(story))

    assert "2026-11-24 12:00 to 2026-11-25 18:00 UTC" in text
    assert "so far" in text


@pytest.mark.parametrize(
    ("more", "drawing"),
    [
        ({"diff": 0.0, "low": -0.001, "high": 0.001, "limit": 0.005}, "───━●━─────┃───"),
        ({"diff": 0.02, "low": 0.015, "high": 0.025, "limit": 0.005}, "────┼──────┃──▶"),
        ({"diff": -0.004, "low": -0.03, "high": 0.02, "limit": -0.02}, "━━━━━●━━━━━╋━━━"),
        ({"diff": 0.0, "limit": 0.005}, "━━━━●━━━━━━╋━━━"),
        ({"limit": 0.005}, "────┼──────┃───"),
        ({"diff": 0.0}, ""),
    ],
    ids=["equal", "far beyond", "higher is better", "open interval", "no estimate", "no limit"],
)
def test_the_gauge_is_worse_to_the_right(more: dict[str, Any], drawing: str) -> None:
    assert drawn(Gauge.of({**row("x", "pass", **more), "kind": ""}), 15) == drawing


def test_a_value_of_its_own_without_an_interval_is_a_point() -> None:
    cpu = {**row("cpu", "pass", candidate=37.6, limit=85.0), "kind": "ceiling"}

    assert drawn(Gauge.of(cpu), 15) == "───────●───┃───"


def test_a_floor_is_turned_round() -> None:
    numbers = {"candidate": 0.9, "low": 0.85, "high": 0.95, "limit": 0.6}

    gauge = Gauge.of({**row("approvals", "pass", **numbers), "kind": "floor"})

    assert gauge is not None
    assert gauge.at == pytest.approx(0.5)
    assert gauge.low < 0.5 < gauge.high < 1
    assert not gauge.same


def test_the_page_names_the_plan_by_what_is_in_it() -> None:
    def fingerprint(plan: Plan) -> str:
        story = told(replace(ROLLED_BACK, plan=plan), (), NOON + 40 * MINUTE)
        text = page(story, plain(report_document(story, {})))
        return text.split("fingerprint <code>")[1].split("<")[0]

    same, other = replace(PLAN, name="renamed"), replace(PLAN, fails_after=5)

    assert len(fingerprint(PLAN)) == 12
    assert fingerprint(same) == fingerprint(PLAN)
    assert fingerprint(other) != fingerprint(PLAN)
