"""No stream, byte, file or lock of this machine keeps a rollback from moving traffic."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli.blackbox import Canary
from servers.sagemaker import Server

FLAGS = "-y -e fraud --provider sagemaker --region us-east-1"
CONFIG = "version: 1\nendpoints:\n  fraud: {provider: sagemaker, region: us-east-1}\n"


@pytest.fixture
def server(bare_aws: Server) -> Server:
    bare_aws.control("settings", {"weights_seconds": 0})
    bare_aws.endpoint("fraud", {"v1": 90, "v2": 10})
    return bare_aws


@pytest.fixture
def bare(server: Server, tmp_path: Path) -> Canary:
    return Canary(tmp_path / "bare", dict(server.environment))


def is_home(server: Server) -> bool:
    return server.weights("fraud") == {"v1": 100, "v2": 0}


STREAMS = {
    "a full disk": (f"canary rollback {FLAGS} > /dev/full", "stdout can't be written"),
    "a closed stdout": (f"canary rollback {FLAGS} >&-", ""),
    "everything closed": (f"canary rollback {FLAGS} <&- >&- 2>&-", ""),
    "a closed stderr": (f"canary rollback {FLAGS} 2>&-", ""),
    "ndjson on a full disk": (
        f"canary rollback {FLAGS} -o ndjson > /dev/full",
        "stdout can't be written",
    ),
    "json on a full disk": (
        f"canary rollback {FLAGS} -o json > /dev/full",
        "stdout can't be written",
    ),
    "both on a full disk": (f"canary rollback {FLAGS} > /dev/full 2>&1", ""),
    "events on a full disk": (
        f"canary rollback {FLAGS} --events /dev/full",
        "'/dev/full' can't be written",
    ),
    "events nowhere": (f"canary rollback {FLAGS} --events no/folder/e", "can't be written"),
    "a byte that is no text, in events": (
        f"canary rollback {FLAGS} --reason $'caf\\xe9' --events events",
        "",
    ),
    "a byte that is no text, on a strict stdout": (
        f"PYTHONIOENCODING=utf-8:strict canary rollback {FLAGS} --reason $'caf\\xe9'",
        "",
    ),
    "a byte that is no text, in json": (
        f"canary rollback {FLAGS} --reason $'caf\\xe9' -o json",
        "",
    ),
    "no file may grow": (f"ulimit -f 0; canary rollback {FLAGS}", "without a record"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("line", "said"), STREAMS.values(), ids=STREAMS.keys())
def test_streams_are_not_needed(server: Server, bare: Canary, line: str, said: str) -> None:
    back = bare.shell(line)

    assert back.code == 0, back.err
    assert is_home(server)
    assert said in back.err
    assert back.err.count("warning:") == (1 if said else 0), back.err


@pytest.mark.slow
def test_a_start_goes_on_without_its_words(server: Server, bare: Canary) -> None:
    plan = "plans:\n  quick: {stages: [{percent: 20, bake: 1s}, {percent: 100}], checks: []}\n"
    bare.write(CONFIG.replace("us-east-1}", "us-east-1, plan: quick}") + plan)

    told = bare.shell("canary start -m v2 -y --note $'caf\\xe9' --report r.html > /dev/full")

    assert told.code == 0, told.err
    assert server.weights("fraud") == {"v1": 0, "v2": 100}
    assert "caf\\udce9" in (bare.folder / "r.html").read_text(encoding="utf-8")


def test_a_byte_that_is_no_text_is_kept_as_an_escape(server: Server, bare: Canary) -> None:
    told = bare.shell(f"canary rollback {FLAGS} --reason $'caf\\xe9' --events events -o json")

    assert (told.code, is_home(server)) == (0, True)
    assert "caf\\udce9" in (bare.folder / "events").read_text(encoding="utf-8")


def merged(depth: int) -> str:
    """Mappings that each merge the one before ten times: ten to the power of `depth` entries."""
    lines = ["a0: &a0 {x: 1}"]
    for n in range(1, depth + 1):
        again = ", ".join([f"*a{n - 1}"] * 10)
        lines.append(f"a{n}: &a{n} {{<<: [{again}], k{n}: 1}}")
    return "\n".join(lines) + "\n"


FILES = {
    "a number that is none": "x: !!int abc\n",
    "a fraction that is none": "x: !!float abc\n",
    "brackets without end": "x: " + "[" * 5000 + "\n",
    "merges without end": merged(9),
    "no YAML": "x: [1, 2\n",
    "no UTF-8": "\udcff",
    "a list": "- 1\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_no_canary_yaml_stops_it(server: Server, bare: Canary, text: str) -> None:
    content = text.encode("utf-8", "surrogateescape")
    (bare.folder / "canary.yaml").write_bytes(content)

    back = bare.shell(f"canary rollback {FLAGS}")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert back.err.count("warning:") <= 1


@pytest.mark.parametrize("text", list(FILES.values())[:2], ids=list(FILES)[:2])
def test_what_can_be_read_of_canary_yaml_counts(server: Server, bare: Canary, text: str) -> None:
    bare.write(CONFIG + text)

    back = bare.run("rollback", "-y")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert "abc" in back.err


def test_settings_of_the_metrics_are_not_needed(server: Server, bare: Canary) -> None:
    bare.write(CONFIG.replace("us-east-1}", "us-east-1, metric_period: 7s}"))

    back = bare.run("rollback", "-y")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert back.err.count("warning:") == 1


def test_a_config_that_is_not_there_is_not_needed(server: Server, bare: Canary) -> None:
    named = Canary(bare.folder, {**server.environment, "CANARY_CONFIG": "nowhere.yaml"})

    back = named.shell(f"canary rollback {FLAGS}")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert "warning: CANARY_CONFIG: there is no file 'nowhere.yaml'" in back.err


def test_a_working_folder_that_is_gone_is_not_needed(server: Server, bare: Canary) -> None:
    back = bare.shell(f"mkdir gone; cd gone; rmdir ../gone; canary rollback {FLAGS}")

    assert (back.code, is_home(server), back.err) == (0, True, "")


DAMAGED = {"garbage": b"garbage" * 1000, "truncated": b"SQLite format 3\x00" + b"\x10" * 50}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("words", ["", "r-abc123", "-e fraud"])
def test_damaged_records_are_not_needed(
    server: Server, bare: Canary, content: bytes, words: str
) -> None:
    bare.write(CONFIG)
    state = bare.folder / "state"
    state.mkdir()
    (state / "canary.db").write_bytes(content)
    damaged = Canary(bare.folder, {**server.environment, "CANARY_STATE": str(state)})

    back = damaged.run("rollback", "-y", *words.split())

    assert (back.code, is_home(server)) == (0, True), back.err
    assert back.err.count("warning:") == 1, back.err


def test_a_release_that_no_record_knows_must_be_the_endpoints_own(
    server: Server, bare: Canary
) -> None:
    bare.write(CONFIG)
    state = bare.folder / "state"
    started = bare.run("start", "-m", "v2", "-p", "20", "--baseline", "v1", "-y", "--detach")
    assert started.code == 0, started.err
    state.mkdir()
    (state / "canary.db").write_bytes(b"garbage" * 1000)
    damaged = Canary(bare.folder, {**server.environment, "CANARY_STATE": str(state)})

    refused = damaged.run("rollback", "-y", "r-another")

    assert (refused.code, is_home(server)) == (2, False), refused.err


def test_records_that_are_locked_are_not_waited_for(server: Server, bare: Canary) -> None:
    bare.write(CONFIG)
    state = bare.folder / "state"
    locked = Canary(bare.folder, {**server.environment, "CANARY_STATE": str(state)})
    started = locked.run("start", "-m", "v2", "-p", "20", "--baseline", "v1", "-y", "--detach")
    assert started.code == 0, started.err

    with closing(sqlite3.connect(state / "canary.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        back = locked.run("rollback", "-y")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert "warning:" in back.err


def test_every_write_refused_says_so_at_once_with_the_command(server: Server, bare: Canary) -> None:
    server.fault("UpdateEndpointWeightsAndCapacities", "error", times=2)

    back = bare.shell(f"canary rollback {FLAGS}")

    assert (back.code, is_home(server)) == (0, True), back.err
    assert "An internal failure has occurred. (InternalFailure); asking again" in back.err
    assert "by hand: aws sagemaker update-endpoint-weights-and-capacities" in back.err
    assert back.err.count("asking again") == 1
