"""The credential the environment calls for; azure-identity's chain where it calls for none."""

import logging
from collections.abc import Mapping
from typing import Any

from canarycli_azureml.clouds import Cloud

NOISY = ("azure", "msal")
"""Loggers that would print on stderr, of a program that sets up none, what is raised as well."""


def credential(cloud: Cloud, environment: Mapping[str, str]) -> Any:
    """An azure-identity credential; no request is made yet.

    A service principal or a workload identity that the environment spells out is used by itself:
    it is what the chain would have come to, without building the other eight. Retries are left to
    the caller, as for every other call.
    """
    from azure import identity

    for logger in map(logging.getLogger, NOISY):
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    options: dict[str, Any] = {"retry_total": 0}
    if cloud.name != "public" and not environment.get("AZURE_AUTHORITY_HOST"):
        options["authority"] = cloud.authority
    has = {name for name, value in environment.items() if value}
    if "AZURE_TOKEN_CREDENTIALS" in has:
        return identity.DefaultAzureCredential(**options)
    if {"AZURE_TENANT_ID", "AZURE_CLIENT_ID"} <= has:
        if has & {"AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"}:
            return identity.EnvironmentCredential(**options)
        if "AZURE_FEDERATED_TOKEN_FILE" in has:
            return identity.WorkloadIdentityCredential(**options)
    return identity.DefaultAzureCredential(**options)
