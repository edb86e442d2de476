"""Azure Logs as a source, in the shapes that its documentation shows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from servers.azureml.running import Server

from canarycli.errors import Rejected, Unsupported, UsageError
from canarycli.metrics import Metric, Origin
from canarycli.source import Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid, asked
from canarycli_sources.azure_logs import AzureLogs

VARIABLE = "AZURE_CLIENT_SECRET"
QUERY = """\
AppTraces // all :arms
| where TimeGenerated >= :start and TimeGenerated < :end and Version in (:arms)
| summarize n = count(), bad = countif(Message == ":end") by at = bin(TimeGenerated, 1m), arm
"""
FAULTS = {
    SourceTrouble.DENIED: "denied",
    SourceTrouble.DOWN: "unavailable",
    SourceTrouble.CUT: "garbage",
    SourceTrouble.STRANGE: "html",
}


class LogsWorld(SourceWorld):
    """One workspace."""

    variable = VARIABLE

    def __init__(self, server: Server) -> None:
        self.server = server
        self.secret = os.environ[VARIABLE]
        self.source: Source = AzureLogs({"workspace": "w-1", "period": timedelta(minutes=1)})
        self.metric = self.asking(QUERY)

    def asking(self, query: str, **more: Any) -> Metric:
        origin = Origin("logs", "azure_logs")
        return Metric("refused", source={"query": query, **more}, origin=origin)

    def lay(self, laid: Laid) -> None:
        rows = [((START + m * MINUTE).isoformat(), arm, n, bad) for arm, m, n, bad in laid]
        self.server.control("logs", rows=rows)

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.server.fault("logs", FAULTS[kind])
        yield

    def without_variable(self) -> Source:
        raise NotImplementedError


@pytest.fixture
def world(server: Server) -> LogsWorld:
    return LogsWorld(server)


class TestAzureLogs(SourceKit):
    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        """Its credentials are the environment's own, which are told of when it is asked."""
        assert world.variable in os.environ


def test_the_words_are_escaped_literals_before_the_query(world: LogsWorld) -> None:
    world.lay(LAID)
    odd = world.asking(QUERY, named='"; drop {arm}')

    asked(world)
    world.source.measure(ARMS, [odd], WHOLE)

    first, second = world.server.control("logs")["queries"]
    assert first.startswith("let canary_start = datetime(2026-11-24T10:00:00+00:00);\n")
    assert 'let canary_arms = dynamic(["v41", "v42"]);\nAppTraces // all :arms' in first
    assert 'countif(Message == ":end")' in first
    assert r'dynamic(["\"; drop v41", "\"; drop v42"])' in second


@pytest.mark.parametrize(
    ("query", "error", "why"),
    [
        (QUERY + "| project price", Rejected, "price"),
        (QUERY + "| project partly", Rejected, "only a part"),
        (".drop table AppTraces", Unsupported, "a command is no query"),
        (" ", Unsupported, "needs query"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(
    world: LogsWorld, query: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        world.source.measure(ARMS, [world.asking(query)], WHOLE)


def test_a_workspace_is_needed() -> None:
    with pytest.raises(UsageError, match="needs workspace"):
        AzureLogs({})
