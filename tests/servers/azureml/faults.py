"""What can go wrong with a request, on demand."""

from dataclasses import dataclass

from .state import State
from .wire import Reply

PAGE = b"<html><head><title>Bad gateway</title></head><body>proxy says no</body></html>"
HTML = {"Content-Type": "text/html"}

ERRORS = {
    "throttle": (429, "TooManyRequests", "The request is being throttled."),
    "overloaded": (529, "Throttled", "The service is overloaded."),
    "error": (500, "InternalServerError", "Something went wrong."),
    "unavailable": (503, "ServerBusy", "The service is unavailable."),
    "expired": (401, "ExpiredAuthenticationToken", "The access token expiry is past."),
    "conflict": (409, "Conflict", "It is in Updating provisioning state"),
    "canceled": (409, "OperationCanceled", "An operation of higher priority took over."),
}
RAW = {
    "bad_gateway": Reply(502, PAGE, HTML),
    "html": Reply(200, PAGE, HTML),
    "garbage": Reply(200, b'{"id": "/subscriptions/0d1f'),
    "empty": Reply(200, b""),
}
KINDS = (*ERRORS, *RAW, "denied", "drop_before", "drop_after", "hang", "too_many")
OWN, MUTATE = "refuse", "mutate"
"""A refusal in the test's own words."""


@dataclass
class Fault:
    """One kind of trouble for an operation, after `skip` calls of it, `times` times.

    `operation` is a name of the call log, the start of one with `*` behind it, or `*` for all
    but `token`. `retry_after` goes into the answer of the kinds that have one. `refuse` answers
    with `status`, `code` and `message`.
    """

    operation: str
    kind: str
    skip: int = 0
    times: int = 1_000_000_000
    retry_after: str = ""
    status: int = 400
    code: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (*KINDS, OWN, MUTATE):
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(KINDS)}")

    def concerns(self, operation: str) -> bool:
        if self.operation == "*":
            return operation != "token"
        if self.operation.endswith("*"):
            return operation.startswith(self.operation[:-1])
        return operation == self.operation


class Faults:
    """Those that are set, each used up as it happens."""

    def __init__(self) -> None:
        self.set: list[Fault] = []

    def next(self, operation: str) -> Fault | None:
        """The fault due at this call."""
        for fault in self.set:
            if not fault.concerns(operation) or fault.times <= 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault
        return None


def answer(fault: Fault, state: State, action: str, scope: str) -> Reply:
    """What a fault that keeps the request from being carried out answers."""
    wait = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    if fault.kind == "denied":
        return denied(state, action, scope)
    if fault.kind in ERRORS:
        return _error(*ERRORS[fault.kind], wait)
    if fault.kind == OWN:
        return _error(fault.status, fault.code, fault.message, wait)
    if fault.kind == "hang":
        return Reply(hang=True)
    return RAW.get(fault.kind, Reply(drop=True))


def entra_answer(fault: Fault) -> Reply:
    """The same of a token request: Entra's errors are not Resource Manager's."""
    if fault.kind in RAW:
        return RAW[fault.kind]
    if fault.kind == "hang":
        return Reply(hang=True)
    if fault.kind == "too_many":
        said = "Too many requests, without a code of Entra's"
        return Reply(429, {"error": "invalid_request", "error_description": said})
    if fault.kind.startswith("drop"):
        return Reply(drop=True)
    status = ERRORS[fault.kind][0] if fault.kind in ERRORS else 403
    transient = status >= 500 or status == 429
    code = "temporarily_unavailable" if transient else "unauthorized_client"
    said = (
        "AADSTS90033: A transient error has occurred."
        if transient
        else "AADSTS700016: No such app."
    )
    return Reply(status, {"error": code, "error_description": said})


def denied(state: State, action: str, scope: str) -> Reply:
    """What Resource Manager says of a missing permission."""
    return _error(
        403,
        "AuthorizationFailed",
        f"The client '{state.writer}' with object id '11110000-0000-4000-8000-00000000aaaa' does "
        f"not have authorization to perform action '{action}' over scope '{scope}' or the scope "
        "is invalid. If access was recently granted, please refresh your credentials.",
        {},
    )


def _error(status: int, code: str, message: str, headers: dict[str, str]) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}}, headers)
