"""`canary check`: recorded minutes without a cloud, and a live endpoint without moving anything."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli.blackbox import CANARY, Canary

from canarycli.series import SERIES_SCHEMA, VERDICT_SCHEMA

HEALTHY = [[1000, 5, 19_000, 95]] * 120
BROKEN = [[1000, 900, 19_000, 95]] * 10


def line(minutes: list[Any], name: str = "r-1") -> str:
    return json.dumps({"schema": "canary.series/1", "id": name, "minutes": minutes}) + "\n"


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """No config, no state, no cloud."""
    return Canary(tmp_path)


VERDICTS: dict[str, tuple[list[Any], int]] = {
    "pass": (HEALTHY, 0),
    "fail": (BROKEN, 3),
    "inconclusive": (HEALTHY[:3], 4),
    "no_data": ([None] * 30, 11),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_exit_code_of_one_document_is_its_verdict(canary: Canary, verdict: str) -> None:
    minutes, code = VERDICTS[verdict]
    result = canary.run("check", "--from", "-", stdin=line(minutes))

    assert result.code == code, result.err
    assert result.json["verdict"] == verdict
    jsonschema.validate(result.json, VERDICT_SCHEMA)


def test_several_documents_are_answered_in_order_and_end_with_0(canary: Canary) -> None:
    text = line(BROKEN, "a") + "\n" + line(HEALTHY[:3], "b") + line(BROKEN, "c")
    (canary.folder / "all.jsonl").write_text(text)
    result = canary.run("check", "--from", "all.jsonl")

    assert result.code == 0, result.err
    assert [(v["id"], v["verdict"]) for v in result.events] == [
        ("a", "fail"),
        ("b", "inconclusive"),
        ("c", "fail"),
    ]


@pytest.mark.parametrize("style", ["plain", "table", "json", "ndjson"])
def test_the_output_is_verdict_lines_whatever_the_style(canary: Canary, style: str) -> None:
    result = canary.run("check", "--from", "-", "-o", style, stdin=line(BROKEN) * 2)

    assert [verdict["verdict"] for verdict in result.events] == ["fail", "fail"]


def test_no_document_is_no_pass(canary: Canary) -> None:
    result = canary.run("check", "--from", "-", stdin="\n\n")

    assert (result.code, result.out) == (11, "")
    assert "stdin holds no document" in result.err


def test_a_verdict_is_out_before_the_next_document_comes_in(canary: Canary) -> None:
    process = subprocess.Popen(
        [CANARY, "check", "--from", "-"],
        cwd=canary.folder,
        env=canary.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for name in ("one", "two"):
        process.stdin.write(line(BROKEN, name))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == name
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_a_thousand_documents_go_through_one_process(canary: Canary) -> None:
    result = canary.run("check", "--from", "-", stdin=line(BROKEN[:2]) * 1000)

    assert result.code == 0, result.err
    assert len(result.events) == 1000


def test_recorded_minutes_need_no_config_reader_and_no_cloud(canary: Canary) -> None:
    (canary.folder / "one.jsonl").write_text(line(BROKEN))
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom canarycli.cli.main import call\n"
        "call(['check', '--from', 'one.jsonl'])\n"
        "sys.stderr.write(' '.join(set(sys.modules) - before))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=canary.folder,
        env=canary.env,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {name.partition(".")[0] for name in ran.stderr.split()}
    banned = {"yaml", "rich", "boto3", "google", "azure", "numpy", "tenacity", "sqlite3"}
    assert "canarycli" in loaded
    assert loaded & banned == set()


MISTAKES = {
    "no json": (b"{", "line 2"),
    "a wrong row": (line([[1, 2, 3]]).encode(), "line 2: minutes[0]: has 3 entries, not 4"),
    "no text": (b'{"schema": "\xff"}', "line 2, byte 13: not UTF-8: 0xff"),
    "another document": (b'{"schema": "canary.plan/1"}', "line 2: schema: is 'canary.plan/1'"),
    "a number too long": (b'{"schema": "canary.series/1", "id": ' + b"9" * 5000 + b"}", "line 2"),
    "a number too large": (line([[10**400, 0, 1, 0]]).encode(), "line 2"),
}


@pytest.mark.parametrize(("wrong", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_malformed_line_is_named_and_the_verdicts_before_it_are_out(
    canary: Canary, wrong: bytes, message: str
) -> None:
    (canary.folder / "bad.jsonl").write_bytes(line(BROKEN).encode() + wrong + b"\n")
    result = canary.run("check", "--from", "bad.jsonl")

    assert result.code == 2, result.err
    assert message in result.err
    (verdict,) = result.events
    assert verdict["verdict"] == "fail"


def test_a_document_over_several_lines_gets_a_way_on(canary: Canary) -> None:
    spread = json.dumps(json.loads(line(BROKEN)), indent=2)
    result = canary.run("check", "--from", "-", stdin=spread)

    assert result.code == 2
    assert "jq -c" in result.err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--from", "nowhere.jsonl"), "there is no file 'nowhere.jsonl'"),
        (("--from", "-", "--since", "1h"), "--since can't go with --from"),
        (("--from", "-", "--skip", "cpu"), "--skip can't go with --from"),
        (("demo", "--from", "-"), "an endpoint can't go with --from"),
    ],
)
def test_what_does_not_go_together_is_refused(
    canary: Canary, flags: tuple[str, ...], message: str
) -> None:
    result = canary.run("check", *flags)

    assert result.code == 2, result.out
    assert message in result.err


def test_the_environment_is_no_endpoint_on_the_command_line(canary: Canary) -> None:
    canary.env["CANARY_ENDPOINT"] = "demo"

    assert canary.run("check", "--from", "-", stdin=line(BROKEN)).code == 3


def test_names_survive_whatever_they_are_made_of(canary: Canary) -> None:
    for name in ("é 🐤", "\ud800"):
        result = canary.run("check", "--from", "-", stdin=line(BROKEN, name))
        assert result.json["id"] == name


@pytest.mark.parametrize(
    ("word", "schema"), [("series", SERIES_SCHEMA), ("verdict", VERDICT_SCHEMA)]
)
def test_the_schemas_are_printed(canary: Canary, word: str, schema: dict[str, Any]) -> None:
    assert canary.run("schema", word).json == schema


CHECKS = """\
    checks:
      - {metric: errors_5xx, no_worse_by: 0.5pp}
      - {metric: latency_p99, no_worse_by: 20%, role: watch}
"""


def live(folder: Path, candidate: str, checks: str = CHECKS) -> Canary:
    """A pretend endpoint that has been split 80 to 20 for as long as it is."""
    machine = folder / "ann"
    machine.mkdir()
    canary = Canary(machine)
    canary.write(
        "version: 1\nendpoints:\n  demo:\n    provider: simulator\n    plan: quick\n"
        f"    state: {folder / 'simulator.json'}\n    day: 0\n    delay: 0s\n    versions:\n"
        f"      v41: {{percent: 80}}\n      v42: {{percent: 20, {candidate}}}\n"
        f"plans:\n  quick:\n    stages: [{{percent: 20}}]\n{checks}"
    )
    return canary


@pytest.mark.slow
@pytest.mark.parametrize(
    ("candidate", "verdict", "code"),
    [
        ("errors_5xx: 0.002", "pass", 0),
        ("errors_5xx: 0.04", "fail", 3),
        ("errors_5xx: 0.0069", "inconclusive", 4),
        ("silent: true", "no_data", 11),
    ],
)
def test_a_live_endpoint_is_judged_once(
    tmp_path: Path, candidate: str, verdict: str, code: int
) -> None:
    canary = live(tmp_path, candidate)
    people = canary.run("check")
    result = canary.run("check", "-o", "json")

    assert (people.code, result.code) == (code, code), people.out + people.err
    assert "demo  v41 → v42" in people.out
    found = result.json
    assert (found["schema"], found["verdict"]) == ("canary.check/1", verdict)
    assert (found["baseline"], found["candidate"], found["share"]) == ("v41", "v42", 20)
    assert (found["failed_at"] is not None) == (verdict == "fail")


def test_a_check_moves_nothing_and_leaves_no_record(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.04")
    before = canary.run("status", "-e", "demo", "-o", "json").json
    canary.run("check")

    assert canary.run("status", "-e", "demo", "-o", "json").json == before
    assert canary.run("history", "-o", "json").json["releases"] == []


def test_the_window_is_what_was_asked_for(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.002")
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    flags = ("--since", "45m", "--at", f"{end:%Y-%m-%dT%H:%M:%SZ}", "-o", "json")
    found = canary.run("check", *flags).json

    assert datetime.fromisoformat(found["window"]["end"]) == end
    assert datetime.fromisoformat(found["window"]["start"]) == end - timedelta(minutes=45)
    assert found["verdict"] == "pass"


def test_arms_can_be_named_and_checks_left_out(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.04")
    turned = ("--baseline", "v42", "--candidate", "v41")

    assert canary.run("check", *turned).code == 0
    found = canary.run("check", "--skip", "latency_p99", "-o", "json").json
    assert "latency_p99" not in [check["name"] for check in found["checks"]]


def test_a_limit_on_the_candidate_alone_is_compared_with_the_whole_window(tmp_path: Path) -> None:
    checks = "    checks: [{metric: errors_5xx, never_above: 2%}]\n"

    assert live(tmp_path, "errors_5xx: 0.04", checks).run("check").code == 3


def test_the_arms_of_an_open_release_are_judged(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.002")
    text = (canary.folder / "canary.yaml").read_text()
    text = text.replace("{percent: 80}", "{percent: 100}").replace("{percent: 20, e", "{e")
    canary.write(text.replace("    day: 0", "    day: 0\n    speed: 600x\n    settle: 1s"))
    assert canary.run("start", "-m", "v42", "--stages", "20", "--detach", "--yes").code == 0
    found = canary.run("check", "-o", "json", "--since", "24h").json

    assert found["release"].startswith("r-")
    assert (found["baseline"], found["candidate"]) == ("v41", "v42")
    window = [datetime.fromisoformat(found["window"][end]) for end in ("start", "end")]
    assert window[1] - window[0] < timedelta(hours=23)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--candidate", "v43"), "has no version 'v43'"),
        (("--candidate", "v41"), "candidate and baseline are both 'v41'"),
        (("--at", "noon"), "--at: 'noon' is no time"),
        (("--since", "30"), "--since"),
        (("--since", "0s"), "the window is empty"),
        (("--skip", "cpu"), "the plan has no such check"),
        (("--skip", "errors_5xx"), "no check left that decides"),
    ],
)
def test_flags_of_a_live_check_that_make_no_sense_are_refused(
    tmp_path: Path, flags: tuple[str, ...], message: str
) -> None:
    result = live(tmp_path, "errors_5xx: 0.002").run("check", *flags)

    assert result.code in {2, 9}, result.out
    assert message in result.err


def test_a_lonely_version_is_no_comparison(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.002")
    text = (canary.folder / "canary.yaml").read_text()
    canary.write(text.replace("{percent: 80}", "{percent: 100}").replace("{percent: 20, e", "{e"))
    result = canary.run("check")

    assert result.code == 2
    assert "only v41 has traffic" in result.err
    assert "name it with --candidate; it has v41, v42" in result.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "verdict", "outcome"), [("failing", 3, 3), ("healthy", 0, 0), ("broken", 3, 3)]
)
def test_an_exported_release_is_judged_to_the_same_verdict(
    tmp_path: Path, scenario: str, verdict: int, outcome: int
) -> None:
    canary = live(tmp_path, "errors_5xx: 0.002")
    text = (canary.folder / "canary.yaml").read_text()
    text = text.replace("{percent: 80}", "{percent: 100}").replace("{percent: 20, e", "{e")
    rate = {"failing": "0.02", "healthy": "0.002", "broken": "0.99"}[scenario]
    text = text.replace("errors_5xx: 0.002", f"errors_5xx: {rate}").replace(
        "[{percent: 20}]", "[{percent: 5, bake: 6m}, {percent: 50, bake: 6m}, {percent: 100}]"
    )
    canary.write(text.replace("    day: 0", "    day: 0\n    speed: 600x\n    settle: 1s"))
    ended = canary.run("start", "-m", "v42", "--yes", "-o", "json")
    assert ended.code == outcome, ended.out + ended.err

    exported = canary.run("history", "--export", ended.json["release"])

    assert exported.code == 0, exported.err
    assert "left out, for they compare nothing: latency_p99" in exported.err
    jsonschema.validate(exported.json, SERIES_SCHEMA)
    again = canary.run("check", "--from", "-", stdin=exported.out)
    assert again.code == verdict, again.out
    assert again.json["id"] == exported.json["id"]


def test_what_was_never_released_can_not_be_exported(canary: Canary) -> None:
    result = canary.run("history", "--export", "r-22222")

    assert result.code == 9
    assert "no release 'r-22222' is known here" in result.err


def test_two_arms_of_one_model_show_how_far_equal_arms_differ(tmp_path: Path) -> None:
    canary = live(tmp_path, "errors_5xx: 0.002")
    result = canary.run("check", "--aa", "4h", "-o", "json")
    people = canary.run("check", "--aa", "4h")

    assert (result.code, people.code) == (0, 0), result.err
    assert result.json["schema"] == "canary.noise/1"
    assert 0 <= result.json["arm_noise"] < 0.2
    assert "v41 and v42, as if they were equal" in people.out
    assert canary.run("check", "--aa", "4h", "--from", "-").code == 2
