"""The aws command line for a split, to paste when canary can't run."""

import shlex

from canarycli.traffic import Traffic
from canarycli_sagemaker.settings import Settings


def plain_command(endpoint: str, to: Traffic, settings: Settings) -> str:
    """`aws sagemaker update-endpoint-weights-and-capacities …`; needs only that permission."""
    words = ["aws", "sagemaker", "update-endpoint-weights-and-capacities"]
    words += ["--endpoint-name", endpoint, "--desired-weights-and-capacities"]
    words += [f"VariantName={name},DesiredWeight={share:g}" for name, share in to.shares.items()]
    words += ["--region", settings.region] if settings.region else []
    words += ["--profile", settings.profile] if settings.profile else []
    return shlex.join(words)
