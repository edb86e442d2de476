"""Tells probes and Prometheus how a process that drives many releases is doing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from canarycli.engine.figures import BOUNDS, Figures, Histogram
from canarycli.errors import UsageError

SILENT = 60.0
"""Seconds without a sign of life after which a process is not healthy."""

HELP = {
    "canary_releases": "Open releases this process knows, by state.",
    "canary_lag_seconds": "How long after its time a look began.",
    "canary_look_seconds": "How long a look took.",
    "canary_ended_total": "Releases that ended, by outcome.",
    "canary_faults_total": "Looks and reads of the records that failed, by error.",
    "canary_blind_total": "Looks that a cloud did not answer.",
    "canary_metric_calls_total": "Calls for metrics that were for several releases.",
    "canary_metric_readings_total": "Readings that were asked for in those calls.",
    "canary_silent_seconds": "Since the records were last read.",
}


@contextmanager
def served(figures: Figures, host: str, port: int) -> Iterator[str]:
    """The address where `/healthz` and `/metrics` are, as long as it lasts.

    Raises:
        UsageError: nothing can be served there.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = page(self.path, figures)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes are no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"can't listen on {host}:{port}: {error}", hint="name another with --listen HOST:PORT"
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page(path: str, figures: Figures) -> tuple[HTTPStatus, str]:
    """The answer to one question."""
    match path.partition("?")[0]:
        case "/healthz":
            if figures.silent_for > SILENT:
                silent = f"the records were not read for {figures.silent_for:.0f} s\n"
                return HTTPStatus.SERVICE_UNAVAILABLE, silent
            return HTTPStatus.OK, "ok\n"
        case "/metrics":
            return HTTPStatus.OK, "\n".join(exposition(figures)) + "\n"
    return HTTPStatus.NOT_FOUND, "there are /healthz and /metrics\n"


def exposition(figures: Figures) -> Iterator[str]:
    """All figures in Prometheus' text format."""
    yield from _family("canary_releases", "gauge", _labelled("state", figures.states()))
    yield from _histogram("canary_lag_seconds", figures.lag)
    yield from _histogram("canary_look_seconds", figures.took)
    counted = figures.counted()
    for what, label in (("ended", "outcome"), ("faults", "error")):
        found = {which: number for (kind, which), number in counted.items() if kind == what}
        yield from _family(f"canary_{what}_total", "counter", _labelled(label, found))
    for what in ("blind", "metric_calls", "metric_readings"):
        yield from _family(f"canary_{what}_total", "counter", {"": counted.get((what, ""), 0)})
    yield from _family("canary_silent_seconds", "gauge", {"": round(figures.silent_for, 3)})


def _labelled(label: str, counts: "dict[str, int] | object") -> dict[str, float]:
    assert isinstance(counts, dict)
    return {f'{{{label}="{name}"}}': number for name, number in sorted(counts.items())}


def _family(name: str, kind: str, values: dict[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {HELP[name]}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        yield f"{name}{labels} {value:g}"


def _histogram(name: str, found: Histogram) -> Iterator[str]:
    yield f"# HELP {name} {HELP[name]}"
    yield f"# TYPE {name} histogram"
    for bound, count in zip(BOUNDS, found.counts, strict=True):
        yield f'{name}_bucket{{le="{bound:g}"}} {count}'
    yield f'{name}_bucket{{le="+Inf"}} {found.total}'
    yield f"{name}_sum {found.seconds:.6f}"
    yield f"{name}_count {found.total}"
