"""Reads one recorded body: which classes and scores its answers give, and which say nothing."""

import csv
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

from canarycli.answers.text import as_text, text_in, tokens_in
from canarycli.errors import UsageError
from canarycli.labels import text_of
from canarycli.late_methods import dataclass

NEGATIVE = "other"
"""What an answer says whose score is not over the threshold of the positive class."""

NOTHING: tuple[Any, ...] = (None, "", [], {}, [""])
Path = str | int | None


@dataclass(frozen=True, slots=True)
class Said:
    """One answer; a body may hold several.

    Attributes:
        label: the class it gives, None where none is asked for or found.
        score: the number it gives, None likewise.
        valid: it has all that was asked for.
        empty: there is nothing in it.
        key: what it calls itself, "" where it does not.
        fields: the values of the fields it is sliced by, in the order of `Paths.fields`.
        length: the characters of its text, None where it has none.
        tokens: the tokens that the model wrote, None where nothing says.
    """

    label: str | None = None
    score: float | None = None
    valid: bool = True
    empty: bool = False
    key: str = ""
    fields: tuple[str | None, ...] = ()
    length: float | None = None
    tokens: float | None = None


INVALID, EMPTY = Said(valid=False), Said(valid=False, empty=True)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where in an answer its class and score are.

    Attributes:
        each: JMESPath of the list of answers in one body; "" where a body is one answer, or a
            list of them.
        label: JMESPath of the class in one answer, or a column of CSV, from 0.
        score: the same of the score.
        positive: the class of answers whose score is over `over`, where there is no `label`.
        over: see `positive`.
        key: JMESPath or column of what a label calls an answer; None for the record's own key.
        fields: JMESPaths of what answers are sliced by.
        text: JMESPath or column of the answer's text; None to look where models have it.
        tokens: the same of the tokens that it took.
    """

    each: str = ""
    label: Path = None
    score: Path = None
    positive: str = ""
    over: float = 0.5
    key: Path = None
    fields: tuple[str, ...] = ()
    text: Path = None
    tokens: Path = None

    @staticmethod
    def of(settings: Mapping[str, Any], fields: Collection[str] = ()) -> "Paths":
        """From `predictions:` of an endpoint, and what its metrics are sliced by.

        Raises:
            UsageError: a path is no JMESPath.
        """
        paths = Paths(
            str(settings.get("each") or ""),
            settings.get("class"),
            settings.get("score"),
            str(settings.get("positive") or ""),
            float(settings.get("over", 0.5)),
            settings.get("key"),
            tuple(sorted(fields)),
            settings.get("text"),
            settings.get("tokens"),
        )
        own = (paths.each, paths.label, paths.score, paths.key, paths.text, paths.tokens)
        for path in (*own, *paths.fields):
            if isinstance(path, str) and path:
                _compiled(path)
        return paths


def read(body: bytes, content_type: str, paths: Paths) -> Iterator[Said]:
    """The answers in one body; one that is invalid where it can't be read at all."""
    text = body.decode("utf-8", errors="replace").strip()
    if not text:
        yield EMPTY
        return
    try:
        items = list(_items(text, content_type, paths))
    except (ValueError, RecursionError, csv.Error):
        yield INVALID
        return
    if not items:
        yield EMPTY
    for item in items:
        yield _said(item, paths)


def _items(text: str, content_type: str, paths: Paths) -> Iterator[Any]:
    """The parts of a body that are an answer each."""
    if "csv" in content_type:
        yield from csv.reader(text.splitlines())
    elif "jsonlines" in content_type or "x-ndjson" in content_type:
        for line in text.splitlines():
            yield from _each(json.loads(line), paths)
    else:
        yield from _each(_whole(text, content_type), paths)


def _whole(text: str, content_type: str) -> Any:
    """A body as JSON; one that calls itself plain text may be just that."""
    try:
        return json.loads(text)
    except ValueError:
        if content_type.startswith("text/plain"):
            return text
        raise


def _each(whole: Any, paths: Paths) -> Sequence[Any]:
    if paths.each:
        found = _compiled(paths.each).search(whole)
        if not isinstance(found, list):
            raise ValueError(f"{paths.each} is no list")
        return found
    return whole if isinstance(whole, list) else (whole,)


def _said(item: Any, paths: Paths) -> Said:
    if item in NOTHING:
        return EMPTY
    label, score = text_of(_at(item, paths.label)), _score(_at(item, paths.score))
    if paths.label is None and paths.positive and score is not None:
        label = paths.positive if score > paths.over else NEGATIVE
    text = text_in(item) if paths.text is None else as_text(_at(item, paths.text))
    tokens = tokens_in(item) if paths.tokens is None else _score(_at(item, paths.tokens))
    asked = (
        (paths.label, label),
        (paths.score, score),
        (paths.text, text),
        (paths.tokens, tokens),
    )
    missing = any(path is not None and found is None for path, found in asked)
    key = text_of(_at(item, paths.key)) or ""
    fields = tuple(text_of(_at(item, path)) for path in paths.fields)
    blank = text is not None and not text.strip()
    return Said(
        label,
        score,
        valid=not (missing or blank),
        empty=blank,
        key=key,
        fields=fields,
        length=None if text is None else float(len(text)),
        tokens=tokens,
    )


def _at(item: Any, path: Path) -> Any:
    """What is at a path of one answer; without a place of its own the answer itself."""
    if path is None:
        return None
    if isinstance(path, int):
        cells = item if isinstance(item, list) else [item]
        return cells[path] if path < len(cells) else None
    if path in {"@", ""}:
        return item
    try:
        return _compiled(path).search(item)
    except ValueError:  # as every error of jmespath is
        return None


def _score(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


class _Search:
    """A JMESPath that was parsed once."""

    def __init__(self, search: Callable[[Any], Any]) -> None:
        self.search = search


@cache
def _compiled(path: str) -> _Search:
    # Here and not above, as most commands read no answers.
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return _Search(jmespath.compile(path).search)
    except JMESPathError as error:
        raise UsageError(
            f"predictions: {path!r} is no JMESPath", hint="such as predictions[].label"
        ) from error
