"""What a provider says of an endpoint's `candidate:`: mistakes, and files not there yet."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import CanaryError, MissingExtra, MissingFile
from canarycli.preview import Checking
from canarycli.registry import provider_class
from canarycli.verbs import offers


def candidate_flaw(endpoint: Any, defaults: Mapping[str, Any]) -> str:
    """Why nothing can be deployed as `candidate:` says, "" if its provider knows no reason."""
    error = _refused(endpoint, defaults)
    return error.message if error and not isinstance(error, MissingFile) else ""


def candidate_remark(endpoint: Any, defaults: Mapping[str, Any]) -> str:
    """Which files of `candidate:` are not there; a job may write them after the file is linted."""
    error = _refused(endpoint, defaults)
    return error.message if isinstance(error, MissingFile) else ""


def _refused(endpoint: Any, defaults: Mapping[str, Any]) -> CanaryError | None:
    options = endpoint.get("candidate") if isinstance(endpoint, Mapping) else None
    if not options or not isinstance(options, Mapping):
        return None
    try:
        kind = provider_class(str({**defaults, **endpoint}.get("provider")))
    except CanaryError:  # there is none of that name, which is said elsewhere, or no SDK of it
        return None
    try:
        if offers(kind, Checking):
            kind.check_candidate(options)
    except MissingExtra:
        return None
    except CanaryError as error:
        return error
    return None
