"""canary lint: validate canary.yaml."""

import os
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.display.lint import LintFormat, annotation, lint_document, lint_lines
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Format, Local
from canarycli.config import lint as problems_of
from canarycli.config import remarks as remarks_on
from canarycli.config.discover import discover, here
from canarycli.errors import Exit, UsageError


def lint(
    common: Local,
    files: Annotated[
        list[Path] | None, Argument(metavar="FILE", help="What to validate; else canary.yaml here")
    ] = None,
    style: Annotated[
        LintFormat, Option("--format", help="How to print problems; github makes annotations")
    ] = LintFormat.TEXT,
) -> Exit:
    """Validate canary.yaml."""
    paths = tuple(files or _found(common.config))
    problems = tuple(problem for path in paths for problem in problems_of(path, cwd=here()))
    remarks = tuple(remark for path in paths for remark in remarks_on(path, cwd=here()))
    with Output(common) as output:
        if style is LintFormat.JSON or common.output in {Format.JSON, Format.NDJSON}:
            output.document(lint_document(paths, problems, remarks))
        elif style is LintFormat.GITHUB:
            for problem in problems:
                output.mark(annotation(problem, "error"))
            for remark in remarks:
                output.mark(annotation(remark, "notice"))
        else:
            output.result({}, lint_lines(paths, problems, remarks))
    return Exit.USAGE if problems else Exit.OK


def _found(config: Path | None) -> tuple[Path]:
    path = discover(config, cwd=here(), env=os.environ)
    if path is None:
        raise UsageError(
            "there is no canary.yaml here or above", hint="name the file: canary lint FILE"
        )
    return (path,)
