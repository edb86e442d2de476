"""What tests may ask of the server; see the package's docstring for the list."""

import math
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .clock import seconds
from .errors import Refused
from .faults import Fault
from .series import Raw
from .traffic import Load, Request

if TYPE_CHECKING:
    from .server import Server

Json = dict[str, Any]


def control(server: "Server", method: str, what: list[str], body: Json) -> Json:
    """Do one thing of the control surface and answer with JSON."""
    match method, *what:
        case "PUT", "endpoints", endpoint_id:
            return server.cloud.put_endpoint(endpoint_id, body)
        case "PUT", "models", model_id, version:
            return server.cloud.put_model(model_id, version, body)
        case _, one if f"{method} {one}" in _CONTROLS:
            return _CONTROLS[f"{method} {one}"](server, body) or {}
    raise Refused("NOT_FOUND", f"no control {method} {'/'.join(what)}")


def _state(server: "Server") -> Json:
    cloud = server.cloud
    return {
        "now": server.clock.now(),
        "endpoints": cloud.endpoints,
        "models": cloud.models,
        "operations": cloud.operations,
    }


def _clock(server: "Server", body: Json) -> Json:
    server.requests.catch_up()
    at = seconds(body["at"]) if "at" in body else None
    server.clock.set(at=at, advance=body.get("advance", 0.0), speed=body.get("speed"))
    server.requests.catch_up()
    return {"now": server.clock.now()}


def _load(server: "Server", body: Json) -> None:
    load = Load(body["per_minute"], body.get("behaviour", {})) if body.get("per_minute") else None
    since = server.clock.now() - 60 * body.get("since_minutes", 0)
    server.requests.load(body["endpoint"], load, since)


def _when(server: "Server", body: Json) -> float:
    """The middle of a minute: `minutes_ago` whole minutes before the one under way, or `at`."""
    at: float = seconds(body["at"]) if "at" in body else server.clock.now()
    return (at // 60 - float(body.get("minutes_ago", 0))) * 60 + 30


def _requests(server: "Server", body: Json) -> None:
    """`count` requests of one latency, or one for each in `latencies_ms`, or drawn with `sigma`."""
    at = _when(server, body)
    base = {"at": at, "endpoint": body["endpoint"], "model": body["model"]}
    code = str(body.get("code", "200"))
    if "latencies_ms" in body:
        for ms in body["latencies_ms"]:
            server.requests.add(Request(**base, code=code, ms=ms))
        return
    ms, count, sigma = body.get("latency_ms", 80.0), body.get("count", 1), body.get("sigma", 0.0)
    if not sigma:
        server.requests.add(Request(**base, code=code, ms=ms, count=count))
        return
    drawn = random.Random(body.get("seed", 1))
    for _ in range(count):
        server.requests.add(Request(**base, code=code, ms=ms * math.exp(drawn.gauss(0, sigma))))


def _series(server: "Server", body: Json) -> None:
    """A series of one's own: `points` are {minutes_ago or at, value}."""
    samples = [(_when(server, point), point["value"]) for point in body["points"]]
    server.monitoring.extra.append(
        Raw(
            body["type"],
            body.get("kind", "GAUGE"),
            body.get("labels", {}),
            body.get("resource", {}),
            samples,
            body.get("distribution", False),
        )
    )


def _settings(server: "Server", body: Json) -> None:
    for name, value in body.items():
        match name:
            case "metric_delay" | "shortest_period" | "page_points" | "buckets":
                setattr(server.monitoring, name, value)
            case "stale_status":
                server.cloud.stale_status = value
            case "deploy":
                server.cloud.deploy.update(value)
            case "token_lifetime":
                server.identity.lifetime = value
            case "filters":
                server.filters = value
            case "date":
                server.date = value
            case "denied":
                server.denied = set(value)
            case "granted":
                server.granted = None if value is None else set(value)
            case _:
                raise Refused("INVALID_ARGUMENT", f"no setting {name!r}")


_CONTROLS: dict[str, Callable[["Server", Json], Json | None]] = {
    "GET state": lambda server, _: _state(server),
    "GET calls": lambda server, _: {"calls": server.calls},
    "DELETE calls": lambda server, _: server.calls.clear(),
    "POST faults": lambda server, body: server.faults.add(Fault(**body)),
    "DELETE faults": lambda server, _: server.faults.clear(),
    "POST clock": _clock,
    "POST load": _load,
    "POST requests": _requests,
    "POST series": _series,
    "POST settings": _settings,
    "POST key": lambda server, _: dict(server.identity.new_key(server.url)),
    "POST revoke": lambda server, _: server.identity.revoke(),
}
