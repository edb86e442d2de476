"""Shows comparisons: a Markdown table for people, JSON for whoever compares runs."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

from processes import Comparison, Cost


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        against: what it was measured against.
        found: the figures.
        goal: the largest ratios that are good enough; infinite where nothing is asked.
        facts: more to say, by column name.
    """

    what: str
    against: str
    found: Comparison
    goal: Cost
    facts: Mapping[str, str]

    @property
    def met(self) -> bool:
        """Whether both ratios are within the goal."""
        ratio = self.found.ratio
        return ratio.cpu <= self.goal.cpu and ratio.wall <= self.goal.wall


def show(rows: Sequence[Row], rounds: int, file: Path | None) -> None:
    """Print the table, and write the figures to `file` if one is given."""
    print(markdown(rows, rounds))
    if file is not None:
        document = {"machine": machine(), "rounds": rounds, "rows": [_record(row) for row in rows]}
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def markdown(rows: Sequence[Row], rounds: int) -> str:
    """Times in milliseconds; ratios below 1 are in canary's favour."""
    facts = list(dict.fromkeys(name for row in rows for name in row.facts))
    head = [
        "what",
        "against",
        "CPU ms",
        "wall ms",
        "ratio CPU",
        "ratio wall",
        "goal",
        "met",
        *facts,
    ]
    lines = [f"Medians of {rounds} pairs; {machine()}", "", _line(head), _line(["---"] * len(head))]
    lines += [_line(_cells(row, facts)) for row in rows]
    return "\n".join(lines)


def machine() -> str:
    """What the figures depend on: the interpreter, the system, the processor's kind."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def first_line(command: Sequence[str]) -> str:
    """The first line a command prints, for naming a version."""
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\n")[0]


def beside(name: str) -> str:
    """The command of that name next to the running interpreter, else the bare name for PATH."""
    here = Path(sys.executable).parent / name
    return str(here) if here.exists() else name


def _cells(row: Row, facts: Sequence[str]) -> list[str]:
    ours, theirs, ratio = row.found.ours, row.found.theirs, row.found.ratio
    return [
        row.what,
        row.against,
        _both(ours.cpu, theirs.cpu),
        _both(ours.wall, theirs.wall),
        f"{ratio.cpu:.2f}",
        f"{ratio.wall:.2f}",
        _goal(row.goal),
        "yes" if row.met else "**no**",
        *(row.facts.get(name, "") for name in facts),
    ]


def _goal(goal: Cost) -> str:
    asked = {"CPU": goal.cpu, "wall": goal.wall}
    return ", ".join(f"{name} ≤ {most:g}" for name, most in asked.items() if most < inf)


def _both(ours: float, theirs: float) -> str:
    return f"{1000 * ours:.0f} : {1000 * theirs:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _record(row: Row) -> dict[str, object]:
    def seconds(cost: Cost) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(cost).items()}

    return {
        "what": row.what,
        "against": row.against,
        "ours": seconds(row.found.ours),
        "theirs": seconds(row.found.theirs),
        "ratio": seconds(row.found.ratio),
        "goal": {name: most for name, most in asdict(row.goal).items() if most < inf},
        "met": row.met,
        **row.facts,
    }
