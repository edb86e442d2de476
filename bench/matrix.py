"""How the installed command stands what befalls it: any call of any cloud, in any way, at any time.

    python bench/matrix.py [--minutes 30] [--seed 1] [--threads 3] [--cell "CELL"]

Each cell starts a server of its own, has one thing go wrong as one call comes in (a fault once or
for ever, a kill, a cancelled job, a full disk, a clock that is set, another writer, a rollback
from elsewhere), and looks whether the exit code is true, the shares stay in their stages, and a
sweep ends what is left. Prints a line for each; exits with 1 if anything did not hold.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Lock

TESTS = Path(__file__).parents[1] / "tests"


def main() -> int:
    """Try cells, and say by the exit code whether everything held."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=3)
    arguments.add_argument("--cell", action="append", default=[])
    given = arguments.parse_args()

    sys.path[0] = str(TESTS)  # instead of this folder
    from cli.cells import Cell, draw, within
    from cli.trial import tried

    dice, lock = Random(given.seed), Lock()
    broken: list[str] = []

    def one(cell: Cell) -> None:
        with tempfile.TemporaryDirectory() as folder:
            trial = tried(cell, Path(folder))
        code = trial.result.code if trial.result else "killed"
        with lock:
            print(f"{'BROKEN' if trial.broken else 'held  '} {cell}: {code}", flush=True)
            for what in trial.broken:
                print(f"  {what}", flush=True)
            broken.extend(trial.broken)

    if given.cell:
        cells = iter([Cell.read(line) for line in given.cell])
    else:
        cells = within(60 * given.minutes, lambda: draw(dice))

    def several() -> None:
        while True:
            with lock:
                cell = next(cells, None)
            if cell is None:
                return
            one(cell)

    with ThreadPoolExecutor(given.threads) as pool:
        for done in [pool.submit(several) for _ in range(given.threads)]:
            done.result()
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
