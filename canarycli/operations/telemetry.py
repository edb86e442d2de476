"""Tells OpenTelemetry of a release, where its SDK is installed and an endpoint is configured.

A release is a span with its journal as events; its share, stage and verdict are gauges. As with
`notify:`, a thread of its own loads the SDK and sends, so nothing here delays or fails a release.
Names: https://opentelemetry.io/docs/specs/semconv/resource/deployment-environment/ and the
deployment attributes beside it, which are still in development.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib.util import find_spec
from queue import SimpleQueue
from typing import Any

from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.release.record import Outcome, Release

HEAD_START = 1.0
"""Seconds the release goes ahead of the thread that tells of it."""

LAST_CALL = 5.0
"""Seconds that the end of the process waits for what is still to be sent."""

ADDRESSES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
"""The variables of OpenTelemetry that say where to send."""

NEEDS = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

VERDICTS: Mapping[str, int] = {"pass": 0, "inconclusive": 1, "no_data": 2, "fail": 3}
"""The gauge's number for each verdict, the worst the highest."""


def wanted(env: Mapping[str, str]) -> bool:
    """Whether a place is configured, and OpenTelemetry is here."""
    if env.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return any(env.get(name) for name in ADDRESSES) and all(map(_is_here, NEEDS))


def _is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@dataclass(slots=True)
class Telemetry:
    """Hears the events of one endpoint, and sends them on.

    Attributes:
        find: the release as it is recorded now, called in the thread.
        failures: nothing that a person would have to know; kept for the sake of `close_all`.
    """

    find: Callable[[], Release | None]
    failures: list[str] = field(default_factory=list)
    _queue: "SimpleQueue[Event | None]" = field(default_factory=SimpleQueue)
    _thread: threading.Thread | None = None
    _ending: threading.Event = field(default_factory=threading.Event)

    def hear(self, event: Event) -> None:
        """Take an event to be sent; returns at once."""
        self._queue.put(event)
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="telemetry", daemon=True)
            self._thread.start()

    def alarm(self, error: CanaryError) -> None:
        """An error ends the span as it stands; its words are the process's to say."""

    def close(self) -> None:
        """Wait a little for what is still to be sent."""
        if self._thread is not None:
            self._queue.put(None)
            self._ending.set()
            self._thread.join(LAST_CALL)
            self._thread = None

    def _tell(self) -> None:
        self._ending.wait(HEAD_START)
        sender = _Sender()
        while (event := self._queue.get()) is not None:
            sender.send(event, self._release())
        sender.close()

    def _release(self) -> Release | None:
        try:
            return self.find()
        except CanaryError:
            return None


class _Sender:
    """The SDK, with exporters that read the variables of OpenTelemetry themselves."""

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        class OneTrace(RandomIdGenerator):
            """Every process that has a hand in a release tells of it in one trace."""

            release = ""

            def generate_trace_id(self) -> int:
                return trace_of(self.release)

        self._ids = OneTrace()
        # A collector that does not answer is nothing to show beside a release.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        resource = Resource.create({"service.name": "canary"})
        self._spans = TracerProvider(
            resource=resource, shutdown_on_exit=False, id_generator=self._ids
        )
        self._spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        self._meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        meter = self._meters.get_meter("canary")
        self._gauges = {
            "canary.share": meter.create_gauge("canary.share", "%", "of the candidate"),
            "canary.stage": meter.create_gauge("canary.stage", "1", "counted from 1"),
            "canary.verdict": meter.create_gauge(
                "canary.verdict", "1", "0 pass, 1 inconclusive, 2 no data, 3 fail"
            ),
        }
        self._span: Any = None

    def send(self, event: Event, release: Release | None) -> None:
        """One event of the release."""
        if release is None:
            return
        if self._span is None:
            self._ids.release = release.id
            self._span = self._spans.get_tracer("canary").start_span(
                f"canary release {release.endpoint}",
                start_time=_nanoseconds(event.at),
                attributes=facts(release),
            )
        said = {"message": event.message, "level": event.level, **_plain(event.fields)}
        self._span.add_event(event.type, said, timestamp=_nanoseconds(event.at))
        for name, value in numbers(release).items():
            self._gauges[name].set(value, _arms(release))
        if event.type == "ended":
            self._end(event, release)

    def _end(self, event: Event, release: Release) -> None:
        from opentelemetry.trace import Status, StatusCode

        good = release.outcome is Outcome.PROMOTED
        self._span.set_attributes(
            {
                "canary.outcome": str(release.outcome or ""),
                "deployment.status": "succeeded" if good else "failed",
            }
        )
        self._span.set_status(Status(StatusCode.OK if good else StatusCode.ERROR, release.why))
        self._span.end(_nanoseconds(event.at))

    def close(self) -> None:
        """Send what is left; a release that goes on ends its span here, as open."""
        if self._span is not None and self._span.is_recording():
            self._span.set_attribute("canary.outcome", "open")
            self._span.end()
        self._spans.shutdown()
        self._meters.shutdown()


def trace_of(release_id: str) -> int:
    """The trace of a release: its id says it, so that no machine has to tell another."""
    return int.from_bytes(sha256(release_id.encode()).digest()[:16])


def facts(release: Release) -> dict[str, str]:
    """What a release is, as attributes of its span."""
    return {
        "deployment.id": release.id,
        "deployment.name": release.endpoint,
        "canary.provider": release.provider,
        "canary.region": release.place,
        "canary.plan": release.plan.name,
        "canary.started_by": release.started_by,
        **_arms(release),
    }


def numbers(release: Release) -> dict[str, float]:
    """Where a release stands, by the name of each gauge."""
    found = {
        "canary.share": release.traffic.get(release.candidate or "", 0.0),
        "canary.stage": float(release.stage + 1),
    }
    if release.verdict is not None:
        found["canary.verdict"] = float(VERDICTS[release.verdict.value])
    return found


def _arms(release: Release) -> dict[str, str]:
    return {
        "canary.endpoint": release.endpoint,
        "canary.baseline": release.baseline,
        "canary.candidate": release.candidate or release.model or "",
    }


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that an attribute can hold."""
    return {
        f"canary.{name}": value
        for name, value in fields.items()
        if isinstance(value, (str, bool, int, float))
    }


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
