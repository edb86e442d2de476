"""How the judge does on answers, money and late labels, beside what others use for drift.

    python bench/signals.py                   all tables, about three minutes on one core
    python bench/signals.py --only drift      of drift, sides, money and labels just these
    python bench/signals.py --runs 20         fewer releases a row

Needs NumPy. Seeded: the same form gives the same numbers on every machine.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from output import machine
from signals_drift import drift
from signals_labels import labels
from signals_money import money
from signals_sides import sides

TABLES: Mapping[str, Callable[[int | None], str]] = {
    "drift": drift,
    "sides": sides,
    "money": money,
    "labels": labels,
}


def main() -> None:
    """Simulate, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--runs", type=int, help="releases a row, instead of the table's own")
    options.add_argument("--only", nargs="*", choices=list(TABLES), help="just these tables")
    chosen = options.parse_args()
    print(machine())
    for name, table in TABLES.items():
        if not chosen.only or name in chosen.only:
            began = time.process_time()
            print(f"\n## {name}\n\n{table(chosen.runs)}", flush=True)
            print(f"{name}: {time.process_time() - began:.0f} s of CPU", file=sys.stderr)


if __name__ == "__main__":
    main()
