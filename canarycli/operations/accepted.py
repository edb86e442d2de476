"""Tells from its events whether the cloud has taken a change."""

from collections.abc import Callable

from canarycli.journal import Event


class Accepted:
    """Passes events on, and remembers whether the cloud has taken the change."""

    def __init__(self, listen: Callable[[Event], None]) -> None:
        self._listen = listen
        self.yes = False

    def hear(self, event: Event) -> None:
        """Pass it on."""
        self.yes = self.yes or event.type == "shift_accepted"
        self._listen(event)
