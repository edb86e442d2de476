"""Change freezes and approvals as people meet them on the command line."""

import shutil
import subprocess
from pathlib import Path

import pytest
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
PLANNED = ("plan", "-m", "v42", "--plan", "asked", "--yes")
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
    assert "to be approved by 2 of dana, eve: canary promote r-" in held.out

    refused = canary.run("promote", "demo")
    assert (refused.code, "ann may not approve" in refused.err) == (2, True), refused.err

    first = as_(canary, "dana").run("promote", "demo", "--reason", "looks well")
    assert first.code == 0, first.err
    assert "approved by dana, 1 of 2; it takes eve too" in first.err

    again = as_(canary, "dana").run("promote", "demo", "--reason", "looks well")
    assert (again.code, "dana approved" in again.out) == (0, False), again.err

    second = as_(canary, "eve").run("promote", "demo")
    assert second.code == 0, second.out + second.err
    nowhere = canary.run("report", "--out", "missing/r.html")
    assert (nowhere.code, "'missing/r.html' can't be written" in nowhere.err) == (2, True)
    journal = canary.run("report", "--format", "html", "--out", "-").out
    assert journal.count("dana approved going on from 5%: looks well") == 2  # and once as data


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen is here")
def test_a_signed_comment_approves_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    key = tmp_path / "dana"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    line = f"dana@acme.com {key.with_suffix('.pub').read_text().strip()}"
    plan = APPROVED.replace("by: [dana, eve], approvals: 2", f'signers: ["{line}"]')
    file = canary.folder / "canary.yaml"
    file.write_text(f"{file.read_text()}{plan}")
    assert canary.run("lint").code == 0
    assert "dana@acme.com approves it, signed" in canary.run(*PLANNED).out
    assert canary.run(*START, "--plan", "asked").code == 0

    bare = canary.run("promote", "demo")
    assert (bare.code, "is approved by a signed comment" in bare.err) == (2, True), bare.err
    release = canary.run("status", "demo", "-o", "json").json["release"]

    def says(text: str) -> str:
        comment = tmp_path / "yes.txt"
        comment.write_text(text)
        Path(f"{comment}.sig").unlink(missing_ok=True)
        sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "canary", "-f", str(key), str(comment)]
        subprocess.run(sign, check=True, capture_output=True)
        return str(comment)

    other = canary.run("promote", "demo", "--signed", says("approve r-aaaa at 5%\n"))
    assert other.code == 2
    assert f"its first line has to be: approve {release} at 5%" in other.err
    done = canary.run("promote", "demo", "--signed", says(f"approve {release} at 5%\nlooks well\n"))
    assert done.code == 0, done.err
    told = canary.run("report", "--format", "json", "--out", "-").out
    assert "dana@acme.com approved going on from 5%, signature: looks well" in told


def test_a_job_in_the_environment_approves_and_the_run_is_kept(tmp_path: Path) -> None:
    by = "by: [dana, eve], approvals: 2"
    canary = simulated(tmp_path, APPROVED.replace(by, 'from: ["environment:production"]'))
    assert canary.run(*START, "--plan", "asked").code == 0
    refused = canary.run("promote", "demo")
    assert (refused.code, "no CI whose jobs have environments" in refused.err) == (2, True)

    job = {
        "GITLAB_CI": "true",
        "CI_ENVIRONMENT_NAME": "production",
        "GITLAB_USER_LOGIN": "dana",
        "CI_JOB_URL": "https://gitlab.acme.com/jobs/8812",
    }
    done = Canary(canary.folder, {"HOME": canary.env["HOME"], **job}).run("promote", "demo")

    assert done.code == 0, done.err
    told = canary.run("report", "--format", "json", "--out", "-").out
    shown = "environment:production in https://gitlab.acme.com/jobs/8812"
    assert f"dana approved going on from 5%, {shown}" in told


def test_a_freeze_written_later_is_taken_along_by_releases_under_way(tmp_path: Path) -> None:
    canary = simulated(tmp_path, "  slow: {stages: [{percent: 5, bake: 10h}, {percent: 100}]}\n")
    assert canary.run(*START, "--plan", "slow", "--detach").code == 0
    file = canary.folder / "canary.yaml"
    file.write_text(file.read_text() + ALWAYS)

    told = canary.run("freeze")

    assert told.code == 0, told.err
    assert "demo  1 freeze, change freeze, the sale, until " in told.out
    refused = canary.run("promote", "demo")
    assert (refused.code, "change freeze, the sale" in refused.err) == (2, True), refused.err


def with_two_endpoints(folder: Path) -> Canary:
    canary = simulated(folder)
    file = canary.folder / "canary.yaml"
    entry = "  ranker: {provider: simulator, plan: quick}\nplans:\n"
    file.write_text(file.read_text().replace("plans:\n", entry))
    return canary


@pytest.mark.parametrize("words", [("start", "-m", "v42"), ("watch",)], ids=" ".join)
def test_one_of_two_endpoints_is_picked_on_a_terminal_and_named_elsewhere(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    canary = with_two_endpoints(tmp_path)

    refused = canary.run(*words)
    picked = canary.at_terminal(*words, typed="2\nn\n")

    assert (refused.code, "name one of them, such as -e demo" in refused.err) == (2, True)
    assert "2  ranker  simulator" in picked.err
    assert ("ranker" in picked.err.partition("which one?")[2], picked.code) == (
        True,
        {"start": 6, "watch": 9}[words[0]],
    )


def test_status_of_several_endpoints_is_a_list_before_any_release(tmp_path: Path) -> None:
    canary = with_two_endpoints(tmp_path)

    shown = canary.run("status")

    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "demo  v41  v41 100%  no release is known here",
        "ranker  v41  v41 100%  no release is known here",
    ]
    listed = canary.run("status", "-o", "json").json
    assert [one["endpoint"] for one in listed["releases"]] == ["demo", "ranker"]


LISTING = (
    *(("status",), ("history",), ("plan", "-m", "v43"), ("doctor",), ("check", "demo")),
    *(
        ("fleet", "status"),
        ("state", "check", "here"),
        PLANNED,
        ("drive", "--help"),
        ("help", "options"),
    ),
)
FLEET = """\
fleet: fraud-scorers-of-the-whole-company
model: v42
plan: slow
waves: [{name: first-of-all-the-waves, endpoints: [demo]}]
"""


def test_what_lists_fits_the_terminal(tmp_path: Path) -> None:
    plans = f"  slow: {{stages: [{{percent: 5, bake: 10h}}, {{percent: 100}}]}}\n{APPROVED}"
    canary = simulated(tmp_path, plans)
    canary.write(FLEET, "fleet.yaml")
    assert canary.run(*START, "--plan", "slow", "--detach", "--note", "word " * 40).code == 0
    begun = canary.run("fleet", "start", "fleet.yaml", "--detach", "--yes")
    assert begun.code == 0, begun.err

    for width in (60, 80, 100, 120):
        canary.env["COLUMNS"] = str(width)
        shown = {words: canary.run(*words).out.splitlines() for words in LISTING}
        assert [words for words, lines in shown.items() if not lines] == []
        assert [line for lines in shown.values() for line in lines if len(line) > width] == []


def as_(canary: Canary, actor: str) -> Canary:
    """Somebody else on the same machine."""
    return Canary(canary.folder, {"HOME": canary.env["HOME"], "CANARY_ACTOR": actor})
