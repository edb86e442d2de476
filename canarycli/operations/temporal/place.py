"""Where Temporal is, as far as canary.yaml says it."""

from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace of a server, and a queue in it.

    Attributes:
        queue: that workers of canary's wait at.
    """

    address: str = "localhost:7233"
    namespace: str = "default"
    queue: str = "canary"
