"""The live screen of a release: a frame a second, and keys that do what the commands do."""

import os
import select
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from canarycli.cli.display.ansi import ASCII, plain_only
from canarycli.cli.display.frame import FOOT, HELP, TABLE, Scene, View, frame, scene_of
from canarycli.cli.display.spans import Line, plain
from canarycli.cli.display.terminal import LEAST_HEIGHT, drawable
from canarycli.cli.options.common import Color, Common, Talk
from canarycli.engine.status import release_status
from canarycli.errors import CanaryError
from canarycli.harmless import visible
from canarycli.journal import Event
from canarycli.operations.drive import roll_back
from canarycli.operations.workspace import Workspace
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.release.record import Release, State
from canarycli.store import Record
from canarycli.traffic import percent

REDRAW = 0.5
"""Seconds between two frames: the countdown moves, and a key is answered at once."""

BREAK = timedelta(minutes=15)
"""How long the key for a pause pauses."""

STAYS = 4.0
"""Seconds that what was done stands in the place of the keys."""

ENTER = ("\r", "\n")


def suits(common: Common) -> bool:
    """Whether a live screen can be shown: frames can be drawn, high enough, and keys be read."""
    size = drawable(common)
    talk = common.talk is Talk.INFO
    return (
        size is not None and size[1] >= LEAST_HEIGHT and talk and sys.stdin.isatty() and _has_keys()
    )


@dataclass(slots=True)
class Screen:
    """What is shown of one release, and what its keys do.

    Attributes:
        heard: what this process heard of the release, beyond what its journal keeps.
        leave: ends this process' driving; None where it only watches.
        answers: what keys would do now; none while nothing is asked.
        asked_out: whether Ctrl-C was pressed, which asks whether to leave.
        said: shown instead of the keys, for a few seconds or until the next one.
        view: what stands in the middle.
        closed: whether the person left.
        ascii: whether signs beyond ASCII can't be shown; asked before anything else takes stdout.
    """

    work: Workspace
    common: Common
    release_id: str
    heard: Sequence[Event] = ()
    leave: Callable[[], None] | None = None
    answers: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    asked_out: bool = False
    said: str = ""
    view: View = TABLE
    closed: bool = False
    lines: list[Line] = field(default_factory=list)
    ascii: bool = field(init=False)
    said_at: float = 0.0
    drives: bool = False

    def __post_init__(self) -> None:
        self.ascii = self.common.ascii or plain_only(sys.stdout)

    def run(self, pause: float, until: datetime | None) -> bool:
        """Show the release until it is over or the person leaves; True if time ran out first.

        The last frame stays in the scrollback.
        """
        from rich.console import Console

        console = Console(no_color=self.common.color is Color.NEVER or None, highlight=False)
        late, look_at = False, 0.0
        with _keys() as key, _drawing(console) as draw:
            while not self.closed and not late:
                if monotonic() >= look_at:
                    record, events = self._look()
                    look_at = monotonic() + pause
                self.lines = frame(self._scene(record, events), *self._size(console.size))
                draw(self._drawn())
                if record.release.over:
                    break
                for word in key(min(REDRAW, pause)):
                    self.press(word, record.release)
                    look_at = 0.0
                if self.asked_out and not self.answers:
                    self.press("q", record.release)
                    self.asked_out = True
                late = until is not None and self.work.clock.now() >= until
        self.said, self.answers, self.view = "", {}, TABLE
        self.lines = frame(self._scene(*self._look()), *self._size(console.size))
        for line in self.lines[:-FOOT]:
            sys.stdout.write(self._text(plain(line)).rstrip() + "\n")
        return late

    def press(self, word: str, release: Release) -> None:
        """Answer one key."""
        answers, self.answers, self.said, self.asked_out = self.answers, {}, "", False
        if answers:
            answers.get("\n" if word in ENTER else word, lambda: None)()
            return
        match word:
            case "q" if self.drives:
                where = f"hold at {percent(release.target)} and leave"
                self.answers = {"d": self._leave, "r": self._roll_back}
                told = f"This terminal drives {release.id}.   d  {where}   r  roll back"
                self._say(f"{told}   esc  stay")
            case "q":
                self._leave()
            case "r":
                self._ask(f"Roll back to {release.baseline} now?", self._roll_back)
            case "n":
                self._ask("Go to the next stage now?", self._next_stage)
            case "p":
                where = percent(release.target)
                self._ask(f"Hold at {where} for 15 min, then roll back?", self._pause)
            case "+" if release.state is State.PAUSED:
                self._pause()
            case "c" if release.state is State.PAUSED:
                self._order("going on", lambda r, _: orders.resume(r, self.work.clock.now()))
            case _:
                self.view = _view(word) or self.view

    def _leave(self) -> None:
        self.closed = True
        if self.leave is not None:
            self.leave()

    def _ask(self, question: str, yes: Callable[[], None]) -> None:
        self.answers = {"\n": yes}
        self._say(f"{question}   Enter  yes   any other key  no")

    def _say(self, text: str) -> None:
        self.said, self.said_at = text, monotonic()

    def _order(self, done: str, order: Callable[[Release, str], Release]) -> None:
        who, now = self.work.actor, self.work.clock.now()
        event = Event("asked", now, f"{who} asked on the screen: {done}", fields={"by": who})
        try:
            self.work.controller(lambda _: None).change(
                self.work.key, lambda release: order(release, who), event
            )
        except CanaryError as error:
            done = error.message
        self._say(done)

    def _next_stage(self) -> None:
        self._order("next stage", orders.promote)

    def _pause(self) -> None:
        self._order("paused for 15 min, then rollback", self._paused)

    def _paused(self, release: Release, who: str) -> Release:
        now = self.work.clock.now()
        return orders.pause(
            release, who, now, length=BREAK, then=Then.ROLLBACK, reason="from the live screen"
        )

    def _roll_back(self) -> None:
        """By this process' driver, else at once from here: it does not ask the other one."""
        if self.drives:
            now = self.work.clock.now()
            self._order(
                "rolling back",
                lambda r, who: orders.roll_back(r, who, now, reason="from the live screen"),
            )
            return
        self._say("rolling back")
        threading.Thread(target=self._go_back, daemon=True).start()

    def _go_back(self) -> None:
        try:
            roll_back(self.work, lambda _: None, "from the live screen")
        except CanaryError as error:
            self._say(f"{error.message}; {' '.join(error.hints[:1])}")

    def _look(self) -> tuple[Record, tuple[Event, ...]]:
        record = self.work.store.find(self.release_id)
        assert record is not None
        self.drives = record.lease is not None and record.lease.holder == self.work.driver.name
        return record, together(self.work.store.events(self.release_id), self.heard)

    def _scene(self, record: Record, events: Sequence[Event]) -> Scene:
        now = self.work.clock.now()
        status = release_status(record, None, now)
        if not self.answers and monotonic() - self.said_at > STAYS:
            self.said = ""
        return scene_of(
            record,
            events,
            status,
            now,
            prompt=self.said,
            sparks=not self.ascii,
            view=self.view,
            driven=self.drives,
        )

    def _size(self, size: tuple[int, int]) -> tuple[int, int]:
        # Some signs become two or three characters in ASCII.
        return size[0] - (8 if self.ascii else 0), size[1] - 1

    def _text(self, text: str) -> str:
        text = visible(text)
        return text.translate(ASCII) if self.ascii else text

    def _drawn(self) -> Any:
        from rich.text import Text

        whole = Text(no_wrap=True, overflow="crop")
        for line in self.lines:
            for text, style in line:
                whole.append(self._text(text), style or None)
            whole.append("\n")
        return whole


def _view(word: str) -> View | None:
    """What a key shows in the middle, None for a key that shows nothing."""
    if word.isdigit() and word != "0":
        return int(word)
    return {"?": HELP, "\x1b": TABLE}.get(word)


def together(kept: Sequence[Event], heard: Sequence[Event]) -> tuple[Event, ...]:
    """The journal, and what this process heard that is not in it, by time."""
    known = {(event.at, event.type, event.message) for event in kept}
    more = [event for event in heard if (event.at, event.type, event.message) not in known]
    return tuple(sorted((*kept, *more), key=lambda event: event.at)) if more else tuple(kept)


@contextmanager
def _drawing(console: Any) -> Iterator[Callable[[Any], None]]:
    """A function that draws a frame on the alternate screen, which is left at the end."""
    from rich.live import Live

    with Live(
        console=console,
        screen=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:
        yield lambda drawn: live.update(drawn, refresh=True)


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """A function that waits for keys and returns those typed meanwhile, "" for none."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)

    def read(seconds: float) -> str:
        ready, _, _ = select.select([descriptor], [], [], seconds)
        return os.read(descriptor, 64).decode(errors="replace") if ready else ""

    try:
        yield read
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _has_keys() -> bool:
    """Whether keys can be read one by one here, which Windows does otherwise."""
    try:
        import termios  # noqa: F401
    except ImportError:
        return False
    return True
