"""The `plans:` part of canary.yaml as pydantic models."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from canarycli.config.alarms import is_alarm
from canarycli.config.fields import (
    AtLeastOne,
    Duration,
    Flag,
    GateOrWatch,
    HoldOrRollback,
    LowerOrHigher,
    MaybeCap,
    MaybeDuration,
    MaybeNoise,
    MaybeSomeTime,
    MaybeText,
    ResumeOrRollback,
    StageOrEnd,
    Text,
    ZeroOrMore,
    number_by_arm,
    text_of,
    wrong,
)
from canarycli.config.foreign import alarm_flaw
from canarycli.config.problem import nearest
from canarycli.config.quantities import (
    ABOUT_PATTERN,
    LIMIT_PATTERN,
    MARGIN_PATTERN,
    OVER_PATTERN,
    parse_limit,
    parse_margin,
    parse_metric,
)
from canarycli.config.sources import FROM, FromModel, metric_from
from canarycli.config.stages import ShadowModel, StageModel
from canarycli.metrics import ABOUT, ANSWERS, UNITS, Metric, Origin, Unit
from canarycli.plan import Margin
from canarycli.written import quoted

Q = TypeVar("Q")
BUILT_IN, CUSTOM, SOURCED = "<built-in>", "<custom>", "<from>"
RULE, ALARM = "<rule>", "<alarm>"
SOURCES = ("cloudwatch", "cloud_monitoring", "azure_monitor", "simulator")
LIMITS = ("no_worse_by", "differs_by", "never_above", "never_below")

_NAMES = tuple(n for n in (*UNITS, *ANSWERS) if n not in {"latency_over", *ABOUT})


NumberByArm = Annotated[
    float | dict[str, float] | None,
    BeforeValidator(number_by_arm),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "object", "additionalProperties": {"type": "number"}},
            ]
        }
    ),
]


class Model(BaseModel):
    """A part of the file that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class CloudWatch(Model):
    """A metric of CloudWatch; `{arm}` in a dimension stands for the variant."""

    namespace: Text
    name: Text
    dimensions: dict[str, Text] = {}
    statistic: MaybeText = None


class CloudMonitoring(Model):
    """A metric of Google Cloud Monitoring; `{arm}` in a label stands for the deployed model."""

    type: Text
    reducer: MaybeText = None
    aligner: MaybeText = None
    labels: dict[str, Text] = {}


class AzureMonitor(Model):
    """A metric of Azure Monitor; `{arm}` in a dimension stands for the deployment."""

    name: Text
    aggregation: MaybeText = None
    namespace: MaybeText = None
    dimensions: dict[str, Text] = {}


class SimulatorMetric(Model):
    """A metric the simulator makes up: a share, or values around a mean.

    Each number may be a mapping by version, to make the arms differ.
    """

    ratio: NumberByArm = None
    mean: NumberByArm = None
    sd: NumberByArm = None


class CustomMetric(Model):
    """A metric of your own: its name for people, and where the cloud keeps it."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"additionalProperties": False}
    )

    name: Text
    cloudwatch: CloudWatch | None = None
    cloud_monitoring: CloudMonitoring | None = None
    azure_monitor: AzureMonitor | None = None
    simulator: SimulatorMetric | None = None


def _built_in(value: Any) -> Metric:
    metric = parse_metric(value) if isinstance(value, str) else None
    if metric is not None:
        return metric
    if isinstance(value, str) and value.startswith("latency_over"):
        raise wrong(f"{quoted(value)} needs its threshold, write it such as latency_over(500ms)")
    if isinstance(value, str) and value in ABOUT:
        raise wrong(f"{quoted(value)} says of what: class_share(fraud), score_over(0.8)")
    if isinstance(value, str):
        hint = nearest(value, _NAMES) or "; one of your own is a mapping with name: and a source"
        raise wrong(f"{quoted(value)} is not a built-in metric{hint}")
    raise wrong(f"{quoted(value)} where the name of a metric is expected")


BuiltIn = Annotated[
    Metric,
    BeforeValidator(_built_in),
    WithJsonSchema(
        {
            "description": "a built-in metric",
            "anyOf": [
                {"enum": list(_NAMES)},
                {"type": "string", "pattern": OVER_PATTERN},
                {"type": "string", "pattern": ABOUT_PATTERN},
            ],
        }
    ),
]


def _form(value: Any) -> str:
    if not isinstance(value, dict | FromModel):
        return BUILT_IN
    return SOURCED if isinstance(value, FromModel) or FROM in value else CUSTOM


MetricField = Annotated[
    Annotated[BuiltIn, Tag(BUILT_IN)]
    | Annotated[CustomMetric, Tag(CUSTOM)]
    | Annotated[FromModel, Tag(SOURCED)],
    Discriminator(_form),
]
MarginField = Annotated[
    Margin | None,
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "minimum": 0,
            "pattern": MARGIN_PATTERN,
            "description": "how much worse than the baseline is still fine: 20% of its value, "
            "0.5pp of a share, 50ms of a time; a plain number for metrics without a unit",
        }
    ),
]
LimitField = Annotated[
    float | None,
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": LIMIT_PATTERN,
            "description": "a limit on the candidate alone: 2% or 0.02 of a share, 500ms of a "
            "time, 85 for a metric in percent",
        }
    ),
]


class CheckModel(Model):
    """A rule on one metric: one of no_worse_by, differs_by, never_above and never_below."""

    metric: MetricField
    name: MaybeText = Field(None, description="for people; else the metric's")
    no_worse_by: MarginField = None
    differs_by: MarginField = Field(
        None, description="how far it may differ from the baseline either way"
    )
    never_above: LimitField = None
    never_below: LimitField = None
    better: LowerOrHigher = "lower"
    cap: MaybeCap = None
    min_requests: ZeroOrMore = Field(0, description="of each arm, before it can pass")
    role: GateOrWatch = Field("gate", description="watch: shown, never decides")
    gates: StageOrEnd = Field("stage", description="end: what comes late, see probation")
    critical: Flag = Field(False, description="true: the first failing read rolls back")
    by: MaybeText = Field(None, description="asked for each value of this field of an answer")
    at_most: AtLeastOne = Field(5, description="values that are asked for, the rest together")

    @field_validator("no_worse_by", "differs_by", mode="before")
    @classmethod
    def _margin(cls, value: Any, info: ValidationInfo) -> Margin:
        return _by_unit(parse_margin, value, info)

    @field_validator("never_above", "never_below", mode="before")
    @classmethod
    def _limit(cls, value: Any, info: ValidationInfo) -> float:
        return _by_unit(parse_limit, value, info)


def _alarm_name(value: Any) -> Any:
    if isinstance(value, Mapping):
        if why := alarm_flaw(value):
            raise wrong(why)
        return value
    return text_of(value)


AlarmName = Annotated[
    str | dict[str, str],
    BeforeValidator(_alarm_name),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer"], "minLength": 1},
                {
                    "type": "object",
                    "additionalProperties": {"type": "string", "minLength": 1},
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ]
        }
    ),
]


class AlarmModel(Model):
    """An alarm that exists in the cloud: the check fails while it rings."""

    alarm: AlarmName = Field(
        description="a CloudWatch alarm by its name, {arm} for the variant, or {STORE: NAME}"
    )
    name: MaybeText = Field(None, description="for people; else the alarm's")
    role: GateOrWatch = "gate"
    critical: Flag = False


CheckField = Annotated[
    Annotated[CheckModel, Tag(RULE)] | Annotated[AlarmModel, Tag(ALARM)],
    Discriminator(lambda value: ALARM if is_alarm(value) else RULE),
]


class ExpectModel(Model):
    """What an answer must be: its status, and a text it must hold."""

    status: AtLeastOne = Field(default=200, description="of the answer")
    contains: MaybeText = Field(default=None, description="a text the answer must hold")


class SmokeModel(Model):
    """A request the candidate must answer before any live traffic; one of payload and file."""

    payload: Annotated[
        Any, Field(description="the body: text, or a mapping or list that is sent as JSON")
    ] = None
    file: MaybeText = Field(None, description="a file with the body, from where this file lies")
    name: MaybeText = Field(None, description="for people; else a number")
    content_type: MaybeText = Field(None, description="of the body, application/json")
    expect: ExpectModel = Field(ExpectModel(), description="what its answer must be")


class WaitModel(Model):
    """Pause for so long, then roll back or go on holding."""

    pause: Duration = Field(description="how long, such as 30m")
    then: HoldOrRollback = Field("rollback", description="what follows")


class PlanModel(Model):
    """How a release goes: its stages, its checks, and what to do when things are unclear."""

    stages: Annotated[list[StageModel], Field(min_length=1)]
    checks: list[CheckField] = Field([], description="what decides")
    shadow: ShadowModel | None = None
    smoke: list[SmokeModel] = []
    bake: MaybeDuration = Field(None, description="the least time at a stage, 15m")
    read_every: MaybeSomeTime = Field(None, description="how often metrics are read, 1m")
    fails_after: AtLeastOne = Field(
        3, description="reads in a row that fail a limit on the candidate alone"
    )
    warm_up: MaybeDuration = Field(
        None, description="how long a new share may be slow; else two periods"
    )
    arm_noise: MaybeNoise = None
    unclear_after: MaybeDuration = Field(
        None, description="how long a stage may stay undecided, 45m"
    )
    on_fail: HoldOrRollback = Field("rollback", description="what follows a failed check")
    on_unclear: WaitModel | None = Field(
        None, description="what follows a stage that stays undecided"
    )
    on_no_metrics: WaitModel | None = Field(None, description="what follows silence")
    hold_at_most: WaitModel | None = Field(
        None, description="how long a release waits for a person, and what then"
    )
    on_driver_lost: ResumeOrRollback = Field("rollback", description="what canary sweep does")
    settle_within: MaybeSomeTime = Field(
        None, description="how long the cloud may take for a change, 15m"
    )
    deadline: MaybeSomeTime = Field(None, description="how long the whole release may take")
    probation: MaybeDuration = Field(
        None, description="how long it is watched once it has all traffic; 24h with gates: end"
    )

    @field_validator("shadow", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        # Without this an empty key would silently release without the shadow.
        if value is None:
            raise wrong("it is empty, give it a percent or leave the key out")
        return value


def _by_unit(parse: Callable[[Any, Unit | None], Q], value: Any, info: ValidationInfo) -> Q:
    # Fields are read in order: where the metric is wrong itself its unit is not known.
    metric = info.data.get("metric")
    if isinstance(metric, FromModel):
        metric = metric_from(metric, {metric.source: Origin(metric.source, "")})
    unit = metric.unit if isinstance(metric, Metric) else Unit.NONE if metric else None
    if value is None or isinstance(value, bool | dict | list):
        raise wrong(f"{quoted(value)} where one quantity is expected")
    try:
        return parse(value, unit)
    except ValueError as error:
        raise wrong(str(error)) from error
