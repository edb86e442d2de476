"""A provider for a small HTTP gateway, complete, to be copied; docs/providers.md explains it.

The gateway answers `GET /endpoints/NAME` with versions, weights, notes and a revision, takes
`PUT /endpoints/NAME` with `If-Match`, and has counts by minute under `/endpoints/NAME/minutes`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from shlex import quote
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote as in_url
from urllib.request import Request, urlopen

from canarycli.declared import Key
from canarycli.errors import (
    Conflict,
    Denied,
    NotFound,
    Rejected,
    Unavailable,
    Unsupported,
    UsageError,
)
from canarycli.metrics import Counts, Measurements, Metric, Series, Value, Window
from canarycli.provider import Endpoint, Limits, Notes, Version
from canarycli.traffic import Traffic

PERCENTILES = {"latency_p50": "p50", "latency_p90": "p90", "latency_p99": "p99"}
SECONDS = 10
"""A call not answered by then is none: the caller asks again, for up to half a minute."""

ERRORS = {401: Denied, 403: Denied, 404: NotFound, 409: Conflict, 412: Conflict, 429: Unavailable}
"""What a status means; another 4xx is Rejected, a 5xx Unavailable."""


class Gateway:
    """Endpoints behind one gateway.

    `keys` says which settings it has: canary checks and offers them, fills in their variables, and
    keeps the token out of files, records and screens.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings.get("admin_url"):
            raise UsageError("the gateway needs admin_url", hint="or set GATEWAY_URL")
        self._url = str(settings["admin_url"]).rstrip("/")
        self._token = str(settings.get("token", ""))

    @staticmethod
    def keys() -> Mapping[str, Key]:
        """Its settings in canary.yaml, `--set` and the environment."""
        return {
            "admin_url": Key(says="where its admin API is", variable="GATEWAY_URL"),
            "token": Key(says="lets one in", secret=True, variable="GATEWAY_TOKEN"),
        }

    @staticmethod
    def metric_keys() -> Mapping[str, Mapping[str, Key]]:
        """A metric of one's own: `{name: gone, gateway: {status: 410}}`."""
        return {"gateway": {"status": Key(says="counts answers with this status")}}

    @property
    def limits(self) -> Limits:
        """What this gateway can do; whole percents, changes in force at once."""
        return Limits(
            finest_percent=1.0,
            shadow_up_to=0.0,
            metric_delay=timedelta(0),
            late_request=timedelta(seconds=SECONDS),
            usual_shift=timedelta(seconds=1),
            metrics=frozenset({"requests", "errors_5xx", *PERCENTILES}),
            custom_source="gateway",
        )

    @property
    def place(self) -> str:
        """Part of the endpoint's key: the same text for the same gateway."""
        return self._url.partition("://")[2]

    def describe(self, endpoint: str) -> Endpoint:
        """One request, so that versions, weights and notes are of one moment."""
        found = self._call("GET", endpoint)
        versions = tuple(
            Version(name, in_service=bool(v["up"]), model=str(v.get("model", "")))
            for name, v in sorted(found["versions"].items())
        )
        weights = {name: float(v["weight"]) for name, v in found["versions"].items()}
        return Endpoint(
            endpoint,
            versions,
            Traffic.from_weights(weights),
            settled=not found["pending"],
            revision=str(found["revision"]),
            raw=found,
        )

    def notes(self, seen: Endpoint) -> Notes:
        """Came with the look, so it costs no call."""
        return {k: str(v) for k, v in seen.raw["notes"].items() if k.startswith("canary-")}

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Weights and notes in one request, only if nothing changed since the look."""
        shares = to.rounded(self.limits.finest_percent)
        unknown = [name for name in shares if seen.version(name) is None]
        if unknown:
            raise NotFound(f"endpoint {seen.name!r} has no version {unknown[0]!r}")
        # Every version is named: one that is left out would keep its weight.
        weights = {version.name: shares.get(version.name, 0.0) for version in seen.versions}
        body = {"weights": weights, "notes": {**seen.raw["notes"], **notes}}
        try:
            return str(self._call("PUT", seen.name, body, seen.revision)["request"])
        except Conflict:
            # Our own first try whose answer was lost, a way back that must not wait, or a conflict.
            now = self.describe(seen.name)
            if now.traffic.same_as(to) and self.notes(now) == {**self.notes(now), **notes}:
                return ""
            if raises:
                raise
            return str(self._call("PUT", seen.name, {**body, "notes": now.raw["notes"]})["request"])

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """One request for everything; a minute without requests has no point."""
        path = f"{endpoint}/minutes?start={window.start.timestamp()}&end={window.end.timestamp()}"
        if odd := next((m for m in metrics if m.source and not _status(m)), None):
            raise Unsupported(f"metric {odd.name!r} of the gateway needs a status")
        minutes = self._call("GET", path) if window else {}
        series = {
            version: {
                metric.key: Series(tuple(_points(metric, minutes.get(version, ()))))
                for metric in metrics
            }
            for version in versions
        }
        queries = {metric.key: f"GET /endpoints/{path}" for metric in metrics}
        return Measurements(window, datetime.now(UTC), series, queries)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """What a person can paste; it makes no call itself."""
        body = json.dumps({"weights": {name: round(share) for name, share in to.shares.items()}})
        url = f"{self._url}/endpoints/{in_url(endpoint)}"
        return (
            f'curl -X PUT -H "Authorization: Bearer $GATEWAY_TOKEN" -d {quote(body)} {quote(url)}'
        )

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, revision: str = ""
    ) -> Any:
        """The one place where requests are made and errors become canary's own."""
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"If-Match": revision} if revision else {}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self._url}/endpoints/{path}"
        try:
            with urlopen(Request(url, data, headers, method=method), timeout=SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            kind = ERRORS.get(error.code, Unavailable if error.code >= 500 else Rejected)
            said = error.read(500).decode(errors="replace").partition("\n")[0]
            raise kind(f"the gateway says {error.code} to {method} {path}: {said}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"the gateway gives no answer to {method} {path}: {error}") from error


def _status(metric: Metric) -> str:
    """The status that a metric of one's own counts, "" for a built-in one."""
    return str(metric.source.get("gateway", {}).get("status") or "")


def _points(metric: Metric, minutes: Iterable[Mapping[str, Any]]) -> Iterator[Counts | Value]:
    for minute in minutes:
        at, n = datetime.fromtimestamp(minute["minute"], UTC), float(minute["requests"])
        if not n:
            continue  # no requests: no point, so that silence is never taken for health
        statuses: Mapping[str, float] = minute["by_status"]
        if metric.source:
            yield Counts(at, n, float(statuses.get(_status(metric), 0)))
        elif metric.name == "requests":
            yield Value(at, n)
        elif metric.name == "errors_5xx":
            yield Counts(at, n, float(sum(c for code, c in statuses.items() if code >= "500")))
        else:
            yield Value(at, float(minute[PERCENTILES[metric.name]]), n)
