"""Tells people of a release elsewhere: `notify:` in canary.yaml, sent beside the release.

Nothing here delays or fails one: a thread of its own loads the file and sends, each message has
five seconds, and what can't be sent is one line on stderr at the end.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from canarycli.config.values import Notify
from canarycli.errors import CanaryError, Unsafe, UsageError
from canarycli.harmless import in_line
from canarycli.journal import Event
from canarycli.masking import mask
from canarycli.operations.telling import SAFE, SECONDS, UNSAFE, Note, alarm_of, note_of, word_of
from canarycli.release.record import Release

HEAD_START = 1.0
"""Seconds the release goes ahead of the thread that tells of it."""

LAST_CALL = 6.0
"""Seconds that the end of the process waits for what is still to be sent."""


@dataclass(slots=True)
class Notifier:
    """Hears the events of one endpoint, and tells those who asked.

    Attributes:
        people: who hears of what, read in the thread.
        find: the release as it is recorded now, called in the thread.
        env: holds the addresses.
        beside: whether another process drives the release, asked in the thread as it begins. That
            one hears of everything, and tells.
        seconds: what one message may take.
        failures: what could not be told, one line each.
    """

    people: Callable[[], tuple[Notify, ...]]
    find: Callable[[], Release | None]
    env: Mapping[str, str]
    seconds: float = SECONDS
    beside: Callable[[], bool] = lambda: False
    failures: list[str] = field(default_factory=list)
    _threads: dict[str, tuple[str, str]] = field(default_factory=dict)
    _queue: "SimpleQueue[Event | Unsafe | None]" = field(default_factory=SimpleQueue)
    _thread: threading.Thread | None = None
    _ending: threading.Event = field(default_factory=threading.Event)

    def hear(self, event: Event) -> None:
        """Take an event to be told; returns at once."""
        if word_of(event):
            self._queue.put(event)
        self._begin()

    def alarm(self, error: Unsafe) -> None:
        """Tell that a rollback failed or traffic can't be read."""
        self._queue.put(error)
        self._begin()

    def close(self) -> None:
        """Wait a little for what is still to be sent."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._ending.set()
        self._thread.join(LAST_CALL)
        if self._thread.is_alive():
            self.failures.append("notify: not everything was sent in time")
        self._thread = None

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="notify", daemon=True)
            self._thread.start()

    def _tell(self) -> None:
        silent = self._is_beside()
        self._ending.wait(HEAD_START)
        try:
            people = self.people()
        except CanaryError:
            return  # whoever needs the file says what is wrong with it
        while (told := self._queue.get()) is not None:
            if isinstance(told, Unsafe):
                note = alarm_of(told.message, tuple(told.hints), self._release())
            elif not silent:
                note = note_of(told, self._release())
            else:
                continue
            for number, who in enumerate(people):
                if (UNSAFE if note.word == SAFE else note.word) in who.when:
                    self.failures += _sent(
                        number, who, note, self.env, seconds=self.seconds, threads=self._threads
                    )

    def _is_beside(self) -> bool:
        try:
            return self.beside()
        except CanaryError:
            return False  # rather twice than not at all

    def _release(self) -> Release | None:
        try:
            return self.find()
        except CanaryError:
            return None


def _sent(
    number: int,
    who: Notify,
    note: Note,
    env: Mapping[str, str],
    *,
    seconds: float,
    threads: dict[str, tuple[str, str]],
) -> Iterator[str]:
    """Send, or say in one line why not; never the address itself, which is a secret."""
    if why := _why_not(who, note, env, seconds, threads):
        yield f"notify[{number}] was not told ({note.word}): {why}"


def _why_not(
    who: Notify,
    note: Note,
    env: Mapping[str, str],
    seconds: float = SECONDS,
    threads: dict[str, tuple[str, str]] | None = None,
) -> str:
    """Send, "" if that was taken."""
    # Only where there is something to tell.
    from canarycli.operations.senders import send

    try:
        send(who, note, env, seconds, threads)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the release goes on
        said = error.said if isinstance(error, CanaryError) else f"{type(error).__name__}: {error}"
        return mask(in_line(said), env)
    return ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message: `failure` is "" if it was taken."""

    when: str
    failure: str


def try_out(config: Path | None, cwd: Path, env: Mapping[str, str]) -> tuple[Tried, ...]:
    """Send a test to everybody who is named.

    Raises:
        UsageError: nobody is.
    """
    people = people_of(config, cwd, env)
    if not people:
        raise UsageError(
            "canary.yaml names nobody to tell",
            hint="add notify: [{to: '${CANARY_SLACK_URL}', when: [failed, rolled_back]}]",
        )
    note = Note("test", "a test of canary's notifications; no release is meant", {"event": "test"})
    return tuple(Tried(", ".join(who.when), _why_not(who, note, env)) for who in people)


class Hearer(Protocol):
    """Somebody elsewhere who hears what happens to a release, beside it.

    Attributes:
        failures: what could not be told, one line each.
    """

    failures: list[str]

    def hear(self, event: Event) -> None:
        """Take an event; returns at once."""

    def alarm(self, error: Unsafe) -> None:
        """The process ends with a rollback that failed."""

    def close(self) -> None:
        """Wait a little for what is still to be sent."""


_OPEN: list[Hearer] = []


def hearers(
    config: Path | None,
    cwd: Path,
    env: Mapping[str, str],
    find: Callable[[], Release | None],
    beside: Callable[[], bool] = lambda: False,
) -> tuple[Hearer, ...]:
    """Who hears of one endpoint: by the canary.yaml that holds here, and by the environment."""
    made: list[Hearer] = [Notifier(lambda: people_of(config, cwd, env), find, env, beside=beside)]
    if any(name.startswith("OTEL_EXPORTER_OTLP") for name in env):
        from canarycli.operations.telemetry import Telemetry, wanted

        made += [Telemetry(find)] if wanted(env) else []
    if env.get("CANARY_GRAFANA_URL"):
        from canarycli.operations.grafana import Annotations

        made.append(Annotations(find, env))
    _OPEN.extend(made)
    return tuple(made)


def done_with(told: Iterable[Hearer]) -> None:
    """Send what is left to hearers of one endpoint, of which nothing more will be heard."""
    for one in told:
        one.close()
        if one in _OPEN:
            _OPEN.remove(one)


def people_of(config: Path | None, cwd: Path, env: Mapping[str, str]) -> tuple[Notify, ...]:
    """Who hears of what, by canary.yaml; nobody without one, or without `notify:` in it.

    Raises:
        PlanError: the file makes no sense.
    """
    from canarycli.config.discover import discover

    file = discover(config, cwd=cwd, env=env)
    if file is None or "notify" not in file.read_text(encoding="utf-8", errors="replace"):
        return ()
    from canarycli.config import load

    return load(config, cwd=cwd, env=env).notify


def close_all(error: BaseException | None = None) -> list[str]:
    """At the end of the process: send what is left, and what it ended with if that is Unsafe."""
    for one in _OPEN:
        if isinstance(error, Unsafe):
            one.alarm(error)
    lines: list[str] = []
    while _OPEN:
        one = _OPEN.pop()
        one.close()
        lines += one.failures
    return lines
