"""What one check remembers between two looks, small enough to save with every one.

The newest periods are kept as raw rows beside a snapshot of the evidence before them, so a point
that is revised within them is judged as revised; a later revision is ignored, for judging it
again would be looking back.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from struct import pack, unpack
from typing import Any

from canarycli.judge.evidence import Evidence

RING = 5
"""Periods that may still be revised after they were judged."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One period.

    Attributes:
        at: when it starts.
        row: its numbers, None if an arm had none.
        stage: a new split was in force from here on.
        lost: the arm that had no point, `candidate`, `baseline` or "".
    """

    at: datetime
    row: tuple[float, ...] | None
    stage: bool = False
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """One check's memory.

    Attributes:
        facts: what history said, see `sources`.
        kind: which source of the metric is judged; fixed once one was found.
        packed: the evidence before the ring, "" for none yet.
        ring: the newest periods, oldest first.
        done: the end of the newest period taken in.
        since: since when the split in force has been there, as of the last look.
        taken: periods judged, ring included.
        lost_candidate: periods in which only the baseline had a point.
        lost_baseline: periods in which only the candidate had one.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    packed: str = ""
    ring: tuple[Entry, ...] = ()
    done: datetime | None = None
    since: datetime | None = None
    taken: int = 0
    lost_candidate: int = 0
    lost_baseline: int = 0

    @property
    def lopsided(self) -> bool:
        """More than a tenth of the periods are missing in one arm only."""
        return abs(self.lost_candidate - self.lost_baseline) > 0.1 * max(10, self.taken)

    def add(self, entry: Entry, end: datetime) -> "Memory":
        """With one more period at the end of the ring."""
        return replace(
            self,
            ring=(*self.ring, entry),
            done=end,
            taken=self.taken + 1,
            lost_candidate=self.lost_candidate + (entry.lost == "candidate"),
            lost_baseline=self.lost_baseline + (entry.lost == "baseline"),
        )

    def revised(self, entries: Sequence[Entry]) -> "Memory":
        """With the ring's rows as they are known now; the number of periods stays."""
        found = {entry.at: entry for entry in entries}
        ring = tuple(
            replace(old, row=found[old.at].row, lost=found[old.at].lost) if old.at in found else old
            for old in self.ring
        )
        before = [entry.lost for entry in self.ring]
        after = [entry.lost for entry in ring]
        return replace(
            self,
            ring=ring,
            lost_candidate=self.lost_candidate
            + after.count("candidate")
            - before.count("candidate"),
            lost_baseline=self.lost_baseline + after.count("baseline") - before.count("baseline"),
        )

    def settle(self, evidence: Evidence) -> "Memory":
        """Bring fresh evidence up to date; returns the memory with a full ring at most.

        Periods that fall out of the ring go into the snapshot.
        """
        if self.packed:
            evidence.load(unpacked(self.packed))
        extra = max(0, len(self.ring) - RING)
        for entry in self.ring[:extra]:
            _take(evidence, entry)
        kept = replace(self, packed=packed(evidence.numbers()), ring=self.ring[extra:])
        for entry in kept.ring:
            _take(evidence, entry)
        return kept

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "facts": dict(self.facts),
            "kind": self.kind,
            "packed": self.packed,
            "ring": [
                [e.at.isoformat(), None if e.row is None else list(e.row), e.stage, e.lost]
                for e in self.ring
            ],
            "done": self.done and self.done.isoformat(),
            "since": self.since and self.since.isoformat(),
            "periods": [self.taken, self.lost_candidate, self.lost_baseline],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Memory":
        """From `to_json`."""
        if "packed" not in data:
            return Memory(facts=data.get("facts", {}))
        ring = (
            Entry(datetime.fromisoformat(at), None if row is None else tuple(row), stage, lost)
            for at, row, stage, lost in data["ring"]
        )
        return Memory(
            data["facts"],
            data["kind"],
            data["packed"],
            tuple(ring),
            data["done"] and datetime.fromisoformat(data["done"]),
            data["since"] and datetime.fromisoformat(data["since"]),
            *data["periods"],
        )


def _take(evidence: Evidence, entry: Entry) -> None:
    if entry.stage:
        evidence.begin_stage()
    if entry.row is not None:
        evidence.step(entry.row)


def packed(numbers: Sequence[float]) -> str:
    """Doubles as text: exact, and a third of their decimal length."""
    return b64encode(pack(f"<{len(numbers)}d", *numbers)).decode("ascii")


def unpacked(text: str) -> list[float]:
    """Numbers from `packed`.

    Raises:
        ValueError: it is no such text.
    """
    raw = b64decode(text, validate=True)
    if len(raw) % 8:
        raise ValueError("not a list of numbers")
    return list(unpack(f"<{len(raw) // 8}d", raw))
