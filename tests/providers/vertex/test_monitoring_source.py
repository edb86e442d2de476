"""Cloud Monitoring as a source for an endpoint of any cloud."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented
from servers.vertex import Server

from canarycli.errors import Unsupported
from canarycli.metrics import Counts, Metric, Origin, Value
from canarycli.source import Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid
from canarycli_sources.cloud_monitoring import CloudMonitoring

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
FRAUD = "custom.googleapis.com/fraud"
ASKED, DECLINED, SCORE = (f"{FRAUD}/{name}" for name in ("asked", "declined", "score"))
FAULTS = {
    SourceTrouble.DENIED: "forbidden",
    SourceTrouble.DOWN: "error503",
    SourceTrouble.CUT: "truncated",
    SourceTrouble.STRANGE: "html",
}


def asking(name: str = "declined", **more: Any) -> Metric:
    plain = {"n": ASKED, "bad": DECLINED, "labels": {"version": "{arm}"}}
    source = {key: value for key, value in {**plain, **more}.items() if value}
    return Metric(name, source=source, origin=Origin("google", "cloud_monitoring"))


class MetersWorld(SourceWorld):
    """One project; of nothing bad there is no series at all."""

    variable, metric = VARIABLE, asking()

    def __init__(self, server: Server) -> None:
        self.server = server
        self.secret = str(server.identity.email)
        self.source: Source = CloudMonitoring({"project": "acme-ml", "monitoring_url": server.url})

    def lay(self, laid: Laid) -> None:
        for arm in dict.fromkeys(row[0] for row in laid):
            for kind, column in ((ASKED, 2), (DECLINED, 3)):
                points = [
                    {"at": (START + row[1] * MINUTE).isoformat(), "value": row[column]}
                    for row in laid
                    if row[0] == arm and row[column]
                ]
                self.put(kind, "DELTA", arm, points)

    def put(self, kind: str, how: str, arm: str, points: list[dict[str, Any]]) -> None:
        body = {"type": kind, "kind": how, "labels": {"version": arm}, "points": points}
        self.server.control("POST", "series", **body)

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.server.control("POST", "faults", call="timeSeries", kind=FAULTS[kind])
        yield

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(server: Server) -> MetersWorld:
    return MetersWorld(server)


class TestCloudMonitoring(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are Google's own, which are told of when it is asked."""
        assert world.variable in os.environ


def test_the_example_of_the_docs_runs(world: MetersWorld, tmp_path: Path) -> None:
    world.lay(LAID)
    metric = documented(tmp_path, "cloud_monitoring")
    assert metric.origin is not None
    settings = {**metric.origin.settings, "monitoring_url": world.server.url, "project": "acme-ml"}

    found = CloudMonitoring(settings).measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points[0] == Counts(START, 40, 2)


def test_a_gauge_is_read_by_its_statistic(world: MetersWorld) -> None:
    world.put(SCORE, "GAUGE", "v42", [{"at": START.isoformat(), "value": 0.5}])
    most = asking("score", n=None, bad=None, value=SCORE, statistic="max")

    found = world.source.measure(ARMS, [most], WHOLE)

    assert found.of("v42", most).points == (Value(START, 0.5),)
    assert found.of("v41", most).points == ()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"labels": {'a" OR x="': "{arm}"}}, "can't be a label"),
        ({"n": None, "bad": None, "value": SCORE, "statistic": "p42"}, "no statistic 'p42'"),
        ({"n": None}, "names its series"),
    ],
)
def test_what_can_not_be_asked_is_said(world: MetersWorld, more: dict[str, Any], why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        world.source.measure(ARMS, [asking(**more)], WHOLE)
