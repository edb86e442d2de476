"""A plan written down is the same plan when it is read, and nothing else of a file changes."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.config import Config, plan_from_word
from canarycli.config.alarms import alarm_check
from canarycli.config.editing import Uneditable, with_plan
from canarycli.config.options import USUAL_CHECKS
from canarycli.config.writing import write_plan
from canarycli.metrics import UNITS, Metric, Unit
from canarycli.plan import Better, Check, Margin, Plan, Role, Shadow, Smoke, Stage, Then, Wait

MINUTE = timedelta(minutes=1)
STAGES = (Stage(5, 15 * MINUTE), Stage(100, timedelta(0)))


def read(text: str) -> Plan:
    return plan_from_word("-", Config(), cwd=Path.cwd(), stdin=StringIO(text))


def custom(name: str) -> Metric:
    source = {"namespace": "Shop", "name": "on", "dimensions": {"Arm": "{arm}", "n": "1"}}
    return Metric(name, source={"cloudwatch": source})


def test_the_last_stage_is_written_without_a_bake_of_nothing() -> None:
    assert "- {percent: 100}\n" in write_plan(Plan(stages=STAGES))


CHECKS = {
    "points of a share": Check(
        "errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005)
    ),
    "a fraction": Check("latency_p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2)),
    "a time": Check("p50", Metric("latency_p50"), no_worse_by=Margin(absolute=0.0125)),
    "points of a percentage": Check("cpu", Metric("cpu"), no_worse_by=Margin(absolute=12.5)),
    "nothing": Check("cpu", Metric("cpu"), no_worse_by=Margin()),
    "a threshold": Check(
        "latency_over(0.3s)", Metric("latency_over", threshold=0.3), never_above=0.02
    ),
    "an odd threshold": Check("slow", Metric("latency_over", threshold=0.0007), never_above=0.2),
    "a limit in time": Check("latency", Metric("latency"), never_above=0.25),
    "a limit in percent": Check("memory", Metric("memory"), never_above=85.5),
    "a floor": Check("stock", custom("stock"), never_below=-3.25),
    "one of your own": Check("clicks", custom("clicks"), no_worse_by=Margin(absolute=1e-7)),
    "amounts": Check("spent", custom("spent"), no_worse_by=Margin(relative=0.05), cap=199.5),
    "named as a built-in": Check(
        "errors_5xx", custom("errors_5xx"), no_worse_by=Margin(absolute=0.5)
    ),
    "a name that looks like a number": Check("1e3", custom("1e3"), never_above=1e20),
    "a name with marks": Check('é "q": #', Metric("cpu"), never_above=1),
    "an alarm": alarm_check("high-5xx", name=None, role=Role.GATE, critical=False),
    "an alarm with all flags": alarm_check("7", name="b", role=Role.WATCH, critical=True),
    "all flags": Check(
        "kpi",
        custom("kpi"),
        no_worse_by=Margin(relative=0.015),
        better=Better.HIGHER,
        min_requests=3000,
        role=Role.WATCH,
        critical=True,
    ),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_check_reads_back_as_it_was(check: Check) -> None:
    plan = Plan(STAGES, (check,), name="stdin")

    assert read(write_plan(plan)) == plan


def test_policies_and_holds_read_back_as_they_were() -> None:
    plan = Plan(
        stages=(
            Stage(0.00001, timedelta(microseconds=1500)),
            Stage(2.5, 90 * MINUTE, Then.HOLD),
            Stage(100, 10 * MINUTE),
        ),
        checks=USUAL_CHECKS,
        name="stdin",
        read_every=timedelta(seconds=90),
        fails_after=2,
        unclear_after=2 * MINUTE,
        on_fail=Then.HOLD,
        on_unclear=Wait(3 * MINUTE, Then.HOLD),
        on_no_metrics=Wait(4 * MINUTE),
        settle_within=5 * MINUTE,
        deadline=600 * MINUTE,
    )

    assert read(write_plan(plan)) == plan


@pytest.mark.parametrize("bake", [timedelta(0), 15 * MINUTE, 90 * MINUTE])
def test_a_shadow_reads_back_as_it_was(bake: timedelta) -> None:
    plan = Plan(STAGES, USUAL_CHECKS, name="stdin", shadow=Shadow(12.5, bake))

    assert read(write_plan(plan)) == plan


def test_smoke_tests_read_back_as_they_were(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    plan = Plan(
        STAGES,
        name="stdin",
        smoke=(
            Smoke("a", '{"x": [1, 2]}'),
            Smoke("b", "x,y\n1,2\n", content_type="text/csv", status=201, contains="0.5"),
            Smoke("c", file=str(body)),
        ),
    )

    assert read(write_plan(plan)) == plan


def tidy(most: float) -> st.SearchStrategy[float]:
    """Numbers as the parser makes them: twelve digits."""
    return st.floats(1e-9, most).map(lambda number: float(f"{number:.12g}"))


MARGINS = st.one_of(
    tidy(10).map(lambda number: Margin(relative=number)),
    tidy(1).map(lambda number: Margin(absolute=number)),
)
NAMES = st.sampled_from([n for n in UNITS if n != "latency_over" and UNITS[n] is not Unit.COUNT])
ANY_CHECK = st.builds(
    lambda name, metric, margin: Check(name, Metric(metric), no_worse_by=margin),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).filter(
        lambda name: "${" not in name
    ),
    NAMES,
    MARGINS,
)


@given(
    shares=st.lists(tidy(99), min_size=1, max_size=4, unique=True),
    bake=st.timedeltas(timedelta(0), timedelta(days=30)),
    check=ANY_CHECK,
)
def test_any_plan_reads_back_as_it_was(shares: list[float], bake: timedelta, check: Check) -> None:
    stages = (*(Stage(share, bake) for share in sorted(shares)), Stage(100, bake))
    plan = Plan(stages, (check,), name="stdin")

    assert read(write_plan(plan)) == plan


def test_an_alarm_with_another_limit_has_no_words() -> None:
    usual = alarm_check("high-5xx", name=None, role=Role.GATE, critical=False)

    with pytest.raises(ValueError, match="about an alarm, which has its own limit"):
        write_plan(Plan(STAGES, (replace(usual, never_above=2),)))


def test_a_margin_of_two_parts_has_no_words() -> None:
    check = Check("a", Metric("errors_5xx"), no_worse_by=Margin(0.1, 0.1))

    with pytest.raises(ValueError, match="relative or absolute, not both"):
        write_plan(Plan(STAGES, (check,)))


FILE = """\
version: 1   # of the format
plans:
  # stays
  quick:
    stages:            # goes
      - {percent: 1, bake: 5m}
      - percent: 100   # goes too

    # stays as well
    checks: [{metric: cpu, never_above: 85}]
  other: {stages: [{percent: 50}], checks: []}

endpoints:   {}
"""
NEW = Plan((Stage(2, 10 * MINUTE), Stage(100, MINUTE)), USUAL_CHECKS[:1])


def test_only_the_stages_of_the_plan_change() -> None:
    assert with_plan(FILE, "quick", NEW) == FILE.replace(
        """\
    stages:            # goes
      - {percent: 1, bake: 5m}
      - percent: 100   # goes too
""",
        """\
    stages:
      - {percent: 2, bake: 10m}
      - {percent: 100, bake: 1m}
""",
    )


def test_a_plan_on_one_line_stays_on_one_line() -> None:
    written = "[{percent: 2, bake: 10m}, {percent: 100, bake: 1m}]"

    assert with_plan(FILE, "other", NEW) == FILE.replace("[{percent: 50}]", written)


def test_a_new_plan_is_added_below_the_others() -> None:
    added = """\
  fresh:
    stages:
      - {percent: 2, bake: 10m}
      - {percent: 100, bake: 1m}
    checks:
      - {metric: errors, no_worse_by: 0.5pp}
"""

    assert with_plan(FILE, "fresh", NEW) == FILE.replace("checks: []}\n", f"checks: []}}\n{added}")


def test_the_first_plan_of_a_file_is_added_at_its_end() -> None:
    changed = with_plan("version: 1\nendpoints:\n  a: {provider: demo}", "quick", NEW)

    assert changed.startswith("version: 1\nendpoints:\n  a: {provider: demo}\nplans:\n  quick:\n")


def test_windows_line_ends_stay() -> None:
    changed = with_plan(FILE.replace("\n", "\r\n"), "quick", NEW)

    assert changed == with_plan(FILE, "quick", NEW).replace("\n", "\r\n")


SHARED = (
    "plans:\n  a: {stages: &s [{percent: 5}]}\n  b: {stages: *s}\n  c: &c {stages: []}\n  d: *c\n"
)


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_what_others_share_is_refused(name: str) -> None:
    with pytest.raises(Uneditable):
        with_plan(SHARED, name, NEW)
