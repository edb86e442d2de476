"""BigQuery: rows of a SELECT whose cost is known, and bounded, before the first byte is read.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it; they are bound by
BigQuery, never put into the text. Its rows are those of `rows.series_of`.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from canarycli.labels import Label
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.rows import Row, labels_of
from canarycli_sources.settings import Pace
from canarycli_sources.sql import ESCAPED, MOST, Asked, few, labelling, measured
from canarycli_vertex.api import Api
from canarycli_vertex.bigquery import Query, rows
from canarycli_vertex.settings import Settings

PERIOD = timedelta(minutes=5)
AT_MOST = 1_000_000_000
"""Bytes that one query may read where nobody says: less than a cent."""


class BigQuery:
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

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics with the same query and names for the arms are one question."""
        return measured(arms, metrics, window, self._pace, self._rows)

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; `:keys` in the query is an array of the keys that are asked about."""
        yield from labels_of(self._asked(labelling(spec, keys, window)), spec)

    def _rows(self, questions: Collection[Asked]) -> Mapping[Asked, Sequence[Row]]:
        return {asked: self._found(asked) for asked in questions}

    def _found(self, asked: Asked) -> Sequence[Row]:
        found = list(islice(self._asked(asked), MOST + 1))
        few(found)
        return found

    def _asked(self, asked: Asked) -> Iterator[Row]:
        text = asked.marked(ESCAPED, lambda name: f"@{name}")
        words = {name: word for name, word in asked.words.items() if f"@{name}" in text}
        return rows(self._api, Query(text, words, self._most, self._location))
