"""The Python API does what the commands do, says nothing by itself, and costs nothing unused."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import canarycli as canary
from canarycli.errors import NotFound

pytestmark = pytest.mark.usefixtures("project")


def test_a_release_is_started_followed_and_promoted() -> None:
    release = canary.start("fraud-scorer", new_model="v42")

    told = [event.type for event in release.follow()]

    assert told[:2] == ["planned", "locked"]
    assert told[-1] == "ended"
    assert (release.outcome, release.exit_code, release.over) == ("promoted", 0, True)
    assert release.traffic == {"v41": 0.0, "v42": 100.0}


def test_nothing_moves_before_somebody_follows() -> None:
    release = canary.start("fraud-scorer", new_model="v42")

    assert canary.status("fraud-scorer")["traffic"]["v42"] == 0
    assert release.exit_code == int(canary.Exit.RUNNING)


def test_one_stage_holds_until_it_is_promoted() -> None:
    release = canary.start("fraud-scorer", new_model="v42", percent=5, bake="10s").wait()
    assert (release.state, release.exit_code) == ("held", 0)

    release.promote(full=True)

    assert canary.find(release.id).wait().outcome == "promoted"


def test_a_share_by_hand_stays_until_it_goes_on() -> None:
    release = canary.start("fraud-scorer", new_model="v42", percent=5, bake="10s").wait()
    with pytest.raises(canary.CanaryError, match="not between 0 and 100"):
        release.shift(140)

    release.shift(30, reason="a load test")

    assert (release.state, release.traffic["v42"]) == ("paused", 30.0)
    assert release.events()[-1].type == "shift_confirmed"


def test_an_engine_that_is_none_or_does_not_answer_records_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    for engine, said in (("cadence", "there is no engine 'cadence'"), ("temporal", "emporal")):
        with pytest.raises(canary.CanaryError, match=said):
            canary.start("fraud-scorer", new_model="v42", engine=engine)

    assert canary.history() == ()


def test_leaving_the_loop_holds_the_release_and_frees_its_lease() -> None:
    release = canary.start("fraud-scorer", new_model="v42")
    events = release.follow()
    next(event for event in events if event.type == "shift_confirmed")

    events.close()  # type: ignore[attr-defined] # a generator, promised as an iterator only

    assert release.state == "running"
    assert release.status()["driver"] is None


def test_leaving_the_loop_rolls_back_where_that_was_asked_for() -> None:
    release = canary.start("fraud-scorer", new_model="v42")
    events = release.follow(on_interrupt="rollback")
    next(event for event in events if event.type == "shift_confirmed")

    events.close()  # type: ignore[attr-defined] # a generator, promised as an iterator only

    assert release.wait().outcome == "stopped"
    assert canary.status("fraud-scorer")["traffic"] == {"v41": 100.0, "v42": 0.0}


def test_a_rollback_needs_no_handle() -> None:
    events = canary.start("fraud-scorer", new_model="v42").follow()
    next(event for event in events if event.type == "shift_confirmed")

    status = canary.rollback("fraud-scorer", reason="5xx alarm")

    assert (status["outcome"], status["traffic"]["v42"]) == ("stopped", 0)


def test_two_starts_on_one_endpoint_are_one_release() -> None:
    first = canary.start("fraud-scorer", new_model="v42")

    with pytest.raises(canary.Busy) as caught:
        canary.start("fraud-scorer", new_model="v42")

    assert first.id in caught.value.message


def test_a_pause_is_kept_and_ended() -> None:
    release = canary.start("fraud-scorer", new_model="v42")
    release.pause("30m", reason="lunch")
    assert release.status()["pause"]["reason"] == "lunch"

    release.resume()
    release.resume()

    assert [e.type for e in release.events()].count("resumed") == 1
    by = release.events()[-1].fields["by"]
    assert (release.events()[-1].message, bool(by)) == (f"resumed by {by}", True)
    assert release.wait().outcome == "promoted"


def test_what_is_wrong_is_an_error_of_the_tree() -> None:
    with pytest.raises(canary.CanaryError):
        canary.start("fraud-scorer", new_model="v42", percent="400")
    with pytest.raises(canary.UsageError):
        canary.start("nowhere", new_model="v42")
    with pytest.raises(NotFound):
        canary.find("r-zzzzz")
    assert canary.history() == ()


def test_one_window_can_be_judged() -> None:
    canary.start("fraud-scorer", new_model="v42", percent=5, bake="30s").wait()

    found = canary.check("fraud-scorer", since="30s")

    assert [finding.check for finding in found.findings] != []
    assert found.verdict.value in {"pass", "inconclusive", "no_data"}


def test_history_lists_the_youngest_first() -> None:
    canary.start("fraud-scorer", new_model="v42").wait()

    (row,) = canary.history(limit=5)

    assert (row["outcome"], row["endpoint"]) == ("promoted", "fraud-scorer")


def test_threads_follow_releases_of_their_own(tmp_path: Path) -> None:
    def release(name: str) -> None:
        started = canary.start(
            name,
            new_model="v42",
            plan="quick",
            provider="simulator",
            state=str(tmp_path / f"{name}.json"),
            speed=60,
            endpoints=[name],
            delay=0,
            period=10,
            settle=2,
        )
        outcomes[name] = started.wait().outcome

    outcomes: dict[str, str | None] = {}
    threads = [threading.Thread(target=release, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == dict.fromkeys(("a", "b", "c"), "promoted")


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    canary.start("fraud-scorer", new_model="v42").wait()

    assert capfd.readouterr() == ("", "")


LOADED = "import json, sys; import canarycli; print(json.dumps(sorted(sys.modules)))"


def test_importing_it_imports_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True)
    bare = subprocess.run(
        [sys.executable, "-c", LOADED.replace("import canarycli;", "")],
        capture_output=True,
        check=True,
    )

    assert set(json.loads(done.stdout)) - set(json.loads(bare.stdout)) == {"canarycli"}


def test_every_public_name_is_there() -> None:
    assert all(getattr(canary, name) is not None for name in canary.__all__)
    assert set(canary.__all__) <= set(dir(canary))
    with pytest.raises(AttributeError):
        getattr(canary, "nothing")  # noqa: B009 - the name is not there
