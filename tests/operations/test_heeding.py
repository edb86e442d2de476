"""A signal ends a wait without an end, also one that another thread was given."""

import signal
import threading
from collections.abc import Iterator

import pytest

from canarycli.cli.signals import raise_on_sigterm
from canarycli.errors import Terminated
from canarycli.operations.heeding import heed


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    raise_on_sigterm()
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals have no thread here")
def test_one_that_another_thread_was_given_ends_it() -> None:
    never, waiting = threading.Event(), threading.Event()

    def give_it_to_this_thread() -> None:
        waiting.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    other = threading.Thread(target=give_it_to_this_thread)
    other.start()

    def wait(seconds: float) -> bool:
        waiting.set()
        return never.wait(seconds)

    with pytest.raises(Terminated):
        heed(wait)
    other.join()


def test_it_tells_whether_what_it_waits_for_came_in_time() -> None:
    came = threading.Event()
    assert not heed(came.wait, 0)
    came.set()
    assert heed(came.wait, 0)
    assert heed(came.wait)
