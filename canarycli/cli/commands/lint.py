"""canary lint: validate canary.yaml."""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Format, Local
from canarycli.config import Problem
from canarycli.config import lint as problems_of
from canarycli.config.discover import discover
from canarycli.errors import Exit, UsageError

SCHEMA = "canary.lint/1"


class LintFormat(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


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
    problems = tuple(problem for path in paths for problem in problems_of(path, cwd=Path.cwd()))
    with Output(common) as output:
        if style is LintFormat.JSON or common.output in {Format.JSON, Format.NDJSON}:
            output.document(_document(paths, problems))
        else:
            output.result({}, _lines(paths, problems, style))
    return Exit.USAGE if problems else Exit.OK


def _found(config: Path | None) -> tuple[Path]:
    path = discover(config, cwd=Path.cwd(), env=os.environ)
    if path is None:
        raise UsageError(
            "there is no canary.yaml here or above", hint="name the file: canary lint FILE"
        )
    return (path,)


def _lines(paths: Sequence[Path], problems: Sequence[Problem], style: LintFormat) -> Iterator[str]:
    if style is LintFormat.GITHUB:
        yield from map(_annotation, problems)
        return
    yield from map(str, problems)
    for file in dict.fromkeys(problem.file for problem in problems):
        count = sum(problem.file == file for problem in problems)
        yield f"{count} problem{'s' * (count > 1)} in {file}"
    if not problems:
        yield f"no problems in {', '.join(map(_shown, paths))}"


def _shown(path: Path) -> str:
    cwd = Path.cwd()
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


def _annotation(problem: Problem) -> str:
    """A GitHub workflow command; it needs its own escapes."""
    place = f"file={_escaped(problem.file, ',:')}"
    if problem.line:
        place += f",line={problem.line}"
    if problem.column:
        place += f",col={problem.column}"
    within = f" ({problem.path})" if problem.path else ""
    return f"::error {place},title=canary lint::{_escaped(problem.message + within)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{more}" else c for c in text)


def _document(paths: Sequence[Path], problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "ok": not problems,
        "files": [_shown(path) for path in paths],
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "path": problem.path,
                "message": problem.message,
            }
            for problem in problems
        ],
    }
