"""What must hold in every story, and the watcher that finds out where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from simulation.cloud import HOMES, OLDER, SECRET, Cloud, Line, beyond, copied
from simulation.commands import Told
from simulation.machine import Shelf

from canarycli.engine.lease import GUARD
from canarycli.errors import Exit
from canarycli.journal import Event
from canarycli.provider import ROLLED_BACK_NOTE, Endpoint
from canarycli.release.record import Outcome, Release
from canarycli.store import Record, Store
from canarycli.store.contract import LEASE
from canarycli.traffic import TOLERANCE, Traffic


class Promise(StrEnum):
    """The invariants of docs/architecture.md, and five more."""

    CEILING = "1: never more than the stage in force"
    SERVING = "2: traffic only to versions in service"
    CONVERGES = "3: whoever comes next brings it to an end"
    ALONE = "4: two drivers never act at once"
    ROLLBACK_WINS = "5: a rollback wins over every driver"
    EVIDENCE = "6: no data never counts as pass"
    READ_BACK = "7: no end without the traffic read back"
    SECRETS = "8: no secret is told"
    STAYS = "9: a confirmed rollback stays"
    GUARDED = "10: no share without a guard"
    TRUE_EXIT = "11: the exit code is true"
    ASKED = "12: nothing to a candidate that has not answered well"
    ONCE = "13: a candidate is brought in once"


@dataclass(frozen=True)
class Broken:
    """A promise that did not hold."""

    promise: Promise
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.at:8.1f} s  {self.promise}: {self.what}"


HOME = {
    Exit.ROLLED_BACK,
    Exit.INCONCLUSIVE,
    Exit.STOPPED,
    Exit.NO_METRICS,
    Exit.CLOUD_FAILED,
    Exit.DENIED,
}
"""Codes that say that the candidate has nothing."""

UNSEEN = 300.0
"""Seconds without a look: a lease, the time to the next sweep, and the slowest calls."""

CRON = 120.0
"""Seconds between two sweeps."""

RECENT = 75.0
"""Seconds for which what was seen may still be told: the slowest call and the save after it."""


@dataclass
class Watcher:
    """Sees everything that leaves a process, lands in the cloud or is written down."""

    cloud: Cloud
    silent: bool
    sound: bool
    broken: list[Broken] = field(default_factory=list)
    by_hand: bool = False
    promoted_by_hand: bool = False
    told: list[Told] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    saves: dict[str, float] = field(default_factory=dict)
    taken_over: set[str] = field(default_factory=set)
    clocks_differ: bool = False
    drove: set[str] = field(default_factory=set)
    alone_since: float | None = None

    def blame(self, promise: Promise, what: str) -> None:
        """A promise is broken."""
        self.broken.append(Broken(promise, self.cloud.timeline.now, what))

    def sent(self, line: Line, seen: Endpoint, to: Traffic) -> None:
        """A split leaves a process."""
        share, more = beyond(to), copied(to)
        looked = line.seen or seen
        dead = [name for name in to.live if not looked.serves(name)]
        if dead:
            self.blame(Promise.SERVING, f"{line.by} sends {to}, {dead[0]} is not in service")
        had, had_more = beyond(seen.traffic), copied(seen.traffic)
        if share <= had + TOLERANCE and more <= had_more + TOLERANCE:
            return
        release = self._release(line)
        allowed = (release.target, release.shadow) if release else (0.0, 0.0)
        if share > allowed[0] + TOLERANCE or more > allowed[1] + TOLERANCE:
            what = f"{line.by} sends {to}, {more:g}% copied, where {allowed} is recorded"
            self.blame(Promise.CEILING, what)
        elif release and not self._earned(release):
            self.blame(Promise.CEILING, f"{line.by} sends {to} before its stage has baked")
        if self.silent and release and self._judged(release) and not self.promoted_by_hand:
            self.blame(Promise.EVIDENCE, f"{line.by} sends {to} without any metrics")
        if release and release.plan.smoke and not self.sound:
            self.blame(Promise.ASKED, f"{line.by} sends {to} though its answer was bad")
        now, saved = self.cloud.timeline.now, self.saves.get(line.by, -1e9)
        if now - saved > (LEASE - GUARD).total_seconds() + 1:
            self.blame(Promise.ALONE, f"{line.by} sends {to} {now - saved:.0f} s after its save")
        mark = line.read.get(ROLLED_BACK_NOTE)
        if release and mark != (release.found or {}).get(ROLLED_BACK_NOTE):
            self.blame(Promise.ROLLBACK_WINS, f"{line.by} sends {to} after it read of a rollback")

    def saved(
        self, shelf: Shelf, before: Record | None, after: Record, events: Sequence[Event]
    ) -> None:
        """A record is written."""
        self.saves[shelf.by] = self.cloud.timeline.now
        old, new = (before.lease if before else None), after.lease
        if new is not None:
            self.drove.add(new.holder.partition("/")[0])
        if old and new and old.holder != new.holder and new.holder not in self.taken_over:
            over = before is None or before.release.over
            if not over and old.alive(new.heard) and not self.clocks_differ:
                self.blame(Promise.ALONE, f"{new.holder} took the lease of {old.holder}")
        for event in events:
            self._hush(f"{event.message} {dict(event.fields)}")
        if after.release.over and not (before and before.release.over):
            self._ended(after.release)

    def tell(self, told: Told) -> None:
        """A command has ended."""
        for event in told.events:
            self._hush(f"{event.message} {dict(event.fields)}")
        for word in told.words:
            self._hush(word)
        if told.fault is not None:
            self.blame(Promise.TRUE_EXIT, f"{told.what} broke: {told.fault!r}")
        if told.what == "rollback":
            self._rolled_back(told)
        elif told.what in {"start", "promote", "resume"}:
            self._driven(told)

    def look(self) -> None:
        """Look at the truth: something may have come into force."""
        share, now = self.cloud.share, self.cloud.timeline.now
        if share <= TOLERANCE or self.by_hand or self._somebody_looks():
            self.alone_since = None
            return
        self.alone_since = now if self.alone_since is None else self.alone_since
        if now - self.alone_since > 120:
            self.alone_since = None
            self.by_hand = True  # told once
            self.blame(Promise.GUARDED, f"{share:g}% and nobody who would look")

    def finished(self) -> None:
        """The story is over, and everybody had the time to bring things to an end."""
        for record in (record for store in self.stores for record in store.newest()):
            release = record.release
            if release.waits_for_a_person:
                self.blame(Promise.GUARDED, f"{release.id} waits for a person without an end")
            elif not release.over:
                self.blame(Promise.CONVERGES, f"{release.id} is {release.state}, {release.why}")
        deploying = [r.release for store in self.stores for r in store.history() if r.release.model]
        if len(self.cloud.brought) > len(deploying):
            what = f"{len(deploying)} releases brought in {sorted(self.cloud.brought)}"
            self.blame(Promise.ONCE, what)
        if self.by_hand or self._times_differ:
            return
        for told in self.told:
            if told.waited_for == "verified" and told.home in HOMES and told.code is Exit.OK:
                self._stays(told)
        confirmed = [t for t in self.told if t.code is Exit.OK and t.home in HOMES]
        left = max(self.cloud.share, self.cloud.copied)
        if confirmed and left > TOLERANCE and not self._answered_for(confirmed[-1]):
            self.blame(Promise.STAYS, f"{left:g}% after a rollback that ended 0")
        if confirmed:
            self._stays_elsewhere(max(confirmed, key=lambda told: told.ended or 0))

    @property
    def _times_differ(self) -> bool:
        """Whether times in a record are of several machines, whose clocks are minutes apart.

        Then a bake, or the time for which a rollback is watched, is shorter by as much.
        """
        return self.clocks_differ and len(self.drove & {"team", "laptop"}) > 1

    def _answered_for(self, rollback: Told) -> bool:
        """Whether what has traffic after a rollback is somebody's doing, or a person was paged.

        The baseline may be out of service when a late raise is found: nothing goes back to it then,
        and the command that found it ends 13.
        """
        ended = rollback.ended or 0
        paged = any(t.code is Exit.UNSAFE and (t.ended or 0) > ended for t in self.told)
        return paged or self._begun_after(rollback)

    def _stays(self, told: Told) -> None:
        """Nothing that was begun before comes into force after a verified rollback."""
        for one in self.cloud.landed:
            if one.echo and self._bare(told):
                continue
            after = max(one.share, one.copied) > TOLERANCE and one.at > (told.ended or 0)
            if after and one.by != "console" and not self._begun_after(told, one.release):
                self.blame(Promise.STAYS, f"{one.share:g}% of {one.by} came at {one.at:.1f} s")

    def _stays_elsewhere(self, told: Told) -> None:
        """What a person sent to an older version is not taken to the baseline by a driver."""
        others = (t for t in self.told if t.what == "rollback" and t.home != told.home)
        meanwhile = any((t.ended or 1e9) >= told.began for t in others)
        meanwhile |= any(one.by == "console" and one.at > told.began for one in self.cloud.landed)
        verified = told.waited_for == "verified"
        if told.home != OLDER or not verified or meanwhile or self._answered_for(told):
            return
        share = self.cloud.look().traffic.of(OLDER)
        if share < 100 - TOLERANCE:
            self.blame(Promise.STAYS, f"{OLDER} has {share:g}% after a rollback to it ended 0")

    def _bare(self, rollback: Told) -> bool:
        """Whether a rollback went by notes that come first, and knows of no slow answer.

        They say what was asked for, and not how long the answer took: that a raise may have been
        sent twice stands in its own record only, and whoever has that looks on.
        """
        known = (store.find(rollback.release) for store in self.stores)
        rescue = all(record is None or record.release.rescues is not None for record in known)
        return self.cloud.habits.notes_first and rescue

    def _begun_after(self, told: Told, release: str = "") -> bool:
        """Whether that release, or any, was begun anew: what its start read tells of the rollback.

        A rollback without a record is a release too, but nobody began it.
        """
        known = (r.release for store in self.stores for r in store.history())
        begun = [r for r in known if release in {"", r.id} and r.rescues is None]
        marks = ((r.found or {}).get(ROLLED_BACK_NOTE, "") for r in begun)
        if any(self.cloud.marked.get(mark, -1.0) >= told.began for mark in marks):
            return True
        later = (t for t in self.told if t.what.startswith("start") and release in {"", t.release})
        return any(t.began > (told.ended or 0) for t in later)

    def _release(self, line: Line) -> Release | None:
        for store in self.stores:
            for record in store.newest():
                held = record.lease and record.lease.holder == line.by
                if held:
                    return record.release
        return None

    def _earned(self, release: Release) -> bool:
        """Whether the stage before this one was in force for as long as it bakes."""
        if self._times_differ:
            return True
        if not self._judged(release) or self.promoted_by_hand or self.by_hand:
            return True
        landed, shadow = self.cloud.landed, release.plan.shadow
        if release.stage or shadow is None:
            before = release.plan.stages[release.stage - 1]
            at = [one.at for one in landed if one.share >= before.percent - TOLERANCE]
            bake = before.bake
        else:
            at = [one.at for one in landed if one.copied >= shadow.percent - TOLERANCE]
            bake = shadow.bake
        since = min(at, default=1e9) + self.cloud.habits.settle
        return self.cloud.timeline.now - since >= bake.total_seconds() - 1

    def _judged(self, release: Release) -> bool:
        """Whether something came before what is wanted now: a stage, or a copy of traffic."""
        return release.stage > 0 or (release.plan.shadow is not None and not release.shadow)

    def _ended(self, release: Release) -> None:
        recent = self._recent()
        if release.outcome in {Outcome.SUPERSEDED, Outcome.UNSAFE} or not release.reached:
            return
        read = beyond(Traffic(release.traffic))
        if not any(abs(read - share) <= 0.1 for share in recent):
            self.blame(Promise.READ_BACK, f"{release.id} ends with {read:g}%, it was {recent}")
        if release.outcome is Outcome.PROMOTED and not any(share >= 99.9 for share in recent):
            self.blame(Promise.READ_BACK, f"{release.id} is promoted, it was {recent}")

    def _recent(self) -> list[float]:
        """The candidate's shares that were in force lately."""
        now, settle = self.cloud.timeline.now, self.cloud.habits.settle
        shares: list[float] = []
        last = 0.0
        for one in self.cloud.landed:
            if one.at + settle >= now - RECENT and not shares:
                shares.append(last)
            if one.at + settle >= now - RECENT:
                shares.append(one.share)
            last = one.share
        return [*(shares or [last]), self.cloud.share]

    def _somebody_looks(self) -> bool:
        """Whether somebody has looked lately, and will again; or a person knows."""
        newest = [r.release for s in self.stores for r in s.newest()]
        known = {Outcome.PROMOTED, Outcome.DRIFT, Outcome.UNSAFE}
        if any(release.outcome in known for release in newest):
            return True
        if any(told.code is Exit.UNSAFE for told in self.told):
            return True
        patience = UNSEEN + CRON * self._in_vain()
        looked = self.cloud.timeline.now - self.cloud.looked_at <= patience
        return looked and any(not release.over for release in newest)

    def _in_vain(self) -> int:
        """How many sweeps since the last look came to nothing: killed, denied, without records."""
        sweeps = (t for t in self.told if t.what == "sweep" and not t.alive)
        return sum(t.began > self.cloud.looked_at and t.code is not Exit.OK for t in sweeps)

    def _rolled_back(self, told: Told) -> None:
        home = told.code is Exit.OK and told.waited_for in {"rolled_back", "verified"}
        if home and min(self._recent()) > TOLERANCE and not self.by_hand:
            self.blame(Promise.TRUE_EXIT, f"rollback ended 0 at {self.cloud.share:g}%")
        untouched = told.code in {Exit.CLOUD_FAILED, Exit.NOT_FOUND, Exit.ERROR}
        if untouched and self.cloud.share > TOLERANCE:
            what = f"rollback ended {told.code} at {self.cloud.share:g}%: {told.words[-1:]}"
            self.blame(Promise.TRUE_EXIT, what)

    def _driven(self, told: Told) -> None:
        recent = self._recent()
        if self.by_hand or told.code is None:
            return
        mine = [one for one in self.cloud.landed if one.by == told.driver and one.share > 0]
        if told.code in HOME and mine and min(recent) > TOLERANCE:
            self.blame(Promise.TRUE_EXIT, f"{told.what} ended {told.code}, it was {recent}")
        journals = (store.events(told.release) for store in self.stores)
        held = any(event.type == "held" for events in journals for event in events)
        if told.code is Exit.OK and max(recent) < 99.9 and not held:
            self.blame(Promise.TRUE_EXIT, f"{told.what} ended 0, it was {recent}")

    def _hush(self, text: str) -> None:
        if SECRET in text:
            self.blame(Promise.SECRETS, text)


def readable(broken: Sequence[Broken]) -> str:
    """All of them, one a line."""
    return "\n".join(str(one) for one in broken)
