"""Lists and reads blobs of one container, with the same credential as Resource Manager's calls."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from canarycli import __version__
from canarycli.errors import Denied
from canarycli.late_methods import dataclass
from canarycli_azureml.api import METRICS_SECONDS, PAGES
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import Unanswered, refusal, understood
from canarycli_azureml.way import CONNECT_SECONDS
from canarycli_azureml.wire import transport

SCOPE = "https://storage.azure.com/.default"
VERSION = "2021-12-02"
"""Of the Blob service's API."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One blob of a listing."""

    name: str
    size: int
    changed: datetime


class Blobs:
    """One container.

    Args:
        url: its address, `https://ACCOUNT.blob.core.windows.net/CONTAINER`.
        cloud: whose credential is used.
    """

    def __init__(self, url: str, cloud: Cloud) -> None:
        self.url = url
        self._cloud = cloud
        self._client: Any = None

    def under(self, prefix: str) -> Iterator[Blob]:
        """Every blob whose name begins so; none where there is no such folder."""
        doing, marker = f"listing the recorded answers in {self.url}", ""
        for _ in range(PAGES):
            query = {"restype": "container", "comp": "list", "prefix": prefix}
            text = self._get(self.url, doing, {**query, **({"marker": marker} if marker else {})})
            blobs, marker = _listed(text, doing)
            yield from blobs
            if not marker:
                return
        raise Unanswered(f"{doing}: the list does not end")

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes of a blob from `start` up to `end`, which is not in them."""
        doing = f"reading the recorded answers in {self.url}"
        there = f"{self.url}/{quote(name)}"
        return self._get(there, doing, {}, {"x-ms-range": f"bytes={start}-{end - 1}"})

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _get(
        self, url: str, doing: str, query: Mapping[str, str], more: Mapping[str, str] | None = None
    ) -> bytes:
        from azure.core.rest import HttpRequest

        headers = {"x-ms-version": VERSION, **(more or {})}
        request = HttpRequest("GET", url, params=query, headers=headers)
        with understood(doing):
            response = self._pipeline().send_request(
                request, connection_timeout=CONNECT_SECONDS, read_timeout=METRICS_SECONDS
            )
            content: bytes = response.content
        if response.status_code in {401, 403}:
            raise Denied(
                f"{doing}: not allowed",
                hint="grant Storage Blob Data Reader on the container",
            )
        if not 200 <= response.status_code < 300:
            raise refusal(doing, response.status_code, "", response.headers)
        return content

    def _pipeline(self) -> Any:
        if self._client is None:
            from azure.core import PipelineClient
            from azure.core.pipeline import policies

            signing = policies.BearerTokenCredentialPolicy(
                credential(self._cloud, os.environ), SCOPE
            )
            agent = policies.UserAgentPolicy(f"canarycli/{__version__}")
            self._client = PipelineClient(
                self.url, policies=[agent, signing], transport=transport()
            )
        return self._client


def _listed(text: bytes, doing: str) -> tuple[list[Blob], str]:
    """The blobs of one page, and where the next one begins."""
    try:
        page = ET.fromstring(text)  # noqa: S314 - Azure's own, over TLS; no parser to add
        blobs = [
            Blob(
                one.findtext("Name", ""),
                int(one.findtext("Properties/Content-Length", "0")),
                parsedate_to_datetime(one.findtext("Properties/Last-Modified", "")).astimezone(UTC),
            )
            for one in page.iterfind("Blobs/Blob")
        ]
    except (ET.ParseError, ValueError) as error:
        raise Unanswered(f"{doing}: the answer is no list") from error
    if page.tag != "EnumerationResults":
        raise Unanswered(f"{doing}: the answer is no list")
    return blobs, page.findtext("NextMarker") or ""
