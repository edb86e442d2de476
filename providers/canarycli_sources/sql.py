"""What a metric asks of a store in SQL: one SELECT, its words bound, many metrics by one question.

The words are `:start`, `:end`, `:arms` and `:endpoint`, whatever the store calls a parameter; of
labels, `:keys` are those of the answers that are asked about.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from canarycli.errors import Rejected, Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.source import Arm
from canarycli_sources.measured import Answer, measurements, nothing
from canarycli_sources.rows import Row, bound, series_of
from canarycli_sources.settings import Pace

MOST = 100_000
"""Rows; more is not one look's worth of periods."""

SELECTS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.DOTALL | re.IGNORECASE)
STANDARD = r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | ::"""
"""What is quoted or a comment in standard SQL."""

ESCAPED = r"""'''.*?''' | \"{3}.*?\"{3} | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*`
  | (?:--|\#)[^\n]* | /\*.*?\*/ | ::"""
"""The same where a backslash escapes, as in GoogleSQL and Spark."""

WORD = r":(?P<word>start|end|arms|endpoint|keys)\b"
Word = str | datetime | Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a store: its text as the person wrote it, and what its words stand for."""

    text: str
    arms: tuple[str, ...]
    window: Window
    endpoint: str = ""
    keys: tuple[str, ...] = ()

    @property
    def words(self) -> dict[str, Word]:
        """By name, as the text has them with a colon before."""
        at = {"start": self.window.start, "end": self.window.end}
        lists: dict[str, Word] = {"arms": list(self.arms), "keys": list(self.keys)}
        return {**at, **lists, "endpoint": self.endpoint}

    def marked(self, quoted: str, mark: Callable[[str], str]) -> str:
        """The text with the store's own mark for each word; what is quoted stays as it is."""
        return placed(self.text, quoted, mark)


def placed(text: str, quoted: str, mark: Callable[[str], str]) -> str:
    """A text with `mark(name)` for each word outside of what is quoted or a comment."""
    words = re.compile(
        rf"{quoted} | :(?P<word>start|end|arms|endpoint|keys)\b", re.DOTALL | re.VERBOSE
    )
    return words.sub(lambda found: mark(found["word"]) if found["word"] else found[0], text)


def select_of(metric: Metric) -> str:
    """The SELECT that a metric asks.

    Raises:
        Unsupported: it has none.
    """
    query = metric.source.get("query")
    if not isinstance(query, str) or not query.strip():
        raise Unsupported(f"{metric.name}: a source of rows needs query:")
    if not SELECTS.match(query):
        raise Unsupported(f"{metric.name}: the query is no SELECT", hint="a source only reads")
    return query.strip().rstrip(";")


def labelling(spec: Mapping[str, Any], keys: Collection[str], window: Window) -> Asked:
    """The question for the labels of some answers; see `Labelling.labels`."""
    return Asked(select_of(Metric("labels", source=spec)), (), window, keys=tuple(keys))


def questions(
    arms: Sequence[Arm],
    metrics: Collection[Metric],
    whole: Window,
    text_of: Callable[[Metric], str] = select_of,
) -> dict[str, Asked]:
    """What each metric asks, by its key; one question may be asked by several."""
    endpoint = arms[0].endpoint if arms else ""
    return {
        metric.key: Asked(text_of(metric), tuple(bound(arms, metric)), whole, endpoint)
        for metric in metrics
    }


def measured(
    arms: Sequence[Arm],
    metrics: Collection[Metric],
    window: Window,
    pace: Pace,
    rows_of: Callable[[Collection[Asked]], Mapping[Asked, Sequence[Row]]],
    *,
    text_of: Callable[[Metric], str] = select_of,
) -> Measurements:
    """One look: each question once, however many metrics ask it.

    Args:
        arms: the versions.
        metrics: each with its `query`.
        window: what was asked for; whole periods of it are.
        pace: of the source.
        rows_of: asks the store.
        text_of: what a metric asks, where the store does not speak SQL.
    """
    whole = pace.whole(window)
    asked = questions(arms, metrics, whole, text_of)
    rows = rows_of(tuple(dict.fromkeys(asked.values()))) if whole else {}

    def answers() -> Iterator[Answer]:
        for metric in metrics:
            question, found = asked[metric.key], nothing(arms, pace)
            if whole:
                found = series_of(metric, rows[question], arms, whole, pace)
            yield metric, found, question.text

    return measurements(arms, window, answers())


def texts(word: Word) -> list[str]:
    """A word for a store that binds text: times as ISO 8601, each arm for itself."""
    match word:
        case datetime():
            return [word.astimezone(UTC).isoformat().replace("+00:00", "Z")]
        case str():
            return [word]
        case _:
            return list(word)


def few(rows: Sequence[Any]) -> None:
    """Stop at more rows than a look has use for.

    Raises:
        Rejected: there are.
    """
    if len(rows) > MOST:
        raise Rejected(f"more than {MOST:,} rows", hint="aggregate them by period")
