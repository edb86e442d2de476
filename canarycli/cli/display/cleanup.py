"""What `canary cleanup` removed, kept or was refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.operations.cleanup import Row

SCHEMA = "canary.cleanup/1"


def show_rows(output: Output, rows: Sequence[Row]) -> None:
    """Show what became of each release's leftover."""
    output.result(_document(rows), _lines(rows))


def _document(rows: Sequence[Row]) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "releases": [
            {
                "release": row.release.id,
                "endpoint": row.release.endpoint,
                "version": row.version or None,
                "verdict": row.verdict,
                "detail": row.detail,
                "until": row.until,
            }
            for row in rows
        ],
    }


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    symbols = {"removed": "✔", "kept": "◔", "nothing": "✔", "refused": "✖"}
    for row in rows:
        what = f"{row.version} {row.verdict}" if row.version else row.verdict
        where = f"{row.release.id}  {row.release.endpoint}"
        yield f"{symbols[row.verdict]} {where}  {what}: {row.detail}"
    if not rows:
        yield "nothing is left of any release known here"
