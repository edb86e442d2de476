"""Deploys a person's own YAML, with code and models from their disk, through azure-ai-ml.

Its import takes seconds and it prints dots; nothing else here uses it.
"""

import contextlib
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from canarycli.errors import NotFound, Rejected
from canarycli.provider import RELEASE_NOTE, Endpoint
from canarycli_azureml.blueprint import Options
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import understood, without_secrets
from canarycli_azureml.settings import Settings


def deploy_file(
    settings: Settings, seen: Endpoint, options: Options, release: str, taken: Collection[str]
) -> str:
    """Ask for the deployment in a YAML file; uploads come first, the deployment is not waited for.

    Raises:
        NotFound: there is no such file.
        Rejected: azure-ai-ml can't make a deployment of it, or its name is taken.
    """
    path = Path(options.file).expanduser()
    if not path.is_file():
        raise NotFound(f"there is no file {options.file!r} to deploy")
    with contextlib.redirect_stdout(sys.stderr), understood(f"deploying {options.file!r}"):
        deployment = _loaded(path, seen, options, release)
        if deployment.name.lower() in {name.lower() for name in taken}:
            raise Rejected(
                f"endpoint {seen.name!r} has a version {deployment.name!r} already",
                hint="set another one with candidate: name:",
            )
        _begin(settings, deployment)
    return str(deployment.name)


def _loaded(path: Path, seen: Endpoint, options: Options, release: str) -> Any:
    from azure.ai.ml import load_online_deployment

    changes: list[dict[str, Any]] = [{"endpoint_name": seen.name}]
    changes += [{"name": options.name}] if options.name else []
    changes += [{"instance_count": options.instances}] if options.instances else []
    changes += [{"instance_type": options.instance_type}] if options.instance_type else []
    changes += [{"environment": options.environment}] if options.environment else []
    with _refusing(f"file {options.file!r} is no online deployment"):
        deployment = load_online_deployment(path, params_override=changes)
    deployment.tags = {**(deployment.tags or {}), RELEASE_NOTE: release}
    return deployment


def _begin(settings: Settings, deployment: Any) -> None:
    from azure.ai.ml import MLClient

    client = MLClient(
        credential(settings.cloud, os.environ),
        settings.subscription,
        settings.resource_group,
        settings.workspace,
        cloud=_AZURES_OWN[settings.cloud.name],
    )
    with _refusing(f"version {deployment.name!r} can't be deployed"):
        client.online_deployments.begin_create_or_update(deployment)


@contextlib.contextmanager
def _refusing(what: str) -> Any:
    from azure.ai.ml.exceptions import MlException
    from marshmallow import ValidationError

    try:
        yield
    except (MlException, ValidationError, ValueError) as error:
        raise Rejected(what, facts=[without_secrets(str(error)).strip()]) from error


_AZURES_OWN = {"public": "AzureCloud", "usgov": "AzureUSGovernment", "china": "AzureChinaCloud"}
