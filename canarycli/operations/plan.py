"""Writes a plan to a file, for `start --plan FILE`."""

from pathlib import Path

from canarycli.errors import UsageError
from canarycli.plan import Plan


def write_plan_file(path: Path, plan: Plan) -> str:
    """Write a plan that reads back as the same plan; says so in one line.

    Raises:
        UsageError: the file can't be written.
    """
    from canarycli.config.writing import write_plan

    try:
        path.write_text(write_plan(plan), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {str(path)!r} can't be written: {error.strerror}") from error
    return f"wrote {path}"
