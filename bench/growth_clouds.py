"""A week of metrics behind each cloud's server, in a process of its own that counts what is asked.

The servers are those of the tests. All bytes go through a relay in that process, so that only
the client's CPU is spent by whoever measures it.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from canarycli.metrics import Metric
from canarycli.provider import Provider

BASELINE, CANDIDATE = "11", "22"
ENDPOINT = "1000"
SHARES = {BASELINE: 95, CANDIDATE: 5}
ARMS = {BASELINE: 38, CANDIDATE: 2}
"""Requests a minute of each arm."""

OWN = 4
"""How many metrics of the user's own there are."""

Environment = dict[str, str]


class Relay:
    """A port of 127.0.0.1 that passes everything on to another one and counts the bytes."""

    def __init__(self, port: int) -> None:
        self._to, self.moved = port, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            ours, _ = self._listening.accept()
            theirs = socket.create_connection(("127.0.0.1", self._to))
            for pair in ((ours, theirs), (theirs, ours)):
                for one in pair:
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.moved += len(data)
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)


@dataclass(frozen=True, slots=True)
class Behind:
    """A server that is up: its port, the client's environment, and how to count its calls."""

    port: int
    environment: Callable[[int], Environment]
    calls: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: its server, the provider to ask it with, and metrics of the user's own."""

    name: str
    serve: Callable[[int, int, Path], Behind]
    provider: Callable[[], Provider]
    own: tuple[Metric, ...]


@dataclass(slots=True)
class Counting:
    """The process with the server, from outside."""

    pipe: Connection
    environment: Environment = field(default_factory=dict)

    def so_far(self) -> tuple[int, int]:
        """Calls and bytes, both ways."""
        self.pipe.send("count")
        calls, moved = self.pipe.recv()
        return calls, moved


@contextmanager
def serving(cloud: Cloud, start: int, minutes: int) -> Iterator[Counting]:
    """The cloud's server with so many minutes of metrics since `start`, and the way to it."""
    with TemporaryDirectory() as home:
        ours, theirs = get_context("fork").Pipe()
        work = partial(_work, cloud, theirs, start, minutes, Path(home))
        process = get_context("fork").Process(target=work, daemon=True)
        process.start()
        before = dict(os.environ)
        try:
            counting = Counting(ours, ours.recv())
            os.environ.update(counting.environment)
            yield counting
        finally:
            process.terminate()
            process.join()
            os.environ.clear()
            os.environ.update(before)


def _work(cloud: Cloud, pipe: Connection, start: int, minutes: int, home: Path) -> None:
    behind = cloud.serve(start, minutes, home)
    relay = Relay(behind.port)
    pipe.send(behind.environment(relay.port))
    while pipe.recv():
        pipe.send((behind.calls(), relay.moved))


def milliseconds(arm: str, minute: int) -> list[float]:
    """How long the requests of an arm took, the same whenever it is asked for."""
    chance = Random(f"{arm} {minute}")
    return [round(80 * chance.lognormvariate(0, 0.4), 3) for _ in range(ARMS[arm])]


def failed(arm: str, minute: int) -> int:
    """How many of them failed: one in 400."""
    return sum(Random(f"{arm} {minute} bad").random() < 1 / 400 for _ in range(ARMS[arm]))


def _sagemaker(start: int, minutes: int, _: Path) -> Behind:
    from servers.sagemaker import control
    from servers.sagemaker.app import App
    from servers.sagemaker.running import Server
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """Without a line for each request."""

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Nothing."""

    app = App()
    ways = {arm: {"weight": share} for arm, share in SHARES.items()}
    control.endpoint(app, {"name": ENDPOINT, "variants": ways})
    for minute in range(minutes):
        for arm in ARMS:
            _put_sagemaker(app, arm, minute, start + 60 * minute)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return Behind(
        server.server_port,
        lambda port: Server(f"http://127.0.0.1:{port}").environment,
        lambda: len(app.calls),
    )


def _put_sagemaker(app: Any, arm: str, minute: int, at: int) -> None:
    slow = [1000 * ms for ms in milliseconds(arm, minute)]
    bad = failed(arm, minute)
    flags = [1.0] * bad + [0.0] * (ARMS[arm] - bad)
    none = [0.0] * ARMS[arm]
    raw = {
        "Invocations": [1.0] * ARMS[arm],
        "Invocation5XXErrors": flags,
        "InvocationModelErrors": flags,
        "Invocation4XXErrors": none,
        "ModelLatency": slow,
    }
    named = {"EndpointName": ENDPOINT, "VariantName": arm}
    for name, values in raw.items():
        app.metrics.put("AWS/SageMaker", name, named, at, values, 60)
    for name in ("CPUUtilization", "MemoryUtilization"):
        app.metrics.put("/aws/sagemaker/Endpoints", name, named, at, [40.0], 60)
    for number in range(OWN):
        app.metrics.put("Shop", f"Own{number}", {"arm": arm}, at, slow[:2], 60)


def _vertex(start: int, minutes: int, home: Path) -> Behind:
    import json

    from servers.vertex import Server
    from servers.vertex.seed import seed
    from servers.vertex.series import Raw
    from servers.vertex.traffic import Request

    server = Server()
    seed(server)
    server.control("PUT", f"endpoints/{ENDPOINT}", trafficSplit=SHARES)
    for arm in ARMS:
        points = []
        for minute in range(minutes):
            at = start + 60 * minute + 30.0
            slow, bad = milliseconds(arm, minute), failed(arm, minute)
            codes = ["503"] * bad + ["200"] * (len(slow) - bad)
            for code, ms in zip(codes, slow, strict=True):
                server.requests.add(Request(at, ENDPOINT, arm, code, ms))
            points.append((at, slow[0]))
        for number in range(OWN):
            kind = f"custom.googleapis.com/own{number}"
            server.monitoring.extra.append(Raw(kind, "GAUGE", {"model": arm}, {}, points))
        for kind in ("cpu", "memory"):
            what = f"aiplatform.googleapis.com/prediction/online/{kind}/utilization"
            labels = {"deployed_model_id": arm}
            server.monitoring.extra.append(Raw(what, "GAUGE", labels, {"endpoint_id": ENDPOINT}))
            server.monitoring.extra[-1].samples.extend((at, 0.4) for at, _ in points)
    server.__enter__()
    key = home / "key.json"
    key.write_text(json.dumps(server.identity.new_key(server.url)))

    def environment(port: int) -> Environment:
        return {
            "GOOGLE_APPLICATION_CREDENTIALS": str(key),
            "CANARY_VERTEX_ENDPOINT": f"http://127.0.0.1:{port}",
            "CANARY_MONITORING_ENDPOINT": f"http://127.0.0.1:{port}",
        }

    return Behind(urlsplit(server.url).port or 0, environment, lambda: len(server.calls))


def _azureml(start: int, minutes: int, home: Path) -> Behind:
    from servers.azureml.app import App
    from servers.azureml.authority import make_authority
    from servers.azureml.running import Server
    from servers.azureml.state import State
    from servers.azureml.wire import ProxyServer

    authority, state = make_authority(), State()
    (home / "ca.pem").write_bytes(authority.pem)
    app = App(state)
    server = ProxyServer(0, authority.context, app.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    control = Server(server.url, home / "ca.pem").control
    control("endpoint", name=ENDPOINT, traffic=SHARES, deployments={arm: {} for arm in ARMS})
    way = {"statuses": {"500": 1 / 400}}
    control(
        "load",
        endpoint=ENDPOINT,
        per_minute=sum(ARMS.values()),
        since=start,
        until=start + 60 * minutes,
        qualities=dict.fromkeys(ARMS, way),
    )
    return Behind(
        server.server_port,
        lambda port: Server(f"http://127.0.0.1:{port}", home / "ca.pem").environment,
        lambda: len(state.calls),
    )


def _ask_sagemaker() -> Provider:
    from canarycli_sagemaker import SageMaker

    return SageMaker({"region": "us-east-1"})


def _ask_vertex() -> Provider:
    from canarycli_vertex import Vertex

    return Vertex({"project": "acme-ml", "region": "europe-west4"})


def _ask_azureml() -> Provider:
    from servers.azureml.running import PLACE

    from canarycli_azureml import AzureML

    return AzureML(PLACE)


def _own(**source: Mapping[str, Any]) -> tuple[Metric, ...]:
    """So many metrics of the user's own, `%` in a word is the number."""
    ((kind, words),) = source.items()
    return tuple(
        Metric(
            f"own{i}",
            source={
                kind: {
                    key: word.replace("%", str(i)) if isinstance(word, str) else word
                    for key, word in words.items()
                }
            },
        )
        for i in range(OWN)
    )


AZURES = ("RequestLatency", "RequestLatency_P50", "RequestLatency_P95", "RequestLatency_P99")
CLOUDS = (
    Cloud(
        "SageMaker",
        _sagemaker,
        _ask_sagemaker,
        _own(cloudwatch={"namespace": "Shop", "name": "Own%", "dimensions": {"arm": "{arm}"}}),
    ),
    Cloud(
        "Vertex AI",
        _vertex,
        _ask_vertex,
        _own(
            cloud_monitoring={
                "type": "custom.googleapis.com/own%",
                "labels": {"model": "{arm}"},
            }
        ),
    ),
    Cloud(
        "Azure ML",
        _azureml,
        _ask_azureml,
        tuple(Metric(f"own {n}", source={"azure_monitor": {"name": n}}) for n in AZURES),
    ),
)
