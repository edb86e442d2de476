"""`canary report`: a release as a file for people, pipelines and programs."""

import os
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output, kibibytes
from canarycli.cli.options.common import Common
from canarycli.errors import UsageError
from canarycli.operations.artifacts import form_of
from canarycli.operations.report import report as report_of
from canarycli.operations.report import write_report

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

    It is made from the record and the journal of a release, wherever the records are; no
    cloud is asked.
    """
    with Output(common) as output:
        told = report_of(common.address, os.environ)
        chosen = form_of(out if out != STDOUT else None, form.value if form else None)
        if show and chosen != Form.HTML:
            raise UsageError(f"--open shows HTML, and this is {chosen}", hint="leave --open out")
        release, text = told.release, told.text(chosen)
        if out == STDOUT or (out is None and chosen != Form.HTML):
            if chosen == Form.JSON:
                output.document(told.document)
            else:
                output.text(text)
            return 0
        path = out or Path(f"canary-{release.id}.html")
        write_report(path, text)
        output.result(
            {"schema": "canary.written/1", "release": release.id, "file": str(path)},
            [f"✔ {path}  {kibibytes(text)}, no network needed"],
        )
        if show and not webbrowser.open(path.resolve().as_uri()):
            output.say(f"no browser to open {path} with")
        return 0
