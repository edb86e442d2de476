"""Each call a release makes, with each thing that can go wrong with it.

The provider is driven as canary drives it: `Patient` around it, on a clock that does not wait.
What passes must be survived, what stays must end in an error of ours, and either way the split is
where the outcome says.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from servers.vertex import Server

from canarycli.engine.retries import Patient
from canarycli.errors import Denied, NotFound, ProviderError, Unavailable
from canarycli.metrics import Metric, Window
from canarycli.testing import FakeClock
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex

from .conftest import provider

NOTES = {"canary-release": "r-7h3c", "canary-baseline": "11", "canary-candidate": "22"}
BEFORE = {"11": 90, "22": 10}
PASSING = (
    "throttle",
    "error500",
    "error503",
    "drop_before",
    "drop_after",
    "html",
    "html_after",
    "garbage",
    "garbage_after",
    "truncated",
)


@dataclass(frozen=True)
class Act:
    """One thing a release does, the calls it makes for it, and the split it leaves."""

    do: Callable[[Patient], object]
    calls: tuple[str, ...]
    after: dict[str, int]


def _look(vertex: Patient) -> object:
    return vertex.describe("1000")


def _raise(vertex: Patient) -> object:
    vertex.shift(vertex.describe("1000"), Traffic.split("11", "22", 25), NOTES, raises=True)
    return None


def _rollback(vertex: Patient) -> object:
    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), {}, raises=False)
    return None


def _measure(vertex: Patient) -> object:
    end = datetime.now(UTC)
    window = Window(end - timedelta(minutes=5), end)
    metrics = [Metric("errors_5xx"), Metric("latency_p99")]
    return vertex.measure("1000", ["11", "22"], metrics, window)


def _deploy(vertex: Patient) -> object:
    return vertex.deploy(vertex.describe("1000"), "500@3", "11", {}, "r-7h3c")


def _find(vertex: Patient) -> object:
    return vertex.describe("churn")


ACTS = {
    "look": Act(_look, ("token", "getEndpoint"), BEFORE),
    "find": Act(_find, ("getEndpoint", "listEndpoints"), BEFORE),
    "raise": Act(_raise, ("getEndpoint", "updateEndpoint"), {"11": 75, "22": 25}),
    "rollback": Act(_rollback, ("token", "getEndpoint", "updateEndpoint"), {"11": 100}),
    "measure": Act(_measure, ("timeSeries",), BEFORE),
    "deploy": Act(_deploy, ("getEndpoint", "getModel", "deployModel"), BEFORE),
}
STAYING = ("throttle", "error500", "drop_after", "html", "truncated", "forbidden", "unauthorized")
CELLS = [(name, call) for name, act in ACTS.items() for call in act.calls]
ASKED_AGAIN = [cell for cell in CELLS if cell != ("raise", "updateEndpoint")]
"""A raise is asked for once: whoever asks again looks first, for a rollback may have come."""


@pytest.fixture
def patient(server: Server) -> Patient:
    server.control("PUT", "endpoints/1000", trafficSplit=BEFORE, labels={"team": "fraud", **NOTES})
    return Patient(provider(server), FakeClock())


def split(server: Server) -> dict[str, int]:
    found: dict[str, int] = server.cloud.endpoints["1000"]["trafficSplit"]
    return found


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize(("name", "call"), ASKED_AGAIN)
def test_what_passes_is_survived(
    patient: Patient, server: Server, name: str, call: str, kind: str
) -> None:
    server.control("POST", "faults", call=call, kind=kind, times=2)

    ACTS[name].do(patient)

    assert split(server) == ACTS[name].after


@pytest.mark.parametrize("kind", STAYING)
@pytest.mark.parametrize(("name", "call"), CELLS)
def test_what_stays_is_an_error_of_ours(
    patient: Patient, server: Server, name: str, call: str, kind: str
) -> None:
    server.control("POST", "faults", call=call, kind=kind, times=10_000)

    with pytest.raises(ProviderError) as caught:
        ACTS[name].do(patient)

    expected = Denied if kind in {"forbidden", "unauthorized"} else Unavailable
    assert type(caught.value) is expected or call == "token"
    assert split(server) in (BEFORE, ACTS[name].after)


@pytest.mark.parametrize(("name", "call"), CELLS)
def test_every_fault_is_one_request_for_one_try(
    server: Server, patient: Patient, name: str, call: str
) -> None:
    impatient = Patient(patient.provider, FakeClock(), timedelta(0))
    server.control("POST", "faults", call=call, kind="error503", times=10_000)

    with pytest.raises(Unavailable):
        ACTS[name].do(impatient)

    assert [one["call"] for one in server.calls].count(call) == 1, "somebody else retries too"


@pytest.mark.parametrize("skip", range(4))
@pytest.mark.parametrize("call", ["getEndpoint", "updateEndpoint"])
def test_another_writer_at_any_moment_never_stops_a_rollback(
    patient: Patient, server: Server, call: str, skip: int
) -> None:
    rival = {"endpoint": "1000", "trafficSplit": {"11": 40, "22": 60}, "labels": {"by": "hand"}}
    server.control("POST", "faults", call=call, kind="write", write=rival, skip=skip, times=3)

    _rollback(patient)

    assert split(server) == {"11": 100}
    written = [c for c in server.calls if c["call"] == "updateEndpoint" and c["status"] == 200]
    assert len(written) == 1


@pytest.mark.parametrize("kind", ["drop_after", "garbage_after"])
def test_a_lost_answer_and_another_writer_at_once_do_not_stop_a_rollback(
    patient: Patient, server: Server, kind: str
) -> None:
    rival = {"endpoint": "1000", "trafficSplit": {"11": 40, "22": 60}}
    server.control("POST", "faults", call="updateEndpoint", kind="write", write=rival, skip=1)
    server.control("POST", "faults", call="updateEndpoint", kind=kind)

    _rollback(patient)

    assert split(server) == {"11": 100}


def test_many_writers_in_threads_end_in_a_split_somebody_asked_for(
    patient: Patient, server: Server
) -> None:
    wanted = [{"11": 100 - share, "22": share} for share in (3, 7, 13)]
    threads = [
        threading.Thread(
            target=lambda s=split: [
                server.control("PUT", "endpoints/1000", trafficSplit=s) for _ in range(20)
            ]
        )
        for split in wanted
    ]
    for thread in threads:
        thread.start()
    for _ in range(5):
        _rollback(patient)
    for thread in threads:
        thread.join()
    _rollback(patient)

    assert split(server) == {"11": 100}


@pytest.mark.parametrize("word", ["1000", "churn"])
def test_a_region_without_vertex_answers_html_and_is_named(
    server: Server, vertex: Vertex, word: str
) -> None:
    server.control("POST", "faults", call="*", kind="html404", skip=1, times=9)

    with pytest.raises(NotFound, match=r"no Vertex AI at 127\.0\.0\.1") as caught:
        vertex.describe(word)

    assert caught.value.hints == ("is the region right?",)


def test_the_wrong_region_is_told_in_googles_words(server: Server) -> None:
    with pytest.raises(ProviderError, match="The valid location ID is europe-west4"):
        provider(server, region="us-east1").describe("1000")


def test_a_service_that_is_not_there_is_unavailable(server: Server) -> None:
    nobody = provider(server, endpoint_url="http://127.0.0.1:1")

    with pytest.raises(Unavailable, match=r"no answer from 127\.0\.0\.1:1"):
        nobody.describe("1000")


GARBAGE: dict[str, dict[str, Any]] = {
    "a split of words": {"trafficSplit": {"11": "all"}},
    "models without ids": {"deployedModels": [{"model": "m"}]},
    "models that are none": {"deployedModels": ["11"]},
    "labels that are a list": {"labels": ["team"]},
}


@pytest.mark.parametrize("fields", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_answer_that_makes_no_sense_is_unavailable(
    vertex: Vertex, server: Server, fields: dict[str, Any]
) -> None:
    server.control("PUT", "endpoints/1000", **fields)

    with pytest.raises(Unavailable, match="makes no sense"):
        vertex.notes(vertex.describe("1000"))


def test_a_redirect_is_not_followed_with_our_token(vertex: Vertex, server: Server) -> None:
    server.control("POST", "faults", call="getEndpoint", kind="redirect")

    with pytest.raises(Unavailable, match="google answered 302"):
        vertex.describe("1000")


class Recording(requests.Session):
    """A session that remembers how it was used."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        self.timeouts.append(kwargs["timeout"])
        return super().send(request, **kwargs)


def test_every_request_has_our_timeouts(server: Server) -> None:
    session = Recording()
    place = {"project": "acme-ml", "region": "europe-west4", "endpoint_url": server.url}

    Vertex(place, session=session).describe("1000")

    assert session.timeouts == [(5.0, 10.0), (5.0, 10.0)]
