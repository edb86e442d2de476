"""Who canary says it is to a store over HTTP: nobody, a bearer, a user, an OAuth or AWS client."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlencode
from urllib.request import Request

from canarycli.errors import Denied, MissingExtra, UsageError
from canarycli_sources.settings import checked, secret

EARLY = 60.0
"""Seconds before its end that a token counts as over."""

KINDS = ("token_env", "password_env", "oauth", "sigv4")


class Auth(Protocol):
    """Headers that say who asks."""

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """For this very request."""
        ...

    def renewed(self) -> bool:
        """After a refusal: whether there is anything new to try."""
        ...


class Plain:
    """Headers that are always the same: none, a bearer, a user, or some of the person's own."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 - the same for all
        """See `Auth`."""
        return self._headers

    def renewed(self) -> bool:
        """See `Auth`: never."""
        return False


class OAuth:
    """A bearer that is fetched with client credentials (RFC 6749, 4.4), and again when it ends."""

    def __init__(
        self, settings: Mapping[str, Any], more: Mapping[str, str], fetch: Callable[[Request], Any]
    ) -> None:
        self._url = checked(settings["url"])
        self._more, self._fetch = dict(more), fetch
        self._fields = {"grant_type": "client_credentials"}
        if settings.get("scope"):
            self._fields["scope"] = settings["scope"]
        self._client = _basic(settings["client_id"], secret(settings, "client_secret_env"))
        self._token, self._until = "", 0.0

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 - a bearer fits all
        """See `Auth`."""
        if not self._token or monotonic() >= self._until:
            self._ask()
        return {**self._more, "Authorization": f"Bearer {self._token}"}

    def renewed(self) -> bool:
        """See `Auth`: a token may be revoked before its end."""
        fresh, self._token = bool(self._token), ""
        return fresh

    def _ask(self) -> None:
        request = Request(self._url, data=urlencode(self._fields).encode(), method="POST")  # noqa: S310 - the scheme was checked
        request.add_header("Authorization", self._client)
        request.add_header("Accept", "application/json")
        answer = self._fetch(request)
        token = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token:
            raise Denied("the authorization server gives no access_token")
        self._token = token
        self._until = monotonic() + max(0.0, float(answer.get("expires_in", 300)) - EARLY)


class SigV4:
    """Each request signed with the machine's AWS credentials, as Amazon's Prometheus wants it."""

    def __init__(self, settings: Mapping[str, Any], more: Mapping[str, str]) -> None:
        try:
            import botocore.session
        except ModuleNotFoundError as error:
            raise MissingExtra(
                "sigv4 needs 'botocore', which is not installed",
                hint="pip install 'canarycli[sagemaker]'",
            ) from error
        self._session = botocore.session.Session(profile=settings.get("profile"))
        self._region, self._service = settings["region"], settings.get("service", "aps")
        self._more = dict(more)

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """See `Auth`."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        try:
            credentials = self._session.get_credentials()
        except BotoCoreError as error:
            raise Denied(f"no AWS credentials for a source: {error}") from error
        if credentials is None:
            raise Denied("no AWS credentials for a source", hint="aws sts get-caller-identity")
        request = AWSRequest(method=method, url=url, data=body)
        SigV4Auth(credentials, self._service, self._region).add_auth(request)
        return {**self._more, **{str(k): str(v) for k, v in request.headers.items()}}

    def renewed(self) -> bool:
        """See `Auth`: botocore renews by itself."""
        return False


def auth_of(settings: Mapping[str, Any], fetch: Callable[[Request], Any]) -> Auth:
    """Who to be, by the keys `token_env`, `user` with `password_env`, `oauth`, `sigv4`, `header`.

    Args:
        settings: of the source.
        fetch: sends a request without credentials of its own and returns the JSON.

    Raises:
        UsageError: two ways at once, or a variable that is not set.
    """
    given = [key for key in KINDS if settings.get(key)]
    if len(given) > 1:
        raise UsageError(f"{given[1]} beside {given[0]}: a source has one way to say who asks")
    more = {str(k): str(v) for k, v in (settings.get("header") or {}).items()}
    named = settings.get("header_env") or {}
    more |= {str(name): secret(named, name) for name in named}
    match given:
        case ["token_env"]:
            return Plain({**more, "Authorization": f"Bearer {secret(settings, 'token_env')}"})
        case ["password_env"]:
            password = secret(settings, "password_env")
            return Plain({**more, "Authorization": _basic(settings.get("user", ""), password)})
        case ["oauth"]:
            return OAuth(settings["oauth"], more, fetch)
        case ["sigv4"]:
            return SigV4(settings["sigv4"], more)
        case _:
            return Plain(more)


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
