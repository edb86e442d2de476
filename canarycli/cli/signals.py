"""SIGTERM as an exception, so that one handler serves it and Ctrl-C."""

import signal
import threading
from types import FrameType

from canarycli.errors import Terminated


def raise_on_sigterm() -> None:
    """Let SIGTERM raise `Terminated` in the main thread."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
