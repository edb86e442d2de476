"""Brings the questions of several metrics together into as few calls as Azure Monitor takes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from canarycli.errors import NotFound
from canarycli_azureml.monitoring import Line, Question

MOST_NAMES = 20
"""Metrics a call may ask for."""

Ask = Callable[[Question], Mapping[str, tuple[Line, ...]]]


class Answers:
    """What was answered; questions that differ only in their metrics were one call."""

    def __init__(self, ask: Ask, questions: Iterable[Question]) -> None:
        alike: dict[Question, dict[str, None]] = {}
        for question in questions:
            alike.setdefault(_shape(question), {}).update(dict.fromkeys(question.names))
        self._lines: dict[tuple[Question, str], tuple[Line, ...]] = {}
        for shape, names in alike.items():
            every = sorted(names)
            for first in range(0, len(every), MOST_NAMES):
                self._take(ask, shape, tuple(every[first : first + MOST_NAMES]))

    def _take(self, ask: Ask, shape: Question, names: tuple[str, ...]) -> None:
        try:
            found = ask(replace(shape, names=names))
        except NotFound:
            return
        self._lines |= {(shape, name): found.get(name, ()) for name in names}

    def of(self, question: Question) -> tuple[Line, ...] | None:
        """The lines of a question about one metric, None where there is no such resource."""
        (name,) = question.names
        return self._lines.get((_shape(question), name))


def _shape(question: Question) -> Question:
    return replace(question, names=())
