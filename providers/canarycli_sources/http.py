"""Any service that answers with JSON: rows picked out by a JMESPath.

A metric says `path`, where on the server; `rows`, the JMESPath of a list of objects; and the
columns of `rows.Columns` where they are called otherwise. `{start}`, `{end}`, `{arms}` and
`{endpoint}` in the path's query are filled in, quoted for an address.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from canarycli.errors import Rejected, Unsupported
from canarycli.labels import MOST as MOST_LABELS
from canarycli.labels import Label
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.measured import Answer, measurements, nothing
from canarycli_sources.rows import bound, labels_of, series_of, values_of
from canarycli_sources.settings import Pace
from canarycli_sources.web import Web

PLACE = re.compile(r"\{(start|end|arms|endpoint)\}")
MOST = 100_000
"""Rows; more is not one look's worth of minutes."""


class Http:
    """Rows of JSON from one server."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._web = Web(settings)
        self._pace = Pace.of(settings)

    def measure(
        self, arms: Sequence[Arm], metrics: Collection[Metric], window: Window
    ) -> Measurements:
        """See `Source`; metrics with the same path are one question."""
        whole = self._pace.whole(window)
        paths = {metric.key: self._path(metric, arms, whole) for metric in metrics}
        asked = (
            {path: self._web.get(path) for path in dict.fromkeys(paths.values())} if whole else {}
        )

        def answers() -> Any:
            for metric in metrics:
                path = paths[metric.key]
                yield (
                    self._answer(metric, asked[path], arms, whole, path)
                    if whole
                    else (
                        metric,
                        nothing(arms, self._pace),
                        path,
                    )
                )

        return measurements(arms, window, answers())

    def values(self, arms: Sequence[Arm], metric: Metric, window: Window) -> Mapping[str, float]:
        """See `Sliced`: the field is a key of the rows."""
        path = self._path(metric, arms, self._pace.whole(window))
        return values_of(metric, picked(metric, self._web.get(path)), arms)

    def labels(
        self, spec: Mapping[str, Any], _keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """See `Labelling`; `path` and `rows` are those of a metric, without `{arms}`."""
        metric = Metric("labels", source=spec)
        path = self._path(metric, (), window)
        yield from labels_of(picked(metric, self._web.get(path), MOST_LABELS), spec)

    def _answer(
        self, metric: Metric, body: Any, arms: Sequence[Arm], window: Window, path: str
    ) -> Answer:
        rows = picked(metric, body)
        return metric, series_of(metric, rows, arms, window, self._pace), f"GET {path}"

    def _path(self, metric: Metric, arms: Sequence[Arm], window: Window) -> str:
        path = metric.source.get("path")
        if not isinstance(path, str) or not path.startswith("/"):
            raise Unsupported(f"{metric.name}: an http source needs path: /...")
        words = {
            "start": window.start.isoformat(),
            "end": window.end.isoformat(),
            "arms": ",".join(bound(arms, metric)),
            "endpoint": arms[0].endpoint if arms else "",
        }
        return PLACE.sub(lambda found: quote(words[found.group(1)], safe=""), path)


def picked(metric: Metric, body: Any, most: int = MOST) -> list[Mapping[str, Any]]:
    """The rows that a metric's JMESPath picks out of an answer.

    Raises:
        Rejected: it picks no list of objects; the sentence tells the answer's shape, no value.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    text = metric.source.get("rows", "@")
    try:
        rows = jmespath.search(text, body)
    except JMESPathError as error:
        raise Unsupported(f"{metric.name}: {text!r} is no JMESPath") from error
    if rows is None:
        raise Rejected(
            f"{metric.name}: rows: {text!r} finds nothing in the answer", hint=shape(body)
        )
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Rejected(
            f"{metric.name}: rows: {text!r} is no list of objects",
            hint=f"it is {shape(rows)}",
        )
    if len(rows) > most:
        raise Rejected(f"{metric.name}: more than {most:,} rows", hint="aggregate them by minute")
    return rows


def shape(value: Any) -> str:
    """What a JSON value looks like without anything that is in it."""
    match value:
        case Mapping():
            return f"an object with keys {', '.join(sorted(map(str, value))[:10])}"
        case [first, *_]:
            return f"a list of {shape(first)}"
        case list():
            return "an empty list"
        case None:
            return "null"
        case str():
            return "text"
        case bool():
            return "true or false"
        case _:
            return "a number"
