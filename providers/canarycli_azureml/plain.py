"""Signs with a secret of the environment, and sends by the standard library."""

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from canarycli.errors import Unavailable
from canarycli.https import Answer, Line, Unsuited
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.errors import Unanswered, without_secrets
from canarycli_azureml.way import AGENT, CONNECT_SECONDS, PASSING, READ_SECONDS, Sent

SECRET = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
ELSEWHERE = ("AZURE_TOKEN_CREDENTIALS", "AZURE_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME")
"""Variables that change who gives the token, or to whom."""

EARLY = 300
"""Seconds before its end that a token is asked for anew, as in azure-core."""


def fits(cloud: Cloud, environment: Mapping[str, str]) -> bool:
    """Whether the environment names a service principal by its secret, and nothing beside it."""
    tenant = environment.get("AZURE_TENANT_ID", "")
    return (
        all(environment.get(name) for name in SECRET)
        and not any(environment.get(name) for name in ELSEWHERE)
        and tenant.replace("-", "").replace(".", "").isalnum()
        and tenant.lower() != "adfs"
        and cloud.manager.startswith("https://")
    )


class Plain:
    """Signs with a secret of the environment, and sends by the standard library.

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
        """Have a token, by OAuth's client credentials.

        Raises:
            Unsuited: Entra refuses: azure-identity is to ask, and to say why.
            Unavailable: it gives no answer for now.
        """
        tenant, client, secret = (os.environ[name] for name in SECRET)
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": self._cloud.scope,
        }
        no_token = f"{doing}: no token from Entra ID just now"
        line = Line(f"https://{self._cloud.authority}", connect=CONNECT_SECONDS)
        asked = time.monotonic()
        try:
            got = line.ask(
                "POST",
                f"/{quote(tenant)}/oauth2/v2.0/token",
                headers={
                    "Accept": "application/json",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "User-Agent": AGENT,
                },
                body=urlencode(form).encode(),
                read=READ_SECONDS,
            )
        except (OSError, HTTPException) as error:
            raise Unavailable(no_token, facts=[without_secrets(str(error))]) from error
        finally:
            line.close()
        if got.status in PASSING or got.status >= 500:
            raise Unavailable(f"{no_token}: it answered {got.status}")
        if got.status != 200:
            raise Unsuited(f"Entra answered {got.status}")
        self._token, lasts = _token_in(got, no_token)
        self._until = asked + lasts - min(EARLY, lasts / 2)


def _unanswered(message: str, error: Exception) -> Unanswered:
    return Unanswered(message, facts=[without_secrets(str(error) or type(error).__name__)])


def _token_in(got: Answer, no_token: str) -> tuple[str, float]:
    """The token, and the seconds it is good for."""
    try:
        found = json.loads(got.body)
        return str(found["access_token"]), float(found["expires_in"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{no_token}: its answer makes no sense") from error
