"""How fast a rollback is, against the cloud's own tool, as whole processes on a loopback server.

    python bench/rollback.py [--cloud sagemaker|vertex|azureml] [--rounds 15] [--json FILE]

Exits with 1 if canary costs more than a rival's goal allows, or makes more than three calls
before traffic moves.
A cloud is a module `rollback_<cloud>` with a context manager `contests()`.
"""

import argparse
import importlib
import sys
from contextlib import ExitStack
from pathlib import Path

from contest import Contest
from output import Row, show
from processes import compare

CLOUDS = ("sagemaker", "vertex", "azureml")
CALLS = 3
TESTS = Path(__file__).parents[1] / "tests"


def main() -> int:
    """Measure, show, and say by the exit code whether every goal is met."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cloud", choices=CLOUDS, action="append")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()

    sys.path.append(str(TESTS))  # the servers the tests use
    rows, calls = [], []
    with ExitStack() as stack:
        for cloud in given.cloud or CLOUDS:
            contests = importlib.import_module(f"rollback_{cloud}").contests()
            for contest in stack.enter_context(contests):
                row, ours = play(contest, given.rounds)
                rows.append(row)
                calls.append(ours)
    show(rows, given.rounds, given.json)
    return 0 if all(row.met for row in rows) and max(calls) <= CALLS else 1


def play(contest: Contest, rounds: int) -> tuple[Row, int]:
    """One line of the table, and how many calls canary made before traffic was on its way."""
    ours, theirs = (contest.calls_of(c) for c in (contest.pair.ours, contest.pair.theirs))
    facts = {"calls": f"{len(ours)} : {len(theirs)}", "its calls": ", ".join(ours), **contest.facts}
    found = compare(contest.pair, rounds)
    return Row(contest.what, contest.against, found, contest.goal, facts), len(ours)


if __name__ == "__main__":
    sys.exit(main())
