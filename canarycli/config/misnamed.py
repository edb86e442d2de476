"""Finds an endpoint whose full name says another place than its settings."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import MissingExtra, UsageError
from canarycli.provider import Naming
from canarycli.registry import ALIASES, provider_class, provider_names

FULL = "/:"
"""What only an ARN, a resource name or a resource id has in it: no other loads a provider."""


def elsewhere(endpoint: Any, usual: Mapping[str, Any]) -> str:
    """Why an entry's full name can't be where its settings are, "" if it can."""
    if not isinstance(endpoint, Mapping):
        return ""
    name, settings = str(endpoint.get("endpoint") or ""), {**usual, **endpoint}
    word = str(settings.get("provider") or "")
    provider = ALIASES.get(word, word)
    if provider not in provider_names() or not any(sign in name for sign in FULL):
        return ""
    try:
        kind = provider_class(provider)
        if issubclass(kind, Naming):
            kind.placed(name, settings, {})
    except MissingExtra:
        return ""
    except UsageError as error:
        return error.message
    return ""
