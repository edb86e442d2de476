"""How the installed command stands random histories: many hands, kills, faults, foreign writers.

    python bench/histories.py [--count 300] [--seed 1] [--threads 3] [--cloud vertex] [--verbose]

A history is drawn from its seed: several machines run `canary start`, `promote`, `rollback`,
`sweep` and others on one endpoint of a cloud's server, while processes are killed, calls go wrong,
disks are full, records are damaged and somebody else sets another split. Afterwards each is held
against the promises an outsider knows. Prints a line for each; exits with 1 if any was broken.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

TESTS = Path(__file__).parents[1] / "tests"


def main() -> int:
    """Tell histories, and say by the exit code whether all promises held."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--count", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=1, help="of the first one")
    arguments.add_argument("--threads", type=int, default=3)
    arguments.add_argument("--cloud", default="", help="on this one, whatever is drawn")
    arguments.add_argument("--verbose", action="store_true")
    given = arguments.parse_args()

    sys.path[0] = str(TESTS)  # instead of this folder
    from cli.histories.draw import History, draw
    from cli.histories.judge import Judged
    from cli.histories.tell import told

    lock = Lock()

    def one(seed: int) -> bool:
        history = draw(seed, given.cloud)
        try:
            return shown(history)
        except TimeoutError:  # the machine is too busy for the server itself
            print(f"lost   {history.cloud} {seed}", flush=True)
            return False

    def shown(history: History) -> bool:
        seed = history.seed
        with tempfile.TemporaryDirectory() as folder, told(history, Path(folder)) as tale:
            broken = Judged(tale).broken()
            splits = [(f"{at - tale.begun:.1f} s", dict(s)) for at, s in tale.place.splits()]
        with lock:
            print(f"{'BROKEN' if broken else 'held  '} {history.cloud} {seed}", flush=True)
            if broken or given.verbose:
                print(history)
                for ran in [*tale.ran, *tale.closing]:
                    times = f"{ran.begun - tale.begun:5.1f} {ran.ended - tale.begun:5.1f}"
                    print(f"  {times} {ran}")
                    if given.verbose or broken:
                        print("".join(f"      | {line}\n" for line in ran.err.splitlines()), end="")
                print(f"  {splits}")
            for what in broken:
                print(f"  -> {what}", flush=True)
        return bool(broken)

    with ThreadPoolExecutor(given.threads) as pool:
        seeds = range(given.seed, given.seed + given.count)
        broken = sum(pool.map(one, seeds))
    print(f"{given.count} histories, {broken} broke a promise")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
