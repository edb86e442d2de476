"""The live screen's frames: the sentence that matters first, nothing wider than the terminal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.stories import NOON, a_release_of

from canarycli.cli.display.frame import frame, once, spark
from canarycli.cli.display.keys import keys_in
from canarycli.cli.display.offers import keys, offers
from canarycli.cli.display.scene import LOG, Scene
from canarycli.cli.display.spans import plain
from canarycli.engine.status import release_status
from canarycli.journal import Event
from canarycli.judge import Verdict
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage, Then
from canarycli.release.record import Cause, Outcome, Pause, Release, State
from canarycli.report import told
from canarycli.store import Record

MINUTE = timedelta(minutes=1)
PLAN = Plan(
    name="standard",
    stages=(Stage(5, 15 * MINUTE), Stage(25, 20 * MINUTE), Stage(100, timedelta(0))),
    checks=(Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(0.005, absolute=True)),),
)
RUNNING = a_release_of(
    PLAN,
    stage=1,
    target=25.0,
    confirmed_at=NOON + 20 * MINUTE,
    seen_at=NOON + 30 * MINUTE,
    traffic={"v41": 75.0, "v42": 25.0},
)


def row(name: str, verdict: str, candidate: float = 0.0021) -> dict[str, Any]:
    facts = {"unit": "ratio", "relative": False, "role": "gate", "message": f"{name} {verdict}"}
    numbers = {"baseline": 0.0019, "candidate": candidate, "diff": candidate - 0.0019}
    ends = {"low": -0.0005, "high": 0.0009, "limit": 0.005, "n_baseline": 9, "n_candidate": 3}
    return {"name": name, "verdict": verdict, **facts, **numbers, **ends, "age_seconds": 50.0}


def scene(
    release: Release = RUNNING,
    *verdicts: str,
    driven: bool = True,
    extra: Sequence[Event] = (),
) -> Scene:
    names = ["errors_5xx", *(f"check {n}" for n in range(1, 99))]
    rows = [row(name, verdict) for name, verdict in zip(names, verdicts, strict=False)]
    worst = next((v for v in ("fail", "no_data", "inconclusive") if v in verdicts), "pass")
    fields = {"stage": 2, "verdict": worst, "checks": rows}
    read = [Event("read", NOON + 29 * MINUTE, "a reading", fields=fields)] if rows else []
    now = NOON + 30 * MINUTE
    status = release_status(Record(release), None, now)
    return Scene(told(release, [*extra, *read], now), status, now, driven)


def shown(of: Scene, width: int = 100, height: int = 30) -> list[str]:
    return [plain(line) for line in frame(of, width, height)]


JUDGED = replace(RUNNING, verdict=Verdict.PASS)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (scene(JUDGED, "pass", "pass"), "● HEALTHY  2 of 2 checks pass"),
        (scene(JUDGED, "pass", "inconclusive"), "◔ CAN'T TELL YET  1 of 2 pass; check 1"),
        (scene(JUDGED, "inconclusive"), "◔ CAN'T TELL YET  errors_5xx inconclusive"),
        (scene(JUDGED, "pass", "fail"), "✖ FAILING  check 1 fail"),
        (scene(JUDGED, "no_data", "pass"), "? WAITING FOR METRICS  errors_5xx no_data"),
        (scene(RUNNING), "● NO VERDICT YET"),
        (scene(JUDGED, "pass", driven=False), "✖ NOBODY IS DRIVING  v42 stays at 25%"),
        (scene(replace(RUNNING, state=State.HELD), "pass"), "❚❚ HELD at 25%"),
        (scene(replace(RUNNING, state=State.ROLLING_BACK, why="dana said so")), "↩ ROLLING BACK"),
        (scene(replace(RUNNING, state=State.DEPLOYING)), "● DEPLOYING  no traffic yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_third_line_says_it_in_words(of: Scene, words: str) -> None:
    assert words in shown(of)[2]


def test_a_pause_says_who_why_and_what_comes_then() -> None:
    pause = Pause(Cause.PERSON, "dana", "fraud alerts", NOON, NOON + 40 * MINUTE, Then.ROLLBACK)
    of = scene(replace(RUNNING, state=State.PAUSED, pause=pause), "pass")

    line = shown(of)[2]

    assert line.startswith(" ❚❚ PAUSED  by dana: fraud alerts")
    assert line.endswith("rollback in 10:00 ")
    assert "c  continue" in keys(of)


def test_an_end_says_why_and_offers_no_keys() -> None:
    over = replace(
        RUNNING,
        state=State.ENDED,
        outcome=Outcome.ROLLED_BACK,
        why="errors",
        ended_at=NOON + 30 * MINUTE,
        reached=25.0,
        traffic={"v41": 100.0, "v42": 0.0},
    )

    lines = shown(scene(over, "fail"))

    assert lines[2].startswith(" ↩ ROLLED BACK AT 25%  errors")
    assert not any("roll back" in line for line in lines)


def test_the_stages_show_how_far_the_bake_is() -> None:
    line = shown(scene(JUDGED, "pass"))[4]

    passed, ahead = line.split("● 25% ")
    assert passed.startswith(" ✔ 5% ━")
    assert abs(ahead.count("━") - ahead.count("╌")) <= 1
    assert line.rstrip().endswith("○ 100%")


def test_the_shares_are_drawn_to_scale() -> None:
    line = frame(scene(JUDGED, "pass"), 100, 30)[5]

    assert plain(line).startswith(" v41 75%  ▄")
    assert plain(line).endswith("▄  25% v42")
    baseline, candidate = (len(text) for text, _ in line[1:3])
    assert candidate / (baseline + candidate) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("width", [60, 80, 96, 120, 200])
@pytest.mark.parametrize("height", [16, 24, 50])
def test_no_frame_is_larger_than_the_terminal(width: int, height: int) -> None:
    long = Event("note", NOON, "x" * 300)
    named = replace(JUDGED, endpoint="a-very-long-endpoint-name-indeed", candidate="churn-v42-rc1")

    for of in (scene(named, *["pass"] * 30, extra=[long] * 40), scene(RUNNING)):
        lines = shown(of, width, height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width


def test_checks_that_do_not_fit_are_folded_the_worst_first() -> None:
    lines = shown(scene(JUDGED, *["pass"] * 20, "fail"), 80, 20)

    table = lines[8:]
    assert table[0].startswith(" ✖ check 20")
    assert any(line.strip().startswith("+") and "more" in line for line in lines)


def test_a_healthy_metric_looks_flat_and_a_failing_one_does_not() -> None:
    readings = [
        Event(
            "read",
            NOON + n * MINUTE,
            "",
            fields={"stage": 1, "verdict": "pass", "checks": [row("errors_5xx", "pass", value)]},
        )
        for n, value in enumerate((0.0019, 0.00195, 0.002, 0.02))
    ]
    story = told(RUNNING, readings, NOON)

    drawn = spark(story, story.checks[0])

    assert len(set(drawn[:3])) == 1
    assert drawn[3] == "⣿"


def test_once_paints_the_whole_of_it_for_a_terminal() -> None:
    of = scene(JUDGED, *["pass"] * 30, "fail")

    bare, painted = list(once(of, 80, color=False)), list(once(of, 80, color=True))

    assert sum(" check " in line or " errors_5xx " in line for line in bare) >= 31
    assert painted[2].startswith("\x1b[31m\x1b[7m ✖ FAILING")
    assert "\x1b" not in "".join(bare)


def readings(*values: float) -> list[Event]:
    return [
        Event(
            "read",
            NOON + (20 + n) * MINUTE,
            "a reading",
            fields={"stage": 2, "verdict": "pass", "checks": [row("errors_5xx", "pass", value)]},
        )
        for n, value in enumerate(values)
    ]


def charted(of: Scene, width: int, height: int, **how: Any) -> list[str]:
    return [plain(line) for line in frame(replace(of, view=1, **how), width, height)]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_check_has_a_chart_with_its_limit(width: int) -> None:
    of = scene(JUDGED, "pass", extra=readings(0.001, 0.002, 0.009, 0.004))

    lines = charted(of, width, 24)

    assert max(map(len, lines)) <= width
    assert any(line.startswith(" 1 errors_5xx   ·· v41 0.19%   ⠒⠒ v42 ") for line in lines)
    assert any("·····" in line for line in lines[8:])
    (limit,) = [line for line in lines if line.lstrip().startswith("limit ")]
    assert "╌" in limit
    assert any("⠀" < sign <= "⣿" for line in lines for sign in line)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_answers_to_a_question_are_never_cut(width: int) -> None:
    answers = "d  hold at 25% and leave   r  roll back   esc  stay"
    asked = replace(scene(JUDGED), prompt=f"This terminal drives r-7k2f.   {answers}")

    last = plain(frame(asked, width, 24)[-1])

    assert last.rstrip().endswith(answers)
    assert ("This terminal drives" in last) is (width > 80)


def test_a_chart_without_braille_is_drawn_with_stars() -> None:
    of = scene(JUDGED, "pass", extra=readings(0.001, 0.002, 0.009, 0.004))

    lines = charted(of, 80, 24, sparks=False)

    assert any("*" in line for line in lines)
    assert not any("⠀" < sign <= "⣿" for line in lines for sign in line)


def test_one_reading_is_no_chart() -> None:
    assert any("too few readings" in line for line in charted(scene(JUDGED), 80, 24)) is False
    one = replace(scene(JUDGED), story=told(JUDGED, [], NOON))
    assert "1-9" not in keys(one)


def test_old_numbers_have_no_tick_and_say_so() -> None:
    of = scene(replace(JUDGED, state=State.HELD), "pass")

    later = [plain(line) for line in frame(replace(of, now=of.now + 60 * MINUTE), 100, 30)]

    (check,) = [line for line in later if "errors_5xx" in line and "0.19%" in line]
    assert check.startswith(" ? ")
    assert check.rstrip().endswith("old")
    assert "last judged 1 h 1 min ago" in later[2]
    assert "HEALTHY" not in later[2]


def test_numbers_of_the_former_share_say_which_it_was_and_have_no_tick() -> None:
    at_five = Event("shift_confirmed", NOON, "v42 5% confirmed", fields={"to": 5.0})
    lines = shown(scene(RUNNING, "pass", extra=[at_five]))

    assert any(line.startswith("   CHECK AT 5% ") for line in lines)
    (check,) = [line for line in lines if "errors_5xx" in line and "0.19%" in line]
    assert check.startswith(" ? ")
    now = shown(scene(JUDGED, "pass", extra=[at_five]))
    assert not any("CHECK AT" in line for line in now)


def test_what_waits_for_a_verdict_says_so_instead_of_counting_to_zero() -> None:
    of = scene(JUDGED, "inconclusive")
    status = {**of.status, "next": {"action": "shift", "percent": 50, "at": of.now.isoformat()}}

    assert shown(replace(of, status=status))[2].endswith("50% when all checks pass ")


def test_the_help_names_every_key() -> None:
    lines = [plain(line) for line in frame(replace(scene(JUDGED, "pass"), view="help"), 80, 24)]

    assert all(any(line.strip().startswith(key) for line in lines) for key in "rpcnhtlo?q+")


HELD_OFF = Pause(Cause.FAILING, "dana", "load test", NOON, NOON + 40 * MINUTE, Then.ROLLBACK)
ENDLESS = replace(HELD_OFF, until=None)
OFFERED = {
    "healthy": (scene(JUDGED, "pass"), "rpn"),
    "failing": (scene(replace(JUDGED, failing={"errors_5xx": 1}), "fail"), "rh"),
    "paused": (scene(replace(JUDGED, state=State.PAUSED, pause=HELD_OFF), "fail"), "cr+"),
    "paused for good": (scene(replace(JUDGED, state=State.PAUSED, pause=ENDLESS), "pass"), "cr"),
    "nobody drives": (scene(JUDGED, "pass", driven=False), "tr"),
    "held": (scene(replace(JUDGED, state=State.HELD), "pass", driven=False), "rpn"),
    "going back": (scene(replace(JUDGED, state=State.ROLLING_BACK)), "r"),
    "over": (scene(replace(JUDGED, state=State.ENDED, outcome=Outcome.PROMOTED)), ""),
}


@pytest.mark.parametrize(("of", "wanted"), OFFERED.values(), ids=OFFERED.keys())
def test_only_keys_that_do_something_now_are_offered(of: Scene, wanted: str) -> None:
    assert "".join(offers(of)) == wanted
    assert all(f"{key}  " in keys(of) for key in wanted)


def test_who_drives_already_is_not_offered_to_take_over() -> None:
    assert "t" not in offers(replace(scene(JUDGED, "pass", driven=False), watches=False))


@pytest.mark.parametrize("height", [16, 24, 50])
def test_the_log_fills_the_middle_with_what_happened_last(height: int) -> None:
    notes = [Event("note", NOON + n * MINUTE, f"note {n}") for n in range(40)]
    of = replace(scene(JUDGED, "pass", extra=notes), view=LOG)

    lines = [plain(line) for line in frame(of, 80, height)]

    assert sum(" note " in line for line in lines) == min(40, height - 12)
    assert any("note 39" in line for line in lines)
    assert "esc  table" in lines[-1]
    assert len(lines) <= height


@pytest.mark.parametrize(
    ("typed", "read"),
    [("ab", ["a", "b"]), ("\x1b[A", ["\x1b[A"]), ("\x1bOCx", ["\x1b[C", "x"]), ("\x1b", ["\x1b"])],
)
def test_an_arrow_is_one_key(typed: str, read: list[str]) -> None:
    assert keys_in(typed) == read


def test_who_rolled_it_back_is_said_once_and_in_their_own_letters() -> None:
    ended = replace(
        JUDGED,
        state=State.ENDED,
        outcome=Outcome.STOPPED,
        by="dana@acme.com",
        why="dana@acme.com rolled back: fraud alerts",
        reached=25.0,
        ended_at=NOON + 30 * MINUTE,
        traffic={"v41": 100.0, "v42": 0.0},
    )
    shown_of_it = shown(scene(ended, "pass"))
    assert shown_of_it[2].rstrip() == " ■ ROLLED BACK BY dana@acme.com AT 25%  fraud alerts"
    assert told(ended, [], NOON).sentence.startswith("fraud alerts. Traffic is at v41 100%")
    assert replace(ended, why="dana@acme.com rolled back").why_words == ""
