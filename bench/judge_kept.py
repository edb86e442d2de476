"""Runs what a benchmark is made of item by item, and keeps each result to go on from later."""

import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

Result = dict[str, Any]


class Item(Protocol):
    """One seeded piece of work; its repr says all that its result depends on."""

    def run(self) -> Result:
        """Do it."""
        ...


class Kept:
    """Results in a folder, a file an item; or nowhere."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def known(self, item: Item) -> Result | None:
        """The result of an earlier run, None if there is none."""
        file = self._file(item)
        if file is None or not file.exists():
            return None
        found: Result = json.loads(file.read_text(encoding="utf-8"))
        return found

    def keep(self, item: Item, result: Result) -> None:
        """Write a result down, whole or not at all."""
        file = self._file(item)
        if file is None:
            return
        beside = file.with_suffix(".part")
        beside.write_text(json.dumps(result), encoding="utf-8")
        beside.replace(file)

    def _file(self, item: Item) -> Path | None:
        name = sha256(repr(item).encode()).hexdigest()[:16]
        return None if self.folder is None else self.folder / f"{name}.json"


def run_all(items: Sequence[Item], jobs: int, kept: Kept) -> list[Result]:
    """Every item's result, in their order; those that are kept are not run again."""
    found = {i: result for i, item in enumerate(items) if (result := kept.known(item)) is not None}
    left = [i for i in range(len(items)) if i not in found]
    for done, (i, result) in enumerate(_run(items, left, jobs), 1):
        kept.keep(items[i], result)
        found[i] = result
        print(f"\r{done} of {len(left)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return [found[i] for i in range(len(items))]


def so_far(items: Sequence[Item], kept: Kept) -> list[Result]:
    """The results that are kept, in the items' order."""
    known = (kept.known(item) for item in items)
    return [result for result in known if result is not None]


def _run(items: Sequence[Item], left: Sequence[int], jobs: int) -> Iterator[tuple[int, Result]]:
    if jobs <= 1:
        yield from ((i, items[i].run()) for i in left)
        return
    # Forked, for an item may hold a function that can't be sent.
    with ProcessPoolExecutor(jobs, get_context("fork"), _begin, (items,)) as pool:
        for done in as_completed(pool.submit(_one, i) for i in left):
            yield done.result()


_ITEMS: list[Item] = []


def _begin(items: Sequence[Item]) -> None:
    _ITEMS[:] = items


def _one(index: int) -> tuple[int, Result]:
    return index, _ITEMS[index].run()
