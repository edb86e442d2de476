"""One way of canary's to send traffic home against one of the cloud's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from processes import Pair, run


@dataclass(frozen=True, slots=True)
class Contest:
    """Two command lines that do the same on one server.

    Attributes:
        what: canary's command, for the table.
        against: the other's.
        pair: both, with `before` that splits the traffic and `after` that sees it home.
        calls: the calls made since `before`, up to the one that moves traffic.
        facts: more columns of the table.
    """

    what: str
    against: str
    pair: Pair
    calls: Callable[[], Sequence[str]]
    facts: Mapping[str, str] = field(default_factory=dict)

    def calls_of(self, command: Sequence[str]) -> Sequence[str]:
        """The calls one of the commands makes before traffic is on its way."""
        self.pair.before()
        run(command, self.pair.env)
        self.pair.after()
        return self.calls()
