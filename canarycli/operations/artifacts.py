"""What a driven release leaves in files, whatever its outcome: JUnit, a summary, a report."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from canarycli.engine.status import release_status
from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.links import links_of
from canarycli.operations.workspace import Workspace
from canarycli.plain import plain
from canarycli.private_file import open_private
from canarycli.store import Record

if TYPE_CHECKING:  # what moves traffic does not wait for what tells of it
    from canarycli.report import Story

NONE = "none"
"""The summary that nobody wants, not even where CI would show one."""


@dataclass(frozen=True, slots=True)
class Artifacts:
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

    def write(self, work: Workspace, *, told_in_ci: bool) -> "Written | None":
        """Write everything; what can't be written is warned of and changes nothing else.

        Args:
            work: says which release.
            told_in_ci: the story is wanted even if no file is.
        """
        asked = (self.junit, self.report, None if self.summary == NONE else self.summary)
        record = work.record() if any(asked) or told_in_ci else None
        if record is None:
            return None
        from canarycli.report import WRITERS, told

        events = work.store.events(record.release.id)
        story = told(record.release, events, work.clock.now(), links_of(record.release))
        document = document_of(story, record)
        warnings = []
        if self.junit is not None:
            warnings.append(_write(self.junit, WRITERS["junit"](story, document)))
        if self.report is not None:
            form = form_of(self.report, None)
            warnings.append(_write(self.report, WRITERS[form](story, document)))
        summary = "" if self.summary == NONE else WRITERS["markdown"](story, document)
        if self.summary not in {None, NONE}:
            warnings.append(_write(Path(self.summary or ""), summary, add=True))
            summary = ""
        return Written(story, summary, tuple(filter(None, warnings)))


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a release.

    Attributes:
        story: what it was written from.
        summary: the Markdown that no file took, for where CI shows one.
        warnings: what could not be written.
    """

    story: "Story"
    summary: str
    warnings: tuple[str, ...]


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


def _write(path: Path, text: str, *, add: bool = False) -> str:
    """Write, or say in one line why not."""
    try:
        with open_private(path, add=add) as file:
            file.write(text)
    except OSError as error:
        return f"warning: {str(path)!r} can't be written: {error.strerror}"
    return ""
