"""Azure's answers and exceptions, as canary's errors; nothing of Azure's own gets past here."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from canarycli.errors import (
    CanaryError,
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
)
from canarycli.proxies import way_past
from canarycli.refusals import Refusal, with_advice
from canarycli.refusals import read as refusal_in
from canarycli_azureml.refusals import NOT_REGISTERED, REFUSALS, UNDER_WAY

if TYPE_CHECKING:
    from azure.core.exceptions import ClientAuthenticationError

THROTTLED = frozenset({429, 529})
LATER = frozenset({408, 425, *THROTTLED})
"""What is not the request's fault below 500. 529 is how Azure Monitor throttles."""

DONE_BY_NOW = 60.0
"""Longer pauses than so many seconds are not waited for in one go."""

CONTENDED = frozenset({409, 412})
"""What Azure answers while a change is under way, and for a number of other reasons."""

_NAMESPACE = re.compile(r"namespace '?([\w.]+)'?", re.IGNORECASE)
_ACTION = re.compile(r"perform action '([^']+)' over scope '([^']+)'")
_PASSING = re.compile(r"HTTP Error: (5\d\d|429)|AADSTS900(24|25|33|55)\b")
"""Entra's own faults in the text of an error: internal ones, and tenants that are throttled."""

_OPENED = "CERTIFICATE_VERIFY_FAILED"
"""How a certificate that nobody here vouches for is called, by whichever client."""

_SECRETS = re.compile(r"(https://\S+?)\?\S+")


class Unanswered(Unavailable):
    """No usable answer came: the request may have been carried out."""


class Unclear(Rejected):
    """A 409 that does not say why: a change may be under way, which the state tells."""


def refusal(doing: str, status: int, body: str, headers: Mapping[str, str]) -> ProviderError:
    """The error for an answer that is no success.

    The status decides, and where one status stands for several things, the code and the text.
    """
    said, code = message_of(body), code_of(body)
    facts = [said] if said else []
    if status in THROTTLED:
        return Unavailable(f"{doing}: Azure is throttling", facts=facts, after=pause_of(headers))
    known = refusal_in(REFUSALS, f"{code}: {said}")
    if status in LATER or status >= 500 or status < 400:  # a redirect is a proxy's, not Azure's
        hint = known.hint if known is not None and known is not UNDER_WAY else ()
        return Unanswered(
            f"{doing}: Azure answered {status}", facts=facts, hint=hint, after=pause_of(headers)
        )
    if known is not None and (known is not UNDER_WAY or status in CONTENDED):
        return _known(known, doing, said)
    make = _BY_STATUS.get(status)
    return make(doing, said) if make else Rejected(f"{doing}: {said or f'status {status}'}")


def _known(known: Refusal, doing: str, said: str) -> ProviderError:
    if known is UNDER_WAY:
        return Conflict(f"{doing}: another change is under way", facts=[said], hint=known.hint)
    return known.kind(f"{doing}: {said}", hint=_about(known, said).hint)


def _about(known: Refusal, said: str) -> Refusal:
    """The refusal with what its text names."""
    if known is NOT_REGISTERED and (named := _NAMESPACE.search(said)):
        return replace(known, hint=known.hint.replace("NAMESPACE", named[1]))
    return known


def _not_signed_in(doing: str, said: str) -> ProviderError:
    return Denied(
        f"{doing}: Azure does not accept the token",
        facts=[said] if said else [],
        hint="sign in again: az login",
    )


def _not_allowed(doing: str, said: str) -> ProviderError:
    found = _ACTION.search(said)
    if found is None:
        return Denied(f"{doing}: not allowed", facts=[said] if said else [])
    action, scope = found.groups()
    return Denied(
        f"{doing}: permission {action!r} is missing",
        facts=[f"action  {action}", f"scope   {scope}"],
        hint="ask for a role with it there: canary doctor --print-policy azure",
    )


def _not_there(doing: str, said: str) -> ProviderError:
    return NotFound(f"{doing}: {said or 'not found'}")


def _unclear(doing: str, said: str) -> ProviderError:
    return Unclear(f"{doing}: {said or 'Azure refused, and does not say why'}")


_BY_STATUS: Mapping[int, Callable[[str, str], ProviderError]] = {
    401: _not_signed_in,
    403: _not_allowed,
    404: _not_there,
    409: _unclear,
    412: _unclear,
}


@contextmanager
def understood(doing: str) -> Iterator[None]:
    """Turn what azure-core and azure-identity raise into canary's errors.

    Raises:
        Denied: no credential could be had.
        Unavailable: the connection or the identity provider failed.
    """
    try:
        yield
    except CanaryError:
        raise
    except Exception as error:
        if (ours := _of_azure(doing, error)) is None:
            raise
        raise ours from error


def _of_azure(doing: str, error: Exception) -> ProviderError | None:
    """The error that one of azure-core's means, None for others; it is loaded only now."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    match error:
        case ClientAuthenticationError():
            return _no_token(doing, error)
        case HttpResponseError():
            return Unanswered(f"{doing}: the answer broke off")
        case AzureError() if _OPENED in str(error):
            return _not_safe(doing, str(error))
        case AzureError():
            said = without_secrets(str(error))
            hint = way_past(said) or ()
            return Unanswered(f"{doing}: no answer from Azure", facts=[said], hint=hint)
    return None


def _no_token(doing: str, error: "ClientAuthenticationError") -> ProviderError:
    said = without_secrets(str(error.message))
    if _is_passing(error):
        if _OPENED in said:
            return _not_safe(doing, said)
        return Unavailable(
            f"{doing}: no token from Entra ID just now",
            facts=_tried(said),
            hint=way_past(said) or (),
        )
    return Denied(
        f"{doing}: no credential for Azure works",
        facts=_tried(said),
        hint=(
            "sign in: az login",
            "or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
        ),
    )


def _not_safe(doing: str, said: str) -> ProviderError:
    return Unavailable(
        f"{doing}: no safe connection to Azure",
        facts=[_first_line(without_secrets(said))],
        hint="behind a proxy that opens TLS? set REQUESTS_CA_BUNDLE to its certificate",
    )


def _is_passing(error: BaseException) -> bool:
    """Whether another try may help: azure-identity wraps dropped connections and 5xx as denials."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError

    if _PASSING.search(str(error)):
        return True
    cause = error.__cause__
    if cause is None:
        return False
    broken = isinstance(cause, AzureError) and not isinstance(cause, ClientAuthenticationError)
    return broken or isinstance(cause, ValueError) or _is_passing(cause)


def _tried(said: str) -> Iterator[str]:
    """A line for each credential that was tried."""
    attempts = re.findall(r"^\s*(\w+Credential): (.+)$", said, re.MULTILINE)
    for name, why in attempts:
        yield f"tried {name}: {_first_line(why)}"
    if not attempts:
        yield f"tried {_first_line(said)}"


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else "no reason given"
    sentence = re.split(r"(?<=\.)\s", line)[0]
    return sentence.rstrip(".")


def code_of(body: str) -> str:
    """Azure's own word for an error, "" if there is none."""
    error = _object(body)
    error = error.get("error", error)
    return str(error.get("code") or "") if isinstance(error, Mapping) else ""


def message_of(body: str) -> str:
    """What an error's body says, its inner JSON unwrapped; "" if it is no error of Azure's.

    Azure ML puts the reasons of a refusal as JSON in the message of a detail; Azure Monitor does
    not wrap its errors in `error`.
    """
    error = _object(body)
    error = error.get("error", error)
    if not isinstance(error, Mapping):
        return ""
    reasons = [reason for detail in _list(error.get("details")) for reason in _reasons(detail)]
    return without_secrets("; ".join(reasons) or str(error.get("message") or "").strip())


def why_ended(body: str) -> str:
    """Why an operation that was accepted failed in the end, and how to go on; "" if it did not."""
    said = message_of(body)
    if not said:
        return ""
    known = refusal_in(REFUSALS, f"{code_of(body)}: {said}")
    return with_advice(said, known and _about(known, said))


def _reasons(detail: Any) -> Iterator[str]:
    said = str(detail.get("message") or "") if isinstance(detail, Mapping) else ""
    inner = _object(said)
    if not inner:
        if said:
            yield said
        return
    errors = inner.get("errors")
    listed = errors.values() if isinstance(errors, Mapping) else ()
    found = [str(text) for texts in listed for text in _list(texts)]
    yield from found or [str(inner.get("title") or inner.get("message") or said)]


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def pause_of(headers: Mapping[str, str]) -> float | None:
    """The seconds Azure asks to wait, None if it does not say."""
    for name, unit in (("retry-after-ms", 1000), ("x-ms-retry-after-ms", 1000), ("Retry-After", 1)):
        try:
            return min(float(headers.get(name, "")) / unit, DONE_BY_NOW)
        except ValueError:
            continue
    return None


def without_secrets(text: str) -> str:
    """The text with every URL's query left out: Azure signs the URLs of its operations."""
    return _SECRETS.sub(r"\1", text)
