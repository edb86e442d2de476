"""Finds providers and sources by name: ours by where they are, anybody's by an entry point."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from canarycli.declared import Declaring, Hosting, Key, Keys, Metering
from canarycli.errors import CanaryError, MissingExtra, UsageError
from canarycli.lacking import lacks
from canarycli.masking import mask
from canarycli.provider import Provider
from canarycli.verbs import offers

if TYPE_CHECKING:  # a rollback does not wait for them
    from importlib.metadata import Distribution, EntryPoint

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
"""Other words for a provider."""

NICKNAMES: Mapping[str, str] = {"aws": "sagemaker", "gcp": "vertex", "google": "vertex"}
"""Words that are none, and what is meant by them."""

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


def known_provider(word: str) -> None:
    """Stop at a word that stands for no provider.

    Raises:
        UsageError: there is none of that name; with the one that is probably meant.
    """
    if word not in OURS and word not in ALIASES:
        _entry(word)


def nearest_provider(word: str) -> str:
    """The provider that a word which is none most likely means, "" where nothing is like it."""
    from difflib import get_close_matches

    words = {**{name: name for name in (*provider_names(), *ALIASES)}, **NICKNAMES}
    near = get_close_matches(word.casefold(), words, n=1)
    return words[near[0]] if near else ""


def plug_ins() -> tuple[str, ...]:
    """The distributions that providers and sources of others came with."""
    from importlib.metadata import entry_points

    groups = (GROUP, SOURCES)
    found = (entry.dist for group in groups for entry in entry_points(group=group))
    return tuple(sorted({_name_of(dist) for dist in found if dist} - {"canarycli", ""}))


def shadowed() -> Mapping[str, str]:
    """Our names that somebody else's package has too, with its name: ours are taken."""
    from importlib.metadata import entry_points

    found = (
        (entry.name, _name_of(entry.dist))
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
    kind = provider_class(name)
    if real in OURS:
        return cast("Provider", kind(settings))
    try:
        with _blamed(real, "when it is made"):
            provider = kind(dict(settings))
            lacking = lacks(provider)
    except ModuleNotFoundError as error:
        raise missing(real, error) from error
    if lacking:
        raise UsageError(
            f"{described(real)} lacks {', '.join(lacking)}",
            hint="docs/providers.md says what a provider must have; tell whoever made it",
        )
    return cast("Provider", provider)


@contextmanager
def _blamed(name: str, when: str) -> Iterator[None]:
    """What somebody else's code trips over is said to be its own, whatever it is.

    Raises:
        UsageError: it names the provider, its package and the trouble.
    """
    try:
        yield
    except (CanaryError, ModuleNotFoundError, KeyboardInterrupt):
        raise
    except BaseException as error:
        said = mask(f"{type(error).__name__} {error}".partition("\n")[0].rstrip(), os.environ)
        raise UsageError(
            f"{described(name)} breaks {when}: {said}",
            hint="this is its fault: report it to whoever made it, or install another version",
        ) from error


def described(name: str) -> str:
    """A provider by its name, and the distribution it came with: `provider 'kong' (kong 0.1)`."""
    real = ALIASES.get(name, name)
    found = None if real in OURS else _entry_point(real)
    package = _package_of(found.dist) if found is not None and found.dist is not None else ""
    return f"provider {real!r}" + (f" ({package})" if package else "")


def _name_of(dist: "Distribution") -> str:
    """The distribution's name, "" where its metadata has none."""
    return _told(dist, "Name")


def _package_of(dist: "Distribution") -> str:
    """Name and version, as far as its metadata has them."""
    return _told(dist, "Name", "Version")


def _told(dist: "Distribution", *keys: str) -> str:
    return " ".join(dist.metadata[key] for key in keys if key in dist.metadata)


def provider_class(name: str) -> Any:
    """What makes providers of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name.
        MissingExtra: its packages are not installed.
    """
    real = ALIASES.get(name, name)
    module, _, what = (OURS.get(real) or _entry(real)).partition(":")
    try:
        with nullcontext() if real in OURS else _blamed(real, "when it is imported"):
            found = import_module(module)
        return getattr(found, what)
    except ModuleNotFoundError as error:
        raise missing(real, error) from error
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
    if not offers(kind, Declaring):
        return None
    with _blamed(real, "in keys()"):
        return _declared(kind.keys(), "keys()")


def declared_keys() -> Mapping[str, Keys]:
    """The settings of every provider that says which it has; one that breaks at it says none."""
    found: dict[str, Keys] = {}
    for name in provider_names():
        with suppress(UsageError):
            keys = own_keys(name)
            found |= {name: keys} if keys is not None else {}
    return found


def metric_words() -> Mapping[str, Keys]:
    """The keys of a metric of one's own, by the word of its store, of packages of their own."""
    found: dict[str, Keys] = {}
    for name in provider_names():
        kind = _foreign_class(name)
        if not offers(kind, Metering):
            continue
        with suppress(UsageError), _blamed(name, "in metric_keys()"):  # no plan need be about it
            found |= _by_word(kind)
    return found


def own_stores(name: str) -> frozenset[str]:
    """The words by which a provider's own store of metrics is named in canary.yaml."""
    real = ALIASES.get(name, name)
    if real in OURS:
        known = DECLARED.get(real)
        return frozenset({import_module(known).STORE if known else real})
    kind = _foreign_class(real)
    if not offers(kind, Metering):
        return frozenset()
    with _blamed(real, "in metric_keys()"):
        return frozenset(_by_word(kind))


def own_hosts(name: str) -> tuple[str, ...] | None:
    """The domains that may get a provider's credentials; None where it does not say."""
    real = ALIASES.get(name, name)
    if real in DECLARED:
        return tuple(import_module(DECLARED[real]).HOSTS)
    kind = _foreign_class(real)
    if not offers(kind, Hosting):
        return None
    with _blamed(real, "in hosts()"):
        return tuple(str(host).lower() for host in kind.hosts())


def _by_word(kind: Any) -> Mapping[str, Keys]:
    words: Mapping[str, Keys] = kind.metric_keys()
    return {word: _declared(keys, "metric_keys()") for word, keys in words.items()}


def _declared(keys: Keys, what: str) -> Keys:
    said: Mapping[Any, object] = keys
    for name, key in said.items():
        if not isinstance(name, str) or not isinstance(key, Key):
            raise TypeError(f"{what} has {key!r} for {name!r}, no Key")
    return keys


@cache
def _foreign_class(name: str) -> Any:
    """The class, None where there is none or it can't be loaded: whoever uses it is told why."""
    found = None if name in OURS else _entry_point(name)
    if found is None:
        return None
    try:
        return found.load()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - it is other people's code, and this is not its use yet
        return None


def missing(name: str, error: ModuleNotFoundError) -> MissingExtra:
    """What a provider needs, and what to install for it."""
    return MissingExtra(
        f"provider {name!r} needs {error.name!r}, which is not installed",
        hint=f"pip install {_package(name)}",
    )


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
    near = nearest_provider(name)
    raise UsageError(
        f"no provider named {name!r}",
        hint=([f"did you mean {near}?"] if near else [])
        + [f"there are {', '.join(provider_names())}"],
    )
