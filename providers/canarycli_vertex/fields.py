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

MODEL: Mapping[str, Field] = {
    "name": replaced("a new version of the baseline's model"),
    "versionId": replaced("Google's next number"),
    "versionAliases": replaced("the name asked for, or the release's"),
    "displayName": COPY,
    "containerSpec": COPY,
    "encryptionSpec": COPY,
    "artifactUri": replaced("the new files"),
    "labels": replaced("canary's notes"),
    "description": dropped("it is about the old version"),
    "versionDescription": dropped("it is about the old version"),
    "defaultCheckpointId": dropped("it is the old version's"),
    "checkpoints": dropped("they are the old version's"),
    "predictSchemata": dropped("Google's own copies, which no request may name"),
    "metadataSchemaUri": dropped("it is about the old version"),
    "metadata": dropped("it is about the old version"),
    "explanationSpec": dropped("it fits the old model's inputs"),
    "trainingPipeline": dropped("it made the old version"),
    "pipelineJob": dropped("it made the old version"),
    "dataStats": dropped("they are the old version's"),
    "baseModelSource": dropped("it is where the old version came from"),
    "modelSourceInfo": dropped("it is where the old version came from"),
    "originalModelInfo": dropped("it is where the old version came from"),
    "metadataArtifact": dropped("it is Google's"),
    "supportedExportFormats": dropped("they are Google's"),
    "supportedDeploymentResourcesTypes": dropped("they are Google's"),
    "supportedInputStorageFormats": dropped("they are Google's"),
    "supportedOutputStorageFormats": dropped("they are Google's"),
    "versionCreateTime": dropped("it is Google's"),
    "versionUpdateTime": dropped("it is Google's"),
    "createTime": dropped("it is Google's"),
    "updateTime": dropped("it is Google's"),
    "deployedModels": dropped("they are Google's"),
    "etag": dropped("it is Google's"),
    "satisfiesPzs": dropped("it is Google's"),
    "satisfiesPzi": dropped("it is Google's"),
}
"""The fields of Model, v1 and v1beta1, where a version is made of files."""

CONTAINER: Mapping[str, Field] = {
    "imageUri": COPY,
    "command": COPY,
    "args": COPY,
    "env": COPY,
    "ports": COPY,
    "grpcPorts": COPY,
    "predictRoute": COPY,
    "healthRoute": COPY,
    "invokeRoutePrefix": COPY,
    "deploymentTimeout": COPY,
    "sharedMemorySizeMb": COPY,
    "startupProbe": COPY,
    "healthProbe": COPY,
    "livenessProbe": refused("Google's SDK can't upload a model with its liveness probe"),
}
"""The fields of ModelContainerSpec, v1 and v1beta1."""

_PROBES = "Google's SDK can't upload a model with its kind of probe"

PROBE: Mapping[str, Field] = {
    "exec": COPY,
    "periodSeconds": COPY,
    "timeoutSeconds": COPY,
    "httpGet": refused(_PROBES),
    "grpc": refused(_PROBES),
    "tcpSocket": refused(_PROBES),
    "failureThreshold": refused(_PROBES),
    "successThreshold": refused(_PROBES),
    "initialDelaySeconds": refused(_PROBES),
}
"""The fields of Probe, v1 and v1beta1."""
