"""Keeps the pretend world between calls: in one file that processes share, or in memory."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import IO, Protocol

from canarycli.errors import Denied, Rejected, Unavailable, UsageError
from canarycli.folders import state_folder
from canarycli.simulator.codec import from_json, to_json
from canarycli.simulator.world import World

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MEMORY = ":memory:"
"""The state path that keeps everything in this object, as in SQLite."""

_PATIENCE = 10.0
"""Seconds to wait for another process that holds the lock; it holds it for milliseconds."""

Edit = Callable[[World], World]


class State(Protocol):
    """Where the world is kept."""

    def read(self) -> World:
        """The world as it is, an empty one if there is none yet."""
        ...

    def change(self, edit: Edit) -> World:
        """Put `edit` of the world in its place, with nobody else in between."""
        ...


class MemoryState:
    """Keeps the world in this process, for tests."""

    def __init__(self) -> None:
        self._world = World()
        self._lock = Lock()

    def read(self) -> World:
        """The world as it is."""
        return self._world

    def change(self, edit: Edit) -> World:
        """Put `edit` of the world in its place."""
        with self._lock:
            self._world = edit(self._world)
            return self._world


class FileState:
    """Keeps the world in a JSON file; readers see the old or the new one, never half of it.

    A change holds a lock on a file beside it, which the system lets go of when a process dies,
    and replaces the file as a whole.

    Args:
        path: of the file; its folder is made when it is first written.
        patience: seconds to wait for somebody else's lock.
    """

    def __init__(self, path: Path, *, patience: float = _PATIENCE) -> None:
        self.path = path
        self._patience = patience

    def read(self) -> World:
        """The world in the file.

        Raises:
            Denied: the file may not be read.
            Rejected: it holds something else.
        """
        with _translated(self.path):
            try:
                text = self.path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return World()
        try:
            return from_json(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise Rejected(
                f"the simulator can't read its state in {str(self.path)!r}: {error}",
                hint="move the file away to start over",
            ) from error

    def change(self, edit: Edit) -> World:
        """Put `edit` of the world in the file.

        Raises:
            Unavailable: another process holds the lock for too long.
        """
        with self.locked():
            before = self.read()
            after = edit(before)
            if after != before:
                with _translated(self.path):
                    self._replace(json.dumps(to_json(after), indent=1))
        return after

    def _replace(self, text: str) -> None:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=self.path.parent, prefix=self.path.name, delete=False
        ) as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).replace(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from changing the file.

        Raises:
            Unavailable: another process holds the lock for longer than the patience.
        """
        beside = self.path.with_name(self.path.name + ".lock")
        with _translated(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            held = beside.open("a+b")
        with held:
            until = time.monotonic() + self._patience
            while not _try_lock(held):
                if time.monotonic() > until:
                    raise Unavailable(f"another process holds the simulator's {str(beside)!r}")
                time.sleep(0.005)
            try:
                yield
            finally:
                _unlock(held)


def default_path(environment: Mapping[str, str]) -> Path:
    """`simulator.json` under `$CANARY_STATE`, else under canary's folder for state."""
    return Path(state_folder(environment)) / "simulator.json"


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise Denied(
            f"no permission for the simulator's state in {str(path)!r}",
            hint="set CANARY_STATE to a folder of your own",
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the simulator's state in {str(path)!r} can't be used: {error.strerror or error}"
        ) from error


if sys.platform == "win32":

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
