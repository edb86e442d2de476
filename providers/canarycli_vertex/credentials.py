"""Gets access tokens from the person's own Google credentials.

Only `refresh` of the credentials is called, never `before_request`: that one starts a background
look-up (Regional Access Boundary) that can crash a process which exits right after its last
answer.
"""

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import google.auth
from google.auth import exceptions

from canarycli.errors import Denied, ProviderError, Unavailable
from canarycli_vertex.errors import answered, retry_after
from canarycli_vertex.settings import Settings, base_url
from canarycli_vertex.wire import Response, Wire

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_environment = threading.Lock()


class Tokens:
    """The bearer header for Google's APIs, refreshed when it is needed.

    Every way google-auth knows is supported: a service-account key, `gcloud auth
    application-default login`, workload identity federation, impersonation and the account
    attached to a machine.
    """

    def __init__(self, settings: Settings, http: Wire) -> None:
        self._settings = settings
        self._carry = Carrier(http)
        self._credentials: Any = None
        self._lock = threading.Lock()

    def headers(self, *, fresh: bool = False) -> Mapping[str, str]:
        """Authorization and quota project; with `fresh`, from a token newer than the last.

        Raises:
            Denied: there are no credentials, or Google doesn't take them.
            Unavailable: the token endpoint doesn't answer.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self.load()
            if fresh or not self._credentials.valid:
                self._refresh()
            headers = {"Authorization": f"Bearer {self._credentials.token}"}
            quota = getattr(self._credentials, "quota_project_id", None)
            if quota:
                headers["X-Goog-User-Project"] = str(quota)
            return headers

    @property
    def identity(self) -> str:
        """The account's e-mail where the credentials carry one, else their kind, for people."""
        found = self._credentials
        email = getattr(found, "service_account_email", None) or getattr(found, "account", None)
        return str(email or type(found).__module__.rpartition(".")[2])

    @property
    def expires(self) -> Any:
        """When the token ends, UTC without a zone as google-auth has it; None if unknown."""
        return getattr(self._credentials, "expiry", None)

    def load(self) -> Any:
        """Google's own credentials, without a token yet.

        Raises:
            Denied: there are none, or they can't be used.
        """
        try:
            with _project_named(self._settings.project), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, _ = google.auth.default(scopes=[SCOPE])
        except exceptions.DefaultCredentialsError as error:
            raise Denied(
                "there are no usable Google credentials",
                facts=(" ".join(str(error).split()),),
                hint="gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
            ) from error
        except exceptions.GoogleAuthError as error:
            raise Denied(f"google's credentials can't be loaded: {error}") from error
        except Exception as error:  # whatever a credential raises
            raise _unusable(error) from error
        return self._as_target(found)

    def _as_target(self, source: Any) -> Any:
        target = self._settings.impersonate
        if not target:
            return source
        from google.auth import impersonated_credentials

        override = os.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS")
        path = f"/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
        as_target: Callable[..., Any] = impersonated_credentials.Credentials
        return as_target(
            source_credentials=source,
            target_principal=target,
            target_scopes=[SCOPE],
            iam_endpoint_override=base_url(override) + path if override else None,
        )

    def _refresh(self) -> None:
        credentials, self._credentials = self._credentials, None
        try:
            credentials.refresh(self._carry)
        except ProviderError:
            self._credentials = credentials
            raise
        except exceptions.TransportError as error:
            raise Unavailable(f"no token from google: {error}") from error
        except exceptions.GoogleAuthError as error:
            raise _no_token(error) from error
        except OSError as error:
            raise _unusable(error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(f"google's token answer makes no sense: {error!r}") from error
        self._credentials = credentials


class Carrier:
    """Carries google-auth's own requests over our session and with our timeouts.

    It raises `Unavailable` for what is worth another try, so that google-auth never retries by
    itself: there is one retry layer and it is not here.
    """

    def __init__(self, http: Wire) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> "Answer":
        """One request; what google-auth calls a transport."""
        with answered("google's token endpoint"):
            got = self._http.request(
                method,
                url,
                data=body,
                headers=headers,
            )
        if got.status_code == 429 or got.status_code >= 500:
            raise Unavailable(
                f"google's token endpoint answered {got.status_code}",
                after=retry_after(got, {}),
            )
        return Answer(got)


class Answer:
    """An answer as google-auth wants to read it."""

    def __init__(self, response: Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.data = response.content


@contextmanager
def _project_named(project: str) -> Iterator[None]:
    """Tell google-auth the project, else it asks Cloud Resource Manager for it."""
    name = "GOOGLE_CLOUD_PROJECT"
    with _environment:
        if name in os.environ:
            yield
            return
        os.environ[name] = project
        try:
            yield
        finally:
            os.environ.pop(name, None)


def _unusable(error: Exception) -> Denied:
    """Credentials that break in a way google-auth has no word for: an unreadable file, say."""
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    where = f"GOOGLE_APPLICATION_CREDENTIALS ({named})" if named else "google's credentials"
    return Denied(
        f"{where} can't be used: {' '.join(str(error).split())}",
        hint="gcloud auth application-default login, or name another key file",
    )


def _no_token(error: exceptions.GoogleAuthError) -> ProviderError:
    said = " ".join(str(error.args[0] if error.args else error).split())
    if getattr(error, "retryable", False):
        return Unavailable(f"no token from google: {said}")
    return Denied(
        f"google gives no token: {said}",
        hint=(
            "are the key and this machine's clock right?",
            "gcloud auth application-default login",
        ),
    )
