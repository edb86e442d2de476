"""One process drives what many start, by the installed command; a second one stands by."""

import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cli.blackbox import Canary, Running, simulated

from canarycli.store.opening import open_at

pytestmark = pytest.mark.slow

PLAN = """\
  calm:
    read_every: 5s
    stages: [{percent: 5, bake: 40s}, {percent: 25, bake: 40s}, {percent: 100}]
    checks: []
"""
START = ("start", "-m", "v42", "--plan", "calm", "--yes", "--detach")


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """Two endpoints, and records that the process and the test share."""
    canary = simulated(tmp_path, PLAN, settle="0s")
    text = (canary.folder / "canary.yaml").read_text()
    other = text.partition("  demo:\n")[2].partition("plans:")[0]
    canary.write(text.replace("plans:\n", f"  other:\n{other}plans:\n", 1))
    canary.env["CANARY_STATE"] = str(tmp_path / "shared")
    return canary


def begin(canary: Canary, *more: str) -> Running:
    return canary.begin("drive", "--all", "-o", "ndjson", *more)


def drivers(canary: Canary) -> set[str]:
    """Who has a lease now."""
    store = open_at(canary.env["CANARY_STATE"])
    found = {record.lease.holder for record in store.newest() if record.lease}
    store.close()
    return found


def outcomes(canary: Canary) -> dict[str, str]:
    rows = canary.run("history", "-o", "json").json["releases"]
    return {row["endpoint"]: row["outcome"] for row in rows}


def test_what_others_start_is_driven_to_its_end(canary: Canary) -> None:
    driving = begin(canary)
    for endpoint in ("demo", "other"):
        started = canary.run(*START, "-e", endpoint)
        assert started.code == 0, started.err

    driving.wait_for('"type": "ended"')
    driving.wait_for('"type": "ended"')
    driving.send(signal.SIGTERM)

    assert driving.end().code == 143
    assert outcomes(canary) == {"demo": "promoted", "other": "promoted"}


def test_of_two_the_second_takes_over_what_the_first_can_not_finish(canary: Canary) -> None:
    for endpoint in ("demo", "other"):
        assert canary.run(*START, "-e", endpoint).code == 0
    first = begin(canary)
    first.wait_for("asking for v42 25%")
    second = begin(canary)

    first.kill()
    second.wait_for('"type": "ended"')
    second.wait_for('"type": "ended"')
    second.send(signal.SIGTERM)

    assert second.end().code == 143
    assert outcomes(canary) == {"demo": "promoted", "other": "promoted"}


def test_one_that_is_stopped_keeps_no_lease(canary: Canary) -> None:
    assert canary.run(*START, "-e", "demo").code == 0
    driving = begin(canary)
    driving.wait_for("asking for v42 25%")
    driving.send(signal.SIGTERM)

    assert driving.end().code == 143
    assert drivers(canary) == set()


def test_health_and_figures_are_served_on_loopback(canary: Canary) -> None:
    assert canary.run(*START, "-e", "demo").code == 0
    driving = begin(canary, "--listen", "127.0.0.1:0")
    assert driving.process.stderr is not None
    address = driving.process.stderr.readline().split()[4].removesuffix("/healthz")
    driving.wait_for("asking for v42 25%")
    driving.wait_for("confirmed")

    healthy = urllib.request.urlopen(f"{address}/healthz", timeout=20).read()
    figures = urllib.request.urlopen(f"{address}/metrics", timeout=20).read().decode()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{address}/records", timeout=20)
    driving.send(signal.SIGTERM)

    assert driving.end().code == 143
    assert healthy == b"ok\n"
    assert 'canary_releases{state="running"} 1' in figures
    assert "canary_lag_seconds_count" in figures


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "canary resume RELEASE --take-over"),
        (("--all", "--listen", "nowhere"), "--listen 'nowhere' is no HOST:PORT"),
        (("--all", "--listen", "127.0.0.1:99999"), "can't listen on 127.0.0.1:99999"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    refused = simulated(tmp_path).run("drive", *given)

    assert (refused.code, said in refused.err) == (2, True), refused.err


def test_it_ends_by_itself_when_its_time_is_up(tmp_path: Path) -> None:
    assert simulated(tmp_path).run("drive", "--all", "--for", "0s").code == 0
