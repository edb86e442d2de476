"""Asks a workspace of Log Analytics, with the same credential as Resource Manager's calls."""

import os
from typing import Any

from canarycli import __version__
from canarycli.errors import Denied, Rejected
from canarycli_azureml.api import METRICS_SECONDS
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import Unanswered, code_of, refusal, understood
from canarycli_azureml.way import CONNECT_SECONDS
from canarycli_azureml.wire import transport

HOSTS = {
    "public": "https://api.loganalytics.io",
    "usgov": "https://api.loganalytics.us",
    "china": "https://api.loganalytics.azure.cn",
}
DOING = "reading logs of Azure"
WAIT = 15
"""Seconds that the service gives a query."""

Row = dict[str, Any]


class Logs:
    """One workspace of Log Analytics.

    Args:
        workspace: its id, a GUID.
        cloud: whose hosts are asked.
        url: another address than the cloud's own.
    """

    def __init__(self, workspace: str, cloud: Cloud, url: str = "") -> None:
        self._host = HOSTS[cloud.name]
        self._url = f"{url or self._host}/v1/workspaces/{workspace}/query"
        self._cloud = cloud
        self._client: Any = None

    def rows(self, query: str) -> list[Row]:
        """The rows of a query in KQL, by their columns' names.

        Raises:
            Rejected: the query makes no sense, or was only carried out in part.
        """
        from azure.core.rest import HttpRequest

        wait = {"Prefer": f"wait={WAIT}"}
        request = HttpRequest("POST", self._url, json={"query": query}, headers=wait)
        with understood(DOING):
            response = self._pipeline().send_request(
                request, connection_timeout=CONNECT_SECONDS, read_timeout=METRICS_SECONDS
            )
            text = response.text()
        if response.status_code == 403 and code_of(text) == "InsufficientAccessError":
            raise Denied(
                f"{DOING}: not allowed", hint="grant Log Analytics Reader on the workspace"
            )
        if not 200 <= response.status_code < 300:
            raise refusal(DOING, response.status_code, text, response.headers)
        try:
            found = response.json()
            if found.get("error"):
                raise Rejected(f"{DOING}: only a part of the query was carried out")
            return _rows(found["tables"][0])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise Unanswered(f"{DOING}: the answer is no table") from None

    def _pipeline(self) -> Any:
        if self._client is None:
            from azure.core import PipelineClient
            from azure.core.pipeline import policies

            scope = f"{self._host}/.default"
            signing = policies.BearerTokenCredentialPolicy(
                credential(self._cloud, os.environ), scope
            )
            agent = policies.UserAgentPolicy(f"canarycli/{__version__}")
            policy = [agent, signing]
            self._client = PipelineClient(self._url, policies=policy, transport=transport())
        return self._client


def _rows(table: Any) -> list[Row]:
    names = [str(column["name"]) for column in table["columns"]]
    return [dict(zip(names, row, strict=True)) for row in table["rows"]]
