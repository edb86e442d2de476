"""The written intent of a release: stages, checks and what to do when things are unclear."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from canarycli.late_methods import dataclass
from canarycli.late_names import late_names

if TYPE_CHECKING:
    from canarycli.freeze import Freeze
    from canarycli.metrics import Metric


class Then(StrEnum):
    """What follows when a stage is passed or a pause is over."""

    GO = "go"
    HOLD = "hold"
    ROLLBACK = "rollback"


class Lost(StrEnum):
    """What a sweep does with a release that nobody drives."""

    ROLLBACK = "rollback"
    RESUME = "resume"


class Better(StrEnum):
    """Which direction of a metric is the good one."""

    LOWER = "lower"
    HIGHER = "higher"


class Role(StrEnum):
    """What a check's verdict does."""

    GATE = "gate"
    WATCH = "watch"


USUAL_NAME = "command line"
"""What a plan is called that nobody wrote down."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Give the candidate `percent` of the traffic and let it bake.

    `then` is `go` (on to the next stage when every check passes) or `hold` (wait for a person).
    `leeway` is how many times its checks' `no_worse_by` the candidate may still be worse for the
    stage to be passed; a fail is always judged by the limit itself. A hold with `approvals` is
    left upwards when so many of the `approvers` (anybody, if none is named) have approved it:
    in a job of one of the CI's `environments`, or by a comment signed with a key of `signers`,
    the lines of an allowed_signers file, where the stage has any.
    """

    percent: float
    bake: timedelta
    then: Then = Then.GO
    leeway: float = 1.0
    approvals: int = 0
    approvers: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()

    @property
    def may_approve(self) -> tuple[str, ...]:
        """The names of those who may, () for anybody; a signer's are before the key."""
        return self.approvers or tuple(line.split()[0].split(",")[0] for line in self.signers)

    def __post_init__(self) -> None:
        if self.approvals and self.then is not Then.HOLD:
            raise ValueError("only a stage that holds can be approved")
        if (self.environments or self.signers) and not self.approvals:
            raise ValueError("nobody approves where no approval is asked for")
        if self.environments and self.signers:
            raise ValueError("a stage is approved in an environment or by a signature, not both")
        if self.approvers and not 0 < self.approvals <= len(self.approvers):
            raise ValueError(f"{len(self.approvers)} can't approve {self.approvals} times")
        if self.leeway < 1:
            raise ValueError(f"a stage's leeway is at least 1, not {self.leeway:g}")
        if not 0 < self.percent <= 100:
            raise ValueError(f"a stage's percent is above 0 and at most 100, not {self.percent:g}")
        if self.bake < timedelta(0):
            raise ValueError("a bake can't be negative")


@dataclass(frozen=True, slots=True)
class Shadow:
    """Give the candidate a copy of `percent` of the traffic, its answers dropped, and let it bake.

    Comes before the first stage, which takes its place in one change.
    """

    percent: float
    bake: timedelta

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ValueError(f"a shadow's percent is above 0 and at most 100, not {self.percent:g}")


@dataclass(frozen=True, slots=True)
class Margin:
    """By how much the candidate may be worse than the baseline.

    `relative` is a fraction of the baseline's value (0.2 for 20%), `absolute` is in the metric's
    own unit (0.005 for 0.5pp of a ratio, 0.05 for 50ms). Exactly one is set, or both add up.
    """

    relative: float = 0.0
    absolute: float = 0.0

    def __str__(self) -> str:
        parts = []
        if self.relative or not self.absolute:
            parts.append(f"{self.relative * 100:g}%")
        if self.absolute:
            parts.append(f"{self.absolute:g}")
        return " + ".join(parts)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on one metric: exactly one of the four limits is set.

    Attributes:
        name: for people and `--skip`; unique in a plan.
        metric: what is measured.
        no_worse_by: limit on the difference to the baseline.
        never_above: limit on the candidate alone, in the metric's unit.
        never_below: the same from below.
        better: which direction is good; only matters for `no_worse_by`.
        cap: for a mean of amounts, what no single one exceeds; its source has to cut them off.
        min_requests: each arm needs so many before the check says pass or fail.
        role: `watch` is shown and never decides.
        critical: fails at its first failing read.
        differs_by: limit on the difference to the baseline in both directions: of what a model
            answers neither more nor less is better.
        at_end: judged over all splits of the release; no stage waits for its pass, the end of
            the probation does. Its fail rolls back whenever it comes.
        at_most: of a metric that is asked for each value of a field, how many get their own.
    """

    name: str
    metric: "Metric"
    no_worse_by: Margin | None = None
    never_above: float | None = None
    never_below: float | None = None
    better: Better = Better.LOWER
    cap: float | None = None
    min_requests: int = 0
    role: Role = Role.GATE
    critical: bool = False
    differs_by: Margin | None = None
    at_end: bool = False
    at_most: int = 5

    def __post_init__(self) -> None:
        if self.at_end and self.margin is None:
            raise ValueError(f"check {self.name!r} gates the end, so it compares both arms")
        limits = (self.no_worse_by, self.differs_by, self.never_above, self.never_below)
        if sum(limit is not None for limit in limits) != 1:
            raise ValueError(
                f"check {self.name!r} needs exactly one of no_worse_by, differs_by, never_above, "
                "never_below"
            )
        if self.two_sided and self.metric.name.startswith("latency"):
            raise ValueError(f"check {self.name!r}: no latency is too low, write no_worse_by")
        if self.cap is not None and self.cap <= 0:
            raise ValueError(f"check {self.name!r} has a cap that is not above 0")
        if self.metric.name == "scores" and not self.two_sided:
            raise ValueError(f"check {self.name!r}: scores are neither good nor bad: differs_by")

    @property
    def margin(self) -> Margin | None:
        """By how much the candidate may differ from the baseline; None without a comparison."""
        return self.no_worse_by if self.differs_by is None else self.differs_by

    def with_margin(self, margin: Margin) -> "Check":
        """The same comparison with another margin."""
        if self.two_sided:
            return replace(self, differs_by=margin)
        return replace(self, no_worse_by=margin)

    @property
    def two_sided(self) -> bool:
        """Whether less is as bad as more."""
        return self.differs_by is not None


@dataclass(frozen=True, slots=True)
class Smoke:
    """A request that the candidate must answer well before it gets any live traffic.

    Attributes:
        name: for people.
        payload: what is sent; base64 of it where `binary`.
        content_type: of the payload.
        status: the HTTP status its answer must have.
        contains: a text its answer must hold, "" where any will do.
        file: where the payload comes from, "" where the plan itself says it.
    """

    name: str
    payload: str = ""
    binary: bool = False
    content_type: str = "application/json"
    status: int = 200
    contains: str = ""
    file: str = ""

    @property
    def body(self) -> bytes:
        """The payload as it is sent."""
        return b64decode(self.payload) if self.binary else self.payload.encode()


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause for so long, then do `then` (`hold` or `rollback`)."""

    pause: timedelta
    then: Then = Then.ROLLBACK


PROBATION = timedelta(hours=24)
"""How long checks that gate the end have where the plan does not say."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages and checks, and the policies around them.

    Attributes:
        shadow: a copy of traffic for the candidate before the first stage, None for none.
        stages: at least one; percents rise; the last one is 100, or the release holds there.
        read_every: time between two looks at the metrics.
        fails_after: so many failing reads in a row fail a check.
        warm_up: so long after each change of the split the candidate may still be loading, and only
            most requests failing counts; None for two periods of the metrics.
        arm_noise: by how much the error rates of two equal arms differ on this endpoint, as
            `canary check --aa` measures; a check on errors fails only beyond that too.
        unclear_after: at a stage without a clear pass or fail for so long, `on_unclear` applies.
        on_fail: `rollback`, or `hold` to wait for a person with the traffic as it is.
        on_unclear: neither pass nor fail in time.
        on_no_metrics: a gating metric has no data.
        on_driver_lost: what `canary sweep` does when nobody drives any more.
        settle_within: a change of traffic that takes longer has failed.
        deadline: the whole release must end within this, else it is rolled back.
        hold_at_most: a release that waits for a person for so long does what this says.
        smoke: what the candidate must answer before the first stage.
        freeze: when nothing goes up; down is always allowed.
        probation: so long after its last stage a candidate is still watched, and goes back where
            it fails; None for a day where a check gates the end, else for not at all.
    """

    stages: tuple[Stage, ...]
    checks: tuple[Check, ...] = ()
    name: str = USUAL_NAME
    read_every: timedelta = timedelta(minutes=1)
    fails_after: int = 3
    warm_up: timedelta | None = None
    arm_noise: float = 0.0
    unclear_after: timedelta = timedelta(minutes=45)
    on_fail: Then = Then.ROLLBACK
    on_unclear: Wait = field(default_factory=lambda: Wait(timedelta(minutes=30)))
    on_no_metrics: Wait = field(default_factory=lambda: Wait(timedelta(minutes=10)))
    on_driver_lost: Lost = Lost.ROLLBACK
    settle_within: timedelta = timedelta(minutes=15)
    deadline: timedelta | None = None
    hold_at_most: Wait = field(default_factory=lambda: Wait(timedelta(hours=24)))
    shadow: Shadow | None = None
    smoke: tuple[Smoke, ...] = ()
    freeze: "tuple[Freeze, ...]" = ()
    probation: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a plan needs at least one stage")
        for earlier, later in zip(self.stages, self.stages[1:], strict=False):
            if later.percent <= earlier.percent:
                raise ValueError(
                    f"stages must rise: {later.percent:g}% follows {earlier.percent:g}%"
                )
        compared = [stage for stage in self.stages if stage.percent < 100]
        if compared and compared[-1].leeway > 1:
            raise ValueError("the last stage below 100% has no leeway: there the limits count")
        names = [check.name for check in self.checks]
        if len(set(names)) != len(names):
            raise ValueError("two checks have the same name")
        if self.read_every <= timedelta(0):
            raise ValueError("read_every must be above 0")
        if self.fails_after < 1:
            raise ValueError("fails_after must be at least 1")

    def patience(self, stage: Stage) -> timedelta:
        """How long a stage may stay without a clear verdict: until a pause for it runs out."""
        return max(self.unclear_after, stage.bake) + self.on_unclear.pause

    @property
    def watched_after(self) -> timedelta:
        """How long a candidate is on probation once it has all traffic."""
        if self.probation is not None:
            return self.probation
        return PROBATION if any(check.at_end for check in self.gates) else timedelta(0)

    @property
    def gates(self) -> tuple[Check, ...]:
        """The checks that decide."""
        return tuple(check for check in self.checks if check.role is Role.GATE)

    def metrics(self) -> "tuple[Metric, ...]":
        """Every metric the checks need, once each."""
        return tuple({check.metric.key: check.metric for check in self.checks}.values())

    def without(self, names: Sequence[str]) -> "Plan":
        """The same plan without the checks of those names.

        Raises:
            KeyError: there is no check of that name.
        """
        known = {check.name for check in self.checks}
        for name in names:
            if name not in known:
                raise KeyError(name)
        return replace(self, checks=tuple(c for c in self.checks if c.name not in names))


LATER: Mapping[str, str] = {
    "Freeze": "canarycli.freeze",
    "Metric": "canarycli.metrics",
}
"""Types that only a plan with checks or freezes needs; a bare rollback's has none."""

__getattr__ = late_names(__name__, LATER)
