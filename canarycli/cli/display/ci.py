"""Shows a release where the CI system at hand shows results: summary, outputs, annotations."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from canarycli.cli.display.output import Output
from canarycli.errors import Exit
from canarycli.harmless import harmless, in_line
from canarycli.private_file import open_private

if TYPE_CHECKING:
    from canarycli.report import Story

YELLOW = frozenset({Exit.INCONCLUSIVE, Exit.PAUSED, Exit.STOPPED, Exit.DRIFT})
"""Outcomes that need a look and are no failure of the model."""

Env = Mapping[str, str]


def here(env: Env) -> bool:
    """Whether this runs where `tell` has anything to say."""
    return bool(env.get("GITHUB_ACTIONS") or env.get("TF_BUILD"))


def tell(story: "Story", output: Output, env: Env, report: Path | None, summary: str) -> None:
    """Write what GitHub Actions and Azure DevOps pick up; nothing anywhere else.

    Args:
        story: the release.
        output: for what can't be written.
        env: names the CI system and its files.
        report: the report that was written, None for none.
        summary: the text to show, "" for none.
    """
    if env.get("GITHUB_ACTIONS"):
        if summary and env.get("GITHUB_STEP_SUMMARY"):
            _add(output, env["GITHUB_STEP_SUMMARY"], summary)
        if env.get("GITHUB_OUTPUT"):
            _add(output, env["GITHUB_OUTPUT"], "".join(_outputs(story, report)))
        for line in _annotations(story):
            output.mark(line)
    elif env.get("TF_BUILD"):
        for line in _azure(story, output, env, summary):
            output.mark(line)


def _outputs(story: "Story", report: Path | None) -> Iterator[str]:
    release = story.release
    yield f"outcome={(release.outcome or release.state).value}\n"
    yield f"release={release.id}\n"
    yield f"verdict={story.readings[-1].verdict if story.readings else ''}\n"
    yield f"report={report or ''}\n"


def _annotations(story: "Story") -> Iterator[str]:
    for row in story.checks:
        if row["verdict"] == "fail":
            title = _escaped(f"{story.release.endpoint}: {row['name']}", also=":,")
            yield f"::error title={title}::{_escaped(row['message'])}"


def _azure(story: "Story", output: Output, env: Env, summary: str) -> Iterator[str]:
    if summary:
        folder = env.get("AGENT_TEMPDIRECTORY") or mkdtemp(prefix="canary-")
        path = os.path.join(folder, f"canary-{story.release.id}.md")  # noqa: PTH118 - agent's own
        if _add(output, path, summary):
            yield f"##vso[task.uploadsummary]{path}"
    for row in story.checks:
        if row["verdict"] == "fail":
            text = in_line(f"{story.release.endpoint}: {row['message']}")
            yield f"##vso[task.logissue type=error]{text}"
    if story.release.exit in YELLOW:
        yield f"##vso[task.complete result=SucceededWithIssues;]{in_line(story.headline)}"


def _add(output: Output, path: str, text: str) -> bool:
    try:
        with open_private(Path(path), add=True) as file:
            file.write(text)
    except OSError as error:
        output.say(f"warning: {path!r} can't be written: {error.strerror}")
        return False
    return True


def _escaped(text: str, also: str = "") -> str:
    """A text as GitHub's commands take it."""
    text = harmless(text)
    for sign in f"%\r\n{also}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
