"""Takes the steps of one drive, and holds, turns back or gives up while a cloud refuses."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from canarycli.engine.by_hand import way_home, ways_back
from canarycli.engine.controller import Controller
from canarycli.engine.undo import undo
from canarycli.errors import (
    Busy,
    CanaryError,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    Unsafe,
    Unsupported,
)
from canarycli.provider import Endpoint
from canarycli.release.context import SETTLING, WATCHING, Decision, begin_rollback
from canarycli.release.record import Outcome, Release, State
from canarycli.store import Record
from canarycli.traffic import Traffic

BLIND = SETTLING * 2
"""How soon a cloud that gave no answer, or refused, is asked again; then twice as long."""

DOUBT = timedelta(seconds=10)
"""How long a change that is refused for good is asked for again: rights may take a moment."""

MINUTE = timedelta(minutes=1)
"""While the way back is not in force, that is told so often."""


@dataclass(slots=True)
class Steps:
    """One drive, step by step, for whoever waits in between.

    Attributes:
        insist: hold where the cloud denies or refuses; else that is an error at once.
        last: the release as this process last knew it.
        pause: how long to wait after a step that the cloud refused.
        blind_since: when the cloud stopped to answer, None while it does.
        refused_since: when it began to refuse a change, None while it takes them.
        refusal: what the cloud last said no with, None while it says yes.
        put_off: an order that waits for a change under way, None while there is none.
        minutes: of waiting for the way back, as they were last told.
    """

    controller: Controller
    key: str
    insist: bool = True
    last: Release | None = None
    pause: timedelta = BLIND
    blind_since: datetime | None = None
    refused_since: datetime | None = None
    refusal: ProviderError | None = None
    put_off: "_PutOff | None" = None
    minutes: int = 0

    def take(self, seen: Endpoint | None = None) -> Decision | None:
        """One tick; None where the cloud refused it, and the release holds or turns back.

        Raises:
            Unsafe: the endpoint could not be read for too long, or its way back is refused or
                stuck.
            ProviderError: the first share, a look before it or the order this drive began with was
                refused.
            Busy: somebody took the endpoint over.
        """
        began = self.controller.clock.now()
        try:
            decision = self.controller.tick(self.key, seen)
        except Unavailable as error:
            self.refusal = error
            self._blind(error, began)
            return None
        except (Denied, Rejected, Unsupported, NotFound) as error:
            if not self.insist:
                raise
            self.refusal = error
            self._refused(error, began)
            return None
        except Busy as error:
            raise Busy(
                f"somebody else drives it now: {error.message}",
                facts=error.facts,
                hint=error.hints,
            ) from error
        if self.blind_since is not None:
            self.controller.tell("visible", "the cloud answers again")
        self.blind_since = self.refused_since = None
        self._keep_order(decision)
        self.last = decision.release
        if decision.gave_up:
            raise self._unsafe(decision.release.stuck, decision.release, self.refusal)
        self.refusal = None
        self._tell_wait(decision.release)
        if decision.release.over and not decision.events:
            self._tell_end(decision.release)
        return decision

    def go_back_from_memory(self, error: Exception) -> None:
        """Lower what this process raised though nothing can be recorded or told any more.

        Raises:
            Unsafe: it was not seen at the baseline again.
        """
        release, here = self.last, self.controller
        if release is None or release.over or not release.exposed:
            return
        undo(here.provider, here.clock, release)
        if isinstance(error, CanaryError):
            error.facts = (*error.facts, f"rolled back: {release.baseline} has all traffic again")

    def _refused(self, error: ProviderError, began: datetime) -> None:
        """End, turn back or hold a release of which a step was refused that began then."""
        record = self.controller.load(self.key)
        release = record.release
        back = release.state is State.ROLLING_BACK
        if not release.exposed and not back:
            self._end(record, error)
            raise error
        looked = release.seen_at is not None and release.seen_at >= began
        if looked and self.put_off is not None and self.put_off.stands_as_before(release):
            self._take_back(record, self.put_off, error)
        elif looked and release.confirmed_at is not None and not back:
            self._ordered_in_vain(release, error, at_first=self.last is None)
        elif looked or isinstance(error, Rejected):
            self._change_refused(record, error)
        else:
            self._blind(error, began)

    def _end(self, record: Record, error: ProviderError) -> None:
        """Nothing was moved, and nothing will be."""
        ended = replace(
            record.release,
            state=State.ENDED,
            outcome=Outcome.CLOUD_FAILED,
            why=error.said,
            ended_at=self.controller.clock.now(),
        )
        self.controller.save(replace(record, release=ended, lease=None))

    def _change_refused(self, record: Record, error: ProviderError) -> None:
        """Ask again for a moment, then go back; and give that up when it is refused too."""
        release, now = record.release, self.controller.clock.now()
        back = release.state is State.ROLLING_BACK
        self.pause = self._longer(self.refused_since)
        first = self.refused_since is None
        since = self.refused_since = self.refused_since or now
        doubted = now - since < DOUBT
        if back and not doubted:
            raise self._unsafe(f"the way back of {release.endpoint} is refused", release, error)
        if not back and (isinstance(error, Rejected) or not doubted):
            turned = begin_rollback(release, Outcome.CLOUD_FAILED, error.said, "canary", now)
            self.controller.save(replace(record, release=turned))
            self.refused_since, self.pause = None, timedelta(0)
        elif first:
            self.controller.tell("waiting", f"{error.said}; asking once more", "warning")

    def _keep_order(self, decision: Decision) -> None:
        """Remember how the release stood before an order that is put off, until it is in place."""
        if decision.put_off is not None:
            first = self.last is None
            self.put_off = _PutOff(decision.put_off, decision.release, at_first=first)
        elif decision.release.confirmed_at is not None:
            self.put_off = None

    def _take_back(self, record: Record, order: "_PutOff", error: ProviderError) -> None:
        """The order that was put off is refused for good: the release is as it was before it."""
        now = record.release
        before = replace(order.before, ask=None, seen_at=now.seen_at, traffic=now.traffic)
        self.controller.save(replace(record, release=before))
        self.put_off = None
        self._ordered_in_vain(before, error, at_first=order.at_first)

    def _ordered_in_vain(self, release: Release, error: ProviderError, *, at_first: bool) -> None:
        """A person's order was refused, and the release is as it was before it.

        That is an error where the order is what this drive began with.
        """
        stays = f"traffic stays as it is: {Traffic(release.traffic)}"
        if at_first:
            error.facts = (*error.facts, stays)
            raise error
        self.controller.tell("refused", f"{error.said}; {stays}", "warning")
        self.pause = timedelta(0)

    def _longer(self, since: datetime | None) -> timedelta:
        """The next pause: it doubles while the cloud goes on refusing."""
        return BLIND if since is None else min(self.pause * 2 or BLIND, WATCHING)

    def _blind(self, error: ProviderError, began: datetime) -> None:
        """Hold while nothing answers a step that began then, as long as a change may take."""
        record, now = self.controller.load(self.key), self.controller.clock.now()
        self.pause = self._longer(self.blind_since)
        self.blind_since = self.blind_since or now
        length, seen_at = now - self.blind_since, record.release.seen_at
        if seen_at is not None:  # looks come through, it is a write that does not
            length = min(length, max(now - seen_at, timedelta(0)))
        if length == timedelta(0):
            self.controller.tell(
                "waiting", f"{error.said}; holding until the cloud answers", "warning"
            )
        if length > record.release.plan.settle_within:
            if not record.release.exposed and record.release.state is not State.ROLLING_BACK:
                self._end(record, error)
                raise error
            what = f"the traffic of {record.release.endpoint} can't be read"
            if seen_at is not None and seen_at >= began:
                what = f"{record.release.wanted} of {record.release.endpoint} is not in force"
            raise self._unsafe(what, record.release, error)

    def _unsafe(self, what: str, release: Release, error: ProviderError | None) -> Unsafe:
        """The loudest error there is, with what was seen last and the way out by hand."""
        provider, hints = self.controller.provider, error.hints if error else ()
        silent = isinstance(error, Unavailable)
        ways = (way_home(provider, release),) if silent else ways_back(provider, release)
        facts = [f"traffic last seen: {Traffic(release.traffic)}"]
        if release.raised and release.confirmed_at is None and release.target:
            facts.append(f"asked for since: {release.wanted}")
        unsafe = Unsafe(
            f"{what}: {error.said}" if error else what,
            facts=facts,
            hint=(*hints, *ways, f"then: canary status {release.endpoint}"),
        )
        unsafe.__cause__ = error
        return unsafe

    def _tell_wait(self, release: Release) -> None:
        """Say every minute that the way back is asked for and not in force yet."""
        minutes = (self.controller.clock.now() - (release.asked_at or release.started_at)) // MINUTE
        back = release.state is State.ROLLING_BACK and not release.is_home
        if back and minutes and minutes != self.minutes:
            self.controller.tell(
                "waiting",
                f"{release.home} is not in force after {minutes} min; still waiting",
                "warning",
            )
        self.minutes = minutes if back else 0

    def _tell_end(self, release: Release) -> None:
        """Tell how a release ended that somebody else saw to its end."""
        for event in self.controller.store.events(release.id)[-1:]:
            self.controller.listen(event)


@dataclass(frozen=True, slots=True)
class _PutOff:
    """An order for which the cloud had no time, and the release before it.

    Attributes:
        after: as it is once the order is carried out.
        at_first: it is what this drive began with.
    """

    before: Release
    after: Release
    at_first: bool

    def stands_as_before(self, now: Release) -> bool:
        """Whether nobody wants anything else by now, and nothing has moved yet."""
        wanted = (now.state, now.pause, now.ask) == (self.after.state, self.after.pause, None)
        return wanted and Traffic(now.traffic).same_as(Traffic(self.before.traffic))
