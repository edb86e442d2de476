"""Datadog, Snowflake and Databricks in the shapes that their documentation shows: the kit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from servers.sources.shapes import Shapes
from servers.sources.wire import answering

from canarycli.errors import Rejected, Unavailable, Unsupported, UsageError
from canarycli.labels import Label
from canarycli.metrics import Metric, Origin
from canarycli.source import Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid, asked
from canarycli_sources.databricks import Databricks
from canarycli_sources.datadog import Datadog
from canarycli_sources.snowflake import Snowflake

TOKEN, VARIABLE, OTHER = "s3cr3t-token", "CANARY_TEST_TOKEN", "CANARY_TEST_APP_KEY"
QUERY = """\
SELECT date_trunc('MINUTE', said_at) AS at, version AS arm, sum(n) AS n, sum(bad) AS bad
FROM said WHERE said_at >= :start AND said_at < :end AND version IN (:arms) GROUP BY 1, 2
"""
Making = Callable[[dict[str, Any]], Source]


class ShapesWorld(SourceWorld):
    """One store behind a token."""

    secret, variable = TOKEN, VARIABLE

    def __init__(
        self, shapes: Shapes, monkeypatch: pytest.MonkeyPatch, making: Making, **settings: Any
    ) -> None:
        self.shapes, self.monkeypatch, self.making = shapes, monkeypatch, making
        monkeypatch.setenv(VARIABLE, TOKEN)
        monkeypatch.setenv(OTHER, "s3cr3t-app-key")
        self.settings = {"token_env": VARIABLE, "period": timedelta(minutes=1), **settings}
        self.source = making(self.settings)
        self.metric = self.asking(query=QUERY)

    def asking(self, **spec: Any) -> Metric:
        return Metric("bought", source=spec, origin=Origin("store", "any"))

    def lay(self, laid: Laid) -> None:
        self.shapes.put([(START + minute * MINUTE, arm, n, bad) for arm, minute, n, bad in laid])

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.shapes.trouble = kind.value
        yield
        self.shapes.trouble = ""

    def without_variable(self) -> Source:
        self.monkeypatch.delenv(VARIABLE)
        return self.making(self.settings)


@pytest.fixture
def shapes() -> Shapes:
    return Shapes(TOKEN)


@pytest.fixture
def datadog(shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShapesWorld]:
    with answering(shapes.serve(shapes.datadog)) as url:
        keys = {"api_key_env": VARIABLE, "app_key_env": OTHER}
        world = ShapesWorld(shapes, monkeypatch, Datadog, url=url, **keys)
        world.metric = world.asking(n="shop.n", bad="shop.bad", labels={"version": "{arm}"})
        yield world


@pytest.fixture
def snowflake(shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShapesWorld]:
    shapes.token = f"Bearer {TOKEN}"
    with answering(shapes.serve(shapes.snowflake)) as url:
        yield ShapesWorld(shapes, monkeypatch, Snowflake, url=url, warehouse="SMALL")


@pytest.fixture
def databricks(shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShapesWorld]:
    shapes.token = f"Bearer {TOKEN}"
    with answering(shapes.serve(shapes.databricks)) as url:
        yield ShapesWorld(shapes, monkeypatch, Databricks, url=url, warehouse="abc", catalog="ml")


class TestDatadog(SourceKit):
    @pytest.fixture
    def world(self, datadog: ShapesWorld) -> SourceWorld:
        return datadog


class TestSnowflake(SourceKit):
    @pytest.fixture
    def world(self, snowflake: ShapesWorld) -> SourceWorld:
        return snowflake


class TestDatabricks(SourceKit):
    @pytest.fixture
    def world(self, databricks: ShapesWorld) -> SourceWorld:
        return databricks


def test_both_arms_of_a_datadog_metric_are_one_question(datadog: ShapesWorld) -> None:
    datadog.lay(LAID)

    asked(datadog)

    (sent,) = datadog.shapes.asked
    queries = [one["query"] for one in sent["data"]["attributes"]["queries"]]
    assert queries[0] == "sum:shop.n{version:v41}.as_count().rollup(sum, 60)"
    assert len(queries) == 4


@pytest.mark.parametrize(
    "spec",
    [
        {"n": "shop.n}", "bad": "shop.bad", "labels": {"version": "{arm}"}},
        {"n": "shop.n", "bad": "shop.bad", "labels": {"version": "{arm}} or {x:y"}},
        {"value": "shop.n", "statistic": "p42", "labels": {"version": "{arm}"}},
    ],
)
def test_what_datadog_would_take_for_its_language_is_refused(
    datadog: ShapesWorld, spec: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported):
        datadog.source.measure(ARMS, [datadog.asking(**spec)], WHOLE)
    assert datadog.shapes.asked == []


def test_the_words_of_snowflake_are_bound_by_number(snowflake: ShapesWorld) -> None:
    snowflake.shapes.waits = 2
    snowflake.lay(LAID)

    found = asked(snowflake)

    (sent,) = snowflake.shapes.asked
    assert "said_at >= ? AND said_at < ? AND version IN (?, ?)" in sent["statement"]
    assert sent["bindings"]["3"] == {"type": "TEXT", "value": "v41"}
    assert (sent["warehouse"], sent["timeout"]) == ("SMALL", 20)
    assert len(found.of("v41", snowflake.metric).points) == 4


def test_the_words_of_databricks_are_named_parameters(databricks: ShapesWorld) -> None:
    asked(databricks)

    (sent,) = databricks.shapes.asked
    assert "version IN (:arms_0, :arms_1)" in sent["statement"]
    assert sent["parameters"][0] == {
        "name": "start",
        "value": "2026-11-24T10:00:00Z",
        "type": "TIMESTAMP",
    }
    assert sent["on_wait_timeout"] == "CANCEL"
    assert (sent["warehouse_id"], sent["catalog"]) == ("abc", "ml")


@pytest.mark.parametrize(
    ("failure", "error", "told"),
    [
        ("CANCELED", Unavailable, "takes longer than"),
        ("[UNRESOLVED_COLUMN] A column with name `price`", Rejected, "price"),
        ("[CAST_INVALID_INPUT] The value 'card 4111' of the type", Rejected, "while it runs"),
    ],
)
def test_a_failure_is_told_without_a_value(
    databricks: ShapesWorld, failure: str, error: type[Exception], told: str
) -> None:
    databricks.shapes.failure = failure

    with pytest.raises(error, match=told) as caught:
        asked(databricks)
    assert "4111" not in str(caught.value)


def test_labels_of_the_answers_asked_about_are_read(
    snowflake: ShapesWorld, databricks: ShapesWorld
) -> None:
    snowflake.lay([("a", 0, 1, 0), ("b", 1, 0, 0), ("c", 1, 0, 0)])
    spec = {"query": QUERY.replace(":arms", ":keys"), "key": "arm", "label": "n"}

    for source in (Snowflake(snowflake.settings), Databricks(databricks.settings)):
        found = list(source.labels(spec, ["a", "b"], WHOLE))
        assert found == [Label("a", "1", START), Label("b", "0", START + MINUTE)]


def test_what_snowflake_says_of_a_value_is_not_told(snowflake: ShapesWorld) -> None:
    snowflake.shapes.failure = "Numeric value 'card 4111' is not recognized"

    with pytest.raises(Rejected) as caught:
        asked(snowflake)
    assert "4111" not in " ".join((caught.value.message, *caught.value.facts))


def test_what_lacks_in_the_settings_is_told() -> None:
    for making, lacks in (
        (Datadog, "api_key_env"),
        (Snowflake, "account"),
        (Databricks, "warehouse"),
    ):
        with pytest.raises(UsageError, match=lacks):
            making({})
