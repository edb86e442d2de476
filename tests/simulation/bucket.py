"""A bucket that machines share: conditional writes, and answers that get lost or are wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from simulation.cloud import Faults
from simulation.timeline import Timeline

from canarycli.store.bucket import BucketStore
from canarycli.store.contract import UNHURRIED, Patience
from canarycli.store.objects import Found, Objects, Refused, Unheard

URL = "s3://stories"


class Odd(StrEnum):
    """What goes wrong with a conditional write."""

    LOST = "it is carried out and its answer is lost"
    UNSENT = "it never arrives"
    LATE = "it arrives after it was given up"
    OWN = "it is sent again by itself, and refused"
    EMPTY = "it is refused though nothing stands in its way"


@dataclass
class Held:
    """What is in the bucket.

    Attributes:
        conditional: whether a write's condition is heeded; a planted bug if not.
    """

    conditional: bool = True
    objects: dict[str, Found] = field(default_factory=dict)
    writes: int = 0

    def write(self, path: str, body: bytes) -> Mapping[str, str]:
        """Put it there, whatever is."""
        self.writes += 1
        found = Found(body, {"e_tag": str(self.writes)})
        self.objects[path] = found
        return found.version

    def swap(self, path: str, body: bytes, over: Mapping[str, str] | None) -> Mapping[str, str]:
        """Put it there if what is there is what was read.

        Raises:
            Refused: it is not.
        """
        there = self.objects.get(path)
        if self.conditional and (there.version if there else None) != over:
            raise Refused(f"{path} changed meanwhile")
        return self.write(path, body)


class Bucket(Objects):
    """The bucket as one process reaches it.

    Args:
        held: what is in it.
        line: what goes wrong with conditional writes and when, None for nothing.
    """

    def __init__(self, held: Held, line: tuple[Timeline, Faults] | None = None) -> None:
        super().__init__(URL, UNHURRIED)
        self._held = held
        self._line = line

    def get(self, path: str) -> Found | None:
        """The object there."""
        return self._held.objects.get(path)

    def lay(self, path: str, body: bytes) -> None:
        """Write one that says the same whoever writes it."""
        self._held.write(path, body)

    def names(self, prefix: str, limit: int | None = None) -> Iterator[str]:
        """The names below a prefix."""
        below = f"{prefix}/"
        names = sorted(p.removeprefix(below) for p in self._held.objects if p.startswith(below))
        yield from names[:limit]

    def delete(self, paths: Sequence[str]) -> None:
        """Remove them."""
        for path in paths:
            self._held.objects.pop(path, None)

    def put(self, path: str, body: bytes, over: Mapping[str, str] | None) -> Mapping[str, str]:
        """Write on a condition, over a line that is bad."""
        if self._line is None:
            return self._held.swap(path, body, over)
        timeline, faults = self._line
        dice = faults.dice
        odd = dice.choice(list(Odd)) if dice.random() < 2 * faults.rate else None
        timeline.wait(dice.uniform(0.01, 0.05))
        match odd:
            case Odd.EMPTY:
                raise Refused(f"{path}: a conflict, says the bucket")
            case Odd.LATE:
                late = dice.uniform(0, 60)
                timeline.later(late, lambda: self._quietly(path, body, over))
        if odd in {Odd.LATE, Odd.UNSENT}:
            timeline.wait(2)
            raise Unheard(f"no answer to a write of {path}")
        at = self._held.swap(path, body, over)
        timeline.wait(dice.uniform(0.01, 3 if odd else 0.05))
        if odd is Odd.LOST:
            raise Unheard(f"the answer to a write of {path} was lost")
        if odd is Odd.OWN:
            raise Refused(f"{path} changed meanwhile")
        return at

    def _quietly(self, path: str, body: bytes, over: Mapping[str, str] | None) -> None:
        with suppress(Refused):
            self._held.swap(path, body, over)


def records(held: Held) -> BucketStore:
    """What is in truth in the bucket."""
    return BucketStore(URL, objects=Bucket(held))


def over_a_line(held: Held, timeline: Timeline, faults: Faults) -> Callable[[], BucketStore]:
    """Opens the records as a process reaches them."""
    patience = Patience(pause=timeline.wait)
    return lambda: BucketStore(URL, patience, Bucket(held, (timeline, faults)))
