"""A program of ours in a process of its own, for an SDK that is slow, loud or hard to stop.

Order and answers are lines of JSON. What the program makes it takes away again, unless it is told
to keep it: also when this process is killed, because then nobody holds its standard input any more.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from types import FrameType
from typing import IO, Any, TypeVar

from canarycli.errors import (
    CanaryError,
    Conflict,
    Denied,
    NotFound,
    Rejected,
    Terminated,
    Unavailable,
    Unsupported,
    UsageError,
)
from canarycli.masking import mask

UNDOING = 120
"""Seconds the program may take to take away what it made."""

LISTENING = 0.5
"""Seconds of one wait: a signal that comes right before one is only noticed at its end."""

KEEP = "keep\n"

_KINDS: Mapping[str, type[CanaryError]] = {
    kind.__name__: kind
    for kind in (Conflict, Denied, NotFound, Rejected, Unavailable, Unsupported, UsageError)
}

T = TypeVar("T")

Say = Callable[[str], None]
Undo = Callable[[], object]


@dataclass(slots=True)
class Work:
    """What the program came to.

    Attributes:
        answer: its result.
    """

    answer: Mapping[str, Any]
    _process: "subprocess.Popen[str]"

    def keep(self) -> None:
        """Let what it made stay."""
        if self._process.stdin is not None:
            self._process.stdin.write(KEEP)
            self._process.stdin.flush()


@contextmanager
def at_work(module: str, order: Mapping[str, Any], doing: str, say: Say) -> Iterator[Work]:
    """Have a module carry out an order; at the end what it made goes, unless it was kept.

    Args:
        module: is run; calls `carry_out`.
        order: JSON values.
        doing: what it does, for the message if it breaks.
        say: hears how far it is.

    Raises:
        CanaryError: as the program raised it.
        Rejected: it broke.
    """
    # Its own session: a Ctrl-C at the terminal is for us, and we tell it. Nothing of this folder.
    command = [sys.executable, "-P", "-m", module]
    with TemporaryFile("w+") as talk:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=talk,
            text=True,
            start_new_session=True,
        )
        try:
            yield Work(_answer(process, order, doing, say, talk), process)
        finally:
            _end(process, say)


def _answer(
    process: "subprocess.Popen[str]",
    order: Mapping[str, Any],
    doing: str,
    say: Say,
    talk: IO[str],
) -> Mapping[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(f"{json.dumps(order)}\n")
        process.stdin.flush()
    for line in process.stdout:
        match _parsed(line):
            case {"say": str(text)}:
                say(text)
            case {"error": str(name), "message": str(message), **more}:
                kind = _KINDS.get(name, Rejected)
                raise kind(message, facts=more.get("facts") or (), hint=more.get("hints") or ())
            case {"answer": dict(answer)}:
                return answer
    talk.seek(0)
    last = mask(talk.read().strip().rpartition("\n")[2], os.environ)
    raise Rejected(f"{doing} broke off", facts=[last] if last else ())


def _end(process: "subprocess.Popen[str]", say: Say) -> None:
    """Close its standard input, which is the order to end, and wait until it has."""
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
    try:
        rest, _ = process.communicate(timeout=UNDOING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        say(f"taking away what was made took more than {UNDOING} s and was broken off")
        return
    for line in rest.splitlines():
        if text := _parsed(line).get("say"):
            say(str(text))


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Making:
    """What a program has made so far, and how each of it is taken away.

    Attributes:
        say: tells how far it is.
        made: what there is, in words.
    """

    say: Say
    made: list[str] = field(default_factory=list)
    _undo: ExitStack = field(default_factory=ExitStack)

    def note(self, what: str, undo: Undo) -> None:
        """Something is about to be made; `undo` takes it away and does not mind if it is not."""
        self.made.append(what)
        self._undo.callback(self._take_away, what, undo)

    def make(self, what: Callable[[T], str], do: Callable[[], T], undo: Callable[[T], object]) -> T:
        """Make something by one short call; an interrupt waits until it is known what."""
        with uninterrupted():
            made = do()
            self.note(what(made), lambda: undo(made))
        return made

    def keep(self) -> None:
        """Nothing is taken away any more."""
        self._undo.pop_all()

    def take_away(self) -> None:
        """Take all of it away, the youngest first; nothing interrupts that."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._undo.close()

    def _take_away(self, what: str, undo: Undo) -> None:
        try:
            undo()
        except Exception as error:  # noqa: BLE001 - the rest has to be taken away all the same
            said = " ".join(mask(str(error), os.environ).split())
            self.say(f"{what} could not be taken away: {said}")
        else:
            self.say(f"took away {what}")


class Progress:
    """Tells of bytes that have gone, in steps of so many percent; from any thread."""

    STEP = 5

    def __init__(self, doing: str, size: int, say: Say) -> None:
        self._doing, self._size, self._say = doing, size, say
        self._gone, self._told = 0, -1
        self._lock = threading.Lock()

    def __call__(self, more: int) -> None:
        """So many bytes more, or fewer where a part is sent again."""
        with self._lock:
            self._gone += more
            step = 100 * self._gone // max(self._size, 1) // self.STEP
            if step <= self._told:
                return
            self._told = step
        self._say(f"{self._doing}: {min(step * self.STEP, 100)}% of {sized(self._size)}")


def sized(size: int) -> str:
    """A number of bytes, for people."""
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size} bytes"


def carry_out(work: Callable[[Mapping[str, Any], Making], Mapping[str, Any]]) -> None:
    """The program's main function: one order, its answer, and the end; never returns."""
    stdin, stdout = sys.stdin, sys.stdout
    sys.stdout = sys.stderr  # for good: SDKs print whenever they like

    def tell(document: Mapping[str, Any]) -> None:
        with suppress(OSError):  # nobody may be there to hear it
            stdout.write(f"{json.dumps(document)}\n")
            stdout.flush()

    making = Making(lambda text: tell({"say": text}))
    order = json.loads(stdin.readline())
    signal.signal(signal.SIGTERM, _stop)
    kept = threading.Event()
    threading.Thread(target=_listen, args=(stdin, kept), daemon=True).start()
    try:
        tell({"answer": work(order, making)})
        while not kept.wait(LISTENING):
            pass
        making.keep()
    except CanaryError as error:
        making.take_away()
        tell(_told(error))
    except KeyboardInterrupt:
        making.take_away()
    except BaseException:  # noqa: BLE001 - its last line is what is told
        making.take_away()
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # an SDK's thread may go on, and nobody waits for it here


def _told(error: CanaryError) -> dict[str, Any]:
    kind = next(k for k in type(error).__mro__ if k.__module__ == "canarycli.errors")
    return {
        "error": kind.__name__,
        "message": error.message,
        "facts": error.facts,
        "hints": error.hints,
    }


def _listen(stdin: IO[str], kept: threading.Event) -> None:
    """Wait for the word to keep everything; its end means the opposite."""
    if stdin.readline() == KEEP:
        kept.set()
    else:
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """For one short call: an order to end that comes inside takes effect at the end of it."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
    if came:
        raise Terminated


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
