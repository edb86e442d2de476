"""One answer that was read: who gave it, in which period, and what would have been right."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from canarycli.answers.reading import Said
from canarycli.errors import Rejected, Unsupported
from canarycli.labels import MOST, Label
from canarycli.late_methods import dataclass

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of one version.

    Attributes:
        version: who gave it.
        at: the start of the period it was given in.
        key: what a label calls it; "" where several answers share one record.
        said: what it says.
        truth: what would have been right, None while that is not known.
    """

    version: str
    at: datetime
    key: str
    said: Said
    truth: str | None = None


def joined(found: Iterable[Told], labels: Iterable[Label], mature: timedelta) -> Iterator[Told]:
    """The answers with the label each had when its period was `mature` old.

    The last one counts where a key has several. What came later is left out, so that the same
    period is counted the same in every look.

    Raises:
        Unsupported: several answers share one record, and nothing tells which label is whose.
    """
    answers = list(found)
    if any(not one.key for one in answers):
        raise Unsupported(
            "several answers share one record, so nothing tells which label is whose",
            hint="say where each has its key, predictions: {key: ...}",
        )
    newest = _newest(labels, {one.key: one.at + mature for one in answers})
    for one in answers:
        known = newest.get(one.key)
        yield one if known is None else replace(one, truth=known.says)


def _newest(labels: Iterable[Label], due: Mapping[str, datetime]) -> Mapping[str, Label]:
    """The last label of each key that came by the time it is due."""
    newest: dict[str, Label] = {}
    for label in labels:
        if label.key not in due or (label.at is not None and label.at > due[label.key]):
            continue
        before = newest.get(label.key)
        if before is None or (before.at or LONG_AGO) <= (label.at or LONG_AGO):
            newest[label.key] = label
    return newest


def within(labels: Iterable[Label]) -> Iterator[Label]:
    """The labels, as long as they are few enough to hold.

    Raises:
        Rejected: there are too many.
    """
    for number, label in enumerate(labels):
        if number >= MOST:
            raise Rejected(
                f"a look would hold more than {MOST:,} labels",
                hint="join them in the store that has them: a metric from: one of the sources",
            )
        yield label
