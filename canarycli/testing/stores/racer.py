"""One racer of the kit: counts a record up until it has got to a number, and says each step."""

import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from canarycli.journal import Event
from canarycli.store import Stale, Store
from canarycli.store.opening import open_at

KEY = "simulator/local/fraud"


def count_up(store: Store, to: int, say: Callable[[int], None]) -> None:
    """Add one again and again until the record's number is `to`."""
    while True:
        record = store.load(KEY)
        assert record is not None
        n = int(record.release.served) + 1
        if n > to:
            return
        release = replace(record.release, served=float(n))
        with suppress(Stale):
            store.save(
                replace(record, release=release),
                [Event("counted", release.started_at, "one more", fields={"n": n})],
            )
            say(n)
            continue
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - no secret


if __name__ == "__main__":
    count_up(open_at(sys.argv[1]), int(sys.argv[2]), lambda n: print(n, flush=True))  # noqa: T201
