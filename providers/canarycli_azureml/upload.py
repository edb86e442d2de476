"""The process that speaks to azure-ai-ml: an order in JSON on stdin, the outcome on stdout."""

import contextlib
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.errors import CanaryError, Rejected, UsageError
from canarycli.provider import RELEASE_NOTE
from canarycli_azureml.clouds import cloud_named
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import refusal, understood, without_secrets

CLOUDS = {"public": "AzureCloud", "usgov": "AzureUSGovernment", "china": "AzureChinaCloud"}
"""azure-ai-ml's words for them."""

CHANGES = {
    "name": "name",
    "instances": "instance_count",
    "instance_type": "instance_type",
    "environment": "environment",
}
"""What of our options overrides the file, in the file's words."""


MOST_LINES, LONGEST = 4, 300
"""How much of what azure-ai-ml says is passed on."""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def main() -> None:
    """Carry out one order."""
    warnings.simplefilter("ignore")
    order, stdout = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr  # for good: azure-ai-ml's thread prints dots whenever it likes
    stdout.write(json.dumps(_outcome(order)))
    stdout.flush()
    os._exit(0)  # that thread goes on polling, and nobody waits for it here


def _outcome(order: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"name": _deploy(order)}
    except CanaryError as error:
        kind = next(k for k in type(error).__mro__ if k.__module__ == "canarycli.errors")
        return {
            "error": kind.__name__,
            "message": error.message,
            "facts": error.facts,
            "hints": error.hints,
        }


def _deploy(order: Mapping[str, Any]) -> str:
    from azure.ai.ml import MLClient, load_online_deployment

    options, doing = order["options"], f"deploying {order['options']['file']!r}"
    changes = [{word: options[key]} for key, word in CHANGES.items() if options[key]]
    with _refusing(f"file {options['file']!r} is no online deployment", UsageError):
        deployment = load_online_deployment(
            options["file"], params_override=[{"endpoint_name": order["endpoint"]}, *changes]
        )
    deployment.tags = {**(deployment.tags or {}), RELEASE_NOTE: order["release"]}
    name = str(deployment.name)
    if name.lower() in {there.lower() for there in order["taken"]}:
        raise UsageError(
            f"endpoint {order['endpoint']!r} has a version {name!r} already",
            hint="set another one with candidate: name:",
        )
    client = MLClient(
        credential(cloud_named(order["cloud"]), os.environ),
        order["subscription"],
        order["resource_group"],
        order["workspace"],
        cloud=CLOUDS[order["cloud"]],
    )
    with _answering(doing), _refusing(doing, Rejected):
        client.online_deployments.begin_create_or_update(deployment)
    return name


@contextlib.contextmanager
def _refusing(what: str, kind: type[CanaryError]) -> Iterator[None]:
    """azure-ai-ml's own refusals, before or between its calls."""
    from azure.ai.ml.exceptions import MlException
    from marshmallow import ValidationError

    try:
        yield
    except (MlException, ValidationError, ValueError) as error:
        raise kind(what, facts=_lines(without_secrets(str(error)))) from error


def _lines(text: str) -> list[str]:
    """What azure-ai-ml says at length, in colours, as a few plain lines."""
    plain = (line.strip() for line in _ESCAPE.sub("", text).splitlines())
    return [line[:LONGEST] for line in plain if line][:MOST_LINES]


@contextlib.contextmanager
def _answering(doing: str) -> Iterator[None]:
    """Azure's refusals of its calls."""
    from azure.core.exceptions import HttpResponseError

    with understood(doing):
        try:
            yield
        except HttpResponseError as error:
            if error.response is None or error.status_code is None:
                raise
            answer: Any = error.response
            raise refusal(doing, error.status_code, answer.text(), answer.headers) from error


if __name__ == "__main__":
    main()
