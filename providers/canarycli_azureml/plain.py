"""Signs with a token that takes one request, and sends by the standard library."""

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from canarycli.errors import Unavailable
from canarycli.https import Answer, Line, Unsuited
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.errors import Unanswered, without_secrets
from canarycli_azureml.identity import token_request
from canarycli_azureml.way import AGENT, CONNECT_SECONDS, PASSING, READ_SECONDS, Sent

EARLY = 300
"""Seconds before its end that a token is asked for anew, as in azure-core."""


def fits(cloud: Cloud, environment: Mapping[str, str]) -> bool:
    """Whether one request gets the token here, and the manager is the cloud's own."""
    return cloud.manager.startswith("https://") and token_request(cloud, environment) is not None


class Plain:
    """Signs with a token that takes one request, and sends by the standard library.

    Raises `Unsuited` where the same has to be tried by way of azure-identity: nothing was
    carried out then.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._line = Line(cloud.manager, connect=CONNECT_SECONDS)
        self._token, self._until = "", 0.0

    def send(self, method: str, url: str, body: Any, doing: str, read: float) -> Sent:
        """One request; see `Way.send`."""
        if not url.startswith(f"{self._cloud.manager}/"):
            raise Unsuited("another host")
        if time.monotonic() >= self._until:
            self._sign_in(doing)
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._token}",
            "User-Agent": AGENT,
        }
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            parts = urlsplit(url)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            got = self._line.ask(method, target, headers=headers, body=content, read=read)
        except (OSError, HTTPException) as error:
            raise _unanswered(f"{doing}: no answer from Azure", error) from error
        if got.status == 401 and "claims=" in got.headers.get("WWW-Authenticate", ""):
            raise Unsuited("the token has to claim more")
        return Sent(got.status, got.body.decode("utf-8-sig", "replace"), got.headers)

    def close(self) -> None:
        """Close the connection, and sign in anew at the next request."""
        self._line.close()
        self._until = 0.0

    def _sign_in(self, doing: str) -> None:
        """Have a token.

        Raises:
            Unsuited: it is refused: azure-identity is to ask, and to say why.
            Unavailable: there is no answer for now.
        """
        asking = token_request(self._cloud, os.environ)
        if asking is None:
            raise Unsuited("the token is asked for in another way now")
        no_token = f"{doing}: no token from {asking.giver} just now"
        line = Line(asking.host, connect=CONNECT_SECONDS)
        asked = time.monotonic()
        try:
            got = line.ask(
                "GET" if asking.body is None else "POST",
                asking.target,
                headers={"Accept": "application/json", "User-Agent": AGENT, **asking.headers},
                body=asking.body,
                read=READ_SECONDS,
            )
        except (OSError, HTTPException) as error:
            raise Unavailable(no_token, facts=[without_secrets(str(error))]) from error
        finally:
            line.close()
        if got.status in PASSING or got.status >= 500:
            raise Unavailable(f"{no_token}: it answered {got.status}")
        if got.status != 200:
            raise Unsuited(f"{asking.giver} answered {got.status}")
        self._token, lasts = _token_in(got, no_token)
        self._until = asked + lasts - min(EARLY, lasts / 2)


def _unanswered(message: str, error: Exception) -> Unanswered:
    return Unanswered(message, facts=[without_secrets(str(error) or type(error).__name__)])


def _token_in(got: Answer, no_token: str) -> tuple[str, float]:
    """The token, and the seconds it is good for."""
    try:
        found = json.loads(got.body)
        lasts = found.get("expires_in") or float(found["expires_on"]) - time.time()
        return str(found["access_token"]), float(lasts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"{no_token}: its answer makes no sense") from error
