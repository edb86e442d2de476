"""Waits for whoever holds the records: fairly, not for long, and aloud."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from canarycli.errors import StoreError
from canarycli.store.contract import Patience

T = TypeVar("T")

ALOUD = 1.0
"""Seconds after which a wait is told of."""


class Waiting:
    """The patience of one store, for all of its calls.

    Once it has run out the next calls try only once, until one of them succeeds: whoever said
    two seconds is not kept for ten by five calls.

    Args:
        patience: how long.
        what: is waited for, in words.
    """

    def __init__(self, patience: Patience, what: str) -> None:
        self._patience = patience
        self._what = what
        self._in_vain = False
        self.say = patience.say

    def until_free(self, act: Callable[[], T], held: Callable[[Exception], bool]) -> T:
        """Do it, again and again while somebody else holds what it needs.

        Raises:
            StoreError: for too long.
        """
        start, told = time.monotonic(), False
        while True:
            try:
                result = act()
            except Exception as error:
                if not held(error):
                    raise
                waited = time.monotonic() - start
                over = self._in_vain or waited >= self._patience.seconds
                soon = min(ALOUD, self._patience.seconds / 2)
                if waited >= soon and not told and not self._in_vain:
                    told = True
                    self.say(f"waiting for {self._what}: another process holds it")
                if over:
                    self._in_vain = True
                    raise StoreError(
                        f"another process holds {self._what}", hint="try again when it is done"
                    ) from error
            else:
                self._in_vain = False
                return result
            # At random, for SQLite's lock is not fair.
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - no secret
