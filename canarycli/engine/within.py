"""Waits for an answer no longer than a limit, whatever the one who is asked does."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(call: Callable[[], T], seconds: float, late: Callable[[], Exception]) -> T:
    """The answer of a call, or what it raised; what `late` makes is raised if neither came in time.

    The call can't be stopped and may still do what it was asked for: like a lost answer.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)

    # A daemon: a call that never returns must not keep the process from its end.
    Thread(target=copy_context().run, args=(work,), daemon=True, name="asked").start()
    # Not by the future's own TimeoutError: the call may raise one too.
    if not wait([answer], seconds).done:
        raise late()
    return answer.result()
