"""What a provider is made with: its keys, as said or from variables."""

from collections.abc import Mapping
from typing import Any

from canarycli.config.keys import SIMULATOR, keys_of
from canarycli.config.problem import nearest
from canarycli.declared import VARIABLE, Key, Keys
from canarycli.errors import UsageError
from canarycli.registry import own_keys

NOT_IN_THE_FILE: Mapping[str, frozenset[str]] = {"simulator": frozenset({"endpoints"})}
"""Settings that canary.yaml has no key for, as it names its endpoints itself."""


def made_with(
    provider: str, settings: Mapping[str, Any], env: Mapping[str, str]
) -> Mapping[str, Any]:
    """The settings as the provider takes them, with those that come from variables.

    Raises:
        UsageError: one is of the wrong kind.
    """
    keys = own_keys(provider)
    if keys is None:
        return settings
    given = {k: v for k, v in settings.items() if k not in {f"{n}{VARIABLE}" for n in keys}}
    for name, key in keys.items():
        value = env.get(variable_of(name, key, settings))
        if value and (key.secret or name not in given):
            given[name] = value
    return {name: _read(provider, name, value, keys) for name, value in given.items()}


def check_said(provider: str, said: Mapping[str, Any]) -> None:
    """Stop at what was said on the command line and the provider has not.

    Raises:
        UsageError: and which, or that it is a secret.
    """
    keys = own_keys(provider)
    if keys is None and provider != SIMULATOR:
        return
    known = {*keys_of(provider), *(keys or {})} | NOT_IN_THE_FILE.get(provider, frozenset())
    for name in said:
        if keys is not None and name in keys and keys[name].secret:
            raise UsageError(
                f"{name} is a secret, and a command line is read by others",
                hint=f"set {keys[name].variable}",
            )
        if name not in known:
            raise UsageError(
                f"{provider} has no setting {name!r}{nearest(name, known)}",
                hint=f"it has {', '.join(sorted(known if keys is None else keys))}",
            )


def declared_keys(provider: str) -> Keys:
    """The settings a provider says it has; {} where it does not say."""
    return own_keys(provider) or {}


def secret_names(provider: str) -> frozenset[str]:
    """The settings that are never kept and never shown."""
    return frozenset(name for name, key in declared_keys(provider).items() if key.secret)


def variable_of(name: str, key: Key, settings: Mapping[str, Any]) -> str:
    """The variable a setting is read from where nobody says it, "" for none."""
    return str(settings.get(f"{name}{VARIABLE}") or key.variable)


def _read(provider: str, name: str, value: Any, keys: Keys) -> Any:
    if name not in keys:
        return value
    try:
        return keys[name].read(value)
    except ValueError as error:
        shown = "its value is of another kind" if keys[name].secret else str(error)
        raise UsageError(f"{name} of {provider}: {shown}") from error
