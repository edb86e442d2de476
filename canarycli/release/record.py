"""A release: all that must survive a crash, as one frozen value."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from canarycli.errors import Exit
from canarycli.late_methods import dataclass
from canarycli.late_names import late_names
from canarycli.plan import Plan, Stage, Then
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, RELEASE_NOTE, Notes
from canarycli.traffic import TOLERANCE, Traffic

if TYPE_CHECKING:
    from canarycli.freeze import Freeze
    from canarycli.judge.finding import Finding, Split, Verdict


class State(StrEnum):
    """Where a release stands."""

    DEPLOYING = "deploying"
    SMOKE_TEST = "smoke_test"
    RUNNING = "running"
    HELD = "held"
    PAUSED = "paused"
    PROBATION = "probation"
    ROLLING_BACK = "rolling_back"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a release ended."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    INCONCLUSIVE = "inconclusive"
    NO_METRICS = "no_metrics"
    STOPPED = "stopped"
    DRIFT = "drift"
    CLOUD_FAILED = "cloud_failed"
    UNSAFE = "unsafe"
    SUPERSEDED = "superseded"


OUTCOME_EXITS: Mapping[Outcome, Exit] = {
    Outcome.PROMOTED: Exit.OK,
    Outcome.ROLLED_BACK: Exit.ROLLED_BACK,
    Outcome.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Outcome.NO_METRICS: Exit.NO_METRICS,
    Outcome.STOPPED: Exit.STOPPED,
    Outcome.DRIFT: Exit.DRIFT,
    Outcome.CLOUD_FAILED: Exit.CLOUD_FAILED,
    Outcome.UNSAFE: Exit.UNSAFE,
    Outcome.SUPERSEDED: Exit.BUSY,
}


class Cause(StrEnum):
    """Why a release waits outside its plan."""

    PERSON = "person"
    UNCLEAR = "unclear"
    NO_METRICS = "no_metrics"
    FAILING = "failing"
    BASELINE_DOWN = "baseline_down"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stop outside the plan; without `until` it lasts until a person ends it."""

    cause: Cause
    by: str
    reason: str
    at: datetime
    until: datetime | None = None
    then: Then = Then.HOLD


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to leaving a hold upwards.

    `through` is what shows that it is theirs: `environment:production`, the CI's, `signature`, or
    "" where only CANARY_ACTOR says so. `url` is the CI run it was given in, "" for none.
    """

    by: str
    reason: str = ""
    through: str = ""
    url: str = ""


class Order(StrEnum):
    """What a person asked for and the driver has yet to do."""

    NEXT = "next"
    TO = "to"
    FULL = "full"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class Ask:
    """A person's order for another share; `percent` goes with `to` and `shift`.

    `override` is why it goes up in a change freeze too, "" if it does not.
    """

    order: Order
    by: str
    reason: str = ""
    percent: float | None = None
    override: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word that a release goes up in these change freezes all the same."""

    by: str
    reason: str
    freezes: "tuple[Freeze, ...]" = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One attempt to replace the baseline by the candidate.

    `target` is the recorded intent: the candidate's share never exceeds it by our doing. It is
    saved before it is acted on. `base` is the endpoint's revision when the target was set: it
    tells "our act never landed" from "somebody changed it". `confirmed_at` is when the target
    was first seen in place; None while traffic is on its way there. `waiting_since` is when the
    wait for a clear verdict began: then, or when a person resumed. `model` and `deploy` say what
    to bring in, and how, where the candidate was not on the endpoint at the start. `cleaned_at` is
    when what the release left deployed was seen to be gone. `shadow` is the copy of traffic the
    candidate is wanted to get, 0 once it gets its own. `served` is about how many requests the
    candidate was judged on, `extra` how many of them failed that the baseline would have served;
    `served_before` and `extra_before` are those of the stages before this one. `kept_as` is the
    endpoint's one name where people call it by several. `found`
    is what the endpoint's notes said before: what is new in them is somebody's doing. `raised` says
    that a raise was asked for and not refused, `loose_until` that one got no answer and may land
    until then; it is taken back by whoever sees that time pass. `noted_at` is when the first raise
    was accepted: from then on the endpoint's notes keep every other driver away. `made` is what
    was uploaded and registered before its start, in the cloud's words.
    `rescues` is the release of another machine that a rollback without a record ends,
    "" where no note names one; None for every other release.
    `approvals` are those of the hold of now, `frozen` is the change freeze it was last told to
    wait for, `override` who started it in one and why. `splits` are all shares so far and when
    they were in force, `probation_until` is when a candidate that has all traffic is through, None
    before it has. `stuck` is why the way back could not be taken, "" while it can. `unmarked` says
    that the endpoint may say nothing of a rollback to other drivers. `aimed` says that a person
    named the version everything goes to, so that the endpoint's notes have to name it too.
    """

    id: str
    provider: str
    place: str
    endpoint: str
    baseline: str
    candidate: str
    plan: Plan
    started_at: datetime
    started_by: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    deploy: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    ref: str = ""
    state: State = State.RUNNING
    stage: int = 0
    target: float = 0.0
    shadow: float = 0.0
    before: float = 0.0
    base: str = ""
    asked_at: datetime | None = None
    written: bool = False
    confirmed_at: datetime | None = None
    waiting_since: datetime | None = None
    pause: Pause | None = None
    ask: Ask | None = None
    failing: Mapping[str, int] = field(default_factory=dict)
    read_at: datetime | None = None
    findings: "tuple[Finding, ...]" = ()
    verdict: "Verdict | None" = None
    served: float = 0.0
    extra: float = 0.0
    served_before: float = 0.0
    extra_before: float = 0.0
    judge: Mapping[str, Any] = field(default_factory=dict)
    traffic: Mapping[str, float] = field(default_factory=dict)
    seen_at: datetime | None = None
    ending: Outcome | None = None
    outcome: Outcome | None = None
    why: str = ""
    by: str = ""
    ended_at: datetime | None = None
    reached: float = 0.0
    cleaned_at: datetime | None = None
    held_at: datetime | None = None
    found: Mapping[str, str] | None = None
    raised: bool = False
    loose_until: datetime | None = None
    noted_at: datetime | None = None
    kept_as: str = ""
    made: tuple[str, ...] = ()
    rescues: str | None = None
    approvals: tuple[Approval, ...] = ()
    frozen: str = ""
    override: Override | None = None
    splits: "tuple[Split, ...]" = ()
    probation_until: datetime | None = None
    stuck: str = ""
    unmarked: bool = False
    aimed: bool = False

    @property
    def key(self) -> str:
        """The endpoint's key: one document, one lease, one open release each."""
        return endpoint_key(self.provider, self.place, self.kept_as or self.endpoint)

    def is_called(self, endpoint: str) -> bool:
        """Whether its endpoint is called so, in any case."""
        return endpoint.lower() in {self.endpoint.lower(), self.kept_as.lower()}

    @property
    def name(self) -> str:
        """What people call the candidate: the version, or the model that is to become one."""
        return self.candidate or self.model

    @property
    def outcome_words(self) -> str:
        """How it ended, or what it does, for people: `rolled back by dana`, `promoted`."""
        if self.outcome is Outcome.STOPPED and self.by:
            return f"rolled back by {self.by}"
        return (self.outcome or self.state).value.replace("_", " ")

    @property
    def why_words(self) -> str:
        """Why, for people who have just read `outcome_words`: who rolled it back is said there."""
        if self.outcome is Outcome.STOPPED and self.by:
            said = self.why.removeprefix(f"{self.by} rolled back")
            return self.why if said == self.why else said.removeprefix(": ")
        return self.why

    @property
    def over(self) -> bool:
        """Nothing is left to do."""
        return self.state is State.ENDED

    @property
    def exposed(self) -> bool:
        """Whether the candidate may have traffic, or get some by a request still on its way."""
        return self.raised or self.reached > TOLERANCE

    @property
    def is_home(self) -> bool:
        """Whether a rollback is in place, and only late requests are looked for."""
        return self.state is State.ROLLING_BACK and self.confirmed_at is not None

    def loose(self, now: datetime) -> bool:
        """Whether a raise nobody heard of again may still land."""
        return self.loose_until is not None and now < self.loose_until

    @property
    def leaves(self) -> str:
        """The version this release has no more use for though it stays deployed, "" if none.

        That is the old baseline after a promotion, else a candidate that canary brought in itself.
        """
        if not self.over or self.cleaned_at is not None:
            return ""
        if self.outcome is Outcome.PROMOTED:
            return self.baseline
        return self.candidate if self.model else ""

    @property
    def stage_in_force(self) -> Stage:
        """The stage whose share is wanted now."""
        return self.plan.stages[self.stage]

    @property
    def wanted(self) -> Traffic:
        """The split that is wanted now."""
        split = Traffic.split(self.baseline, self.candidate, self.target)
        return replace(split, shadow={self.candidate: self.shadow}) if self.shadow else split

    @property
    def bake_in_force(self) -> timedelta:
        """The least time at what is wanted now."""
        shadow = self.plan.shadow if self.shadow else None
        return shadow.bake if shadow else self.stage_in_force.bake

    @property
    def ahead(self) -> tuple[Stage, ...]:
        """The stages still to come."""
        return self.plan.stages if self.shadow else self.plan.stages[self.stage + 1 :]

    @property
    def home(self) -> Traffic:
        """Everything to the baseline, the candidate named with 0."""
        return Traffic({self.baseline: 100.0, self.candidate: 0.0})

    @property
    def notes(self) -> Notes:
        """What the endpoint itself remembers of this release."""
        return {RELEASE_NOTE: self.id, **self.noted_arms}

    @property
    def noted_arms(self) -> Notes:
        """Who is who, as the endpoint remembers it."""
        return {BASELINE_NOTE: self.baseline, CANDIDATE_NOTE: self.candidate}

    @property
    def holds_off(self) -> bool:
        """Whether a failing check leads to a rollback that a person may hold off."""
        acts = self.plan.on_fail is Then.ROLLBACK and self.state in {State.RUNNING, State.HELD}
        return acts and bool(self.failing)

    @property
    def waits_for_a_person(self) -> bool:
        """Nothing more will happen by itself, though the release is open."""
        if self.ask is not None:
            return False
        if self.state is State.HELD:
            return True
        return self.state is State.PAUSED and self.pause is not None and self.pause.until is None

    @property
    def waits_until(self) -> datetime | None:
        """When the wait for a person ends in a rollback, None where it has no such end."""
        wait, since = self.plan.hold_at_most, self.pause.at if self.pause else self.held_at
        if since is None or not self.waits_for_a_person or wait.then is not Then.ROLLBACK:
            return None
        return since + wait.pause

    @property
    def rests(self) -> bool:
        """Nothing more will happen soon: it waits for a person, or for labels to come."""
        on_probation = self.state is State.PROBATION and self.ask is None
        return on_probation or self.waits_for_a_person

    @property
    def going(self) -> State:
        """The state of a release that goes on after a pause."""
        return State.RUNNING if self.probation_until is None else State.PROBATION

    def with_split(self, share: float, now: datetime) -> "Release":
        """With a share that is in force from now on, or none: the one before is over."""
        splits = self.splits
        if splits and splits[-1].until is None:
            splits = (*splits[:-1], replace(splits[-1], until=now))
        if share:
            from canarycli.judge.finding import Split

            splits = (*splits, Split(share, now))
        return replace(self, splits=splits[-MOST_SPLITS:])

    @property
    def exit(self) -> Exit:
        """The exit code that tells where the release stands."""
        if self.outcome is not None:
            return OUTCOME_EXITS[self.outcome]
        if self.stuck:
            return Exit.UNSAFE
        if self.state in {State.HELD, State.PROBATION}:
            return Exit.OK
        if self.is_home:
            return OUTCOME_EXITS[self.ending or Outcome.ROLLED_BACK]
        return Exit.PAUSED if self.state is State.PAUSED else Exit.RUNNING


MOST_SPLITS = 50
"""More changes of the share than that are not judged together."""


def endpoint_key(provider: str, place: str, name: str) -> str:
    """What an endpoint's document is kept under: one for each endpoint there is."""
    return f"{provider}/{place}/{name}"


LATER: Mapping[str, str] = {
    "Finding": "canarycli.judge.finding",
    "Split": "canarycli.judge.finding",
    "Verdict": "canarycli.judge.finding",
    "Freeze": "canarycli.freeze",
}
"""Types that only a record with a judged or a frozen release needs; a bare rollback's has none."""

__getattr__ = late_names(__name__, LATER)
