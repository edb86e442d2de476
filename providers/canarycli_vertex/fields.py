"""Every field of a deployed model, and what becomes of it in the candidate."""

from collections.abc import Mapping

from canarycli.likeness import COPY, MACHINE, Field, dropped, refused, replaced

DEPLOYED_MODEL: Mapping[str, Field] = {
    "id": replaced("ten digits that follow from the release"),
    "model": replaced("the model version asked for"),
    "modelVersionId": replaced("the number in the model's name"),
    "displayName": replaced("the model's, or candidate.display_name"),
    "dedicatedResources": COPY,
    "automaticResources": COPY,
    "sharedResources": COPY,
    "fullFineTunedResources": refused("its resources are those of one fine-tuned model"),
    "gdcConnectedModel": refused("it runs on Google Distributed Cloud, outside Vertex AI"),
    "serviceAccount": COPY,
    "disableContainerLogging": COPY,
    "enableContainerLogging": COPY,
    "enableAccessLogging": COPY,
    "disableExplanations": COPY,
    "fasterDeploymentConfig": COPY,
    "explanationSpec": dropped("it fits the old model's inputs; the new one brings its own"),
    "checkpointId": dropped("it is the old model's"),
    "speculativeDecodingSpec": dropped("its draft model fits the old one"),
    "rolloutOptions": dropped("it names the version that is replaced"),
    "createTime": dropped("it is Google's"),
    "privateEndpoints": dropped("it is Google's"),
    "status": dropped("it is Google's"),
    "systemLabels": dropped("it is Google's"),
}
"""The fields of DeployedModel, v1 and v1beta1."""

DEDICATED: Mapping[str, Field] = {
    "machineSpec": COPY,
    "minReplicaCount": COPY,
    "maxReplicaCount": COPY,
    "requiredReplicaCount": COPY,
    "autoscalingMetricSpecs": COPY,
    "spot": COPY,
    "initialReplicaCount": dropped("the candidate begins with its least replicas"),
    "scaleToZeroSpec": dropped("a candidate that sleeps can't be compared"),
    "flexStart": dropped("it would end by itself"),
}
"""The fields of DedicatedResources, v1 and v1beta1."""

MACHINE_SPEC: Mapping[str, Field] = {
    "machineType": MACHINE,
    "acceleratorType": MACHINE,
    "acceleratorCount": MACHINE,
    "gpuPartitionSize": MACHINE,
    "tpuTopology": MACHINE,
    "reservationAffinity": MACHINE,
    "minGpuDriverVersion": MACHINE,
    "multihostGpuNodeCount": MACHINE,
}
"""The fields of MachineSpec, v1 and v1beta1."""
