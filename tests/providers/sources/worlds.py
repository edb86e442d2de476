"""Two stores with a source each: rows over HTTP, and counters of a Prometheus."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from servers.sources import Store

from canarycli.metrics import Metric, Origin
from canarycli.source import Source
from canarycli.testing.kit import SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import MINUTE, START, Laid
from canarycli_sources.http import Http
from canarycli_sources.prometheus import Prometheus

TOKEN, VARIABLE = "s3cr3t-bearer", "CANARY_TEST_TOKEN"
SCRAPES = (5, 20, 35, 50)


class Served(SourceWorld):
    """What both have in common."""

    secret, variable = TOKEN, VARIABLE
    kind: type[Any] = Http

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.monkeypatch = store, monkeypatch
        monkeypatch.setenv(VARIABLE, TOKEN)
        self.settings: Mapping[str, Any] = {"url": store.url, "token_env": VARIABLE}
        self.source: Source = self.kind(self.settings)

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        self.store.trouble = kind.value
        yield
        self.store.trouble = ""

    def without_variable(self) -> Source:
        self.monkeypatch.delenv(VARIABLE)
        made: Source = self.kind(self.settings)
        return made


class RowsWorld(Served):
    metric = Metric(
        "declined",
        source={"path": "/rows?from={start}&to={end}&arms={arms}", "rows": "result.rows"},
        origin=Origin("shop", "http"),
    )

    def lay(self, laid: Laid) -> None:
        self.store.rows += [
            {"at": (START + minute * MINUTE).isoformat(), "arm": arm, "n": n, "bad": bad}
            for arm, minute, n, bad in laid
        ]


class CountersWorld(Served):
    kind = Prometheus
    metric = Metric(
        "declined",
        source={"counter": "decisions_total", "arm": "version", "bad": {"decision": "reject"}},
        origin=Origin("prom", "prometheus"),
    )

    def lay(self, laid: Laid) -> None:
        for arm in dict.fromkeys(row[0] for row in laid):
            good = {minute: n - bad for a, minute, n, bad in laid if a == arm}
            bad = {minute: bad for a, minute, _, bad in laid if a == arm}
            self.count(arm, "accept", good)
            self.count(arm, "reject", bad)

    def count(
        self, arm: str, decision: str, by_minute: Mapping[int, int], begin: int = -50
    ) -> None:
        """A counter that stands still from `begin` minutes on and grows in its minutes."""
        value, samples = 1000.0, []
        for minute in range(begin, max(by_minute) + 1):
            for n, second in enumerate(SCRAPES):
                grown = by_minute.get(minute, 0)
                share = grown // 4 + (grown % 4 if n == 3 else 0)
                value += share
                samples.append(((START + minute * MINUTE).timestamp() + second, value))
        labels = {"__name__": "decisions_total", "version": arm, "decision": decision}
        self.store.series.append((labels, samples))
