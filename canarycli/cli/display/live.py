"""The live screen of a release that this process drives: in a thread, never in its way."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.display.screen import Screen
from canarycli.errors import Left

LOOK = 2.0
"""Seconds between two looks at the record and its journal; frames come more often."""

PATIENCE = 3.0
"""Seconds that a last frame may take."""


@contextmanager
def live(screen: Screen | None, output: Output) -> Iterator[None]:
    """Show a screen while the body drives, and its last frame when that is done.

    The first Ctrl-C asks whether to leave; a second one interrupts the body, as does SIGTERM.
    A screen that breaks is closed, and the release goes on with lines.
    """
    if screen is None:
        yield
        return
    beside = _Beside(screen, output)
    beside.open()
    try:
        yield
    finally:
        beside.close()


@dataclass(slots=True)
class _Beside:
    """A screen in a thread of its own.

    Attributes:
        handlers: who took the signals before.
        left: whether the person left by a key.
    """

    screen: Screen
    output: Output
    thread: threading.Thread = field(init=False)
    handlers: dict[signal.Signals, Any] = field(default_factory=dict)
    left: bool = False

    def open(self) -> None:
        """Draw from now on."""
        self.screen.leave = self._interrupt
        self.output.hold_back()
        self.thread = threading.Thread(target=self._show, name="screen", daemon=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            self.handlers[number] = signal.signal(number, self._signalled)
        self.thread.start()

    def close(self) -> None:
        """Leave the last frame behind, and give everything back; safe to call again."""
        self.screen.closed = True
        self.thread.join(PATIENCE)
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers.clear()
        self.output.speak_again()

    def _show(self) -> None:
        try:
            self.screen.run(LOOK, None)
        except Exception as error:  # noqa: BLE001 - a release never ends because of its screen
            self.output.speak_again()
            self.output.say(f"warning: the live screen broke, lines from here on: {error!r}")

    def _interrupt(self) -> None:
        """End the driving from the screen's thread."""
        self.left = True
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGINT)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        screen = self.screen
        if number == signal.SIGINT and not screen.closed and not screen.asked_out:
            screen.asked_out = True
            return
        usual: Callable[[int, FrameType | None], Any] = self.handlers[signal.Signals(number)]
        self.close()
        if self.left and number == signal.SIGINT:
            raise Left
        usual(number, frame)
