"""What a driven release leaves for people and pipelines, by the installed command."""

import json
import signal
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cli.blackbox import Canary, Result, simulated
from unit.report.test_report import story

from canarycli.cli.display.ci import tell
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common

FAILING = ("start", "-m", "v42", "--yes")
TIMELINE = ("demo v41 -> v42, plan ", "demo is driven by ann/", "v42 5% confirmed")
"""How the timeline of a report begins: what was started, who drives it, what came of it."""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """A candidate that fails once it has a quarter of the traffic."""
    return simulated(tmp_path, scenario="failing", speed="120x")


def failed(canary: Canary, *more: str) -> Result:
    result = canary.run(*FAILING, *more)
    assert result.code == 3, result.out + result.err
    return result


def test_every_paper_is_written_whatever_the_outcome(canary: Canary, tmp_path: Path) -> None:
    junit, summary, report = (tmp_path / name for name in ("j.xml", "s.md", "r.html"))
    papers = ("--junit", str(junit), "--summary", str(summary), "--report", str(report))
    failed(canary, *papers)
    assert ET.fromstring(junit.read_text()).get("failures") == "1"
    assert summary.read_text().startswith("### ↩ demo v41 → v42 rolled back at ")
    assert report.read_text().startswith("<!doctype html>")
    failed(canary, *papers)
    assert summary.read_text().count("### ↩") == 2
    assert junit.read_text().count("<testsuite ") == 1


def test_github_gets_its_summary_outputs_and_annotations(canary: Canary, tmp_path: Path) -> None:
    summary, outputs = tmp_path / "summary", tmp_path / "outputs"
    canary.env |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(outputs),
    }
    report = tmp_path / "r.json"
    result = failed(canary, "--report", str(report))
    assert "rolled back" in summary.read_text()
    given = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert given["outcome"] == "rolled_back"
    assert given["verdict"] == "fail"
    assert given["report"] == str(report)
    assert json.loads(report.read_text())["status"]["release"] == given["release"]
    [error] = [line for line in result.out.splitlines() if line.startswith("::error ")]
    assert error.startswith("::error title=demo%3A errors_5xx::errors_5xx ")


def test_no_mark_of_ci_is_among_json(canary: Canary) -> None:
    canary.env |= {"GITHUB_ACTIONS": "true"}
    result = failed(canary, "-o", "json")
    assert json.loads(result.out)["outcome"] == "rolled_back"
    assert "::error " in result.err


def test_azure_devops_gets_its_summary_and_issues(canary: Canary, tmp_path: Path) -> None:
    canary.env |= {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)}
    result = failed(canary)
    marks = [line for line in result.out.splitlines() if line.startswith("##vso")]
    upload, issue = marks
    assert "rolled back" in Path(upload.removeprefix("##vso[task.uploadsummary]")).read_text()
    assert issue.startswith("##vso[task.logissue type=error]demo: errors_5xx ")


def test_a_summary_for_azure_is_its_users_alone_where_the_agent_has_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of, other = story(), tmp_path / "other"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"canary-{of.release.id}.md").symlink_to(other)  # by whoever shares the folder

    with Output(Common()) as output:
        tell(of, output, {"TF_BUILD": "True"}, None, "the summary")

    [upload] = [line for line in capsys.readouterr().out.splitlines() if "uploadsummary" in line]
    written = Path(upload.removeprefix("##vso[task.uploadsummary]"))
    assert (written.read_text(encoding="utf-8"), other.exists()) == ("the summary", False)
    assert written.parent.stat().st_mode & 0o077 == written.stat().st_mode & 0o077 == 0


def test_what_needs_a_look_succeeds_with_issues_on_azure_devops(tmp_path: Path) -> None:
    canary = simulated(tmp_path, speed="2x")
    canary.env |= {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)}
    driving = canary.begin(*FAILING, "--ok-on", "stopped")
    driving.wait_for("confirmed")
    assert canary.run("rollback", "demo", "-y").code == 0
    result = driving.end()
    assert result.code == 0, result.out + result.err
    assert "##vso[task.complete result=SucceededWithIssues;]rolled back by ann at " in result.out


def test_a_summary_that_nobody_wants_is_not_written(canary: Canary, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    canary.env |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    failed(canary, "--summary", "none")
    assert not summary.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "name", "word"),
    [
        ("--junit", "nowhere/j.xml", "nowhere"),
        ("--summary", "nowhere/s.md", "nowhere"),
        ("--report", "nowhere/r.html", "nowhere"),
        ("--report", "r.doc", "r.doc"),
        ("--report", ".", "--report"),
    ],
)
def test_a_paper_that_cannot_be_written_stops_the_start(
    canary: Canary, option: str, name: str, word: str
) -> None:
    result = canary.run(*FAILING, option, name)
    assert result.code == 2, result.out + result.err
    assert word in result.err
    assert canary.run("history", "-o", "json").json["releases"] == []


def test_an_interrupted_release_leaves_its_papers(canary: Canary, tmp_path: Path) -> None:
    junit = tmp_path / "j.xml"
    driving = canary.begin(*FAILING, "--junit", str(junit))
    driving.wait_for("confirmed")
    driving.send(signal.SIGINT)
    assert driving.end().code == 130
    assert 'value="ann rolled back: interrupted"' in junit.read_text()


def test_report_writes_a_release_that_is_over(canary: Canary) -> None:
    failed(canary)
    release = canary.run("history", "-o", "json").json["releases"][0]["release"]
    written = canary.run("report")
    assert written.code == 0, written.err
    assert written.out.startswith(f"✔ canary-{release}.html ")
    assert (canary.folder / f"canary-{release}.html").exists()
    comment = canary.run("report", release, "--format", "markdown").out
    assert comment.startswith("### ↩ demo v41 → v42 rolled back")
    timeline = [line for line in comment.splitlines() if line.startswith("- ")]
    assert [word in line for word, line in zip(TIMELINE, timeline, strict=False)] == [True] * 3
    named = canary.run("report", "demo", "--out", "x.json", "-o", "json")
    assert named.json == {"schema": "canary.written/1", "release": release, "file": "x.json"}
    assert json.loads((canary.folder / "x.json").read_text())["schema"] == "canary.report/1"


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (("r-zzzz",), 9, "r-zzzz"),
        ((), 9, "canary history"),
        (("--out", "report"), 9, "canary history"),
    ],
)
def test_a_report_of_nothing_says_so(
    canary: Canary, words: tuple[str, ...], code: int, word: str
) -> None:
    result = canary.run("report", *words)
    assert (result.code, word in result.err) == (code, True), result.err
