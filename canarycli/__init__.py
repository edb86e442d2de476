"""Canary releases for ML models on SageMaker, Vertex AI and Azure ML."""

__version__ = "0.1.0"
