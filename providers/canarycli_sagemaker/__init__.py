"""Amazon SageMaker endpoints for canary: weights for traffic, CloudWatch for metrics."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from canarycli_sagemaker.provider import SageMaker

__all__ = ["SageMaker"]


def __getattr__(name: str) -> Any:
    # Not above: what it declares is read where its SDK may not be installed.
    if name != "SageMaker":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from canarycli_sagemaker.provider import SageMaker

    return SageMaker
