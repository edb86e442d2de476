"""How long `canary` takes to start, against the bare interpreter.

    python bench/start.py [--rounds 15] [--json FILE]

Exits with 1 if a goal is missed.
"""

import argparse
import os
import sys
from pathlib import Path

from output import Row, beside, show
from processes import Cost, Pair, compare

GOALS = {"--version": 3.0, "--help": 10.0}
"""So many times the start of the bare interpreter, at most."""


def main() -> int:
    """Measure, show, and say by the exit code whether every goal is met."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()

    bare = (sys.executable, "-c", "pass")
    rows = []
    for words, goal in GOALS.items():
        pair = Pair((beside("canary"), *words.split()), bare, os.environ)
        found = compare(pair, given.rounds)
        rows.append(Row(f"canary {words}", "python -c pass", found, Cost(goal, goal), {}))
    show(rows, given.rounds, given.json)
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
