"""BigQuery: rows of a SELECT whose cost is known, and bounded, before the first byte is read.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it; they are bound by
BigQuery, never put into the text. Its rows are those of `rows.series_of`. Of labels,
`:keys` in the query is an array of the keys that are asked about.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from canarycli.metrics import Metric, Window
from canarycli.source import Arm, Cost
from canarycli_sources.rows import Row
from canarycli_sources.settings import Pace
from canarycli_sources.sql import ESCAPED, MOST, Asked, few, questions
from canarycli_sources.warehouse import Warehouse
from canarycli_vertex.api import Api
from canarycli_vertex.bigquery import Query, refuse_dear, rows
from canarycli_vertex.settings import Settings

PERIOD = timedelta(minutes=5)
AT_MOST = 1_000_000_000
"""Bytes that one query may read where nobody says: less than a cent."""


class BigQuery(Warehouse):
    """Queries that are billed to one project.

    Args:
        settings: `project`, `location`, `at_most` (1GB a query), `impersonate`; who asks is who
            Google's own credentials say; `period` (5m), `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._pace = Pace.of(settings, PERIOD)
        self._api = Api(Settings.of_project(settings, os.environ))
        self._most = int(settings.get("at_most") or AT_MOST)
        self._location = str(settings.get("location") or "")

    def cost(self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window) -> Cost:
        """See `Costed`: BigQuery says it free of charge."""
        asked = questions(arms, metrics, self._pace.whole(window)).values()
        reads = [refuse_dear(self._api, self._query(one)) for one in dict.fromkeys(asked)]
        return Cost(sum(reads), self._most * len(reads))

    def _found(self, asked: Asked) -> Sequence[Row]:
        found = list(islice(self._every(asked), MOST + 1))
        few(found)
        return found

    def _every(self, asked: Asked) -> Iterator[Row]:
        return rows(self._api, self._query(asked))

    def _query(self, asked: Asked) -> Query:
        text = asked.marked(ESCAPED, lambda name: f"@{name}")
        words = {name: word for name, word in asked.words.items() if f"@{name}" in text}
        return Query(text, words, self._most, self._location)
