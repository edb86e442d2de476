"""The whole of canary.yaml as pydantic models, endpoints told apart by their provider."""

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from canarycli.config.fields import (
    Address,
    Engine,
    Event,
    FormatVersion,
    MaybeDuration,
    MaybeNumber,
    MaybeSeconds,
    MaybeSomeTime,
    MaybeSpeed,
    MaybeText,
    SomeTime,
    Text,
    wrong,
)
from canarycli.config.labels import LabelsModel
from canarycli.config.plans import ALARM, BUILT_IN, CUSTOM, RULE, SOURCED, Model, PlanModel
from canarycli.config.predictions import PredictionsModel
from canarycli.config.sources import SourceModel
from canarycli.registry import ALIASES, DECLARED, nearest_provider, provider_names

USUAL_EVENTS = ("overridden", "failed", "rolled_back", "promoted", "unsafe")
OTHER = "<other>"
KNOWN = ("simulator", "demo")
TAGS = frozenset({RULE, ALARM, BUILT_IN, CUSTOM, SOURCED, OTHER, *(f"<{name}>" for name in KNOWN)})
"""What pydantic puts into the place of an error and the file does not have."""


class EndpointModel(Model):
    """What every endpoint may have."""

    endpoint: MaybeText = Field(None, description="the cloud's own name or id, if it differs")
    plan: MaybeText = Field(None, description="one of the plans below")
    baseline: MaybeText = Field(None, description="the version to compare with")
    candidate: dict[str, Any] = Field({}, description="options for deploying a model")
    keep_baseline: MaybeDuration = Field(
        None, description="how long the old version stays deployed after a promotion, 1h"
    )
    predictions: PredictionsModel | None = Field(
        None, description="where in recorded answers their class and score are"
    )


class CloudModel(EndpointModel):
    """What every endpoint in a cloud may have."""

    metric_delay: MaybeDuration = Field(None, description="how late this cloud's metrics are")
    metric_period: MaybeSomeTime = Field(None, description="the time one point stands for")
    endpoint_url: MaybeText = Field(None, description="another address for the cloud's API")
    labels: LabelsModel | None = Field(
        None, description="where it is known later what its answers should have been"
    )


class SimulatorModel(EndpointModel):
    """An endpoint without a cloud; what its versions may have is in docs/simulator.md."""

    provider: Annotated[str, WithJsonSchema({"enum": ["simulator", "demo"]})]
    state: MaybeText = Field(None, description="the file it is kept in")
    scenario: MaybeText = Field(None, description="what happens to candidates, as in canary demo")
    speed: MaybeSpeed = Field(None, description="how many times faster than real time, 60x")
    seed: MaybeText = Field(None, description="of its chance: the same, the same minutes")
    rate: MaybeNumber = Field(None, description="requests a second, 200")
    day: MaybeNumber = Field(None, description="how far the rate swings over a day, 0 to 1")
    period: MaybeSeconds = Field(None, description="the time one point stands for, 60s")
    settle: MaybeSeconds = Field(None, description="how long a change of traffic takes, 45s")
    delay: MaybeSeconds = Field(None, description="how late the metrics are, 60s")
    startup: MaybeSeconds = Field(None, description="until a new version is in service, 120s")
    versions: dict[str, Any] = Field({}, description="the versions it starts with")
    labels: dict[str, Any] = Field({}, description="delay and coverage of what was right")
    finest: MaybeNumber = Field(None, description="the smallest step of a share in percent, 0.1")
    shadow_up_to: MaybeNumber = Field(None, description="the largest shadow share in percent")


def _third_party(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise wrong(f"one word is expected, such as {', '.join(DECLARED)}")
    if value in DECLARED:
        return value
    if value not in provider_names() and (near := nearest_provider(value)):
        raise wrong(f'"{value}" is not a provider, did you mean {near}?')
    return value


class OtherModel(CloudModel):
    """An endpoint in a cloud, or of a package's own provider, which says what settings it has."""

    model_config = ConfigDict(extra="allow", frozen=True)

    provider: Annotated[
        str,
        BeforeValidator(_third_party),
        WithJsonSchema({"type": "string", "not": {"enum": list(KNOWN)}}),
    ]


def _provider(value: Any) -> str:
    name = value.get("provider") if isinstance(value, dict) else getattr(value, "provider", None)
    if not isinstance(name, str) or name not in KNOWN:
        return OTHER
    return f"<{ALIASES.get(name, name)}>"


AnyEndpoint = Annotated[
    Annotated[SimulatorModel, Tag("<simulator>")] | Annotated[OtherModel, Tag(OTHER)],
    Discriminator(_provider),
]


class DefaultsModel(Model):
    """Settings for every endpoint that does not say otherwise, where its provider has them."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"additionalProperties": False}
    )

    plan: MaybeText = Field(default=None, description="of endpoints that name none")
    keep_baseline: MaybeDuration = Field(default=None, description="as at an endpoint, 1h")
    metric_delay: MaybeDuration = Field(default=None, description="as at an endpoint")
    metric_period: MaybeSomeTime = Field(default=None, description="as at an endpoint")


class NotifyModel(Model):
    """Who hears of what."""

    to: Address
    when: list[Event] | None = Field(
        None,
        min_length=1,
        description=f"of what; else {', '.join(USUAL_EVENTS)}; for pagerduty:// just unsafe",
    )


class FreezeModel(Model):
    """A time in which no release goes up; down is always allowed."""

    start: Text = Field(
        alias="from", description="when it begins: minute, hour, day, month, weekday, as cron does"
    )
    length: SomeTime = Field(alias="for", description="how long it lasts, up to 31 days, 60h")
    zone: Text = Field("UTC", description="whose clock that is by, Europe/Berlin")
    why: MaybeText = Field(None, description="for people")


def _state(value: Any) -> Any:
    """A place alone is that of the records."""
    return value if isinstance(value, dict | None) else {"records": value}


class StateModel(Model):
    """Where the records are, and who calls for the looks at a release."""

    records: MaybeText = Field(None, description="a folder or a URL, as for `state` itself")
    engine: Engine = Field(
        "embedded", description="who drives what `canary start` starts; `--engine` comes first"
    )
    address: MaybeText = Field(None, description="of Temporal; TEMPORAL_ADDRESS comes first")
    namespace: MaybeText = Field(None, description="in Temporal; TEMPORAL_NAMESPACE comes first")
    queue: MaybeText = Field(None, description="that workers wait at; else canary")


class FileModel(Model):
    """canary.yaml."""

    version: FormatVersion = 1
    endpoints: dict[str, AnyEndpoint] = Field(
        default_factory=dict, description="where releases happen, by the names people use"
    )
    plans: dict[str, PlanModel] = Field(
        default_factory=dict, description="how a release goes, by name"
    )
    sources: dict[str, SourceModel] = Field(
        default_factory=dict, description="stores of figures beside the cloud's, by name"
    )
    notify: list[NotifyModel] = Field(default_factory=list, description="who hears of what")
    freeze: list[FreezeModel] = Field(
        default_factory=list, description="when no release goes up, see below"
    )
    defaults: DefaultsModel = Field(
        DefaultsModel(), description="for every endpoint that does not say otherwise"
    )
    state: Annotated[
        StateModel | None,
        BeforeValidator(_state, json_schema_input_type=StateModel | Text | None),
    ] = Field(
        None,
        description="where the records are that a team shares: a folder, s3://, gs://, az:// or "
        "postgresql://; or that and the engine, see below; CANARY_STATE comes first",
    )
