"""The credential the environment calls for; azure-identity's chain where it calls for none."""

import logging
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError

from canarycli.errors import Denied, Unavailable
from canarycli_azureml.clouds import Cloud
from canarycli_azureml.way import PASSING

NOISY = ("azure", "msal")
"""Loggers that would print on stderr, of a program that sets up none, what is raised as well."""

CONNECT_SECONDS, READ_SECONDS = 5, 10
"""As for every other call; azure-core's own limits are five minutes each."""

FILES = (
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_CLIENT_CERTIFICATE_PATH",
)
VARIABLES = (*FILES, "AZURE_TOKEN_CREDENTIALS", "AZURE_AUTHORITY_HOST")
"""What a credential may take exception to, in words that don't always say where they come from."""

EXPIRED_ASSERTION = "AADSTS700024"
"""Entra's word for a federated token that is too old; nobody at a keyboard can sign it anew."""


def credential(cloud: Cloud, environment: Mapping[str, str]) -> "Guarded":
    """A credential; no request is made yet, and nothing of azure-identity is loaded."""
    return Guarded(cloud, environment)


class Guarded:
    """An azure-identity credential that raises nothing but canary's errors and azure-core's.

    Retries are left to the caller, as for every other call.
    """

    def __init__(self, cloud: Cloud, environment: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._environment = environment
        self._credential: Any = None
        self._passing = 0

    def get_token(self, *scopes: str, **more: Any) -> Any:
        """A token, what azure-core asks of a credential.

        Raises:
            Denied: the settings of the credential make no sense, or it does not work.
            Unavailable: the token server gave no answer, for now.
        """
        self._passing = 0
        try:
            if self._credential is None:
                self._credential = _chosen(self._cloud, self._environment, self._note)
            return self._credential.get_token(*scopes, **more)
        except ClientAuthenticationError as error:
            if self._passing:
                self._credential = None  # MSAL would answer from memory for a minute
                raise Unavailable(
                    f"no token from Entra ID just now: it answered {self._passing}"
                ) from error
            if EXPIRED_ASSERTION in str(error):
                raise Denied(
                    "no credential for Azure works: the federated token has expired",
                    facts=[f"{EXPIRED_ASSERTION}: the assertion is not within its valid time"],
                    hint="a job gets a new one: run it again, or ask for the token right before",
                ) from error
            raise
        except AzureError:
            raise
        except Exception as error:
            raise self._unusable(error) from error

    def _note(self, response: Any) -> None:
        status = response.http_response.status_code
        if status in PASSING or status >= 500:
            self._passing = status

    def _unusable(self, error: Exception) -> Denied:
        """Whatever else a credential raises: a file that is not there, a word it does not know."""
        name = self._culprit(error)
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        where = f"{name} ({self._environment[name]})" if name else "the credential"
        return Denied(
            f"no credential for Azure works: {where} can't be used: {said}".rstrip("."),
            hint=f"check {name}, or unset it" if name else "sign in: az login",
        )

    def _culprit(self, error: Exception) -> str:
        """The variable an error is about, "" if none."""
        given = {name: v for name in VARIABLES if (v := self._environment.get(name))}
        if isinstance(error, OSError):
            files = [name for name in FILES if name in given]
            return next((n for n in files if given[n] == error.filename), files[0] if files else "")
        text = str(error)
        said = (name for name, value in given.items() if name in text or value in text)
        plain = (name for name, value in given.items() if value.startswith("http://"))
        return next(said, next(plain, ""))


def _chosen(cloud: Cloud, environment: Mapping[str, str], hook: Any) -> Any:
    """The credential of azure-identity.

    A service principal or a workload identity that the environment spells out is used by itself:
    it is what the chain would have come to, without building the other eight.
    """
    from azure import identity

    for logger in map(logging.getLogger, NOISY):
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    options: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "raw_response_hook": hook,
    }
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
