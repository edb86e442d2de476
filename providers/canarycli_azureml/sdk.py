"""azure-ai-ml as our processes use it: a client of one workspace, its refusals in our words."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from canarycli.errors import CanaryError, Denied, MissingExtra
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import refusal, understood, without_secrets
from canarycli_azureml.settings import Settings

CLOUDS = {"public": "AzureCloud", "usgov": "AzureUSGovernment", "china": "AzureChinaCloud"}
"""azure-ai-ml's words for them."""

MOST_LINES, LONGEST = 4, 300
"""How much of what azure-ai-ml says is passed on."""

NO_DATA = frozenset({"AuthorizationPermissionMismatch", "AuthorizationFailure"})
"""A storage account's words for a role that is missing, and for a network that it does not let in.
"""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def refuse_without_sdk(doing: str) -> None:
    """Raise where azure-ai-ml is not installed.

    Raises:
        MissingExtra: it is not.
    """
    if find_spec("azure.ai") is None or find_spec("azure.ai.ml") is None:
        raise MissingExtra(
            f"{doing} needs 'azure-ai-ml', which is not installed",
            hint="pip install 'canarycli[azureml-upload]'",
        )


def place_of(settings: Settings) -> dict[str, str]:
    """The workspace as JSON values, for `Settings.read` in another process."""
    return {
        "subscription": settings.subscription,
        "resource_group": settings.resource_group,
        "workspace": settings.workspace,
        "cloud": settings.cloud.name,
        "endpoint_url": settings.cloud.manager,
    }


def client_of(settings: Settings) -> Any:
    """azure-ai-ml's client of the workspace."""
    from azure.ai.ml import MLClient

    return MLClient(
        credential(settings.cloud, os.environ),
        settings.subscription,
        settings.resource_group,
        settings.workspace,
        cloud=CLOUDS[settings.cloud.name],
    )


@contextmanager
def refusing(what: str, kind: type[CanaryError]) -> Iterator[None]:
    """azure-ai-ml's own refusals, before or between its calls, as a kind of ours."""
    from azure.ai.ml.exceptions import MlException
    from marshmallow import ValidationError

    try:
        yield
    except (MlException, ValidationError, ValueError) as error:
        raise kind(what, facts=_lines(without_secrets(str(error)))) from error


@contextmanager
def answering(doing: str) -> Iterator[None]:
    """Azure's refusals of its calls, Resource Manager's and a storage account's."""
    from azure.core.exceptions import HttpResponseError

    with understood(doing):
        try:
            yield
        except HttpResponseError as error:
            if error.response is None or error.status_code is None:
                raise
            if (code := getattr(error, "error_code", None)) is not None:
                raise _of_storage(doing, str(code), error) from error
            answer: Any = error.response
            raise refusal(doing, error.status_code, answer.text(), answer.headers) from error


def _of_storage(doing: str, code: str, error: Any) -> CanaryError:
    """What a storage account says, which is XML."""
    if code in NO_DATA:
        return Denied(
            f"{doing}: the storage account says {code}",
            hint=(
                "ask for the role Storage Blob Data Contributor on it",
                "or call from a network that it lets in",
            ),
        )
    said = _lines(without_secrets(str(error.message)))[:1]
    headers: Mapping[str, str] = error.response.headers
    made = refusal(doing, int(error.status_code), "", headers)
    made.facts = (code, *said)
    return made


def _lines(text: str) -> list[str]:
    """What azure-ai-ml says at length, in colours, as a few plain lines."""
    plain = (line.strip() for line in _ESCAPE.sub("", text).splitlines())
    return [line[:LONGEST] for line in plain if line][:MOST_LINES]
