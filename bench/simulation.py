"""How often a promise breaks in simulated releases, and what a story costs.

    python bench/simulation.py [--stories 100000] [--first 0] [--processes 2]

Prints the line that tells a story again for each that broke a promise, and every 500 stories how
far it is: one that was ended goes on there with `--first`. Exits with 1 if any promise broke.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
AT_ONCE = 500


def main() -> int:
    """Tell the stories, and say by the exit code whether every promise held."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--stories", type=int, default=100_000)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--processes", type=int, default=2)
    given = arguments.parse_args()

    parts = [
        range(first, min(first + AT_ONCE, given.first + given.stories))
        for first in range(given.first, given.first + given.stories, AT_ONCE)
    ]
    broken, seconds = 0, 0.0
    with ProcessPoolExecutor(given.processes) as pool:
        for part, (told, cost) in zip(parts, pool.map(tell, parts), strict=True):
            seconds += cost
            broken += len(told)
            for line in told:
                print(line)
            print(f"told before {part.stop}, {broken} broken, {seconds:.0f} s of CPU", flush=True)
    each = 1000 * seconds / given.stories
    print(f"{given.stories} stories, {each:.1f} ms of CPU each, {broken} with a broken promise")
    return int(broken > 0)


def tell(seeds: range) -> tuple[list[str], float]:
    """The stories in which a promise broke, and the CPU seconds of all of them."""
    sys.path[0] = str(TESTS)  # instead of this folder, whose file has the package's name
    from simulation.promises import readable
    from simulation.story import Story

    began, told = time.process_time(), []
    for seed in seeds:
        story = Story(seed)
        broken = story.run()
        if broken:
            told.append(f"{story.again}\n{readable(broken)}")
    return told, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
