"""One look at a release while it is decided on: the record so far, and what happened on the way."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from canarycli.journal import Event
from canarycli.plan import Then
from canarycli.provider import Endpoint, Notes
from canarycli.release.capacity import shortages
from canarycli.release.record import OUTCOME_EXITS, Cause, Outcome, Pause, Release, State
from canarycli.release.rows import failed_requests
from canarycli.traffic import Traffic, percent

if TYPE_CHECKING:
    from canarycli.judge import Judgement
    from canarycli.release.smoke import Tried

SETTLING = timedelta(seconds=2)
"""How soon to look again while a change of traffic is on its way, at the latest."""

AT_ONCE = timedelta(seconds=0.1)
"""How soon to look the second time after asking, then twice as long each time; the first look is at
once, for some clouds are done with their answer."""

WATCHING = timedelta(seconds=15)
"""How soon to look again at the endpoint otherwise: people and other writers are heard by then."""


UNWATCHED = timedelta(seconds=60)
"""A longer time between two looks means that nobody drove."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found.

    Attributes:
        endpoint: the endpoint as it is.
        judgement: the checks' findings, None if this look did not read the metrics.
        metrics_after: no metrics can be expected sooner than this after a share is in place.
        tried: how the smoke tests went, None if this look did not send them.
        notes: what the endpoint says of itself, None if this look did not read it.
    """

    endpoint: Endpoint
    judgement: "Judgement | None" = None
    metrics_after: timedelta = timedelta(0)
    tried: "tuple[Tried, ...] | None" = None
    notes: Notes | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to save, then what to ask for, then when to look again.

    `gave_up`: the way back is stuck, and a person must look; the release stays open. `put_off` is
    the release before an order for which the cloud had no time, None for any other decision.
    """

    release: Release
    shift: Traffic | None = None
    deploy: bool = False
    wake: timedelta = timedelta(0)
    events: tuple[Event, ...] = ()
    gave_up: bool = False
    put_off: Release | None = None

    def changes_nothing(self, before: Release) -> bool:
        """Whether there is nothing to save or ask for but that somebody looked."""
        asks = self.shift is not None or self.deploy or self.events
        return not asks and replace(self.release, seen_at=before.seen_at) == before

    @property
    def later(self) -> "Decision":
        """The same where the cloud had no time for it: whoever asks again waits a little first."""
        return replace(self, wake=max(self.wake, AT_ONCE))


def begin_rollback(release: Release, outcome: Outcome, why: str, by: str, now: datetime) -> Release:
    """The record of a release that goes back to its baseline, whoever wants it."""
    return replace(
        release,
        state=State.ROLLING_BACK,
        target=0.0,
        shadow=0.0,
        before=release.target,
        asked_at=now,
        written=False,
        confirmed_at=None,
        pause=None,
        ask=None,
        ending=outcome,
        why=why,
        by=by,
    )


@dataclass(slots=True)
class Context:
    """One look while it is decided on: the record so far and what happened on the way."""

    release: Release
    seen: Seen
    now: datetime
    events: list[Event] = field(default_factory=list)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint as it is."""
        return self.seen.endpoint

    @property
    def share(self) -> float:
        """The candidate's share as it is."""
        return self.endpoint.traffic.of(self.release.candidate)

    def since(self, moment: datetime | None) -> timedelta:
        """How long ago that was, nothing if it has not been."""
        return timedelta(0) if moment is None else self.now - moment

    def tell(self, kind: str, message: str, level: str = "info", **fields: Any) -> None:
        """Note an event; a field named like a keyword is given with a `_` behind it."""
        named = {name.rstrip("_"): value for name, value in fields.items()}
        self.events.append(Event(kind, self.now, message, level, named))

    def wait(self, wake: timedelta = WATCHING) -> Decision:
        """Ask for nothing and look again in a while."""
        return Decision(self.release, wake=wake, events=tuple(self.events))

    def wait_for_change(self) -> Decision:
        """Look again at a change that is on its way: often at first, then less so."""
        return self.wait(self._pace())

    def ask_for(self, split: Traffic) -> Decision:
        """Ask for a split that the record allows."""
        release = self.release
        self.tell(
            "shift_requested",
            f"asking for {wanted_text(release)}",
            from_=round(self.share, 4),
            to=release.target,
        )
        first = self.since(release.asked_at) < AT_ONCE
        wake = timedelta(0) if first else self._pace()
        return Decision(release, split, wake=wake, events=tuple(self.events))

    def _pace(self) -> timedelta:
        """As long as the change is under way by now, within limits: 100, 200, 400 ms and so on."""
        return max(AT_ONCE, min(SETTLING, self.since(self.release.asked_at)))

    def first_step(self) -> Decision:
        """What a candidate that is there gets first: a copy of traffic, or its first share."""
        plan = self.release.plan
        if plan.shadow is not None:
            return self.raise_to(0.0, 0, shadow=plan.shadow.percent)
        return self.raise_to(plan.stages[0].percent, 0)

    def waits_to_begin(self) -> bool:
        """Whether the first step must wait: for the end of a freeze, or for the baseline."""
        baseline = self.release.baseline
        down = "" if self.endpoint.serves(baseline) else f"{baseline} is not in service"
        return self._frozen(self._freeze or down)

    def freezes(self) -> bool:
        """Whether a change freeze keeps everything from going up now; said once as it comes."""
        return self._frozen(self._freeze)

    @property
    def _freeze(self) -> str:
        from canarycli.freeze import in_force

        return in_force(self.release.plan.freeze, self.now)

    def _frozen(self, said: str) -> bool:
        if said and said != self.release.frozen:
            self.tell("frozen", f"nothing goes up now: {said}", why=said)
        if said != self.release.frozen:
            self.release = replace(self.release, frozen=said)
        return bool(said)

    def raise_to(self, target: float, stage: int, *, shadow: float = 0.0) -> Decision:
        """Record a new share as intent and ask for it; the only way up."""
        self.release = replace(
            self.release.with_split(0.0, self.now),
            state=State.RUNNING,
            stage=stage,
            target=target,
            shadow=shadow,
            before=self.share,
            base=self.endpoint.revision,
            asked_at=self.now,
            written=True,
            confirmed_at=None,
            waiting_since=None,
            pause=None,
            ask=None,
            approvals=(),
            frozen="",
            failing={},
            findings=(),
            verdict=None,
            probation_until=None,
            served_before=self.release.served,
            extra_before=self.release.extra,
        )
        self.weigh(self.release.wanted, known=Traffic.all_to(self.release.baseline))
        return self.ask_for(self.release.wanted)

    def weigh(self, split: Traffic, known: Traffic | None = None) -> None:
        """Note the versions that have few instances for what they are about to get."""
        for shortage in shortages(self.endpoint, split, known):
            self.tell(
                "capacity",
                shortage.sentence,
                "warning",
                version=shortage.version,
                instances=shortage.instances,
                needed=shortage.needed,
            )

    def turn_back(self, outcome: Outcome, why: str, by: str) -> None:
        """Record that everything goes back to the baseline."""
        self.release = begin_rollback(self.release, outcome, why, by, self.now)
        self.tell("rollback_started", f"rolling back: {why}", "warning", why=why, by=by)

    def end(self, outcome: Outcome, why: str, level: str = "info") -> Decision:
        """The release is over, with the traffic as it is seen now."""
        release = replace(
            self.release,
            state=State.ENDED,
            outcome=outcome,
            why=why or self.release.why,
            ended_at=self.now,
            pause=None,
            ask=None,
        )
        self.release = release
        took = release.ended_at - release.started_at if release.ended_at else timedelta(0)
        costly = outcome is not Outcome.PROMOTED and release.extra >= 1
        self.tell(
            "ended",
            f"{release.outcome_words}: {self.endpoint.traffic}"
            + (f"; {release.why_words}" if release.why_words else "")
            + (f"; about {failed_requests(release.extra)}" if costly else ""),
            level,
            outcome=outcome.value,
            exit_code=int(OUTCOME_EXITS[outcome]),
            extra_failures=round(release.extra),
            requests_on_candidate=round(release.served),
            seconds=round(took.total_seconds(), 1),
        )
        return Decision(release, events=tuple(self.events))

    def pause(self, cause: Cause, reason: str, until: datetime | None, then: Then) -> None:
        """Stop outside the plan, for a while or until a person goes on."""
        self.release = replace(
            self.release,
            state=State.PAUSED,
            pause=Pause(cause, "plan", reason, self.now, until, then),
        )
        self.tell(
            "paused",
            f"paused: {reason}" + (f", then {then.value}" if until else ""),
            "warning",
            by="plan",
            reason=reason,
            until=until.isoformat() if until else None,
            stage=self.release.stage + 1,
        )

    def hold(self, message: str, level: str = "info", *, reason: str, **fields: Any) -> None:
        """Tell that a release waits for a person from now on, and until when at most."""
        until = self.release.waits_until
        self.tell(
            "held",
            message,
            level,
            stage=self.release.stage + 1,
            by="plan",
            reason=reason,
            until=until.isoformat() if until else None,
            **fields,
        )


def wanted_text(release: Release) -> str:
    """What the candidate is to get, in words."""
    if release.shadow:
        return f"{release.candidate} a copy of {percent(release.shadow)}"
    return f"{release.name} {percent(release.target)}"


def noted(release: Release, seen: Seen, now: datetime) -> Release:
    """The record with the look itself in it: the traffic as it is, and when.

    Time in which nobody looked does not count against a change that is on its way.
    """
    if release.over:
        return release
    release = _set_right(release, now)
    share = seen.endpoint.traffic.of(release.candidate)
    gap = now - release.seen_at if release.seen_at else timedelta(0)
    asked_at = release.asked_at
    if asked_at is not None and gap > UNWATCHED:
        asked_at = min(asked_at + gap, now)
    return replace(
        release,
        traffic=dict(seen.endpoint.traffic.shares),
        seen_at=now,
        asked_at=asked_at,
        reached=max(release.reached, share),
        loose_until=release.loose_until if _may_land(release, now) else None,
    )


def _set_right(release: Release, now: datetime) -> Release:
    """Its moments by this clock, where the last look was by one that was ahead.

    A bake, a read or a hold that began only an hour from now would stop every judge until then.
    What lies ahead for a good reason (a pause's end, a request that may land yet) stays.
    """
    ahead = release.seen_at - now if release.seen_at else timedelta(0)
    if ahead <= UNWATCHED:
        return release

    def right(moment: datetime | None) -> datetime | None:
        return moment if moment is None or moment <= now else moment - ahead

    return replace(
        release,
        asked_at=right(release.asked_at),
        confirmed_at=right(release.confirmed_at),
        waiting_since=right(release.waiting_since),
        held_at=right(release.held_at),
        read_at=right(release.read_at),
    )


def _may_land(release: Release, now: datetime) -> bool:
    """Whether a raise may still land; a way back keeps until when one could."""
    return release.loose(now) or release.state is State.ROLLING_BACK
