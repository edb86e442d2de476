"""Virtual time for many processes: real code in threads of which exactly one runs at a time.

A process gives way only where it waits (an I/O, a sleep), so a story with the same seed takes the
same course. Who is next to wake goes on without a switch, and no wait takes real time.
"""

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from canarycli.testing import Crash


@dataclass(eq=False)
class Process:
    """One process of a story.

    Attributes:
        run: what it does; it may `wait` on the timeline.
        ended: hears how it ended, None where it came to its end.
        fate: what is raised where it waits next: a signal, or its death.
        alive: whether it has not ended yet.
    """

    name: str
    run: Callable[[], None]
    fate: BaseException | None = None
    alive: bool = True
    due: int = 0
    baton: threading.Lock = field(default_factory=threading.Lock)
    fault: BaseException | None = None

    @property
    def killed(self) -> bool:
        """Whether it died: nothing that it still does leaves it."""
        return isinstance(self.fate, Crash)


class Timeline:
    """What happens when, in seconds since the beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        self.current: Process | None = None
        self.processes: list[Process] = []
        self._events: list[tuple[float, int, Process | Callable[[], None]]] = []
        self._count = 0
        self._main = threading.Lock()
        self._main.acquire()
        self._end = 0.0

    def spawn(self, name: str, run: Callable[[], None], after: float = 0.0) -> Process:
        """A process that begins in a while."""
        process = Process(name, run)
        process.baton.acquire()
        self.processes.append(process)
        threading.Thread(target=self._live, args=(process,), daemon=True).start()
        process.due = self._push(self.now + after, process)
        return process

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Something that happens by itself in a while."""
        self._push(self.now + seconds, do)

    def wait(self, seconds: float) -> None:
        """Let the process that runs wait; raises what has befallen it meanwhile."""
        process = self.current
        if process is None:
            self.now += seconds
            return
        if not process.killed:
            process.due = self._push(self.now + max(0.0, seconds), process)
            self._pass_on(process)
        if process.fate is not None:
            fate = process.fate
            process.fate = fate if isinstance(fate, Crash) else None
            raise fate

    def befall(self, process: Process, fate: BaseException) -> None:
        """Raise something in a process where it waits now."""
        if process.alive and not process.killed:
            process.fate = fate
            process.due = self._push(self.now, process)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self._end = self.now + seconds
        self._pass_on(None)
        self.now = max(self.now, self._end)

    def stop(self) -> None:
        """Let `run` end now."""
        self._end = self.now - 1

    def close(self) -> None:
        """Kill whatever is still alive, so that no thread is left behind."""
        for process in self.processes:
            self.befall(process, Crash("the story is over"))
        self.run(0.0)

    def _live(self, process: Process) -> None:
        process.baton.acquire()
        try:
            if process.fate is None:
                process.run()
        except Crash:
            pass
        except BaseException as fault:  # noqa: BLE001 - the story tells it
            process.fault = fault
        process.alive = False
        self._pass_on(process, ended=True)

    def _pass_on(self, giver: Process | None, *, ended: bool = False) -> None:
        """Let the next one run; comes back when it is the giver's turn again."""
        following = self._following()
        if following is giver and not ended:
            self.current = giver
            return
        self.current = following
        (following.baton if following else self._main).release()
        if not ended:
            (giver.baton if giver else self._main).acquire()

    def _following(self) -> Process | None:
        """Whose turn it is, after everything that happens by itself before; None at the end."""
        while self._events and self._events[0][0] <= self._end:
            at, number, what = heapq.heappop(self._events)
            if isinstance(what, Process):
                if what.alive and what.due == number:
                    self.now = max(self.now, at)
                    return what
                continue
            self.now = max(self.now, at)
            self.current = None
            what()
        return None

    def _push(self, at: float, what: Process | Callable[[], None]) -> int:
        self._count += 1
        heapq.heappush(self._events, (at, self._count, what))
        return self._count


def death(process: Process | None) -> Crash:
    """The end of a process, wherever it is."""
    crash = Crash("killed")
    if process is not None:
        process.fate = crash
    return crash
