"""What `canary lint` prints of the mistakes in a file."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from canarycli.config import Problem
from canarycli.config.discover import here
from canarycli.harmless import visible

SCHEMA = "canary.lint/1"


class LintFormat(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def lint_lines(
    paths: Sequence[Path], problems: Sequence[Problem], remarks: Sequence[Problem]
) -> Iterator[str]:
    """A line a mistake and a remark, and how many mistakes there are."""
    yield from map(str, problems)
    yield from (f"{remark.place}: note: {remark.sentence}" for remark in remarks)
    for file in dict.fromkeys(problem.file for problem in problems):
        count = sum(problem.file == file for problem in problems)
        yield f"{count} problem{'s' * (count > 1)} in {file}"
    if not problems:
        yield f"no problems in {', '.join(map(_shown, paths))}"


def _shown(path: Path) -> str:
    cwd = here()
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


def annotation(problem: Problem, level: str) -> str:
    """A GitHub workflow command; it needs its own escapes."""
    place = f"file={_escaped(problem.file, ',:')}"
    if problem.line:
        place += f",line={problem.line}"
    if problem.column:
        place += f",col={problem.column}"
    within = f" ({problem.path})" if problem.path else ""
    return f"::{level} {place},title=canary lint::{_escaped(problem.message + within)}"


def _escaped(text: str, more: str = "") -> str:
    clean = visible(text)
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{more}" else c for c in clean)


def lint_document(
    paths: Sequence[Path], problems: Sequence[Problem], remarks: Sequence[Problem]
) -> dict[str, Any]:
    """The `canary.lint/1` object."""
    return {
        "schema": SCHEMA,
        "ok": not problems,
        "files": [_shown(path) for path in paths],
        "problems": [_entry(problem) for problem in problems],
        "remarks": [_entry(remark) for remark in remarks],
    }


def _entry(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }
