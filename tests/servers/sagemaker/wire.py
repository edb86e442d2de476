"""What goes over the wire: requests in JSON and the query protocol, answers and errors in both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    service: str
    operation: str
    params: Json
    protocol: str
    key: str = ""


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The API says no: an error code, its text and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def nested(form: str) -> Json:
    """A query form (`A.member.1.B=x`) as nested lists and dicts."""
    tree: Json = {}
    for key, value in parse_qsl(form, keep_blank_values=True):
        node = tree
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    listed = _listed(tree)
    assert isinstance(listed, dict)
    return listed


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if set(node) == {"member"}:
        return [_listed(node["member"][key]) for key in sorted(node["member"], key=int)]
    return {key: _listed(value) for key, value in node.items()}


def answer(request: Request, content: Mapping[str, Any]) -> Answer:
    if request.protocol == "query":
        inner = _xml(content)
        name = request.operation
        text = f"<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>"
        return Answer(200, text.encode(), {"Content-Type": "text/xml"})
    return Answer(200, json.dumps(content).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def refusal(request: Request, error: Refusal) -> Answer:
    if request.protocol == "s3":
        text = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return Answer(error.status, text.encode(), {"Content-Type": "application/xml"})
    if request.protocol == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>0</RequestId>"
            "</ErrorResponse>"
        )
        return Answer(error.status, text.encode(), {"Content-Type": "text/xml"})
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    if request.service == "monitoring":
        headers["x-amzn-query-error"] = f"{error.code};Sender"
    return Answer(error.status, body, headers)


def moment(value: Any) -> float:
    """Epoch seconds from what a protocol sends for a timestamp."""
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(str(value)).astimezone(UTC).timestamp()


def _xml(value: Any, key: str = "") -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{k}>{_xml(v, k)}</{k}>" for k, v in value.items() if v is not None)
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item, key)}</member>" for item in value)
    if key == "Timestamps":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))
