"""Calls of Azure Resource Manager: one request, one answer, no retries."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from canarycli import __version__
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import Unanswered, refusal, understood
from canarycli_azureml.settings import Settings
from canarycli_azureml.wire import transport

ENDPOINTS = "2025-12-01"
"""The API version of every Azure ML call; the fields sent back on PUT are this version's."""

METRICS = "2024-02-01"
PERMISSIONS = "2022-04-01"

CONNECT_SECONDS = 5
READ_SECONDS = 10
"""Resource Manager answers within a second or two; a call must not hold up a rollback."""

METRICS_SECONDS = 20
"""A day of minutes by status code is a long answer, and nobody waits for it to roll back."""

PAGES = 50
"""A list that goes on for longer is going round in circles."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    Attributes:
        body: its JSON object, {} where there is no content.
        request: Azure's id of it.
        operation: where the operation it began tells of itself; signed, and never to be shown.
    """

    status: int
    body: dict[str, Any]
    request: str = ""
    operation: str = ""


class Session:
    """Signed requests to one cloud's Resource Manager.

    Args:
        settings: which cloud.
        client: an `azure.core.PipelineClient` to use instead of our own, for tests and proxies.

    Attributes:
        date: Azure's clock at its last answer, as HTTP writes it.
    """

    def __init__(self, settings: Settings, client: Any = None) -> None:
        self._settings = settings
        self._client = client
        self._given = client is not None
        self._lock = RLock()
        self.date = ""

    def get(self, path: str, doing: str, **query: str) -> dict[str, Any]:
        """The body of a resource."""
        return self.call("GET", path, doing, query=query).body

    def pages(self, path: str, doing: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, following `nextLink`."""
        found = self.get(path, doing, **query)
        for _ in range(PAGES):
            yield from _entries(found, doing)
            link = found.get("nextLink")
            if not link:
                return
            found = self.call("GET", self._own(str(link), doing), doing).body
        raise Unanswered(f"{doing}: the list does not end")

    def call(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """One call.

        Args:
            method: GET, PUT, POST or DELETE.
            path: below the manager's host, or a whole URL that Azure gave us.
            doing: for error messages, `reading endpoint 'churn'`.
            query: parameters beside `api-version`, or another one of it.
            body: what to send as JSON, None for nothing.

        Raises:
            ProviderError: for every answer that is no success, and for none; `Unanswered` where
                the request may have been carried out.
        """
        from azure.core.rest import HttpRequest

        whole = path.startswith("https://")
        url = path if whole else f"{self._settings.cloud.manager}{path}"
        params = {} if whole else {"api-version": ENDPOINTS, **(query or {})}
        request = HttpRequest(method, url, params=params, json=body)
        with understood(doing), self._lock:
            response = self._pipeline().send_request(
                request,
                connection_timeout=CONNECT_SECONDS,
                read_timeout=METRICS_SECONDS if "metricnames" in params else READ_SECONDS,
            )
            text = response.text()
            self.date = response.headers.get("Date", "")
        if response.status_code == 401:
            self._forget()
        if not 200 <= response.status_code < 300:
            raise refusal(doing, response.status_code, text, response.headers)
        request_id = response.headers.get("x-ms-request-id", "")
        operation = response.headers.get("Azure-AsyncOperation", "")
        return Answer(response.status_code, _parsed(response, text, doing), request_id, operation)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            if not self._given:
                self._client = None

    def _forget(self) -> None:
        """After a 401, sign in anew at the next call: the credential would give the same token."""
        if not self._given:
            self.close()

    def _pipeline(self) -> Any:
        if self._client is None:
            self._client = _client(self._settings)
        return self._client

    def _own(self, link: str, doing: str) -> str:
        # The token goes with the request, so it must not go to another host.
        if not link.startswith(f"{self._settings.cloud.manager}/"):
            raise Unanswered(f"{doing}: the list goes on at another host")
        return link


def _client(settings: Settings) -> Any:
    """azure-core's client with the policies we want and no others.

    ARMPipelineClient's own would register resource providers by themselves, and azure-core's
    would retry writes.
    """
    from azure.core import PipelineClient
    from azure.core.pipeline import policies

    signing = policies.BearerTokenCredentialPolicy(
        credential(settings.cloud, os.environ), settings.cloud.scope
    )
    headers = policies.HeadersPolicy({"Accept": "application/json"})
    agent = policies.UserAgentPolicy(f"canarycli/{__version__}")
    return PipelineClient(
        settings.cloud.manager, policies=[headers, agent, signing], transport=transport()
    )


def _parsed(response: Any, text: str, doing: str) -> dict[str, Any]:
    if not text and response.status_code in {202, 204}:
        return {}
    try:
        found = response.json()
    except ValueError as error:
        raise Unanswered(
            f"{doing}: the answer is no JSON", facts=[f"it begins with {text[:40]!r}"]
        ) from error
    if not isinstance(found, dict):
        raise Unanswered(f"{doing}: the answer is no object")
    return found


def _entries(found: Mapping[str, Any], doing: str) -> list[dict[str, Any]]:
    entries = found.get("value")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unanswered(f"{doing}: the answer is no list")
    return entries
