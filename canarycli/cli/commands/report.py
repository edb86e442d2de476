"""`canary report`: a release as a file for people, pipelines and programs."""

import os
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.clock import SystemClock
from canarycli.errors import CanaryError, NotFound, UsageError
from canarycli.operations.artifacts import document_of, form_of
from canarycli.operations.workspace import open_store
from canarycli.report import WRITERS, told
from canarycli.store import Record, Store

STDOUT = Path("-")


class Form(StrEnum):
    """What a report is written as."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"


def report(
    common: Common,
    *,
    form: Annotated[
        Form | None, Option("--format", help="What to write; else as the file's name says")
    ] = None,
    out: Annotated[
        Path | None,
        Option(metavar="FILE|-", help="Where; canary-RELEASE.html, or stdout for the others"),
    ] = None,
    show: Annotated[bool, Option("--open", help="Open it in the browser")] = False,
) -> int:
    """Write an HTML, Markdown, JSON or JUnit report.

    It is made from the record and the journal of a release on this machine; no cloud is
    asked.
    """
    with Output(common) as output:
        store = open_store(os.environ)
        record = _meant(store, common.release or common.endpoint)
        chosen = form_of(out if out != STDOUT else None, form.value if form else None)
        if show and chosen != Form.HTML:
            raise UsageError(f"--open shows HTML, and this is {chosen}", hint="leave --open out")
        release = record.release
        story = told(release, store.events(release.id), SystemClock().now())
        text = WRITERS[chosen](story, document_of(story, record))
        if out == STDOUT or (out is None and chosen != Form.HTML):
            output.text(text)
            return 0
        path = out or Path(f"canary-{release.id}.html")
        _write(path, text)
        size = f"{len(text.encode()) / 1024:,.0f} KiB"
        output.result(
            {"schema": "canary.written/1", "release": release.id, "file": str(path)},
            [f"✔ {path}  {size}, no network needed"],
        )
        if show and not webbrowser.open(path.resolve().as_uri()):
            output.say(f"no browser to open {path} with")
        return 0


def _meant(store: Store, word: str | None) -> Record:
    """The release of that id, the newest on that endpoint, else the one open or the newest of all.

    Raises:
        NotFound: there is none.
    """
    if word is not None and (record := store.find(word)) is not None:
        return record
    known = [r for r in store.history() if word in {None, r.release.endpoint}]
    if not known:
        what = "release" if word is None else f"release or endpoint {word!r}"
        raise NotFound(f"no {what} is known here", hint="canary history lists them")
    still_open = [record for record in known if not record.release.over]
    return still_open[0] if len(still_open) == 1 else known[0]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CanaryError(
            f"{str(path)!r} can't be written: {error.strerror}", hint="choose another with --out"
        ) from error
