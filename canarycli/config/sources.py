"""The `sources:` part of canary.yaml, and the metrics that name one of them with `from:`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from canarycli.config.fields import (
    Flag,
    MaybeAzureCloud,
    MaybeDuration,
    MaybeSize,
    MaybeSomeTime,
    MaybeText,
    Text,
)
from canarycli.config.problem import nearest
from canarycli.metrics import Metric, Origin, Unit
from canarycli.registry import source_names

FROM, PACE = "from", frozenset({"period", "delay"})
SECRETS = frozenset(
    {"token", "password", "secret", "api_key", "apikey", "client_secret", "bearer", "key"}
)
"""Keys that people write a secret under; each has a spelling that names a variable."""

ROWS = frozenset({"name", FROM, "named", "at", "arm"}) | {
    *("n", "bad", "sum", "per", "value", "mean", "unit")
}
SQL = ROWS | {"query"}

METERS = frozenset({"name", FROM, "named", "labels", "statistic"}) | {
    *("n", "bad", "sum", "per", "value", "mean", "unit")
}

KINDS: Mapping[str, frozenset[str]] = {
    "athena": SQL,
    "azure_logs": SQL,
    "azure_monitor": METERS | {"namespace"},
    "bigquery": SQL,
    "cloud_monitoring": METERS,
    "cloudwatch": METERS | {"namespace"},
    "databricks": SQL,
    "datadog": METERS,
    "http": ROWS | {"path", "rows"},
    "postgres": SQL,
    "prometheus": frozenset({"name", FROM, "counter", "arm", "named", "match", "bad", "sum"})
    | {"promql", "mean", "unit"},
    "snowflake": SQL,
}
"""The keys of a metric by the kind of its source; other kinds have keys of their own."""


Wrong = tuple[tuple[str | int, ...], str]
"""Where in a part of the file something is wrong, and the sentence."""


class Model(BaseModel):
    """A part of the file that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OAuthModel(Model):
    """Client credentials for a bearer."""

    url: Text
    client_id: Text
    client_secret_env: Text = Field(description="the variable that has the secret")
    scope: MaybeText = None


class SigV4Model(Model):
    """The machine's AWS credentials, as Amazon's Prometheus takes them."""

    region: Text
    profile: MaybeText = None
    service: MaybeText = None


class WebModel(Model):
    """A server that is asked over HTTP, and how canary says who asks."""

    url: Text = Field(description="its address, https except on this machine")
    token_env: MaybeText = Field(None, description="the variable that has the bearer token")
    user: MaybeText = None
    password_env: MaybeText = Field(None, description="the variable that has the user's password")
    oauth: OAuthModel | None = None
    sigv4: SigV4Model | None = None
    header: dict[str, Text] = Field({}, description="headers that are no secret")
    header_env: dict[str, Text] = Field({}, description="headers by the variable that has them")


class PostgresModel(Model):
    """A database; libpq's own files and variables keep its secrets."""

    dsn_env: MaybeText = Field(None, description="the variable that has postgresql://...")
    service_env: MaybeText = Field(None, description="the variable that has a service's name")


class BigQueryModel(Model):
    """Queries of BigQuery, billed to one project; who asks is who Google's credentials say."""

    project: MaybeText = Field(None, description="that is billed, else the environment's")
    location: MaybeText = Field(None, description="where the tables are, else Google finds out")
    at_most: MaybeSize = Field(None, description="what one query may read, 1GB")
    impersonate: MaybeText = Field(None, description="the service account to act as")


class AthenaModel(Model):
    """Queries of one workgroup of Athena; who asks is who the machine's AWS credentials say."""

    region: MaybeText = None
    profile: MaybeText = None
    workgroup: MaybeText = Field(None, description="with a data limit per query, else primary")
    database: MaybeText = None
    catalog: MaybeText = None
    output: MaybeText = Field(None, description="s3://..., where the workgroup has no place")
    endpoint_url: MaybeText = Field(None, description="where Athena's API is")


class CloudWatchStore(Model):
    """CloudWatch of one account and region, for an endpoint of any cloud."""

    region: MaybeText = None
    profile: MaybeText = None
    endpoint_url: MaybeText = Field(None, description="where AWS's API is")


class CloudMonitoringStore(Model):
    """Cloud Monitoring of one project, for an endpoint of any cloud."""

    project: MaybeText = Field(None, description="else the environment's")
    monitoring_url: MaybeText = Field(None, description="where Cloud Monitoring's API is")
    impersonate: MaybeText = Field(None, description="the service account to act as")


class AzureMonitorStore(Model):
    """Azure Monitor of one resource, for an endpoint of any cloud."""

    resource: Text = Field(description="the id of what has the metrics, /subscriptions/...")
    cloud: MaybeAzureCloud = Field(None, description="public unless said otherwise")


class AzureLogsModel(Model):
    """Queries in KQL of one workspace of Log Analytics."""

    workspace: Text = Field(description="its id")
    cloud: MaybeAzureCloud = Field(None, description="public unless said otherwise")
    url: MaybeText = Field(None, description="another address of its API")


class DatadogModel(Model):
    """Metrics of one organisation of Datadog."""

    site: MaybeText = Field(None, description="datadoghq.com unless said otherwise")
    url: MaybeText = Field(None, description="another address of its API")
    api_key_env: Text = Field(description="the variable that has the API key")
    app_key_env: Text = Field(description="the variable that has the application key")


class DatabricksModel(Model):
    """Queries of one SQL warehouse of Databricks."""

    url: Text = Field(description="the workspace's address")
    warehouse: Text = Field(description="the id of a SQL warehouse")
    catalog: MaybeText = None
    schema_: MaybeText = Field(None, alias="schema")
    token_env: MaybeText = Field(None, description="the variable that has a token")
    oauth: OAuthModel | None = None


class SnowflakeModel(Model):
    """Queries of one account of Snowflake."""

    account: MaybeText = Field(None, description="as it is before .snowflakecomputing.com")
    url: MaybeText = Field(None, description="another address of its API")
    token_env: Text = Field(description="the variable that has a token")
    token_kind: Annotated[
        MaybeText, WithJsonSchema({"enum": ["token", "oauth", "jwt"], "description": "of token"})
    ] = None
    warehouse: MaybeText = None
    database: MaybeText = None
    schema_: MaybeText = Field(None, alias="schema")
    role: MaybeText = Field(None, description="that can't write")


class SourceModel(BaseModel):
    """A store of figures by version: one kind, how long a period of it is, how late it comes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    prometheus: WebModel | None = None
    http: WebModel | None = None
    postgres: PostgresModel | None = None
    bigquery: BigQueryModel | None = None
    athena: AthenaModel | None = None
    cloudwatch: CloudWatchStore | None = None
    cloud_monitoring: CloudMonitoringStore | None = None
    azure_monitor: AzureMonitorStore | None = None
    azure_logs: AzureLogsModel | None = None
    datadog: DatadogModel | None = None
    databricks: DatabricksModel | None = None
    snowflake: SnowflakeModel | None = None
    period: MaybeSomeTime = Field(None, description="the time one point covers, 1m")
    delay: MaybeDuration = Field(None, description="how late it is, a period and a minute")


MODELS: Mapping[str, type[BaseModel]] = {
    "athena": AthenaModel,
    "azure_logs": AzureLogsModel,
    "azure_monitor": AzureMonitorStore,
    "bigquery": BigQueryModel,
    "cloud_monitoring": CloudMonitoringStore,
    "cloudwatch": CloudWatchStore,
    "databricks": DatabricksModel,
    "datadog": DatadogModel,
    "http": WebModel,
    "postgres": PostgresModel,
    "prometheus": WebModel,
    "snowflake": SnowflakeModel,
}
"""The settings of a source by its kind; other kinds have settings of their own."""


class FromModel(BaseModel):
    """A metric of a source; its other keys are the source's own."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    name: Text
    source: Text = Field(alias="from", description="one of the sources")
    unit: Annotated[
        MaybeText, WithJsonSchema({"enum": [unit.value for unit in Unit], "description": "of it"})
    ] = None
    mean: Flag = False


def origin_of(name: str, model: SourceModel) -> Origin:
    """A source of the file, as a metric carries it."""
    written = model.model_dump(exclude_unset=True, by_alias=True)
    pace = {key: written.pop(key) for key in PACE & written.keys()}
    ((kind, settings),) = written.items()
    return Origin(name, kind, {**settings, **pace})


def metric_from(model: FromModel, sources: Mapping[str, Origin]) -> Metric:
    """A metric of a source, with all it takes to ask it."""
    written = model.model_dump(exclude_unset=True)
    name, source = written.pop("name"), written.pop("source")
    return Metric(name, source=written, origin=sources[source])


def source_flaws(entry: Any) -> Iterator[Wrong]:
    """What is wrong with one source: where in it, and the sentence."""
    if not isinstance(entry, Mapping):
        return
    kinds = [key for key in entry if key not in PACE]
    if not kinds:
        yield (), f"a source needs its kind: one of {', '.join(KINDS)}"
    for extra in kinds[1:]:
        yield (extra,), f"{extra} beside {kinds[0]}: a source has one kind"
    for kind in kinds:
        settings = entry[kind]
        if kind not in KINDS and not isinstance(settings, Mapping):
            yield (kind,), f"{kind} is no key of a source{nearest(kind, [*KINDS, *PACE])}"
        elif isinstance(settings, Mapping):
            yield from (((kind, *path), text) for path, text in _secrets(settings))


def kind_unknown(entry: Any) -> str:
    """What is wrong with a source of a kind that no installed package has, "" if it has one."""
    words = entry if isinstance(entry, Mapping) else ()
    strange = [word for word in words if word not in PACE and word not in KINDS]
    if not strange or strange[0] in (known := source_names()):
        return ""
    return f"no kind of source is named {strange[0]}{nearest(str(strange[0]), known)}"


def _secrets(settings: Mapping[str, Any]) -> Iterator[Wrong]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from (((key, *path), text) for path, text in _secrets(value))
        elif str(key).lower() in SECRETS:
            yield (
                (key,),
                (
                    "a secret does not belong in the file: "
                    f"write {key}_env: and the name of the variable that has it"
                ),
            )
        elif key == "url" and isinstance(value, str) and "@" in value.partition("/?")[0]:
            yield (key,), "credentials do not belong in an address: write user and password_env"


def unsliceable(metric: Mapping[str, Any], sources: Mapping[str, Any]) -> str:
    """Why a metric's requests can't be told apart by a field, "" if they can."""
    entry = sources.get(str(metric.get(FROM))) or {}
    kind = next((key for key in entry if key in KINDS), "") if isinstance(entry, Mapping) else ""
    if FROM not in metric:
        return "only answers, rows of a query and counters have fields: leave by out"
    if "labels" in KINDS.get(kind, ()):
        return f"{kind} tells nothing apart by a field: write a metric for each value, with labels"
    if "promql" in metric:
        return "an expression is not asked by a field: write counter:, of which it is a label"
    return ""


def metric_flaws(metric: Any, sources: Mapping[str, Any]) -> Iterator[Wrong]:
    """What is wrong with a metric that names a source: where in it, and the sentence."""
    name = metric[FROM]
    entry = sources.get(name) if isinstance(name, str) else None
    if entry is None:
        known = f"it has {', '.join(sources)}" if sources else "it has no sources"
        yield (
            (FROM,),
            f'this file has no source "{name}"{nearest(str(name), sources) or f", {known}"}',
        )
    kind = (
        next((key for key in entry if key in KINDS), None) if isinstance(entry, Mapping) else None
    )
    for key in metric if kind else ():
        if key not in KINDS[kind or ""]:
            yield (key,), f"unknown key {key} of a {kind} metric{nearest(key, KINDS[kind or ''])}"
    unit = metric.get("unit")
    if unit is not None and unit not in list(Unit):
        yield ("unit",), f'"{unit}" is not {", ".join(Unit)}'
