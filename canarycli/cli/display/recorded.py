"""Judges recorded releases line by line, without config, cloud or endpoint."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from canarycli.cli.display.output import write_line
from canarycli.errors import PlanError, UsageError
from canarycli.judge.finding import Verdict
from canarycli.series import SeriesVerdict, judge_document, parse

ONE_A_LINE = "put each on one line: jq -c . FILE | canary check --from -"


def check_recorded(word: str) -> Verdict | None:
    """Write one canary.verdict/1 line for every canary.series/1 line, each as soon as it is judged.

    Args:
        word: a file, or `-` for stdin.

    Returns:
        The verdict of a single document, None for several: theirs are in the lines. No document
        at all is no data, never a pass.

    Raises:
        PlanError: a line is no document; the verdicts of the lines before it are out.
        UsageError: there is no such file.
    """
    count, verdict = 0, Verdict.NO_DATA
    with _opened(word) as lines:
        for found in _judged(lines):
            write_line(found.line())
            count, verdict = count + 1, found.verdict
    if not count:
        name = "stdin" if word == "-" else repr(word)
        sys.stderr.write(f"{name} holds no document, so there is no verdict\n")
    return verdict if count <= 1 else None


def _judged(lines: BinaryIO) -> Iterator[SeriesVerdict]:
    for number, raw in enumerate(lines, 1):
        where = f"line {number}"
        text = _decoded(raw, where)
        if text.strip():
            if text.strip() in {"{", "["}:
                raise PlanError(where, "a document ends where its line ends", hint=ONE_A_LINE)
            yield judge_document(parse(text, where))


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        column = f"{where}, byte {error.start + 1}"
        raise PlanError(column, f"not UTF-8: {raw[error.start]:#04x}") from None


@contextmanager
def _opened(word: str) -> Iterator[BinaryIO]:
    if word == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(word, "rb")  # noqa: PTH123, SIM115 - closed below; no pathlib on this path
    except FileNotFoundError:
        raise UsageError(f"there is no file {word!r}", hint="name it, or - for stdin") from None
    except OSError as error:
        raise UsageError(f"{word!r} can't be read: {error.strerror}") from None
    with file:
        yield file
