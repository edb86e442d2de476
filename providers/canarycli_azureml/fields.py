"""Every field of a deployment, and what becomes of it in the candidate."""

from collections.abc import Mapping

from canarycli.likeness import COPY, MACHINE, Field, dropped, replaced

DEPLOYMENT: Mapping[str, Field] = {
    "endpointComputeType": COPY,
    "environmentId": Field(
        COPY.fate, "or candidate.environment; left out for an MLflow model without a script"
    ),
    "codeConfiguration": COPY,
    "environmentVariables": COPY,
    "instanceType": MACHINE,
    "scaleSettings": COPY,
    "requestSettings": COPY,
    "livenessProbe": COPY,
    "readinessProbe": COPY,
    "startupProbe": COPY,
    "dataCollector": Field(COPY.fate, "but for where the data goes: the candidate has its own"),
    "appInsightsEnabled": COPY,
    "egressPublicNetworkAccess": COPY,
    "containerResourceRequirements": COPY,
    "modelMountPath": COPY,
    "model": replaced("the model asked for"),
    "description": dropped("it tells of the old model"),
    "properties": dropped("they are the service's own notes"),
    "provisioningState": dropped("it is Azure's"),
}
"""The properties of a managed or Kubernetes online deployment."""

RESOURCE: Mapping[str, Field] = {
    "location": COPY,
    "sku": Field(COPY.fate, "as many instances as the baseline, or candidate.instances"),
    "tags": replaced("the release's note"),
    "properties": replaced("the table above"),
    "identity": dropped("deployments use their endpoint's"),
    "kind": dropped("it is Azure's"),
    "id": dropped("it is Azure's"),
    "name": dropped("it is in the address"),
    "type": dropped("it is Azure's"),
    "systemData": dropped("it is Azure's"),
}
"""The fields around them."""
