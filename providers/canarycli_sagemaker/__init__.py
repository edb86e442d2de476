"""Amazon SageMaker endpoints for canary: weights for traffic, CloudWatch for metrics."""

from canarycli_sagemaker.provider import SageMaker

__all__ = ["SageMaker"]
