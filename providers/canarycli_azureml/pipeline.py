"""Sends requests by azure-core, signed by whatever credential azure-identity finds."""

import os
from typing import Any

from azure.core import PipelineClient
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest

from canarycli_azureml.clouds import Cloud
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import understood
from canarycli_azureml.way import AGENT, CONNECT_SECONDS, Sent
from canarycli_azureml.wire import transport


class Pipeline:
    """azure-core's client.

    Args:
        client: an `azure.core.PipelineClient`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, method: str, url: str, body: Any, doing: str, read: float) -> Sent:
        """One request; see `Way.send`."""
        with understood(doing):
            response = self._client.send_request(
                HttpRequest(method, url, json=body),
                connection_timeout=CONNECT_SECONDS,
                read_timeout=read,
            )
            return Sent(response.status_code, response.text(), response.headers)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def pipeline(cloud: Cloud) -> Pipeline:
    """azure-core's client with the policies we want and no others.

    ARMPipelineClient's own would register resource providers by themselves, and azure-core's
    would retry writes.
    """
    signing = policies.BearerTokenCredentialPolicy(credential(cloud, os.environ), cloud.scope)
    headers = policies.HeadersPolicy({"Accept": "application/json"})
    agent = policies.UserAgentPolicy(AGENT)
    return Pipeline(
        PipelineClient(cloud.manager, policies=[headers, agent, signing], transport=transport())
    )
