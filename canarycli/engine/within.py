"""Waits for an answer no longer than a limit, whatever the one who is asked does."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Exited(Exception):
    """A call raised what ends a process or a thread; its cause says what."""


def within(call: Callable[[], T], seconds: float, late: Callable[[], Exception]) -> T:
    """The answer of a call, or what it raised; what `late` makes is raised if neither came in time.

    The call can't be stopped and may still do what it was asked for: like a lost answer. It ends
    neither this process nor this thread: an exit that it raises is an error of its own.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - it would pass every guard there
            exited = Exited()
            exited.__cause__ = error
            answer.set_exception(exited)

    # A daemon: a call that never returns must not keep the process from its end.
    Thread(target=copy_context().run, args=(work,), daemon=True, name="asked").start()
    # Not by the future's own TimeoutError: the call may raise one too.
    if not wait([answer], seconds).done:
        raise late()
    return answer.result()
