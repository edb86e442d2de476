"""The process that has azure-ai-ml deploy a person's own YAML, with code and models of theirs."""

import warnings
from collections.abc import Mapping
from typing import Any

from canarycli.child import Making, carry_out
from canarycli.errors import Rejected, UsageError
from canarycli.provider import RELEASE_NOTE
from canarycli_azureml.sdk import answering, client_of, refusing
from canarycli_azureml.settings import Settings

CHANGES = {
    "name": "name",
    "instances": "instance_count",
    "instance_type": "instance_type",
    "environment": "environment",
}
"""What of our options overrides the file, in the file's words."""


def deploy(order: Mapping[str, Any], _making: Making) -> Mapping[str, Any]:
    """Ask for the deployment, which is not waited for."""
    from azure.ai.ml import load_online_deployment

    options, doing = order["options"], f"deploying {order['options']['file']!r}"
    changes = [{word: options[key]} for key, word in CHANGES.items() if options[key]]
    with refusing(f"file {options['file']!r} is no online deployment", UsageError):
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
    client = client_of(Settings.read(order["place"], {}))
    with answering(doing), refusing(doing, Rejected):
        client.online_deployments.begin_create_or_update(deployment)
    return {"name": name}


def main() -> None:
    """Carry out one order."""
    warnings.simplefilter("ignore")
    carry_out(deploy)


if __name__ == "__main__":
    main()
