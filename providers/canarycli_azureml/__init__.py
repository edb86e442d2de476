"""Azure Machine Learning's online endpoints, for canary.

The hot paths are plain calls to Resource Manager over azure-core, with azure-identity's
credentials; azure-ai-ml is only imported to deploy a person's own YAML or code.
"""

from canarycli_azureml.provider import AzureML

__all__ = ["AzureML"]
