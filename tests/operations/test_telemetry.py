"""OpenTelemetry hears of a release where it is configured, and holds nothing up where it is not."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pages import ROOT

from canarycli.engine.figures import Figures
from canarycli.journal import Event
from canarycli.judge import Verdict
from canarycli.operations.health import exposition
from canarycli.operations.notify import hearers
from canarycli.operations.telemetry import Telemetry, wanted
from canarycli.release.record import Outcome, Release
from canarycli.testing.stores import NOW, a_release
from canarycli.testing.stores.place import ended

RUNNING = replace(a_release(), traffic={"v41": 95.0, "v42": 5.0}, verdict=Verdict.PASS)


class Collector(ThreadingHTTPServer):
    """Takes what is sent as OTLP over HTTP."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.traces: list[Any] = []
        self.metrics: list[Any] = []

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def gauges(self) -> dict[str, float]:
        return {
            metric.name: metric.gauge.data_points[-1].as_double
            for request in self.metrics
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.HasField("gauge")
        }


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/traces"):
            self.server.traces.append(ExportTraceServiceRequest.FromString(body))
        else:
            self.server.metrics.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def collecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{collector.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        yield collector
        collector.shutdown()
        thread.join()


def tell(release: Release, *events: Event) -> None:
    telemetry = Telemetry(lambda: release)
    for event in events:
        telemetry.hear(event)
    telemetry.close()


def attributes(of: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in of.attributes}


def test_a_release_is_a_span_with_its_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(monkeypatch) as collector:
        tell(
            ended(RUNNING, Outcome.ROLLED_BACK),
            Event("planned", NOW, "begins"),
            Event("shift_confirmed", NOW, "5% confirmed", fields={"share": 5.0, "odd": [1]}),
            Event("ended", NOW, "rolled back", "error"),
        )
        (span,) = collector.spans

    assert span.name == "canary release fraud"
    assert [event.name for event in span.events] == ["planned", "shift_confirmed", "ended"]
    assert attributes(span)["deployment.id"] == "r-1"
    assert attributes(span)["deployment.status"] == "failed"
    assert attributes(span)["canary.outcome"] == "rolled_back"
    assert {pair.key for pair in span.events[1].attributes} == {
        "message",
        "level",
        "canary.share",
    }
    assert span.start_time_unix_nano == int(NOW.timestamp() * 1e9)


def test_a_release_that_goes_on_is_an_open_span(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(monkeypatch) as collector:
        tell(RUNNING, Event("held", NOW, "waits for a person"))
        (span,) = collector.spans

    assert attributes(span)["canary.outcome"] == "open"


def test_all_that_have_a_hand_in_a_release_tell_of_it_in_one_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = NOW + timedelta(minutes=5)
    with collecting(monkeypatch) as collector:
        tell(RUNNING, Event("planned", NOW, "begins"))
        tell(RUNNING, Event("stage_passed", later, "dana asked for it"))
        tell(replace(RUNNING, id="r-2"), Event("planned", later, "begins"))
        started, promoted, other = collector.spans

    assert started.trace_id == promoted.trace_id != other.trace_id
    assert started.span_id != promoted.span_id
    assert promoted.start_time_unix_nano == int(later.timestamp() * 1e9)


def test_share_stage_and_verdict_are_gauges(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(monkeypatch) as collector:
        tell(RUNNING, Event("read", NOW, "2 of 2 checks pass"))

    assert collector.gauges == {"canary.share": 5, "canary.stage": 1, "canary.verdict": 0}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_it_is_told_only_where_it_is_configured(env: dict[str, str], *, expected: bool) -> None:
    assert wanted(env) is expected


def test_the_board_for_grafana_asks_for_figures_that_are_there() -> None:
    board = (ROOT / "docs/examples/grafana.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"canary_[a-z_]+", board))

    shown = "\n".join(exposition(Figures()))
    known = {line.split()[2] for line in shown.splitlines() if line.startswith("# TYPE")}
    assert {re.sub(r"_bucket$", "", name) for name in asked} == known


def test_a_collector_that_is_not_there_is_no_news(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    address = "http://127.0.0.1:9"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    (_, telemetry) = hearers(None, tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": address}, lambda: None)

    telemetry.hear(Event("planned", NOW, "begins"))
    telemetry.close()

    assert (telemetry.failures, capsys.readouterr().err) == ([], "")
