"""Turns what Google answers instead of a result into canary's own errors."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from types import MappingProxyType
from typing import Any

from canarycli.errors import (
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    Unsupported,
)
from canarycli.proxies import way_past
from canarycli.refusals import Refusal, with_advice
from canarycli.refusals import read as refusal_in
from canarycli_vertex.refusals import RATE, REFUSALS, UNDER_WAY
from canarycli_vertex.wire import Response


class AlreadyThere(Rejected):
    """What was asked for exists, or is being made."""


BY_STATUS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "CANCELLED": Unavailable,
        "UNKNOWN": Unavailable,
        "INVALID_ARGUMENT": Rejected,
        "DEADLINE_EXCEEDED": Unavailable,
        "NOT_FOUND": NotFound,
        "ALREADY_EXISTS": AlreadyThere,
        "PERMISSION_DENIED": Denied,
        "UNAUTHENTICATED": Denied,
        "RESOURCE_EXHAUSTED": Unavailable,
        "FAILED_PRECONDITION": Rejected,
        "ABORTED": Conflict,
        "OUT_OF_RANGE": Rejected,
        "UNIMPLEMENTED": Unsupported,
        "INTERNAL": Unavailable,
        "UNAVAILABLE": Unavailable,
        "DATA_LOSS": Unavailable,
    }
)
"""Every code of google.rpc.Code but OK.

A stale etag is ABORTED or FAILED_PRECONDITION: Google does not say which. The second also stands
for what no waiting ends, so it is a conflict only where its text says that a change is under way.
"""

_BY_CODE: Mapping[int, str] = MappingProxyType(
    {
        5: "NOT_FOUND",
        7: "PERMISSION_DENIED",
        8: "RESOURCE_EXHAUSTED",
        9: "FAILED_PRECONDITION",
        10: "ABORTED",
    }
)
"""What an operation has instead of the word, where the word tells texts apart (google.rpc.Code)."""

_BY_HTTP: Mapping[int, type[ProviderError]] = MappingProxyType(
    {
        401: Denied,
        403: Denied,
        404: NotFound,
        409: Rejected,
        412: Conflict,
        408: Unavailable,
        429: Unavailable,
    }
)
PRECONDITIONS = frozenset({"FAILED_PRECONDITION", "ABORTED"})
OLDER = frozenset({"rateLimitExceeded", "jobRateLimitExceeded"})
"""BigQuery's words for a rate, which come with 403."""

_PERMISSION = re.compile(
    r"\b(?:aiplatform|monitoring|iam|storage|bigquery)\.[A-Za-z]+\.[A-Za-z]+\b"
)
_LONGEST = 400


def refusal(response: Response) -> ProviderError:
    """The error an answer other than 2xx stands for. JSON, HTML and rubbish are all understood."""
    error = _error_of(response)
    kind = BY_STATUS.get(str(error.get("status", "")))
    if kind is None:
        kind = _BY_HTTP.get(response.status_code, Rejected)
        if response.status_code >= 500:
            kind = Unavailable
    if _reason(error) in OLDER:
        kind = Unavailable
    said = _short(str(error.get("message", "")))
    known = _known(kind, error, said, response.status_code)
    if known is not None and known is not RATE:
        return known.kind(f"google refused: {said}", hint=known.hint or ())
    if kind is Unavailable:
        return _unavailable(response, error, said)
    if kind is Denied:
        return denied(said or f"google answered {response.status_code}", error)
    if kind is NotFound and not error:
        return _no_api_there(response)
    return kind(f"google refused: {said or f'HTTP {response.status_code}'}")


def _known(
    kind: type[ProviderError], error: Mapping[str, Any], said: str, http: int
) -> Refusal | None:
    """The refusal that code and text speak of, where the status alone does not tell.

    A fault of Google's own and a missing thing are what their status says, whatever the text.
    """
    reason = _reason(error)
    exhausted = http == 429 or error.get("status") == "RESOURCE_EXHAUSTED" or reason in OLDER
    if kind is NotFound or (kind is Unavailable and not exhausted):
        return None
    found = refusal_in(REFUSALS, f"{reason}: {said}")
    if found is RATE and not exhausted:
        return None
    if found is UNDER_WAY and not (http in {409, 412} or error.get("status") in PRECONDITIONS):
        return None
    return found


def ended(error: Mapping[str, Any]) -> str:
    """Why an operation that was accepted failed in the end, and how to go on."""
    said = _short(str(error.get("message", "")))
    code = error.get("code", "unknown")
    status = _BY_CODE.get(code, "") if isinstance(code, int) else ""
    known = _known(BY_STATUS.get(status, Rejected), {**error, "status": status}, said, 0)
    return with_advice(said or f"google.rpc.Code {code}", known)


def denied(said: str, error: Mapping[str, Any]) -> Denied:
    """A refusal with the permission it is about, as far as Google names it."""
    info = _detail(error, "ErrorInfo")
    metadata = info.get("metadata")
    named = metadata.get("permission", "") if isinstance(metadata, Mapping) else ""
    found = _PERMISSION.search(said)
    permission = named or (found.group() if found else "")
    if permission:
        return Denied(
            f"google refused: {said}",
            hint=(f"grant {permission}", "canary doctor --print-policy gcp shows the whole role"),
        )
    if str(error.get("status", "")) == "UNAUTHENTICATED":
        return Denied(f"google refused: {said}", hint="gcloud auth application-default login")
    return Denied(f"google refused: {said}", hint="canary doctor checks each permission")


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Reading an answer; one that makes no sense becomes `Unavailable`, worth another try."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise Unavailable(f"google's answer about {what} makes no sense: {error!r}") from error


@contextmanager
def answered(what: str) -> Iterator[None]:
    """A request on the wire; no answer becomes `Unavailable` and says what was asked."""
    try:
        yield
    except (OSError, HTTPException) as error:  # those of requests are OSErrors as well
        raise _unanswered(what, error) from error


def _unanswered(what: str, error: Exception) -> Unavailable:
    from requests.exceptions import SSLError, Timeout

    if isinstance(error, TimeoutError | Timeout):
        return Unavailable(f"no answer from {what} in time")
    said = _short(str(error))
    if isinstance(error, SSLError):
        hint = "behind a proxy that opens TLS? set REQUESTS_CA_BUNDLE to its certificate"
        return Unavailable(f"no safe connection to {what}", facts=(said,), hint=hint)
    return Unavailable(f"no answer from {what}", facts=(said,), hint=way_past(said) or ())


def retry_after(response: Response, error: Mapping[str, Any]) -> float | None:
    """Seconds Google asked to wait: `Retry-After` (seconds or a date) or RetryInfo in the body."""
    header = response.headers.get("Retry-After", "").strip()
    delay = str(_detail(error, "RetryInfo").get("retryDelay", "")).removesuffix("s")
    readers: tuple[tuple[Callable[[str], float], str], ...] = (
        (float, header),
        (_seconds_until, header),
        (float, delay),
    )
    for read, text in readers:
        try:
            return min(max(0.0, read(text)), 3600.0)
        except (ValueError, TypeError):
            continue
    return None


def _seconds_until(date: str) -> float:
    return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()


def _unavailable(response: Response, error: Mapping[str, Any], said: str) -> Unavailable:
    after = retry_after(response, error)
    if response.status_code != 429:
        return Unavailable(
            f"google answered {response.status_code}: {said or 'no reason'}", after=after
        )
    quota = _detail(error, "ErrorInfo").get("metadata")
    facts = (
        [f"{key}: {value}" for key, value in quota.items()] if isinstance(quota, Mapping) else []
    )
    return Unavailable(
        f"a quota of google's is used up: {said or 'too many requests'}",
        facts=facts,
        hint=RATE.hint,
        after=after,
    )


def _no_api_there(response: Response) -> NotFound:
    """A 404 without Google's error body comes from a front end that knows no such API."""
    host = response.url.split("/")[2] if response.url.count("/") >= 2 else response.url
    return NotFound(f"there is no Vertex AI at {host}", hint="is the region right?")


def _error_of(response: Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _detail(error: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and str(detail.get("@type", "")).endswith(f"rpc.{name}"):
            return detail
    return {}


def _reason(error: Mapping[str, Any]) -> str:
    """Google's own word for an error: its newer APIs have it in a detail, BigQuery in a list."""
    listed = error.get("errors")
    first = listed[0] if isinstance(listed, list) and listed else {}
    older = first.get("reason") if isinstance(first, Mapping) else ""
    return str(_detail(error, "ErrorInfo").get("reason") or older or "")


def _short(text: str) -> str:
    """One line without the full stop, cut where a person stops reading."""
    line = " ".join(text.split()).removesuffix(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
