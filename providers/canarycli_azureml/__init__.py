"""Azure Machine Learning's online endpoints, for canary.

The hot paths are plain calls to Resource Manager over azure-core, with azure-identity's
credentials; azure-ai-ml is only imported to deploy a person's own YAML or code.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from canarycli_azureml.provider import AzureML

__all__ = ["AzureML"]


def __getattr__(name: str) -> Any:
    # Not above: what it declares is read where its SDK may not be installed.
    if name != "AzureML":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from canarycli_azureml.provider import AzureML

    return AzureML
