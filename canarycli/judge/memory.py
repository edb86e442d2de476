"""What one check remembers between two looks, small enough to save with every one.

The newest periods are kept as raw rows beside a snapshot of everything before them, so a point
that is revised within them is judged as revised. A few more are kept to see whether points still
change after that: then what was judged too early is thrown away, and the judge waits longer.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from struct import pack, unpack
from typing import Any

from canarycli.judge.evidence import Evidence
from canarycli.judge.presence import Heard, Presence
from canarycli.judge.sums import Sums
from canarycli.late_methods import dataclass

RING = 5
"""Periods that may still be revised after they were judged."""

WATCHED = 2
"""Periods before those that are compared with what they were judged as."""

CHANGED = 0.01
"""A number that changes by less is the same; one request more or less of few is not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One period.

    Attributes:
        at: when it starts.
        row: its numbers, None if they can't be judged.
        heard: the arms' requests, see `presence`.
        stage: the candidate's percent if a new split was in force from here on, else 0.
        odd: its numbers can't be true.
    """

    at: datetime
    row: tuple[float, ...] | None
    heard: Heard = (None, None)
    stage: float = 0.0
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """One check's memory.

    Attributes:
        facts: what history said, see `sources`.
        kind: which source of the metric is judged; fixed once one was found.
        period: seconds of one period, 0 while unknown.
        packed: the evidence before the ring, "" for none yet.
        heard: who was heard before the ring, "" for nothing yet.
        ring: the newest periods, oldest first.
        watched: the periods before them.
        done: the end of the newest period taken in.
        looked: up to when the last look took periods in.
        since: since when the split in force has been there, as of the newest period taken in.
        taken: periods judged, ring included, since the evidence was begun.
        lag: the age in seconds at which points were last seen to change, 0 for in time.
        sums: the split in force before the periods that may still change.
        delay: seconds by which the metric's series says it is late, None for the provider's.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    period: float = 0.0
    packed: str = ""
    heard: str = ""
    ring: tuple[Entry, ...] = ()
    watched: tuple[Entry, ...] = ()
    done: datetime | None = None
    looked: datetime | None = None
    since: datetime | None = None
    taken: int = 0
    lag: float = 0.0
    sums: Sums | None = None
    delay: float | None = None

    @property
    def reaches_back(self) -> datetime | None:
        """From when on the next look needs points, None for the whole split in force."""
        span = timedelta(seconds=(RING + WATCHED) * self.period)
        return self.looked - span if self.looked and self.period else None

    @property
    def confirmed(self) -> bool:
        """Some of the periods judged were seen not to change any more."""
        return self.taken >= RING + WATCHED

    def add(self, entry: Entry, end: datetime) -> "Memory":
        """With one more period at the end of the ring."""
        return replace(self, ring=(*self.ring, entry), done=end, taken=self.taken + 1)

    def revised(self, entries: Sequence[Entry], now: datetime) -> "Memory":
        """With the ring's rows as they are known now; the number of periods stays.

        If a period that had left the ring has changed, nothing judged so far can be trusted: the
        evidence is begun afresh, on periods that are older by then.
        """
        found = {entry.at: entry for entry in entries}
        late = [
            (now - old.at).total_seconds()
            for old in self.watched
            if old.at in found and _changed(old.row, found[old.at].row)
        ]
        ring = tuple(
            replace(found[old.at], stage=old.stage) if old.at in found else old for old in self.ring
        )
        if not late or max(late) <= self.lag:
            return replace(self, ring=ring)
        return replace(self, ring=ring, lag=max(late)).begun_afresh()

    def begun_afresh(self) -> "Memory":
        """Without evidence; who was heard and what was summed up stays."""
        return replace(self, packed="", ring=(), watched=(), taken=0)

    def settle(self, evidence: Evidence | None, presence: Presence) -> "Memory":
        """Bring both up to date; returns the memory with only what may still change in its ring.

        Periods that fall out of the ring go into the snapshot.
        """
        if self.heard:
            presence.load(unpacked(self.heard))
        if self.packed and evidence is not None:
            evidence.load(unpacked(self.packed))
        ends = self.looked or (self.ring[-1].at if self.ring else None)
        first = ends and ends - timedelta(seconds=RING * self.period)
        out = [entry for entry in self.ring if first and entry.at < first]
        for entry in out:
            self._take(entry, evidence, presence)
        kept = replace(
            self,
            packed="" if evidence is None else packed(evidence.numbers()),
            heard=packed(presence.numbers()),
            ring=self.ring[len(out) :],
            watched=(*self.watched, *out)[-WATCHED:],
        )
        for entry in kept.ring:
            self._take(entry, evidence, presence)
        return kept

    def _take(self, entry: Entry, evidence: Evidence | None, presence: Presence) -> None:
        if entry.stage:
            presence.begin_split(entry.at.timestamp(), entry.stage)
            if evidence is not None:
                evidence.begin_stage()
        presence.hear_at(entry.at.timestamp(), self.period, entry.heard, odd=entry.odd)
        if entry.row is not None and evidence is not None:
            evidence.step(entry.row)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "facts": dict(self.facts),
            "kind": self.kind,
            "period": self.period,
            "evidence": self.packed,
            "heard": self.heard,
            "ring": [_entry_to_json(entry) for entry in self.ring],
            "watched": [_entry_to_json(entry) for entry in self.watched],
            "times": [at and at.isoformat() for at in (self.done, self.looked, self.since)],
            "taken": self.taken,
            "lag": self.lag,
            "sums": self.sums and self.sums.to_json(),
            "delay": self.delay,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Memory":
        """From `to_json`."""
        if "evidence" not in data:
            return Memory(facts=data.get("facts", {}))
        done, looked, since = (at and datetime.fromisoformat(at) for at in data["times"])
        return Memory(
            facts=data["facts"],
            kind=data["kind"],
            period=data["period"],
            packed=data["evidence"],
            heard=data["heard"],
            ring=tuple(map(_entry, data["ring"])),
            watched=tuple(map(_entry, data["watched"])),
            done=done,
            looked=looked,
            since=since,
            taken=data["taken"],
            lag=data["lag"],
            sums=data["sums"] and Sums.from_json(data["sums"]),
            delay=data.get("delay"),
        )


def _changed(old: Sequence[float] | None, new: Sequence[float] | None) -> bool:
    if old is None or new is None:
        return False
    pairs = zip(old, new, strict=False)
    return any(abs(a - b) > CHANGED * max(abs(a), abs(b), 1.0) for a, b in pairs)


def _entry_to_json(entry: Entry) -> list[Any]:
    row = None if entry.row is None else list(entry.row)
    return [entry.at.isoformat(), row, list(entry.heard), entry.stage, entry.odd]


def _entry(data: Sequence[Any]) -> Entry:
    at, row, heard, stage, odd = data
    numbers = None if row is None else tuple(row)
    return Entry(datetime.fromisoformat(at), numbers, (heard[0], heard[1]), stage, odd)


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
