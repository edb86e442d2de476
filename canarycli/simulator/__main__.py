"""Sets a split on a pretend endpoint: the command `plain_command` prints."""

import argparse
import sys
from collections.abc import Sequence

from canarycli.errors import CanaryError
from canarycli.simulator.simulator import Simulator
from canarycli.traffic import Traffic


def main(arguments: Sequence[str]) -> int:
    """`ENDPOINT NAME=PERCENT...` with `--state FILE`; the exit code of the process."""
    parser = argparse.ArgumentParser(prog="python -m canarycli.simulator", description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("shares", nargs="+", type=_share, metavar="NAME=PERCENT")
    parser.add_argument("--state", help="the simulator's state file")
    given = parser.parse_args(arguments)
    try:
        simulator = Simulator({"state": given.state})
        seen = simulator.describe(given.endpoint)
        simulator.shift(seen, Traffic(dict(given.shares)), {})
    except (CanaryError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return getattr(error, "exit", 2)
    return 0


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.rpartition("=")
    return name, float(share)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
