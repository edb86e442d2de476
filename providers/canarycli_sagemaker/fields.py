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

MODEL: Mapping[str, Field] = {
    "ModelName": replaced("the name asked for, or one of the endpoint and the release"),
    "ModelArn": dropped("it follows from the name"),
    "CreationTime": dropped("it is AWS's"),
    "DeploymentRecommendation": dropped("it is AWS's, for the old model"),
    "Tags": replaced("canary's notes"),
    "PrimaryContainer": replaced("the baseline's container around the new files"),
    "Containers": replaced("the same, where it is the only one"),
    "InferenceExecutionConfig": dropped("there is one container"),
    "ExecutionRoleArn": COPY,
    "VpcConfig": COPY,
    "EnableNetworkIsolation": COPY,
}
"""The members of CreateModel and of what DescribeModel answers."""

CONTAINER: Mapping[str, Field] = {
    "ContainerHostname": dropped("there is one container"),
    "Image": COPY,
    "ImageConfig": COPY,
    "Mode": dropped("a model of its own is a single one"),
    "ModelDataUrl": replaced("the new files"),
    "ModelDataSource": replaced("the new files"),
    "AdditionalModelDataSources": dropped("adapters and drafts fit the old model"),
    "Environment": COPY,
    "ModelPackageName": replaced("a new version of its group"),
    "InferenceSpecificationName": dropped("the new version has one specification"),
    "MultiModelConfig": dropped("a model of its own is a single one"),
    "ContainerMetricsConfig": COPY,
}
"""The members of ContainerDefinition."""

PACKAGED: Mapping[str, Field] = {
    "ContainerHostname": dropped("there is one container"),
    "Image": COPY,
    "ImageDigest": dropped("it follows from the image"),
    "ModelDataUrl": replaced("the new files"),
    "ModelDataSource": replaced("the new files"),
    "ModelDataETag": dropped("it is the old files'"),
    "AdditionalModelDataSources": dropped("adapters and drafts fit the old model"),
    "AdditionalS3DataSource": dropped("adapters and drafts fit the old model"),
    "ProductId": dropped("a bought product is not the person's own files"),
    "Environment": COPY,
    "ModelInput": COPY,
    "Framework": COPY,
    "FrameworkVersion": COPY,
    "NearestModelName": COPY,
    "IsCheckpoint": dropped("it is about the old files"),
    "BaseModel": dropped("it is about the old files"),
}
"""The members of ModelPackageContainerDefinition."""

PACKAGE: Mapping[str, Field] = {
    "ModelPackageName": dropped("a version of a group has none"),
    "ModelPackageGroupName": COPY,
    "ModelPackageVersion": dropped("it is AWS's"),
    "ModelPackageRegistrationType": dropped("it is AWS's"),
    "ModelPackageArn": dropped("it is AWS's"),
    "ModelPackageDescription": dropped("it is about the old model"),
    "CreationTime": dropped("it is AWS's"),
    "CreatedBy": dropped("it is AWS's"),
    "LastModifiedTime": dropped("it is AWS's"),
    "LastModifiedBy": dropped("it is AWS's"),
    "InferenceSpecification": replaced("the baseline's around the new files"),
    "AdditionalInferenceSpecifications": dropped("they name the old files"),
    "SourceAlgorithmSpecification": dropped("it names the old files"),
    "ValidationSpecification": dropped("its jobs would run anew"),
    "ModelPackageStatus": dropped("it is AWS's"),
    "ModelPackageStatusDetails": dropped("it is AWS's"),
    "CertifyForMarketplace": dropped("a version of a group is not sold"),
    "Tags": replaced("canary's notes"),
    "ModelApprovalStatus": replaced("PendingManualApproval, or candidate.approval"),
    "ApprovalDescription": dropped("nobody has approved the new one"),
    "MetadataProperties": dropped("it is about the old model"),
    "ModelMetrics": dropped("they are the old model's"),
    "DriftCheckBaselines": dropped("they are the old model's"),
    "CustomerMetadataProperties": dropped("they are about the old model"),
    "ClientToken": dropped("it is one request's"),
    "Domain": COPY,
    "Task": COPY,
    "SamplePayloadUrl": COPY,
    "SkipModelValidation": COPY,
    "SourceUri": dropped("it is the old model's"),
    "SecurityConfig": COPY,
    "ModelCard": dropped("it is about the old model"),
    "ModelLifeCycle": dropped("it is the old model's"),
    "ManagedStorageType": COPY,
}
"""The members of CreateModelPackage and of what DescribeModelPackage answers."""
