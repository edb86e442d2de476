"""Tells a person what a command waits for, and why a cloud has to be asked again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Timer

from canarycli.errors import ProviderError, Unavailable

SILENT = 5.0
"""Seconds after which a person is told what is waited for."""


@dataclass(slots=True)
class Waiting:
    """What is said while a cloud does not answer.

    Attributes:
        what: what is waited for.
        say: hears it.
        command: the cloud's own command to paste meanwhile, "" for none.
    """

    what: str
    say: Callable[[str], None]
    command: str = ""
    _said: set[str] = field(default_factory=set)

    @contextmanager
    def around(self) -> Iterator[None]:
        """Say what is waited for when it takes longer than a person thinks nothing of."""
        timer = Timer(SILENT, lambda: self.say(f"still waiting for {self.what} to answer"))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def failed(self, error: ProviderError) -> None:
        """Say once what the cloud did not answer, how it goes on, and how to by hand."""
        if error.message in self._said:
            return
        self._said.add(error.message)
        facts = "".join(f"\n  {fact}" for fact in error.facts)
        by_hand = f"\n  by hand: {self.command}" if self.command else ""
        on = "asking again" if isinstance(error, Unavailable) else "going on without it"
        self.say(f"warning: {error.message}; {on}{facts}{by_hand}")
