"""Recorded releases: canary.series/1 documents in, canary.verdict/1 documents out."""

from collections.abc import Iterable, Iterator

from canarycli.series.document import SeriesDocument, parse
from canarycli.series.judging import judge_document
from canarycli.series.schema import SERIES_SCHEMA, VERDICT_SCHEMA
from canarycli.series.verdict import SeriesVerdict

__all__ = [
    "SERIES_SCHEMA",
    "VERDICT_SCHEMA",
    "SeriesDocument",
    "SeriesVerdict",
    "judge_document",
    "judge_lines",
    "parse",
]


def judge_lines(lines: Iterable[str]) -> Iterator[str]:
    """One verdict line for every document line, in order, each as soon as its line was read.

    Empty lines are skipped. Memory does not grow with the number of lines.

    Raises:
        PlanError: a line is no such document; names the line and the place in it. The verdicts
            of the lines before it are already out.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield judge_document(parse(line, f"line {number}")).line()
