"""Change freezes and approvals as people meet them on the command line."""

from pathlib import Path

from cli.blackbox import Canary, simulated

APPROVED = """\
  asked:
    read_every: 5s
    stages:
      - {percent: 5, bake: 10s, then: approve, by: [dana, eve], approvals: 2}
      - {percent: 100}
    checks: []
"""
START = ("start", "-m", "v42", "--yes")
ALWAYS = 'freeze:\n  - {from: "* * * * *", for: 1h, zone: Europe/Berlin, why: the sale}\n'


def test_in_a_freeze_nothing_starts_without_a_reason_that_is_kept(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    file = canary.folder / "canary.yaml"
    file.write_text(file.read_text() + ALWAYS)

    refused = canary.run(*START)
    assert refused.code == 2
    assert "change freeze, the sale, until " in refused.err
    assert "--override-freeze REASON" in refused.err

    done = canary.run(*START, "--override-freeze", "5xx in v41")
    assert done.code == 0, done.err
    assert "ann overrode the change freeze: 5xx in v41" in done.out


def test_a_share_by_hand_goes_up_in_a_freeze_with_a_reason_that_is_kept(tmp_path: Path) -> None:
    canary = simulated(tmp_path, "  slow: {stages: [{percent: 5, bake: 10h}, {percent: 100}]}\n")
    started = canary.run(*START, "--plan", "slow", "--detach")
    assert started.code == 0, started.err
    release = canary.run("status", "demo", "-o", "json").json["release"]
    file = canary.folder / "canary.yaml"
    file.write_text(file.read_text() + ALWAYS)

    done = canary.run("shift", release, "-p", "9", "--yes", "--override-freeze", "load test")

    assert done.code == 0, done.err
    assert "ann overrode the change freeze: load test" in canary.run("report", "--out", "-").out


def test_two_approve_and_the_release_goes_on(tmp_path: Path) -> None:
    canary = simulated(tmp_path, APPROVED)
    held = canary.run(*START, "--plan", "asked")
    assert held.code == 0, held.err
    assert "approved by canary promote" in held.out

    refused = canary.run("promote", "demo")
    assert (refused.code, "ann may not approve" in refused.err) == (2, True), refused.err

    first = as_(canary, "dana").run("promote", "demo", "--reason", "looks well")
    assert first.code == 0, first.err
    assert "approved by dana, 1 of 2; it takes eve too" in first.err

    second = as_(canary, "eve").run("promote", "demo")
    assert second.code == 0, second.out + second.err
    journal = canary.run("report", "--format", "html", "--out", "-").out
    assert "dana approved going on from 5%: looks well" in journal


def test_status_of_several_endpoints_is_a_list_before_any_release(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    file = canary.folder / "canary.yaml"
    entry = "  ranker: {provider: simulator, plan: quick}\nplans:\n"
    file.write_text(file.read_text().replace("plans:\n", entry))

    shown = canary.run("status")

    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "demo  v41  v41 100%  no release is known here",
        "ranker  v41  v41 100%  no release is known here",
    ]
    listed = canary.run("status", "-o", "json").json
    assert [one["endpoint"] for one in listed["releases"]] == ["demo", "ranker"]


def as_(canary: Canary, actor: str) -> Canary:
    """Somebody else on the same machine."""
    return Canary(canary.folder, {"HOME": canary.env["HOME"], "CANARY_ACTOR": actor})
