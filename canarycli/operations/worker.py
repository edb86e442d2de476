"""Works for Temporal from this process, until it is told to stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

from canarycli.engine.looks import Looks
from canarycli.errors import Exit, Terminated
from canarycli.operations.engines import Engine
from canarycli.operations.heeding import heed
from canarycli.operations.waves import Waves


def work(engine: Engine, looks: Looks, waves: Waves, length: timedelta | None) -> Exit:
    """Take the looks that Temporal calls for, until the time is up or a signal comes.

    Then every lease is given back, so that another worker goes on at once. The loop has a thread
    of its own, for a signal is an exception in the main one.

    Raises:
        CanaryError: Temporal does not answer.
    """
    from canarycli.operations.temporal.client import Temporal
    from canarycli.operations.temporal.worker import serve

    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        await serve(looks, await Temporal.at(engine.place, engine.env), stop)

    def in_a_thread() -> None:
        try:
            loop.run_until_complete(run())
        finally:
            loop.close()

    with ThreadPoolExecutor(1, thread_name_prefix="temporal") as pool:
        working = pool.submit(in_a_thread)

        def done(seconds: float) -> bool:
            return bool(wait([working], seconds).done)

        try:
            with waves.going_on():
                if heed(done, None if length is None else length.total_seconds()):
                    working.result()
        except Terminated:
            return Exit.TERMINATED
        except KeyboardInterrupt:
            return Exit.INTERRUPTED
        finally:
            if not working.done():
                loop.call_soon_threadsafe(stop.set)
                heed(done)
            looks.let_go()
    return Exit.OK
