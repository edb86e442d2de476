"""BigQuery as a source: the kit, and what a query may not do or cost."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented
from servers.vertex import Server

from canarycli.errors import NotFound, Rejected, Unsupported
from canarycli.labels import Label
from canarycli.metrics import Counts, Metric, Origin, Value
from canarycli.source import Cost, Costed, Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid, asked
from canarycli_sources.bigquery import BigQuery
from canarycli_sources.sql import ESCAPED, placed

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
TABLE = "acme-ml.shop.said"
QUERY = """\
SELECT TIMESTAMP_TRUNC(said_at, MINUTE) AS at, version AS arm, SUM(n) AS n, SUM(bad) AS bad
FROM `acme-ml.shop.said` -- all :arms
WHERE said_at >= :start AND said_at < :end AND version IN UNNEST(:arms)
GROUP BY 1, 2
"""
TYPES = {"said_at": "TIMESTAMP", "version": "STRING", "n": "INTEGER", "bad": "INTEGER"}
FAULTS = {
    SourceTrouble.DOWN: ("planQuery", "error503"),
    SourceTrouble.CUT: ("runQuery", "truncated"),
    SourceTrouble.STRANGE: ("runQuery", "html"),
}


class WarehouseWorld(SourceWorld):
    """One table of a project."""

    variable = VARIABLE

    def __init__(self, server: Server) -> None:
        self.server = server
        self.secret = str(server.identity.email)
        self.settings = {"project": "acme-ml", "period": timedelta(minutes=1)}
        self.source: Source = BigQuery(self.settings)
        self.metric = self.asking(QUERY)
        self.lay([])

    def asking(self, query: str, **more: Any) -> Metric:
        origin = Origin("warehouse", "bigquery", self.settings)
        return Metric("bought", source={"query": query, **more}, origin=origin)

    def lay(self, laid: Laid) -> None:
        rows = [(START + minute * MINUTE, arm, n, bad) for arm, minute, n, bad in laid]
        self.server.warehouse.put(TABLE, TYPES, rows)

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        if kind is SourceTrouble.DENIED:
            self.server.control("POST", "settings", denied=["bigquery.jobs.create"])
        else:
            call, fault = FAULTS[kind]
            self.server.control("POST", "faults", call=call, kind=fault)
        yield

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(server: Server, monkeypatch: pytest.MonkeyPatch) -> WarehouseWorld:
    monkeypatch.setenv("CANARY_BIGQUERY_ENDPOINT", server.url)
    return WarehouseWorld(server)


class TestBigQuery(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are Google's own, which are told of when it is asked."""
        assert world.variable in os.environ


def measured(world: WarehouseWorld, query: str, **more: Any) -> Any:
    metric = world.asking(query, **more)
    return world.source.measure(ARMS, [metric], WHOLE).of("v42", metric).points


def test_the_words_are_bound_and_never_in_the_text(world: WarehouseWorld) -> None:
    world.lay(LAID)

    asked(world)

    (job,) = world.server.warehouse.jobs
    assert {one["name"] for one in job["queryParameters"]} == {"start", "end", "arms"}
    assert job["parameterMode"] == "NAMED"
    assert "v42" not in job["query"]
    assert "-- all :arms" in job["query"]
    assert world.server.calls[-1]["path"] == "/bigquery/v2/projects/acme-ml/queries"


def test_two_metrics_of_one_query_are_one_question(world: WarehouseWorld) -> None:
    world.lay(LAID)
    mean = Metric("mean", source={**world.metric.source, "mean": True, "sum": "bad"})

    found = world.source.measure(ARMS, [world.metric, mean], WHOLE)

    assert found.of("v41", mean).points[0] == Value(START, 12 / 600, 600)
    assert found.of("v41", world.metric).points[0] == Counts(START, 600, 12)
    assert len(world.server.warehouse.jobs) == 1


@pytest.mark.parametrize(
    ("query", "error", "why"),
    [
        ("DELETE FROM said", Unsupported, "no SELECT"),
        ("WITH a AS (SELECT 1) DELETE FROM said", Rejected, "is a DELETE"),
        ("SELECT price FROM `acme-ml.shop.said`", Rejected, "no such column: price"),
        ("SELECT 1 FROM `acme-ml.shop.gone`", NotFound, "acme-ml.shop.gone"),
    ],
)
def test_what_a_query_may_not_be_is_said_before_it_runs(
    world: WarehouseWorld, query: str, error: type[Exception], why: str
) -> None:
    world.server.warehouse.kinds["DELETE FROM"] = "DELETE"
    with pytest.raises(error, match=why):
        measured(world, query)


def test_a_look_says_beforehand_what_it_reads(world: WarehouseWorld) -> None:
    world.lay(LAID)
    world.server.warehouse.row_bytes = 1_000_000
    mean = Metric("mean", source={**world.metric.source, "mean": True, "sum": "bad"})

    assert isinstance(world.source, Costed)
    cost = world.source.cost(ARMS, [world.metric, mean], WHOLE)

    assert cost == Cost(8_000_000, 1_000_000_000)
    assert world.server.warehouse.jobs == []


def test_a_query_over_the_cost_is_refused_before_the_first_byte(world: WarehouseWorld) -> None:
    world.lay(LAID)
    world.server.warehouse.row_bytes = 300_000_000

    with pytest.raises(Rejected, match="would read 2,400 MB, over 1,000 MB"):
        asked(world)

    assert world.server.warehouse.jobs == []
    world.source = BigQuery({**world.settings, "at_most": 3_000_000_000})
    assert len(asked(world).of("v41", world.metric).points) == 4
    assert world.server.warehouse.jobs[0]["maximumBytesBilled"] == "3000000000"


def test_what_is_in_a_row_is_not_told_when_it_can_not_be_read(world: WarehouseWorld) -> None:
    with pytest.raises(Rejected) as caught:
        measured(world, "SELECT ERROR('card 4111') AS at, 'v42' AS arm, 1 AS n, 0 AS bad")

    told = " ".join((caught.value.message, *caught.value.hints, *caught.value.facts))
    assert "while it runs" in told
    assert "4111" not in told


def test_a_location_is_said_where_one_is_set(world: WarehouseWorld) -> None:
    world.source = BigQuery({**world.settings, "location": "EU"})

    asked(world)

    assert world.server.warehouse.jobs[0]["location"] == "EU"


def test_the_example_of_the_docs_runs(world: WarehouseWorld, tmp_path: Path) -> None:
    metric = documented(tmp_path, "bigquery")
    types = {"asked_at": "TIMESTAMP", "version": "STRING", "bought": "BOOL"}
    rows = [(START + n * MINUTE / 4, "v42", n % 2) for n in range(40)]
    world.server.warehouse.put("acme-ml.shop.offers", types, rows)
    assert metric.origin is not None
    source = BigQuery({**metric.origin.settings, "period": MINUTE})

    found = source.measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points[:2] == (Counts(START, 4, 2), Counts(START + MINUTE, 4, 2))


def test_labels_of_the_answers_asked_about_are_read(world: WarehouseWorld) -> None:
    types = {"known_at": "TIMESTAMP", "key": "STRING", "label": "STRING"}
    rows = [(START + n * MINUTE, key, "ok") for n, key in enumerate(("a", "b", "c"))]
    world.server.warehouse.put("acme-ml.shop.truth", types, rows)
    query = """
        SELECT key, label, known_at AS at FROM `acme-ml.shop.truth`
        WHERE known_at >= :start AND known_at < :end AND key IN UNNEST(:keys)
    """

    found = list(BigQuery(world.settings).labels({"query": query}, ["a", "c"], WHOLE))

    assert found == [Label("a", "ok", START), Label("c", "ok", START + 2 * MINUTE)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (r"a = 'it\'s :end' AND b < :end", r"a = 'it\'s :end' AND b < @end"),
        ("'''a ' :end''' || :start # :arms", "'''a ' :end''' || @start # :arms"),
        ("`a:end` = :endpoint /* :arms */", "`a:end` = @endpoint /* :arms */"),
    ],
)
def test_only_its_own_words_are_bound(query: str, expected: str) -> None:
    assert placed(query, ESCAPED, lambda name: f"@{name}") == expected
