"""Objects in a bucket of S3, Cloud Storage or Azure Blob, written on conditions."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from canarycli.errors import MissingExtra, StoreError, UsageError
from canarycli.late_methods import dataclass
from canarycli.store.contract import Patience

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AZURE_STORAGE_ENDPOINT")
EMULATOR = "STORAGE_EMULATOR_HOST"
"""What Google's own clients call the address of a server that plays Cloud Storage."""

_KEY = ("client_email", "private_key", "private_key_id")
"""What a service account's key must have, and an emulator does not look at."""


class Refused(StoreError):
    """A conditional write did not happen, or so its answer says."""


class Unheard(StoreError):
    """Nobody can tell whether a write happened."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object, and what a conditional write names it by."""

    body: bytes
    version: Mapping[str, str]


class Objects:
    """The objects below one URL.

    Args:
        url: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
        patience: how long one call may take.
    """

    def __init__(self, url: str, patience: Patience) -> None:
        self.url = url
        self._patience = patience

    def get(self, path: str) -> Found | None:
        """The object there, None if there is none."""
        with self._translated(f"read {path}"):
            try:
                answer = self._library.get(self._client, path)
                body = bytes(answer.bytes())
            except FileNotFoundError:
                return None
            return Found(body, _version(answer.meta))

    def put(self, path: str, body: bytes, over: Mapping[str, str] | None) -> Mapping[str, str]:
        """Write the object if it is still the one with that version, or none where that is None.

        Raises:
            Refused: it is another one by now; or it is this very one, and the answer to the first
                of several tries was lost.
            Unheard: nobody can tell.
        """
        errors = self._errors
        mode = "create" if over is None else dict(over)
        with self._translated(f"write {path}"):
            try:
                answer = self._library.put(self._client, path, body, mode=mode, use_multipart=False)
            except (errors.AlreadyExistsError, errors.PreconditionError) as error:
                raise Refused(f"{path} changed meanwhile") from error
            except FileNotFoundError as error:
                if over is None:
                    raise
                raise Refused(f"{path} is gone") from error
            except errors.GenericError as error:
                raise Unheard(self._sentence(f"write {path}", error)) from error
            return _version(answer)

    def lay(self, path: str, body: bytes) -> None:
        """Write an object that says the same whoever writes it."""
        with self._translated(f"write {path}"):
            self._library.put(self._client, path, body, mode="overwrite", use_multipart=False)

    def names(self, prefix: str, limit: int | None = None) -> Iterator[str]:
        """The names below a prefix in order, without it."""
        with self._translated(f"list {prefix}"):
            for page in self._library.list(self._client, prefix, chunk_size=limit or 1000):
                for name in sorted(entry["path"] for entry in page):
                    yield name.removeprefix(f"{prefix}/")

    def delete(self, paths: Sequence[str]) -> None:
        """Remove objects; one that is gone already is no error."""
        for path in paths:
            with self._translated(f"delete {path}"):
                try:
                    self._library.delete(self._client, path)
                except FileNotFoundError:
                    continue

    @cached_property
    def _library(self) -> Any:
        try:
            import obstore
        except ImportError as error:
            raise MissingExtra(
                f"records in {self.url} need obstore", hint="pip install 'canarycli[bucket]'"
            ) from error
        return obstore

    @cached_property
    def _errors(self) -> Any:
        _ = self._library
        from obstore import exceptions

        return exceptions

    @cached_property
    def _client(self) -> Any:
        _ = self._library
        from obstore.store import from_url

        seconds = min(self._patience.seconds, 20.0)
        how: Any = {
            "config": _config(self.url) or None,
            "client_options": {
                "timeout": timedelta(seconds=max(2.0, seconds / 2)),
                "connect_timeout": timedelta(seconds=max(1.0, min(5.0, seconds / 2))),
                "allow_http": _is_here(self.url),
            },
            "retry_config": {
                "max_retries": 4 if seconds > 5 else 1,
                "retry_timeout": timedelta(seconds=max(2.0, seconds)),
                "backoff": {"init_backoff": timedelta(milliseconds=50)},
            },
            "credential_provider": _credentials(self.url),
        }
        with self._translated("open it"):
            return from_url(self.url, **how)

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StoreError(
                f"can't {what} in {self.url}: there is no such bucket",
                hint=f"try it out: canary state check {self.url}",
            ) from error
        except (self._errors.PermissionDeniedError, self._errors.UnauthenticatedError) as error:
            raise StoreError(
                self._sentence(what, error),
                hint=f"which right is missing says: canary state check {self.url}",
            ) from error
        except (self._errors.BaseError, ValueError, OSError) as error:
            raise StoreError(
                self._sentence(what, error), hint=f"try it out: canary state check {self.url}"
            ) from error

    def _sentence(self, what: str, error: Exception) -> str:
        # The library's own text goes on for a page, with the answer's whole body.
        said = str(error).split("\n\nDebug source:")[0]
        return f"can't {what} in {self.url}: {' '.join(said.split())[:300]}"


def _version(meta: Mapping[str, Any]) -> Mapping[str, str]:
    return {key: meta[key] for key in ("e_tag", "version") if meta.get(key)}


def _is_here(url: str) -> bool:
    """Whether the address in the environment is one of this machine: only there without TLS."""
    names = (EMULATOR,) if url.startswith("gs://") else ENDPOINTS
    given = (os.environ.get(name, "") for name in names)
    return any(urlsplit(one).hostname in {"127.0.0.1", "localhost", "::1"} for one in given if one)


def _config(url: str) -> dict[str, Any]:
    emulator = os.environ.get(EMULATOR)
    if not url.startswith("gs://") or not emulator:
        return {}
    if not _is_here(url):
        raise UsageError(f"{EMULATOR} names {emulator!r}, which is not on this machine")
    key = {"gcs_base_url": emulator, "disable_oauth": True}
    return {"service_account_key": json.dumps(key | dict.fromkeys(_KEY, ""))}


def _credentials(url: str) -> Any:
    """Who signs: obstore by itself, but for what only the AWS SDK knows (profiles, SSO)."""
    env = os.environ
    if not url.startswith("s3://") or (env.get("AWS_ACCESS_KEY_ID") and not env.get("AWS_PROFILE")):
        return None
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider

        return Boto3CredentialProvider()
    except (ImportError, ValueError):
        return None
