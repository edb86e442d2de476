"""Every field of a variant and of an endpoint config, and what becomes of it in the next config."""

from collections.abc import Mapping

from canarycli.likeness import COPY, MACHINE, Field, dropped, refused, replaced

VARIANT: Mapping[str, Field] = {
    "VariantName": replaced("the model's name, if it is free"),
    "ModelName": replaced("the model asked for"),
    "InitialInstanceCount": replaced("what the plan's largest share needs, or candidate.instances"),
    "InitialVariantWeight": replaced("0: traffic comes with the first stage"),
    "InstanceType": MACHINE,
    "InstancePools": MACHINE,
    "AcceleratorType": MACHINE,
    "AcceleratorPartitionLayouts": MACHINE,
    "CapacityReservationConfig": MACHINE,
    "InferenceAmiVersion": MACHINE,
    "VolumeSizeInGB": MACHINE,
    "VariantInstanceProvisionTimeoutInSeconds": COPY,
    "ModelDataDownloadTimeoutInSeconds": COPY,
    "ContainerStartupHealthCheckTimeoutInSeconds": COPY,
    "CoreDumpConfig": COPY,
    "EnableSSMAccess": COPY,
    "RoutingConfig": COPY,
    "ManagedInstanceScaling": dropped("SageMaker takes it for inference components only"),
    "ServerlessConfig": refused("it is serverless, and has no second variant"),
}
"""The members of AWS's ProductionVariant."""

CONFIG: Mapping[str, Field] = {
    "EndpointConfigName": replaced("a name of the endpoint and the release"),
    "EndpointConfigArn": dropped("it follows from the name"),
    "CreationTime": dropped("it is AWS's"),
    "Tags": replaced("canary's notes"),
    "ProductionVariants": replaced("those that are there, and the candidate"),
    "ShadowProductionVariants": COPY,
    "DataCaptureConfig": COPY,
    "KmsKeyId": COPY,
    "AsyncInferenceConfig": COPY,
    "ExplainerConfig": COPY,
    "ExecutionRoleArn": COPY,
    "VpcConfig": COPY,
    "EnableNetworkIsolation": COPY,
    "MetricsConfig": COPY,
    "CrossRegionTrafficConfig": COPY,
}
"""The members of CreateEndpointConfig and of what DescribeEndpointConfig answers."""
