"""Waits without an end that a signal ends, whichever thread of the process it came to."""

from collections.abc import Callable
from time import monotonic

SLICE = 1.0
"""Python takes a signal up in its main thread alone, and one that came to another thread wakes
nobody: so the main thread looks by itself so often, in seconds."""


def heed(wait: Callable[[float], bool], seconds: float | None = None) -> bool:
    """Whether what a wait is for came.

    Args:
        wait: waits for so many seconds at most, and tells whether it came.
        seconds: how long to wait in all, None for without an end.
    """
    end = None if seconds is None else monotonic() + seconds
    while not wait(SLICE if end is None else max(0.0, min(SLICE, end - monotonic()))):
        if end is not None and monotonic() >= end:
            return False
    return True
