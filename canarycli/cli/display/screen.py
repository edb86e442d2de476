"""The live screen of a release: a frame a second, and keys that do what the commands do."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from canarycli.cli.display.ansi import ASCII, plain_only
from canarycli.cli.display.frame import FOOT, frame
from canarycli.cli.display.keys import BACK, ENTER, ERASE, ESCAPE, ON, key_reader, readable
from canarycli.cli.display.offers import offers
from canarycli.cli.display.scene import HELP, LOG, TABLE, Scene, View, scene_of
from canarycli.cli.display.spans import Line, plain
from canarycli.cli.display.terminal import LEAST_HEIGHT, drawable
from canarycli.cli.options.common import Color, Common, Talk
from canarycli.engine.status import release_status
from canarycli.errors import CanaryError
from canarycli.harmless import visible
from canarycli.journal import Event
from canarycli.operations.address import Address
from canarycli.operations.drive import roll_back
from canarycli.operations.promote import Step
from canarycli.operations.report import report, write_report
from canarycli.operations.workspace import Workspace
from canarycli.plan import Then
from canarycli.release import orders
from canarycli.release.record import Release
from canarycli.store import Record
from canarycli.traffic import percent

REDRAW = 0.5
"""Seconds between two frames: the countdown moves, and a key is answered at once."""

BREAK = timedelta(minutes=15)
"""How long the key for a pause pauses."""

WHY = "Why hold it 15 min?"

STAYS = 4.0
"""Seconds that what was done stands in the place of the keys."""


def suits(common: Common) -> bool:
    """Whether a live screen can be shown: frames can be drawn, high enough, and keys be read."""
    size = drawable(common)
    talk = common.talk is Talk.INFO
    return size is not None and size[1] >= LEAST_HEIGHT and talk and readable()


@dataclass(slots=True)
class Screen:
    """What is shown of one release, and what its keys do.

    Attributes:
        heard: what this process heard of the release, beyond what its journal keeps.
        leave: ends this process' driving; None where it only watches.
        answers: what keys would do now; none while nothing is asked.
        asked_out: whether Ctrl-C was pressed, which asks whether to leave.
        reason: what is being typed of why a rollback is held off, None while nothing is.
        taken: whether the person wants to drive it from here.
        said: shown instead of the keys, for a few seconds or until the next one.
        drives: whether nobody would drive the release if this process left.
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
    reason: str | None = None
    taken: bool = False
    said: str = ""
    view: View = TABLE
    closed: bool = False
    lines: list[Line] = field(default_factory=list)
    scene: Scene = field(init=False)
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
        with key_reader() as keys, _drawing(console) as draw:
            while not self.closed and not late:
                if monotonic() >= look_at:
                    record, events = self._look()
                    look_at = monotonic() + pause
                self.scene = self._scene(record, events)
                self.lines = frame(self.scene, *self._size(console.size))
                draw(self._drawn())
                if record.release.over:
                    break
                for key in keys(min(REDRAW, pause)):
                    self.press(key)
                    look_at = 0.0
                if self.asked_out and not self.answers:
                    self.reason = None
                    self.press("q")
                    self.asked_out = True
                late = until is not None and self.work.clock.now() >= until
        self.said, self.answers, self.view, self.reason = "", {}, TABLE, None
        self.lines = frame(self._scene(*self._look()), *self._size(console.size))
        for line in self.lines[:-FOOT]:
            sys.stdout.write(self._text(plain(line)).rstrip() + "\n")
        return late

    def press(self, key: str) -> None:
        """Answer one key."""
        if self.reason is not None:
            self._type(key)
            return
        answers, self.answers, self.said, self.asked_out = self.answers, {}, "", False
        if answers:
            answers.get("\n" if key in ENTER else key, lambda: None)()
        elif key == "q":
            self._asks_out()
        elif key in offers(self.scene):
            self._act(key, self.scene.story.release)
        elif key == "o":
            self._say("writing the report")
            threading.Thread(target=self._open_report, daemon=True).start()
        else:
            self.view = _view(key, self.view, len(self.scene.story.checks))

    def _act(self, key: str, release: Release) -> None:
        """What a key does to the release; most ask first."""
        match key:
            case "r":
                self._ask(f"Roll back to {release.baseline} now?", self._roll_back)
            case "n":
                self._ask(Step.of(release).short_question, self._next_stage)
            case "p":
                where = percent(release.target)
                self._ask(f"Hold at {where} for 15 min, then roll back?", self._pause)
            case "h":
                self.reason = ""
            case "t":
                self._ask(f"Drive {release.id} from here?", self._take_over)
            case "+":
                self._order("15 min more", lambda r, _: orders.prolong(r, BREAK))
            case "c":
                self._order("going on", lambda r, _: orders.resume(r, self.work.clock.now()))

    def _type(self, key: str) -> None:
        """One key of a reason; Enter ends it, and escape gives it up."""
        text = self.reason or ""
        if key in ENTER and text.strip():
            self.reason = None
            self._hold_off(text.strip())
        elif key == ESCAPE:
            self.reason = None
        elif key in ERASE:
            self.reason = text[:-1]
        elif key.isprintable():
            self.reason = text + key

    def _asks_out(self) -> None:
        self._look()
        if not self.drives:
            self._leave()
            return
        release = self.scene.story.release
        where = f"hold at {percent(release.target)} and leave"
        self.answers = {"d": self._leave, "r": self._roll_back}
        told = f"This terminal drives {release.id}.   d  {where}   r  roll back"
        self._say(f"{told}   esc  stay")

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

    def _hold_off(self, reason: str) -> None:
        now = self.work.clock.now()
        self._order(
            f"no rollback for 15 min: {reason}",
            lambda r, who: orders.hold_off(r, who, now, length=BREAK, reason=reason),
        )

    def _take_over(self) -> None:
        self.taken = self.closed = True

    def _open_report(self) -> None:
        """Write it where `canary report` does, and show it where a browser has a window."""
        path = Path(f"canary-{self.release_id}.html")
        try:
            address = Address(release=self.release_id, config=self.common.config)
            write_report(path, report(address, os.environ).text("html"))
        except CanaryError as error:
            self._say(error.message)
            return
        shown = _has_windows() and webbrowser.open(path.resolve().as_uri())
        self._say(f"{path} is written" + (", opening" if shown else ""))

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
        holder, now = self.work.driver.name, self.work.clock.now()
        # A driver that opens its screen has no lease yet; its keys are those of who drives.
        self.drives = self.leave is not None and not record.driven_by_another(holder, now)
        return record, together(self.work.store.events(self.release_id), self.heard)

    def _scene(self, record: Record, events: Sequence[Event]) -> Scene:
        now = self.work.clock.now()
        status = release_status(record, None, now)
        if not self.answers and monotonic() - self.said_at > STAYS:
            self.said = ""
        why = None if self.reason is None else f"{WHY} {self.reason}_   Enter  hold   esc  back"
        return scene_of(
            record,
            events,
            status,
            now,
            prompt=why or self.said,
            sparks=not self.ascii,
            view=self.view,
            driven=self.drives,
            watches=self.leave is None,
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


def _view(key: str, view: View, count: int) -> View:
    """What stands in the middle after a key: the same, for a key that shows nothing."""
    if key.isdigit() and key != "0":
        return int(key)
    if isinstance(view, int) and count and key in BACK | ON:
        return (view - 1 + (1 if key in ON else -1)) % count + 1
    return {"?": HELP, "l": LOG, ESCAPE: TABLE}.get(key, view)


def _has_windows() -> bool:
    """Whether a browser would open beside this terminal, and not in it."""
    known = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return known or sys.platform in {"darwin", "win32"}


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
