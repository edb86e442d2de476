"""Faults to inject: what the network and AWS do on bad days, by operation."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from servers.mutation import mutated

from .wire import Answer, Refusal, Request

BEFORE = {"throttle", "error", "denied", "expired", "drop_before", "hang", "refuse"}
"""Faults that keep the call from having any effect; the others spoil its answer."""


class Hangs(Exception):
    """Nothing is said until the client gives up."""


@dataclass
class Fault:
    operation: str
    kind: str
    skip: int = 0
    times: int = 1_000_000
    code: str = ""
    message: str = ""


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)

    def next_for(self, operation: str) -> Fault | None:
        """The fault this call meets, if any; skipped and used-up ones are counted here."""
        for fault in self.planned:
            if fault.operation not in {"*", operation} or fault.times <= 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault
        return None


def refuse(fault: Fault, request: Request) -> None:
    """Raise what a fault says instead of doing the call.

    Raises:
        Refusal: the API's answer.
        ConnectionAbortedError: there is no answer.
        Hangs: there is none, and the connection stays.
    """
    cloudwatch = request.service in {"monitoring", "s3"}
    match fault.kind:
        case "throttle":
            code = "Throttling" if cloudwatch else "ThrottlingException"
            raise Refusal(code, "Rate exceeded")
        case "error":
            raise Refusal("InternalFailure", "An internal failure has occurred.", 500)
        case "denied":
            code, status = ("AccessDenied", 403) if cloudwatch else ("AccessDeniedException", 400)
            service = {"monitoring": "cloudwatch", "s3": "s3"}.get(request.service, "sagemaker")
            raise Refusal(
                code,
                "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: "
                f"{service}:{request.operation}",
                status,
            )
        case "expired":
            raise Refusal(
                "ExpiredTokenException", "The security token included in the request is expired"
            )
        case "drop_before":
            raise ConnectionAbortedError
        case "hang":
            raise Hangs
        case "refuse":
            raise Refusal(fault.code, fault.message)
        case other:
            raise AssertionError(f"no fault {other!r}")


def spoil(fault: Fault, good: Answer) -> Answer:
    """The answer of a call that was done, as it arrives.

    Raises:
        ConnectionAbortedError: it does not arrive.
    """
    match fault.kind:
        case "drop_after":
            raise ConnectionAbortedError
        case "html":
            page = b"<html><body>Please sign in to the hotel's network</body></html>"
            return Answer(200, page, {"Content-Type": "text/html"})
        case "empty":
            return Answer(200, b"", {"Content-Type": good.headers["Content-Type"]})
        case "truncated":
            half = good.body[: len(good.body) // 2]
            return Answer(200, half, {**good.headers, "Content-Length": str(len(good.body))})
        case "partial":
            # In JSON and, as older clients want it, in XML.
            body = re.sub(rb'(StatusCode(?:": "|>))\w+', rb"\1" + fault.code.encode(), good.body)
            return Answer(200, body, good.headers)
        case "mutate":
            body = mutated(good.body, fault.code)
            return Answer(200, body, {**good.headers, "Content-Length": str(len(body))})
        case "patch":
            said = json.loads(good.body)
            _patch(said, fault.code.split("/"), fault.message)
            return Answer(200, json.dumps(said).encode(), good.headers)
        case other:
            raise AssertionError(f"no fault {other!r}")


def _patch(said: Any, path: list[str], value: str) -> None:
    """Put JSON at a path of an answer; "" takes away what is there."""
    *above, last = [int(step) if step.isdigit() else step for step in path]
    for step in above:
        said = said[step]
    if value:
        said[last] = json.loads(value)
    else:
        del said[last]
