"""Finds providers and sources by name: ours by where they are, anybody's by an entry point."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from canarycli.declared import Declaring, Keys, Metering
from canarycli.errors import MissingExtra, UsageError
from canarycli.provider import Limits, Provider
from canarycli.verbs import has, offers

if TYPE_CHECKING:  # a rollback does not wait for them
    from importlib.metadata import EntryPoint

    from canarycli.metrics import Origin
    from canarycli.source import Source

GROUP = "canarycli.providers"
SOURCES = "canarycli.sources"

OURS: Mapping[str, str] = {
    "simulator": "canarycli.simulator:Simulator",
    "sagemaker": "canarycli_sagemaker:SageMaker",
    "vertex": "canarycli_vertex:Vertex",
    "azureml": "canarycli_azureml:AzureML",
}
"""The entry points of pyproject.toml once more: looking through what is installed takes 30 ms."""

DECLARED: Mapping[str, str] = {
    "sagemaker": "canarycli_sagemaker.keys",
    "vertex": "canarycli_vertex.keys",
    "azureml": "canarycli_azureml.keys",
}
"""Where those of ours declare their settings: without their SDK, which may not be there."""

OUR_SOURCES: Mapping[str, str] = {
    "athena": "canarycli_sources.athena:Athena",
    "azure_logs": "canarycli_sources.azure_logs:AzureLogs",
    "azure_monitor": "canarycli_sources.azure_monitor:AzureMonitor",
    "bigquery": "canarycli_sources.bigquery:BigQuery",
    "cloud_monitoring": "canarycli_sources.cloud_monitoring:CloudMonitoring",
    "cloudwatch": "canarycli_sources.cloudwatch:CloudWatch",
    "databricks": "canarycli_sources.databricks:Databricks",
    "datadog": "canarycli_sources.datadog:Datadog",
    "http": "canarycli_sources.http:Http",
    "postgres": "canarycli_sources.postgres:Postgres",
    "prometheus": "canarycli_sources.prometheus:Prometheus",
    "snowflake": "canarycli_sources.snowflake:Snowflake",
}
"""The sources' entry points, for the same reason."""

EXTRAS: Mapping[str, str] = {
    "athena": "sagemaker",
    "azure_logs": "azureml",
    "azure_monitor": "azureml",
    "bigquery": "vertex",
    "cloud_monitoring": "vertex",
    "cloudwatch": "sagemaker",
    "postgres": "postgres",
}
"""The extra that has what a source of ours needs."""

ALIASES: Mapping[str, str] = {"demo": "simulator"}

FULL_NAMES: tuple[tuple[str, str], ...] = (
    ("arn:aws", "sagemaker"),
    ("projects/", "vertex"),
    ("/subscriptions/", "azureml"),
)
"""How the full name of an endpoint begins, as consoles and alarms give it, and whose it is."""


def provider_names() -> tuple[str, ...]:
    """Every provider that is installed, in order."""
    from importlib.metadata import entry_points

    return tuple(sorted({*OURS, *(entry.name for entry in entry_points(group=GROUP))}))


def plug_ins() -> tuple[str, ...]:
    """The distributions that providers and sources of others came with."""
    from importlib.metadata import entry_points

    groups = (GROUP, SOURCES)
    found = (entry.dist for group in groups for entry in entry_points(group=group))
    return tuple(sorted({dist.name for dist in found if dist is not None} - {"canarycli"}))


def shadowed() -> Mapping[str, str]:
    """Our names that somebody else's package has too, with its name: ours are taken."""
    from importlib.metadata import entry_points

    found = (
        (entry.name, entry.dist.name)
        for group, ours in {GROUP: OURS, SOURCES: OUR_SOURCES}.items()
        for entry in entry_points(group=group)
        if entry.name in ours and entry.dist is not None
    )
    return {name: package for name, package in found if package != "canarycli"}


def load_provider(name: str, settings: Mapping[str, Any]) -> Provider:
    """The provider of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name, or it lacks something of the contract.
        MissingExtra: its packages are not installed.
    """
    real = ALIASES.get(name, name)
    provider = provider_class(name)(settings)
    if real not in OURS and (lacks := _lacks(provider)):
        raise UsageError(
            f"{described(real)} lacks {', '.join(lacks)}",
            hint="docs/providers.md says what a provider must have; tell whoever made it",
        )
    return cast("Provider", provider)


def described(name: str) -> str:
    """A provider by its name, and the distribution it came with: `provider 'kong' (kong 0.1)`."""
    real = ALIASES.get(name, name)
    found = None if real in OURS else _entry_point(real)
    dist = found.dist if found is not None else None
    return f"provider {real!r}" + (f" ({dist.name} {dist.version})" if dist is not None else "")


def provider_class(name: str) -> Any:
    """What makes providers of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name.
        MissingExtra: its packages are not installed.
    """
    real = ALIASES.get(name, name)
    module, _, what = (OURS.get(real) or _entry(real)).partition(":")
    try:
        return getattr(import_module(module), what)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"provider {name!r} needs {error.name!r}, which is not installed",
            hint=f"pip install {_package(real)}",
        ) from error
    except AttributeError as error:
        raise UsageError(
            f"{described(real)} has no {what!r} in {module}",
            hint="its entry point and its code do not fit: install another version of it",
        ) from error


def source_names() -> tuple[str, ...]:
    """Every kind of source that is installed, in order."""
    from importlib.metadata import entry_points

    return tuple(sorted({*OUR_SOURCES, *(entry.name for entry in entry_points(group=SOURCES))}))


def load_source(wanted: "Origin") -> "Source":
    """The source that a metric comes from, what it needs imported only now.

    Raises:
        UsageError: there is no such kind, or its settings make no sense here.
        MissingExtra: its packages are not installed.
    """
    module, _, what = (OUR_SOURCES.get(wanted.kind) or _source_entry(wanted.kind)).partition(":")
    try:
        return cast("Source", getattr(import_module(module), what)(wanted.settings))
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(wanted.kind)
        raise MissingExtra(
            f"source {wanted.kind!r} needs {error.name!r}, which is not installed",
            hint="pip install " + (f"'canarycli[{extra}]'" if extra else str(error.name)),
        ) from error


def _source_entry(kind: str) -> str:
    from importlib.metadata import entry_points

    for entry in entry_points(group=SOURCES, name=kind):
        return entry.value
    raise UsageError(
        f"no kind of source is named {kind!r}", hint=f"there are {', '.join(source_names())}"
    )


def own_keys(name: str) -> Keys | None:
    """The settings that a provider says it has, besides those of every endpoint in a cloud.

    None where nobody can tell: it is the simulator, is not installed, can't be imported, or does
    not say.
    """
    real = ALIASES.get(name, name)
    if real in DECLARED:
        return cast("Keys", import_module(DECLARED[real]).KEYS)
    kind = _foreign_class(real)
    return kind.keys() if offers(kind, Declaring) else None


def metric_words() -> Mapping[str, Keys]:
    """The keys of a metric of one's own, by the word of its store, of packages of their own."""
    found: dict[str, Keys] = {}
    for name in provider_names():
        kind = _foreign_class(name)
        found |= kind.metric_keys() if offers(kind, Metering) else {}
    return found


@cache
def _foreign_class(name: str) -> Any:
    """The class, None where there is none or it can't be loaded: whoever uses it is told why."""
    found = None if name in OURS else _entry_point(name)
    if found is None:
        return None
    try:
        return found.load()
    except Exception:  # noqa: BLE001 - it is other people's code, and this is not its use yet
        return None


PROPERTIES: Mapping[str, type] = {"limits": Limits, "place": str}
METHODS = ("describe", "notes", "shift", "measure", "plain_command")


def _lacks(provider: Any) -> list[str]:
    """What of the contract is not there, or is something else than it has to be."""
    missing = [name for name in (*PROPERTIES, *METHODS) if not has(provider, name)]
    found = {name: getattr(provider, name) for name in PROPERTIES if name not in missing}
    wrong = [
        f"{name} as a property, it is a method"
        if callable(value)
        else f"{name} as a {PROPERTIES[name].__name__}, it is {type(value).__name__}"
        for name, value in found.items()
        if not isinstance(value, PROPERTIES[name])
    ]
    there = (name for name in METHODS if name not in missing)
    dumb = [f"{name} as a method" for name in there if not callable(getattr(provider, name))]
    return [*missing, *wrong, *dumb]


def _package(name: str) -> str:
    """What to install for a provider: an extra of ours, or the plug-in's own distribution."""
    if name in OURS:
        return f"'canarycli[{name}]'"
    found = _entry_point(name)
    return found.dist.name if found is not None and found.dist is not None else name


def _entry_point(name: str) -> "EntryPoint | None":
    from importlib.metadata import entry_points

    return next(iter(entry_points(group=GROUP, name=name)), None)


def _entry(name: str) -> str:
    if (found := _entry_point(name)) is not None:
        return found.value
    from difflib import get_close_matches

    names = provider_names()
    near = get_close_matches(name, names, n=1)
    raise UsageError(
        f"no provider named {name!r}",
        hint=([f"did you mean {near[0]}?"] if near else []) + [f"there are {', '.join(names)}"],
    )
