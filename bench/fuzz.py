"""Feeds canary odd documents and odd answers of clouds for as long as asked; prints what breaks.

    python bench/fuzz.py                      every target for a minute
    python bench/fuzz.py record vertex --seconds 600 --from 5000

Each finding is a target and a seed that bring it back: it becomes a case of a test.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzzing.clouds import CLOUDS
from fuzzing.targets import DOCUMENTS


def main() -> int:
    """Run the targets that were named; 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*DOCUMENTS, *CLOUDS]
    parser.add_argument("target", nargs="*", choices=[*names, []], default=[])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--from", type=int, default=0, dest="start", help="the first seed")
    told = parser.parse_args()
    found = 0
    for name in told.target or names:
        if name in DOCUMENTS:
            found += search(name, DOCUMENTS[name], told.start, told.seconds)
        else:
            with CLOUDS[name]() as target:
                found += search(name, target, told.start, told.seconds)
    return min(found, 1)


def search(name: str, target: Callable[[int], None], start: int, seconds: float) -> int:
    """Try seed after seed; how many broke it."""
    end, seed, found = time.monotonic() + seconds, start, 0
    while time.monotonic() < end:
        try:
            target(seed)
        except Exception:  # noqa: BLE001 - just this is looked for
            found += 1
            sys.stdout.write(f"{name} {seed}\n{traceback.format_exc()}\n")
        seed += 1
    sys.stdout.write(f"{name}: seeds {start} to {seed - 1}, {found} found\n")
    return found


if __name__ == "__main__":
    sys.exit(main())
