"""Deploys a person's own YAML, with code and models from their disk, through azure-ai-ml.

In a process of its own: its import takes seconds, it waits in a thread that outlives the call, and
it prints dots on whatever stdout it finds.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from canarycli.errors import (
    CanaryError,
    Conflict,
    Denied,
    MissingExtra,
    NotFound,
    Rejected,
    Unavailable,
    UsageError,
)
from canarycli.provider import Endpoint
from canarycli_azureml.blueprint import Options
from canarycli_azureml.errors import without_secrets
from canarycli_azureml.settings import Settings

UPLOAD_SECONDS = 1200
"""Code and models are uploaded first; what takes longer than this is better registered before."""

_KINDS: Mapping[str, type[CanaryError]] = {
    kind.__name__: kind for kind in (Conflict, Denied, NotFound, Rejected, Unavailable, UsageError)
}


def deploy_file(
    settings: Settings, seen: Endpoint, options: Options, release: str, taken: Collection[str]
) -> str:
    """Ask for the deployment in a YAML file; uploads come first, the deployment is not waited for.

    Raises:
        UsageError: azure-ai-ml can't make a deployment of it, or its name is taken.
    """
    if find_spec("azure.ai") is None or find_spec("azure.ai.ml") is None:
        raise MissingExtra(
            f"deploying the file {options.file!r} needs 'azure-ai-ml', which is not installed",
            hint="pip install 'canarycli[azureml-upload]'",
        )
    path = Path(options.file).expanduser()
    order = {
        "subscription": settings.subscription,
        "resource_group": settings.resource_group,
        "workspace": settings.workspace,
        "cloud": settings.cloud.name,
        "endpoint": seen.name,
        "release": release,
        "taken": list(taken),
        "options": {**asdict(options), "file": str(path)},
    }
    answer = _run(order, options.file)
    kind = _KINDS.get(str(answer.get("error")))
    if kind is not None:
        raise kind(
            str(answer["message"]), facts=answer.get("facts") or (), hint=answer.get("hints") or ()
        )
    return str(answer["name"])


def _run(order: Mapping[str, Any], file: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "canarycli_azureml.upload"]  # nothing of this folder
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=UPLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"deploying {file!r} took more than {UPLOAD_SECONDS} s") from error
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        last = without_secrets(done.stderr.strip().rpartition("\n")[2])
        raise Rejected(f"azure-ai-ml failed to deploy {file!r}", facts=[last]) from error
    return dict(found)
