"""Athena as a source: the kit, its workgroup's limit, and what may be told of a failure."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented
from servers.sources.athena import Lake
from servers.sources.wire import answering

from canarycli.errors import Denied, Rejected, Unavailable, Unsupported
from canarycli.labels import Label
from canarycli.metrics import Counts, Metric, Origin
from canarycli.source import Costed, Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid, asked
from canarycli_sources.athena import Athena

SECRET, VARIABLE = "s3cr3t-key-of-aws", "AWS_SECRET_ACCESS_KEY"
QUERY = """\
SELECT date_trunc('minute', said_at) AS at, version AS arm, sum(n) AS n, sum(bad) AS bad
FROM said
WHERE said_at >= from_iso8601_timestamp(:start) AND said_at < from_iso8601_timestamp(:end)
  AND version IN (:arms)
GROUP BY 1, 2
"""
TROUBLES = {
    SourceTrouble.DENIED: "AccessDeniedException",
    SourceTrouble.DOWN: "InternalServerException",
    SourceTrouble.CUT: "cut",
    SourceTrouble.STRANGE: "html",
}


class LakeWorld(SourceWorld):
    """A workgroup with one table."""

    secret, variable = SECRET, VARIABLE

    def __init__(self, url: str, lake: Lake) -> None:
        self.lake = lake
        self.settings: dict[str, Any] = {
            "region": "us-east-1",
            "endpoint_url": url,
            "database": "shop",
            "output": "s3://results/canary/",
            "period": timedelta(minutes=1),
        }
        self.waits: list[float] = []
        self.source: Source = Athena(self.settings, self.waits.append)
        self.metric = self.asking(QUERY)

    def asking(self, query: str, **more: Any) -> Metric:
        origin = Origin("lake", "athena", self.settings)
        return Metric("bought", source={"query": query, **more}, origin=origin)

    def lay(self, laid: Laid) -> None:
        self.lake.put([(START + minute * MINUTE, arm, n, bad) for arm, minute, n, bad in laid])

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.lake.trouble = TROUBLES[kind]
        yield
        self.lake.trouble = ""

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[LakeWorld]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv(VARIABLE, SECRET)
    lake = Lake()
    with answering(lake.answer) as url:
        yield LakeWorld(url, lake)


class TestAthena(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are the machine's own, which are told of when it is asked."""
        assert world.variable in os.environ


def measured(world: LakeWorld, query: str = QUERY, **more: Any) -> Any:
    metric = world.asking(query, **more)
    return world.source.measure(ARMS, [metric], WHOLE).of("v42", metric).points


def test_the_words_are_parameters_and_never_in_the_text(world: LakeWorld) -> None:
    world.lay(LAID)

    measured(world, named="o'{arm}")

    (started,) = world.lake.started
    assert started["ExecutionParameters"] == [
        "'2026-11-24T10:00:00Z'",
        "'2026-11-24T10:04:00Z'",
        "'o''v41'",
        "'o''v42'",
    ]
    assert "version IN (?, ?)" in started["QueryString"]
    assert started["QueryExecutionContext"] == {"Database": "shop"}
    assert started["ResultReuseConfiguration"] == {
        "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 1}
    }
    assert started["ResultConfiguration"] == {"OutputLocation": "s3://results/canary/"}


def test_two_metrics_of_one_query_are_one_question(world: LakeWorld) -> None:
    mean = Metric("mean", source={**world.metric.source, "mean": True, "sum": "bad"})

    world.source.measure(ARMS, [world.metric, mean], WHOLE)

    assert len(world.lake.started) == 1


def test_the_example_of_the_docs_runs(world: LakeWorld, tmp_path: Path) -> None:
    metric = documented(tmp_path, "athena")
    world.lake.offer([(START + n * MINUTE / 4, "v42", n % 2) for n in range(40)])
    assert metric.origin is not None
    settings = {**world.settings, **metric.origin.settings, "period": MINUTE}

    found = Athena(settings, world.waits.append).measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points[:2] == (Counts(START, 4, 2), Counts(START + MINUTE, 4, 2))


def test_labels_of_the_answers_asked_about_are_read(world: LakeWorld) -> None:
    world.lay([("a", 0, 1, 0), ("b", 1, 1, 0)])
    query = "SELECT version AS key, n AS label, said_at AS at FROM said WHERE version IN (:keys)"

    found = list(Athena(world.settings).labels({"query": query}, ["b", "c"], WHOLE))

    assert found == [Label("b", "1", START + MINUTE)]


def test_a_workgroup_without_a_limit_is_refused_before_the_first_byte(world: LakeWorld) -> None:
    world.lake.cutoff = 0

    with pytest.raises(Rejected, match="lets a query read without a limit"):
        measured(world)
    assert world.lake.started == []


def test_a_look_says_beforehand_at_what_it_ends(world: LakeWorld) -> None:
    assert isinstance(world.source, Costed)
    found = world.source.cost(ARMS, [world.metric], WHOLE)

    assert found.reads is None
    assert found.most is not None
    assert found.most > 0


def test_what_is_no_select_is_refused_before_it_is_sent(world: LakeWorld) -> None:
    with pytest.raises(Unsupported, match="no SELECT"):
        measured(world, "INSERT INTO said SELECT 1")
    assert world.lake.started == []


@pytest.mark.parametrize(
    ("reason", "error", "told"),
    [
        ("Query exhausted resources: Bytes scanned limit was exceeded", Rejected, "lets it"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", Rejected, "Column 'x'"),
        ("INVALID_CAST_ARGUMENT: Cannot cast 'card 4111' to INT", Rejected, "while it runs"),
        ("Access Denied (Service: Amazon S3; Status Code: 403)", Denied, "may not read"),
    ],
)
def test_a_query_that_fails_is_told_without_a_value(
    world: LakeWorld, reason: str, error: type[Exception], told: str
) -> None:
    world.lake.reason = reason

    with pytest.raises(error, match=told) as caught:
        measured(world)
    assert "4111" not in str(caught.value)


def test_a_failure_of_the_moment_is_worth_another_try(world: LakeWorld) -> None:
    world.lake.reason, world.lake.retryable = "GENERIC_INTERNAL_ERROR", True

    with pytest.raises(Unavailable):
        measured(world)


def test_it_waits_ever_longer_for_a_query(world: LakeWorld) -> None:
    world.lake.patience = 6

    asked(world)

    assert world.waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
