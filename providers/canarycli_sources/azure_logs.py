"""Azure Logs: rows of a query in KQL on a workspace of Log Analytics.

A metric says `query`, with `:start`, `:end`, `:arms` and `:endpoint` in it. Log Analytics binds
nothing: each becomes a `let` of an escaped literal before the query, and never part of its text.
KQL only reads; what begins with a dot is no query.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.errors import Unsupported, UsageError
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_azureml.clouds import cloud_named
from canarycli_azureml.logs import Logs
from canarycli_sources.rows import Row
from canarycli_sources.settings import Pace
from canarycli_sources.sql import Asked, Word, few, measured

PERIOD = timedelta(minutes=5)
QUOTED = r"""@"[^"]*" | @'[^']*' | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | //[^\n]*"""
"""What is quoted or a comment in KQL."""


class AzureLogs:
    """One workspace of Log Analytics.

    Args:
        settings: `workspace`, its id; `cloud` (public, usgov, china), `url`; `period` (5m),
            `delay`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings.get("workspace"):
            raise UsageError("an azure_logs source needs workspace: the id of its workspace")
        self._pace = Pace.of(settings, PERIOD)
        cloud = cloud_named(str(settings.get("cloud") or "public"))
        self._logs = Logs(str(settings["workspace"]), cloud, str(settings.get("url") or ""))

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics with the same query and names for the arms are one question."""
        return measured(arms, metrics, window, self._pace, self._rows, text_of=_query)

    def _rows(self, questions: Collection[Asked]) -> Mapping[Asked, Sequence[Row]]:
        return {asked: self._found(asked) for asked in questions}

    def _found(self, asked: Asked) -> Sequence[Row]:
        lets: dict[str, str] = {}

        def mark(name: str) -> str:
            lets[name] = f"let canary_{name} = {_literal(asked.words[name])};\n"
            return f"canary_{name}"

        text = asked.marked(QUOTED, mark)
        found = self._logs.rows("".join(lets.values()) + text)
        few(found)
        return found


def _query(metric: Metric) -> str:
    query = metric.source.get("query")
    if not isinstance(query, str) or not query.strip():
        raise Unsupported(f"{metric.name}: a source of rows needs query:")
    if query.lstrip().startswith("."):
        raise Unsupported(f"{metric.name}: a command is no query", hint="a source only reads")
    return query.strip()


def _literal(word: Word) -> str:
    match word:
        case datetime():
            return f"datetime({word.astimezone(UTC).isoformat()})"
        case str():
            return json.dumps(word)
        case _:
            return f"dynamic({json.dumps(list(word))})"
