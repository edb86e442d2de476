"""Google's error answers."""

from typing import Any

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "DATA_LOSS": 500,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class Refused(Exception):
    """A request the server answers with an error."""

    def __init__(self, status: str, message: str, *details: dict[str, Any]) -> None:
        super().__init__(message)
        self.http = HTTP[status]
        self.body: dict[str, Any] = {
            "error": {"code": self.http, "message": message, "status": status}
        }
        if details:
            self.body["error"]["details"] = list(details)


def throttled() -> Refused:
    """What a quota says."""
    return Refused(
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'.",
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {"quota_limit_value": "600", "quota_limit": "RequestsPerMinute"},
        },
    )


def forbidden(permission: str, resource: str) -> Refused:
    """What IAM says."""
    return Refused(
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "domain": "aiplatform.googleapis.com",
            "metadata": {"permission": permission, "resource": resource},
        },
    )
