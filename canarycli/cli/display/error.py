"""What is shown of an error: one layout for people, one for programs."""

import os

from canarycli.cli.display.ansi import paint
from canarycli.errors import Exit
from canarycli.harmless import harmless
from canarycli.late_methods import dataclass
from canarycli.masking import mask

SCHEMA = "canary.error/1"
MOST_HINTS = 2
"""So many ways on are shown; of what is unsafe every one, the last is the cloud's own."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is shown of an error."""

    message: str
    exit: Exit
    facts: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, texts in (("facts", self.facts), ("hints", self.hints)):
            object.__setattr__(self, name, tuple(_clean(text) for text in texts))
        object.__setattr__(self, "message", _clean(self.message))

    def text(self, *, color: bool = False) -> str:
        """For people: what, indented facts, how to go on, the exit code."""
        first, *more = self.message.splitlines() or [""]
        lines = [f"{paint('error:', 'red', on=color)} {first}", *(f"  {line}" for line in more)]
        lines += [f"  {line}" for fact in self.facts for line in fact.splitlines()]
        shown = None if self.exit == Exit.UNSAFE else MOST_HINTS
        for hint in self.hints[:shown]:
            head, *rest = hint.splitlines() or [""]
            lines += [f"  hint: {head}", *(f"        {line}" for line in rest)]
        return "\n".join([*lines, f"  (exit {int(self.exit)})", ""])

    def document(self) -> dict[str, object]:
        """For programs: `canary.error/1`."""
        return {
            "schema": SCHEMA,
            "error": self.message,
            "facts": list(self.facts),
            "hints": list(self.hints),
            "exit_code": int(self.exit),
        }


def _clean(text: str) -> str:
    """What came from anywhere, without secrets and without orders to whoever shows it."""
    return harmless(mask(text, os.environ))
