"""What a driven release leaves in files, whatever its outcome: JUnit, a summary, a report."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from canarycli.cli.display import ci
from canarycli.cli.display.output import Output, plain
from canarycli.engine.status import release_status
from canarycli.errors import UsageError
from canarycli.operations.workspace import Work
from canarycli.store import Record

if TYPE_CHECKING:  # what moves traffic does not wait for what tells of it
    from canarycli.report import Story

NONE = "none"
"""The summary that nobody wants, not even where CI would show one."""

JUnit = Annotated[
    Path | None, Option(metavar="FILE", help="Write a JUnit report there, whatever the outcome")
]
Summary = Annotated[
    str | None,
    Option(metavar="FILE|none", help="Add a Markdown summary there; in CI its own by itself"),
]
Report = Annotated[
    Path | None, Option(metavar="FILE", help="Write an HTML report there, whatever the outcome")
]


@dataclass(frozen=True, slots=True)
class Papers:
    """Where to write what.

    Attributes:
        junit: a file that is replaced.
        summary: a file that is added to, None for CI's own, `none` for no summary at all.
        report: a file that is replaced; the form is in its name.
    """

    junit: Path | None = None
    summary: str | None = None
    report: Path | None = None

    def check(self) -> None:
        """Stop before anything has happened if one could not be written.

        Raises:
            UsageError: and which.
        """
        summary = None if self.summary in {None, NONE} else Path(self.summary or "")
        named = {"--junit": self.junit, "--summary": summary, "--report": self.report}
        for option, path in named.items():
            if path is None:
                continue
            folder = path.parent
            if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
                raise UsageError(
                    f"{option} {str(path)!r} can't be written", hint=f"is {folder} a folder?"
                )
        if self.report is not None:
            form_of(self.report, None)

    def write(self, work: Work, output: Output) -> None:
        """Write everything; what can't be written is said and changes nothing else."""
        asked = (self.junit, self.report, None if self.summary == NONE else self.summary)
        if not any(asked) and not ci.here(os.environ):
            return
        record = work.record()
        if record is None:
            return
        from canarycli.report import WRITERS, told

        events = work.store.events(record.release.id)
        story = told(record.release, events, work.clock.now())
        document = document_of(story, record)
        if self.junit is not None:
            _write(output, self.junit, WRITERS["junit"](story, document))
        if self.report is not None:
            form = form_of(self.report, None)
            _write(output, self.report, WRITERS[form](story, document))
        summary = "" if self.summary == NONE else WRITERS["markdown"](story, document)
        if self.summary not in {None, NONE}:
            _write(output, Path(self.summary or ""), summary, add=True)
            summary = ""
        ci.tell(story, output, os.environ, self.report, summary)


def document_of(story: "Story", record: Record) -> dict[str, Any]:
    """The story as JSON values."""
    from canarycli.report import report_document

    status = release_status(record, None, story.now)
    document: dict[str, Any] = plain(report_document(story, status))
    return document


_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".xml": "junit"}


def form_of(path: Path | None, word: str | None) -> str:
    """The format that was asked for, else the one a file's name says.

    Raises:
        UsageError: neither says one.
    """
    if word is not None:
        return word
    if path is None:
        return "html"
    form = _ENDINGS.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"{str(path)!r} does not say which format it is",
            hint=f"end it with {', '.join(_ENDINGS)}, or add --format",
        )
    return form


def _write(output: Output, path: Path, text: str, *, add: bool = False) -> None:
    try:
        with path.open("a" if add else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        output.say(f"warning: {str(path)!r} can't be written: {error.strerror}")
