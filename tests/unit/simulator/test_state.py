"""The simulator's file: shared by processes, replaced as a whole, and honest when it is broken."""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from canarycli.clock import FastClock
from canarycli.errors import Conflict, Rejected, Unavailable
from canarycli.metrics import Metric, Window
from canarycli.provider import RELEASE_NOTE
from canarycli.simulator import Simulator
from canarycli.simulator.state import FileState, default_path
from canarycli.testing import NOON, FakeClock
from canarycli.traffic import Traffic

FIVE = Traffic.split("v41", "v42", 5)

WRITER = """
import sys
from canarycli.simulator import Simulator

simulator = Simulator({"state": sys.argv[1]})
for _ in range(30):
    simulator.put_out("demo", "v42")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "simulator.json"


def shared(path: Path, clock: FakeClock | None = None, **settings: object) -> Simulator:
    """A simulator as another process would have it: only the file in common."""
    return Simulator({"state": str(path), **settings}, clock=clock or FakeClock())


def python(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=None if environment is None else dict(environment),
        timeout=60,
    )
    return ran.stdout


def test_what_one_does_the_other_sees(path: Path) -> None:
    clock = FakeClock()
    one, other = shared(path, clock), shared(path, clock)
    one.shift(one.describe("demo"), FIVE, {RELEASE_NOTE: "r-1"})
    clock.advance(60)

    seen = other.describe("demo")

    assert seen.traffic.same_as(FIVE)
    assert other.notes(seen) == {RELEASE_NOTE: "r-1"}
    assert seen == one.describe("demo")


def test_everything_comes_back_from_the_file(path: Path) -> None:
    clock = FakeClock()
    one = shared(path, clock, scenario="slow", seed=7)
    one.shift(one.describe("demo"), Traffic({"v41": 90, "v42": 10}, {"v42": 5}), {})
    clock.advance(60)
    name = one.deploy(one.describe("demo"), "v43", "v42", {"instances": 3}, "r-1")
    clock.advance(200)
    one.put_out("demo", name)
    one.retire(one.describe("demo"), name)

    other = shared(path, clock)

    metrics = [Metric("errors_5xx"), Metric("latency_p99")]
    window = Window(NOON, clock.now())
    arms = ["v41", "v42", name]
    ours, theirs = (s.measure("demo", arms, metrics, window) for s in (one, other))
    assert other.describe("demo") == one.describe("demo")
    assert ours == theirs


def test_a_script_that_is_given_later_replaces_the_one_in_the_file(path: Path) -> None:
    clock = FakeClock()
    shared(path, clock, scenario="no-data", rate=10).describe("demo")
    later = shared(path, clock, scenario="healthy")
    later.impose("demo", Traffic.split("v41", "v42", 50))
    clock.advance(600)
    requests = Metric("requests")

    found = shared(path, clock).measure("demo", ["v42"], [requests], Window(NOON, clock.now()))

    values = [point.n or 0 for point in found.of("v42", requests).points if point.n]
    assert len(values) == 9
    assert all(200 < value < 500 for value in values)


def test_settings_that_name_other_endpoints_leave_those_in_the_file_alone(path: Path) -> None:
    shared(path, endpoints=["churn"], scenario="failing").describe("churn")

    both = shared(path, scenario="slow")

    assert both.describe("demo").settled
    assert both.describe("churn").settled
    assert json.loads(path.read_text())["endpoints"]["churn"]["script"] == {"scenario": "failing"}


def test_a_look_at_what_is_there_writes_nothing(path: Path) -> None:
    clock = FakeClock()
    one = shared(path, clock, versions={"a": {"percent": 100}, "b": {"turns": ({"after": 3},)}})
    one.describe("demo")
    before = path.stat()

    one.describe("demo")
    one.measure("demo", ["a"], [Metric("cpu")], Window(NOON, clock.now()))

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_a_shift_to_what_is_there_writes_nothing(path: Path) -> None:
    one = shared(path)
    seen = one.describe("demo")
    before = path.stat()

    one.shift(seen, Traffic.all_to("v41"), {})

    assert path.stat().st_ino == before.st_ino


def test_a_look_waits_for_nobody(path: Path) -> None:
    one = shared(path)
    one.describe("demo")

    with FileState(path).locked():
        seen = one.describe("demo")

    assert seen.settled


def test_a_plain_command_leaves_no_file_behind(path: Path) -> None:
    simulator = Simulator({"state": str(path)})

    simulator.plain_command("demo", FIVE)

    assert not path.parent.exists()


def test_the_plain_command_moves_the_traffic(path: Path) -> None:
    simulator = Simulator({"state": str(path), "settle": 0})
    simulator.describe("demo")

    command = simulator.plain_command("demo", FIVE)
    subprocess.run(command.replace("python", sys.executable, 1), shell=True, check=True, timeout=60)

    assert simulator.describe("demo").traffic.same_as(FIVE)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["demo", "v99=100"], 9, "error: endpoint 'demo' has no version 'v99'"),
        (["nowhere", "v41=100"], 9, "error: the simulator has no endpoint 'nowhere'"),
        (["demo", "v41=90"], 2, "error: shares add up to 90, not to 100"),
        (["demo", "v41"], 2, "argument NAME=PERCENT: invalid"),
    ],
    ids=["version", "endpoint", "sum", "words"],
)
def test_a_plain_command_that_fails_says_why(
    path: Path, arguments: list[str], code: int, message: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "canarycli.simulator", *arguments, "--state", str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ran.returncode == code
    assert message in ran.stderr


def test_no_change_of_three_processes_at_once_is_lost(path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: python("-c", WRITER, str(path)), range(3)))

    assert Simulator({"state": str(path)}).describe("demo").revision == "91"


def test_threads_with_simulators_of_their_own_exclude_each_other(path: Path) -> None:
    clock = FakeClock()

    def write(_: int) -> None:
        shared(path, clock).put_out("demo", "v42")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    assert shared(path, clock).describe("demo").revision == "41"


def test_of_two_raises_on_the_same_look_only_one_is_taken(path: Path) -> None:
    clock = FakeClock()
    one, other = shared(path, clock, settle=0), shared(path, clock)
    ours, theirs = one.describe("demo"), other.describe("demo")
    one.shift(ours, FIVE, {})

    with pytest.raises(Conflict, match="has changed since"):
        other.shift(theirs, Traffic.split("v41", "v42", 25), {})

    assert other.describe("demo").traffic.same_as(FIVE)


def test_every_process_sees_the_same_fast_time(path: Path) -> None:
    first = Simulator({"state": str(path), "speed": 30}).clock
    second = Simulator({"state": str(path)}).clock

    assert isinstance(first, FastClock)
    assert isinstance(second, FastClock)
    assert (first.speed, first.origin, first.since) == (second.speed, second.origin, second.since)


def test_another_speed_goes_on_from_the_time_it_is(path: Path) -> None:
    slow = Simulator({"state": str(path), "speed": 1}).clock
    fast = Simulator({"state": str(path), "speed": 60}).clock

    assert isinstance(fast, FastClock)
    assert fast.speed == 60
    assert abs(fast.origin - slow.now()) < timedelta(minutes=1)


def test_a_place_names_its_file_and_the_usual_one_is_local(tmp_path: Path) -> None:
    usual, one, same, other = (
        Simulator({"state": state}).place
        for state in (None, tmp_path / "a.json", f"{tmp_path}/x/../a.json", tmp_path / "b.json")
    )

    assert usual == "local"
    assert one == same
    assert len({usual, one, other}) == 3


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"CANARY_STATE": "/var/canary"}, "/var/canary/simulator.json"),
        ({"CANARY_STATE": "", "XDG_STATE_HOME": "/xdg"}, "/xdg/canary/simulator.json"),
        ({"CANARY_STATE": "s3://b/c", "XDG_STATE_HOME": "/xdg"}, "/xdg/canary/simulator.json"),
    ],
    ids=["its own folder", "the folder for state", "a bucket is no folder"],
)
def test_the_usual_file_is_where_state_is_kept(environment: Mapping[str, str], path: str) -> None:
    assert default_path(environment) == Path(path)


def test_without_a_word_the_file_is_in_the_home_folder() -> None:
    assert default_path({}) == Path("~/.local/state/canary/simulator.json").expanduser()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "endpoints": {"demo": 3}}'],
    ids=["empty", "cut off", "a list", "newer", "half", "a number"],
)
def test_a_file_that_is_something_else_is_said_to_be(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(Rejected, match="can't read its state") as refused:
        shared(path).describe("demo")

    assert refused.value.hints == ("move the file away to start over",)
    assert path.read_text() == text


def test_a_folder_in_the_way_is_no_answer(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(Unavailable, match="can't be used"):
        shared(path).describe("demo")


def test_a_file_that_may_not_be_read_is_denied(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from canarycli.errors import Denied\n"
        "from canarycli.simulator import Simulator\n"
        "os.geteuid() or os.setuid(65534)\n"
        "try:\n"
        "    Simulator({'state': sys.argv[1]}).describe('demo')\n"
        "except Denied as error:\n"
        "    print(error)\n"
    )
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)

    said = python("-c", script, str(closed / "simulator.json"))
    closed.chmod(0o700)

    assert "no permission for the simulator's state" in said


def test_a_lock_that_is_never_let_go_of_is_no_answer(path: Path) -> None:
    state = FileState(path, patience=0.02)

    def hold_and_ask() -> None:
        with state.locked():
            shared_state = FileState(path, patience=0.02)
            shared_state.change(lambda world: world)

    with pytest.raises(Unavailable, match="another process holds"):
        hold_and_ask()

    state.change(lambda world: world)


def test_a_change_that_is_refused_leaves_the_old_file_and_no_litter(path: Path) -> None:
    simulator = shared(path)
    seen = simulator.describe("demo")
    before = path.read_text()

    with pytest.raises(Rejected):
        simulator.shift(seen, Traffic({}), {})

    assert path.read_text() == before
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}
