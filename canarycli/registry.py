"""Finds providers by name: ours by where they are, anybody's through an entry point."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from canarycli.errors import MissingExtra, UsageError
from canarycli.provider import Provider

GROUP = "canarycli.providers"

OURS: Mapping[str, str] = {
    "simulator": "canarycli.simulator:Simulator",
    "sagemaker": "canarycli_sagemaker:SageMaker",
    "vertex": "canarycli_vertex:Vertex",
    "azureml": "canarycli_azureml:AzureML",
}
"""The entry points of pyproject.toml once more: looking through what is installed takes 30 ms."""

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


def load_provider(name: str, settings: Mapping[str, Any]) -> Provider:
    """The provider of that name, its SDK imported only now.

    Raises:
        UsageError: there is none of that name.
        MissingExtra: its packages are not installed.
    """
    return cast("Provider", provider_class(name)(settings))


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
            hint=f"pip install 'canarycli[{real}]'",
        ) from error


def _entry(name: str) -> str:
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP, name=name):
        return entry.value
    from difflib import get_close_matches

    names = provider_names()
    near = get_close_matches(name, names, n=1)
    raise UsageError(
        f"no provider named {name!r}",
        hint=([f"did you mean {near[0]}?"] if near else []) + [f"there are {', '.join(names)}"],
    )
