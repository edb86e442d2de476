"""Sends all traffic back to the baseline, with what is at hand: record, notes or traffic."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from canarycli.engine.loop import drive, looked_enough
from canarycli.engine.status import release_status
from canarycli.errors import (
    Busy,
    CanaryError,
    NotFound,
    ProviderError,
    Rejected,
    StoreError,
    Unavailable,
    Unsafe,
    Unsupported,
    UsageError,
)
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.accepted import Accepted
from canarycli.operations.waiting import Waiting
from canarycli.operations.workspace import Workspace
from canarycli.provider import BASELINE_NOTE, RELEASE_NOTE, Detailed, Endpoint, Notes
from canarycli.release import orders
from canarycli.release.record import Release
from canarycli.release.request import find_version
from canarycli.release.rescue import CLEARLY, home, loose_after, rescue
from canarycli.store import Record
from canarycli.store.memory import MemoryStore
from canarycli.traffic import TOLERANCE, Traffic
from canarycli.verbs import offers

UNMARKED = "no mark of it is on the endpoint, or none can be seen: drivers elsewhere may raise"


@dataclass(frozen=True, slots=True)
class WayBack:
    """How this endpoint goes back.

    Attributes:
        say: hears what could not be had, and is done without.
        record: its open release, None where none is known here.
        seen: the look that was needed without a record.
        notes: what the endpoint says of itself, {} where the record says it.
        baseline: where everything goes.
        usual: where it would go if nobody had said.
        waiting: tells what is waited for.
        named: whether a person named where everything goes.
    """

    work: Workspace
    say: Callable[[str], None]
    record: Record | None
    seen: Endpoint | None
    notes: Notes
    baseline: str
    usual: str
    waiting: Waiting
    named: bool = False

    @property
    def unusual(self) -> bool:
        """Whether it goes to another version than the baseline."""
        return self.baseline != self.usual

    @property
    def question(self) -> str:
        """What a person agrees to: the endpoint, where it is, and its release if one is known."""
        work = self.work
        where = f"{work.target.name} ({work.target.provider} {work.provider.place}"
        where += f", release {self.record.release.id})" if self.record else ")"
        return f"Send all traffic of {where} back to {self.baseline}?"

    def go(
        self,
        reason: str,
        listen: Callable[[Event], None],
        *,
        wait: bool,
        patient: bool = False,
    ) -> dict[str, object]:
        """Roll back, and say where the endpoint stands once the traffic is where it should be.

        Args:
            reason: why, for the record.
            listen: hears every event.
            wait: for the traffic; else only until the cloud has accepted the change.
            patient: go on until nothing sent before can land any more, however long that is.

        Raises:
            Unsafe: nobody can tell that it is.
            CanaryError: the cloud refused, with its own command to paste.
        """
        self.waiting.command = self.command()
        try:
            return self._go(reason, listen, wait=wait, patient=patient)
        except Unavailable as error:
            raise self.unsafe(error.said) from error
        except Unsafe as error:
            raise self._unsafe_for_good(error) from error
        except CanaryError as error:
            # Here and not above: only a rollback that failed needs it.
            from canarycli.operations.last_look import last_look

            last = last_look(self.work, self.baseline, self.seen)
            error.facts = (*error.facts, *last.facts)
            if isinstance(error, Rejected | NotFound) and last.why:
                raise self._unsafe_since(error, last.why) from error
            error.hints = (*error.hints[:1], f"or roll back by hand: {self.command()}")
            raise

    def _go(
        self, reason: str, listen: Callable[[Event], None], *, wait: bool, patient: bool
    ) -> dict[str, object]:
        work, accepted = self._recorded(reason, listen), Accepted(listen)
        try:
            release = self._drive(work, accepted, self.seen, wait=wait, patient=patient)
        except StoreError as error:
            # The disk filled up, or the records were locked, on the way.
            self.say(f"warning: {error.message}; going on without a record")
            work = self._in_memory(reason, lambda _: None)
            release = self._drive(work, accepted, None, wait=wait, patient=patient)
        if wait and self.record is not None and (said := work.let_cool(self.baseline)):
            self.say(said)
        status = release_status(Record(release), None, work.clock.now())
        return {**status, "waited_for": self._reached(release)}

    def _reached(self, release: Release) -> str:
        """What was waited for: `accepted`, `rolled_back` or `verified`; said where it is less."""
        if release.over and release.unmarked:
            self.say(f"rolled back, not verified: {UNMARKED}")
            return "rolled_back"
        if release.over:
            return "verified"
        if not release.is_home:
            return "accepted"
        until = f"{release.loose_until:%H:%M:%S} UTC" if release.loose_until else "soon"
        self.say(
            f"rolled back, not verified: a raise sent before may still land until {until}; "
            "canary sweep lowers it again"
        )
        return "rolled_back"

    def _drive(
        self,
        work: Workspace,
        accepted: Accepted,
        seen: Endpoint | None,
        *,
        wait: bool,
        patient: bool,
    ) -> Release:
        try:
            return drive(
                work.controller(accepted.hear),
                work.key,
                seen=seen,
                enough=lambda release: (
                    (not patient and looked_enough(release, work.clock.now()))
                    if wait
                    else accepted.yes
                ),
                insist=False,
            )
        except ProviderError as error:
            record = work.record()
            if record is None or not record.release.is_home:
                raise
            self.say(f"warning: {error.said}; nobody looks whether it stays")
            return record.release

    def _unsafe_since(self, error: CanaryError, why: str) -> Unsafe:
        """Unsafe because a refusal leaves others than the baseline with traffic, or may."""
        told = self.unsafe(f"{error.message}; {why}", *error.hints)
        told.facts = error.facts
        return told

    def _unsafe_for_good(self, error: Unsafe) -> Unsafe:
        """Unsafe, with the endpoint's own way out where nothing of it serves anybody."""
        told = self.unsafe(error.message)
        told.facts, told.hints = error.facts, error.hints or told.hints
        with suppress(CanaryError):
            now = self.work.provider.at_once.describe(self.work.target.name)
            _, _, way = now.unfit.partition("; ")
            if way and not any(version.in_service for version in now.versions):
                told.hints = (way,)
        return told

    def unsafe(self, why: str, *ways: str) -> Unsafe:
        """The loudest error there is, with the way out: the cloud's own ways first."""
        return Unsafe(
            f"ROLLBACK FAILED on {self.work.target.name}: {why}",
            hint=(
                *ways,
                f"by hand: {self.command()}",
                f"then: canary status {self.work.target.name}",
            ),
        )

    def command(self) -> str:
        """The cloud's own command for this rollback."""
        shares = {self.baseline: 100.0}
        if self.record is not None:
            release = self.record.release
            others = [release.baseline, release.candidate]
        else:
            others = [version.name for version in self.seen.versions] if self.seen else []
        shares |= {name: 0.0 for name in others if name and name != self.baseline}
        return self.work.provider.plain_command(self.work.target.name, Traffic(shares))

    def _recorded(self, reason: str, listen: Callable[[Event], None]) -> Workspace:
        """The rollback written down, in memory if it can't be on disk."""
        try:
            return self._record_in(self.work, reason, listen)
        except CanaryError as error:
            if isinstance(error, Busy) and self.record is None:
                with suppress(CanaryError):  # it was recorded while this command looked
                    return self._turn(self.work, reason, listen)
            self.say(f"warning: {error.message}; rolling back without a record")
        return self._in_memory(reason, listen)

    def _in_memory(self, reason: str, listen: Callable[[Event], None]) -> Workspace:
        memory = replace(self.work, store=MemoryStore())
        if self.record is not None:
            memory.store.save(replace(self.record, version=0, newer=False))
        return self._record_in(memory, reason, listen)

    def _record_in(
        self, work: Workspace, reason: str, listen: Callable[[Event], None]
    ) -> Workspace:
        if self.record is not None:
            return self._turn(work, reason, listen)
        assert self.seen is not None
        work.controller(listen).create(
            rescue(
                self.seen,
                self.notes,
                to=self.baseline,
                release_id=new_id(),
                provider=work.target.provider,
                place=work.provider.place,
                settings=work.target.kept,
                by=work.actor,
                reason=reason,
                now=work.clock.now(),
                limits=work.provider.limits,
                aimed=self.named,
                kept_as=work.kept_as,
            )
        )
        listen(self._started(reason))
        return work

    def _turn(self, work: Workspace, reason: str, listen: Callable[[Event], None]) -> Workspace:
        """The open release of the records turned back."""
        controller = work.controller(listen)
        controller.change(
            work.key, lambda release: self._turned(release, reason), self._started(reason)
        )
        return work

    def _started(self, reason: str) -> Event:
        who, now = self.work.actor, self.work.clock.now()
        message = f"{who} rolls back to {self.baseline}" + (f": {reason}" if reason else "")
        return Event("rollback_started", now, message, "warning", {"by": who, "why": reason})

    def _turned(self, release: Release, reason: str) -> Release:
        who, now = self.work.actor, self.work.clock.now()
        back = orders.roll_back(release, who, now, reason=reason)
        back = replace(back, loose_until=loose_after(release, self.work.provider.limits, now))
        if self.baseline == release.baseline:
            return back
        return replace(back, baseline=self.baseline, candidate=release.baseline, aimed=True)


def way_back(work: Workspace, to: str | None, say: Callable[[str], None]) -> WayBack:
    """How this endpoint goes back: by its record, else by its notes, else by its traffic.

    Args:
        work: the endpoint.
        to: the version that everything goes to, None for the baseline.
        say: hears what could not be had, and is done without.

    Raises:
        CanaryError: nothing tells where the traffic belongs.
    """
    waiting = Waiting(work.target.provider, say)
    watched = replace(work.provider, failed=waiting.failed, around=waiting.around)
    work = replace(work, provider=watched)
    record = _known(work, say)
    if record is not None and to is None:
        baseline = record.release.baseline
        return WayBack(work, say, record, None, {}, baseline, baseline, waiting)
    waiting.command = _plain_command(work, record)
    try:
        seen = work.provider.look_back(work.target.name)
    except CanaryError as error:
        raise _blind(work, record, error) from error
    notes = _notes(work, say, seen, needed=to is None) if record is None else {}
    _refuse_another(work, notes)
    if record is None and not notes:
        seen = _closer(work, seen)
    if seen.indivisible:
        raise Unsupported(f"nothing of {seen.name!r} can be rolled back by shares: {seen.unfit}")
    baseline = find_version(seen, to) if to else home(seen, notes)
    noted = notes.get(BASELINE_NOTE) if to else None
    usual = record.release.baseline if record else noted or baseline
    return WayBack(work, say, record, seen, notes, baseline, usual, waiting, named=to is not None)


def _refuse_another(work: Workspace, notes: Notes) -> None:
    """Raise where a release was named that no record tells of, and the notes tell of another."""
    asked, noted = work.target.asked, notes.get(RELEASE_NOTE, "")
    if asked.startswith("r-") and noted and noted != asked:
        raise UsageError(
            f"{work.target.name} is in release {noted}, and not in {asked}",
            hint=f"name the endpoint: canary rollback -e {work.target.name}",
        )


def _closer(work: Workspace, seen: Endpoint) -> Endpoint:
    """The endpoint with what its kind is, where nothing says that a release is under way.

    Asked for once: traffic moves without it too.
    """
    if not offers(work.provider.provider, Detailed):
        return seen
    try:
        return work.provider.at_once.details(seen.name)
    except CanaryError:
        return seen


def _notes(work: Workspace, say: Callable[[str], None], seen: Endpoint, *, needed: bool) -> Notes:
    """What the endpoint says of itself; where that can't be read, its traffic must speak clearly.

    Where it does, the notes are asked for once: nobody waits for what is not needed. Where one
    version has it all, they are waited for: it may be a candidate that came to 100 %, and then
    nothing would be rolled back. Where a person has named the version they are not `needed`.

    Raises:
        Unsafe: they don't answer, and no version has most of the traffic by far, or one has all.
        CanaryError: the same where they are refused.
    """
    most = max((seen.traffic.of(name) for name in seen.traffic.live), default=0.0)
    clear = CLEARLY <= most < 100 - TOLERANCE or not needed
    try:
        provider = work.provider.at_once if clear else work.provider
        return provider.notes(seen)
    except CanaryError as error:
        if not clear:
            hint = f"name the version: canary rollback {seen.name} --to VERSION"
            if isinstance(error, Unavailable):
                why = f"nothing says which version is the baseline ({seen.traffic}): {error.said}"
                raise Unsafe(f"{seen.name} is not rolled back: {why}", hint=hint) from error
            error.hints = (hint,)
            raise
        if needed:
            say(f"warning: {error.message}; going by the traffic: {seen.traffic}")
        return {}


def _blind(work: Workspace, record: Record | None, error: CanaryError) -> CanaryError:
    """The error of a look that failed, with the command to paste; no answer at all is unsafe."""
    name, command = work.target.name, _plain_command(work, record)
    if isinstance(error, NotFound):
        return error
    if isinstance(error, Unavailable):
        return Unsafe(
            f"the traffic of {name} can't be read: {error.said}",
            hint=(*error.hints, f"by hand: {command}", f"then: canary status {name}"),
        )
    error.hints = (*error.hints[:1], f"or roll back by hand: {command}")
    return error


def _plain_command(work: Workspace, record: Record | None) -> str:
    """The cloud's own command as far as the arms are known without a look."""
    arms = ("BASELINE", "CANDIDATE")
    if record is not None:
        arms = (record.release.baseline, record.release.candidate)
    back = Traffic({arms[0]: 100.0, arms[1]: 0.0})
    return work.provider.plain_command(work.target.name, back)


def _known(work: Workspace, say: Callable[[str], None]) -> Record | None:
    """The endpoint's open release, if it is known here and its record can be read."""
    try:
        record = work.target.record or work.record()
    except CanaryError as error:
        say(f"warning: {error.message}; going by the endpoint alone")
        return None
    return None if record is None or record.release.over else record
