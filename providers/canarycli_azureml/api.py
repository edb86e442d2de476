"""Calls of Azure Resource Manager: one request, one answer, no retries."""

import json
import os
from collections.abc import Iterator, Mapping
from threading import RLock
from typing import Any
from urllib.parse import urlencode

from canarycli.https import Unsuited
from canarycli.late_methods import dataclass
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.errors import Unanswered, refusal
from canarycli_azureml.plain import Plain, fits
from canarycli_azureml.settings import Settings
from canarycli_azureml.way import READ_SECONDS, Sent, Way

ENDPOINTS = "2025-12-01"
"""The API version of every Azure ML call; the fields sent back on PUT are this version's."""

METRICS = "2024-02-01"
PERMISSIONS = "2022-04-01"

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
        self._way = _given(client) if client is not None else None
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
        whole = path.startswith("https://")
        url = path if whole else f"{self._settings.cloud.manager}{path}"
        params = {} if whole else {"api-version": ENDPOINTS, **(query or {})}
        if params:
            url = f"{url}?{urlencode(params)}"
        read = METRICS_SECONDS if "metricnames" in params else READ_SECONDS
        with self._lock:
            sent = self._send(method, url, body, doing, read)
            self.date = sent.headers.get("Date", "")
        if sent.status == 401:
            self._forget()
        if not 200 <= sent.status < 300:
            raise refusal(doing, sent.status, sent.text, sent.headers)
        request_id = sent.headers.get("x-ms-request-id", "")
        operation = sent.headers.get("Azure-AsyncOperation", "")
        return Answer(sent.status, _parsed(sent, doing), request_id, operation)

    def _send(self, method: str, url: str, body: Any, doing: str, read: float) -> Sent:
        cloud = self._settings.cloud
        if self._way is None:
            self._way = Plain(cloud) if fits(cloud, os.environ) else _piped(cloud)
        try:
            return self._way.send(method, url, body, doing, read)
        except Unsuited:
            self._way.close()
            self._way = _piped(cloud)
            return self._way.send(method, url, body, doing, read)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            if self._way is not None:
                self._way.close()
            if not self._given:
                self._way = None

    def _forget(self) -> None:
        """After a 401, sign in anew at the next call: the credential would give the same token."""
        if not self._given:
            self.close()

    def _own(self, link: str, doing: str) -> str:
        # The token goes with the request, so it must not go to another host.
        if not link.startswith(f"{self._settings.cloud.manager}/"):
            raise Unanswered(f"{doing}: the list goes on at another host")
        return link


def _given(client: Any) -> Way:
    from canarycli_azureml.pipeline import Pipeline

    return Pipeline(client)


def _piped(cloud: Cloud) -> Way:
    from canarycli_azureml.pipeline import pipeline

    return pipeline(cloud)


def _parsed(sent: Sent, doing: str) -> dict[str, Any]:
    if not sent.text and sent.status in {202, 204}:
        return {}
    try:
        found = json.loads(sent.text)
    except ValueError as error:
        raise Unanswered(
            f"{doing}: the answer is no JSON", facts=[f"it begins with {sent.text[:40]!r}"]
        ) from error
    if not isinstance(found, dict):
        raise Unanswered(f"{doing}: the answer is no object")
    return found


def _entries(found: Mapping[str, Any], doing: str) -> list[dict[str, Any]]:
    entries = found.get("value")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unanswered(f"{doing}: the answer is no list")
    return entries
