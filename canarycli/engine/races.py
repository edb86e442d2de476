"""Tries a write again that somebody else's came before, until it is through."""

from collections.abc import Callable
from typing import TypeVar
from zlib import crc32

from canarycli.clock import Clock
from canarycli.errors import Busy
from canarycli.store import Stale

T = TypeVar("T")

TRIES = 40
"""So many lost races for one record, over about ten seconds, are more than bad luck."""

SHORTEST, LONGEST = 0.02, 0.5
"""Seconds: the longest pause after the first race that was lost, and after the last ones."""


def until_won(attempt: Callable[[], T], clock: Clock, who: str, key: str) -> T:
    """What the first attempt comes to that nobody's write of the record came before.

    The pauses get longer, and are others for everybody: of fifty who write one record at once
    all come through.

    Raises:
        Busy: the record changes too fast.
    """
    for lost in range(TRIES):
        try:
            return attempt()
        except Stale:
            clock.sleep(_pause(who, lost))
    raise Busy(f"the record of {key} changes faster than it can be written")


def _pause(who: str, lost: int) -> float:
    share = crc32(f"{who} {lost}".encode()) / 0x1_0000_0000
    return share * min(LONGEST, SHORTEST * (1 << lost))
