"""Where events and results go: data on stdout, talk on stderr, every event in a file if asked."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from cli.blackbox import simulated
from cli.shell import Desk

from canarycli import __version__
from canarycli.cli.display.lines import event_line
from canarycli.cli.display.output import Output, ndjson
from canarycli.cli.display.schemas import EVENTS, events_schema
from canarycli.cli.options.common import Color, Common, Format, Talk
from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.judge.finding import Verdict
from canarycli.plain import plain

AT = datetime(2026, 11, 24, 2, 34, 51, tzinfo=UTC)
MOVED = Event(
    "shift_confirmed",
    AT,
    "v42 5% confirmed after 48 s",
    fields={"from": 0, "to": 5.0, "seconds": timedelta(seconds=48)},
)
ENDED = Event("ended", AT, "promoted", fields={"outcome": "promoted", "exit_code": 0})
STATUS = {"schema": "canary.status/1", "candidate": {"name": "v42", "share": 5.0}}


@dataclass(frozen=True, slots=True)
class Said:
    out: str
    err: str


def said(common: Common) -> Said:
    """What a command that moves traffic, talks and ends writes."""
    out, err = Utf8(), Utf8()
    with redirect_stdout(out), redirect_stderr(err), Output(common) as output:
        output.say("opening the live view")
        output.event(MOVED, "r-7k2f")
        output.event(ENDED, "r-7k2f")
        output.result(STATUS, ["done"])
    return Said(out.getvalue(), err.getvalue())


class Utf8(io.StringIO):
    encoding = "utf-8"


@pytest.fixture
def clock() -> str:
    """The event's time on this machine's clock."""
    return AT.astimezone().strftime("%H:%M:%S")


def test_people_read_a_line_an_event_and_the_result_on_stdout(clock: str) -> None:
    ran = said(Common())

    assert ran.out.splitlines() == [
        f"{clock} traffic   v42 5% confirmed after 48 s",
        f"{clock} END       promoted",
        "done",
    ]
    assert ran.err == "opening the live view\n"


def test_json_is_one_object_and_the_events_are_talk(clock: str) -> None:
    ran = said(Common(output=Format.JSON))

    assert json.loads(ran.out) == STATUS
    assert next(iter(json.loads(ran.out))) == "schema"
    assert f"{clock} traffic   v42 5% confirmed after 48 s" in ran.err


def test_ndjson_begins_with_a_version_and_ends_with_the_last_event() -> None:
    ran = said(Common(output=Format.NDJSON))

    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert lines[0] == {"type": "version", "schema": "canary.events/1", "canary": __version__}
    assert [line["type"] for line in lines] == ["version", "shift_confirmed", "ended"]
    assert lines[1] == {
        "type": "shift_confirmed",
        "time": "2026-11-24T02:34:51Z",
        "level": "info",
        "message": "v42 5% confirmed after 48 s",
        "release": "r-7k2f",
        "from": 0,
        "to": 5.0,
        "seconds": 48.0,
    }


def test_ndjson_without_events_is_the_result_on_one_line() -> None:
    out = Utf8()
    with redirect_stdout(out), Output(Common(output=Format.NDJSON)) as output:
        output.result(STATUS)

    assert out.getvalue() == json.dumps(STATUS) + "\n"


def test_every_line_of_the_stream_fits_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(events_schema())

    for line in said(Common(output=Format.NDJSON)).out.splitlines():
        validator.validate(json.loads(line))
    for kind in EVENTS:
        validator.validate(json.loads(ndjson(Event(kind, AT, "x"), None)))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**json.loads(ndjson(MOVED, None)), "to": "5%"})


def test_quiet_leaves_the_end_and_the_result() -> None:
    ran = said(Common(quiet=True))

    assert [line.split(maxsplit=1)[-1] for line in ran.out.splitlines()] == [
        "END       promoted",
        "done",
    ]
    assert ran.err == ""


def test_quiet_still_says_what_went_wrong() -> None:
    out = Utf8()
    failed = Event("rollback_failed", AT, "v42 may still get 25%", level="error")
    with redirect_stdout(out), Output(Common(quiet=True)) as output:
        output.event(failed)

    assert "UNSAFE    v42 may still get 25%" in out.getvalue()


def test_the_events_file_has_the_stream_beside_the_lines_for_people(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"

    ran = said(Common(events=file))
    said(Common(events=file))

    kinds = [json.loads(line)["type"] for line in file.read_text().splitlines()]
    assert kinds == ["version", *["shift_confirmed", "ended"] * 2]
    assert "traffic" in ran.out


def test_a_query_filters_json() -> None:
    ran = said(Common(output=Format.JSON, query="candidate.share"))

    assert ran.out == "5.0\n"


def test_a_query_of_nothing_is_null() -> None:
    assert said(Common(output=Format.JSON, query="nothing")).out == "null\n"


def test_ascii_mode_draws_with_ascii_and_leaves_names() -> None:
    out = Utf8()
    with redirect_stdout(out), Output(Common(ascii=True)) as output:
        output.result({}, ["v41 → v42  ✔ 5% ━━● ≈ 51 min…  ❚❚ é"])

    assert out.getvalue() == "v41 -> v42  + 5% ==O ~ 51 min...  || é\n"


def test_a_terminal_that_is_not_utf8_gets_ascii(here: Desk) -> None:
    code = (
        "from canarycli.cli.options.common import Common\n"
        "from canarycli.cli.display.output import Output\n"
        "Output(Common()).result({}, ['v41 → v42 é'])\n"
    )
    ran = here.python(code, PYTHONIOENCODING="ascii")

    assert (ran.out, ran.err, ran.code) == ("v41 -> v42 ?\n", "", 0)


@pytest.mark.parametrize("narrow", [False, True])
def test_json_keeps_every_value_whatever_a_pipeline_makes_of_it(*, narrow: bool) -> None:
    common = Common(output=Format.JSON, ascii=narrow)
    document = {"schema": "x", "message": "v41 → v42 é ##vso[task.x]y\n::error::z \x1b[31m\u202e"}
    out = Utf8()
    with redirect_stdout(out), Output(common) as output:
        output.document(document)

    assert json.loads(out.getvalue()) == document
    assert "##vso[" not in out.getvalue()
    assert out.getvalue().isascii() is narrow


def test_json_for_a_terminal_that_is_not_utf8_keeps_every_value(here: Desk) -> None:
    code = (
        "from canarycli.cli.options.common import Common, Format\n"
        "from canarycli.cli.display.output import Output\n"
        "Output(Common(output=Format.JSON)).result({'arms': 'v41 → 𝛂'})\n"
    )
    ran = here.python(code, PYTHONIOENCODING="latin-1")

    assert json.loads(ran.out) == {"arms": "v41 → 𝛂"}


def test_an_events_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine", encoding="utf-8")
    (tmp_path / "events").symlink_to(tmp_path / "other")

    with pytest.raises(UsageError, match="it is a link"):
        Output(Common(events=tmp_path / "events"))

    assert (tmp_path / "other").read_text(encoding="utf-8") == "mine"


def test_a_reader_that_goes_away_does_not_stop_the_command(here: Desk) -> None:
    code = (
        "import sys, time\n"
        "from canarycli.cli.options.common import Common\n"
        "from canarycli.cli.display.output import Output\n"
        "output = Output(Common())\n"
        "sys.stdin.readline()\n"
        "for n in range(2000):\n"
        "    output.result({}, [f'line {n}'])\n"
        "sys.stderr.write('went on to the end')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=dict(here.env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(b"go\n", timeout=60)

    assert err.decode() == "went on to the end"
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="uses the shell's pipe")
def test_head_gets_what_it_wants_in_silence(here: Desk) -> None:
    ran = subprocess.run(
        f"'{sys.executable}' -m canarycli schema config | head -n 1",
        shell=True,
        env=dict(here.env),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )

    assert ran.stdout == "{\n"
    assert ran.stderr == ""


VALUES = {
    "a time": (AT, "2026-11-24T02:34:51Z"),
    "a finer time": (AT.replace(microsecond=250_000), "2026-11-24T02:34:51.250Z"),
    "a duration": (timedelta(minutes=15), 900.0),
    "an enum": (Verdict.NO_DATA, "no_data"),
    "a path": (Path("a/b"), "a/b"),
    "all of it, deep": ({"a": ({"b": [AT]},)}, {"a": [{"b": ["2026-11-24T02:34:51Z"]}]}),
}


@pytest.mark.parametrize(("value", "expected"), VALUES.values(), ids=VALUES.keys())
def test_values_are_written_by_the_contract(value: object, expected: object) -> None:
    assert plain(value) == expected


WORDS = {
    "a passing read": ("read", {"verdict": "pass"}, "healthy"),
    "a failing read": ("read", {"verdict": "fail"}, "failing"),
    "an unclear read": ("read", {"verdict": "inconclusive"}, "unclear"),
    "a read without data": ("read", {"verdict": "no_data"}, "no data"),
    "a stage": ("stage_passed", {}, "passed"),
    "a start": ("planned", {}, "start"),
    "something new": ("tea_break", {}, "tea break"),
}


@pytest.mark.parametrize(("kind", "fields", "word"), WORDS.values(), ids=WORDS.keys())
def test_a_line_names_its_kind(clock: str, kind: str, fields: dict[str, str], word: str) -> None:
    line = event_line(Event(kind, AT, "something", fields=fields))

    assert line == f"{clock} {word:<9} something"


def test_where_colour_is_on_a_text_of_others_still_has_none() -> None:
    out, err, named = Utf8(), Utf8(), "v42\x1b[32m healthy"
    common = Common(color=Color.ALWAYS)
    with redirect_stdout(out), redirect_stderr(err), Output(common) as output:
        output.event(Event("ended", AT, named))
        output.say(named)
        output.result(STATUS, [named])

    ours = event_line(Event("ended", AT, ""), color=True)
    assert "\x1b[1m" in ours
    written = "v42\\x1b[32m healthy"
    assert out.getvalue() == f"{ours}{written}\n{written}\n"
    assert err.getvalue() == f"{written}\n"


def test_a_long_message_stays_in_its_column() -> None:
    first, second = event_line(Event("held", AT, "one\ntwo")).splitlines()

    assert first.index("one") == second.index("two")


LEVELS = {
    "nothing said": (Common(), Talk.INFO),
    "-q": (Common(quiet=True), Talk.QUIET),
    "-v": (Common(verbose=True), Talk.VERBOSE),
    "--debug over -q": (Common(debug=True, quiet=True), Talk.DEBUG),
}


@pytest.mark.parametrize(("common", "level"), LEVELS.values(), ids=LEVELS.keys())
def test_flags_say_how_much_to_talk(common: Common, level: Talk) -> None:
    assert common.talk is level


def test_a_query_goes_with_json_alone() -> None:
    with pytest.raises(UsageError, match="--query filters JSON"):
        Output(Common(query="a"))


def test_a_long_bake_without_checks_shows_that_it_is_alive(tmp_path: Path) -> None:
    """CI systems kill a job that says nothing for long."""
    slow = "  slow:\n    stages: [{percent: 5, bake: 22m}, {percent: 100}]\n    checks: []\n"
    canary = simulated(tmp_path, slow, speed="300x")

    result = canary.run("start", "-m", "v42", "--plan", "slow", "--yes")

    assert result.code == 0, result.out + result.err
    alive = [line for line in result.out.splitlines() if " alive " in line]
    assert 3 <= len(alive) <= 4, result.out
    assert alive[0].endswith("running: stage 1 of 2 at 5%")
