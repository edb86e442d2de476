"""The contract with whoever knows later what a model should have said.

A source, or the endpoint's own cloud: SageMaker's ground truth on S3, a table of chargebacks. It
is asked once a period is old enough, and what it says is forgotten when the period is counted.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from canarycli.late_methods import dataclass
from canarycli.metrics import Origin, Window

LABELLED = "labelled"
"""The kind of a metric's origin that is recorded answers with what would have been right."""

LONGEST = timedelta(hours=48)
"""Labels that take longer are joined by the store that has them, not in memory here."""

MOST = 1_000_000
"""Labels of one look, for the same reason."""


@dataclass(frozen=True, slots=True)
class Label:
    """What would have been the right answer to one request.

    Attributes:
        key: of the answer, see `Answer.key`.
        says: the class, or the number as text.
        at: when it became known; None where nothing says, and it always counts.
    """

    key: str
    says: str
    at: datetime | None = None


@runtime_checkable
class Labelling(Protocol):
    """A source or a provider that has labels."""

    def labels(
        self, spec: Mapping[str, Any], keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """The labels of some answers, in any order, those of others perhaps too.

        Args:
            spec: `labels:` of the endpoint in canary.yaml.
            keys: of the answers that are asked about.
            window: from the first of those answers up to now.

        Raises:
            Unsupported: the spec says what it can't answer.
        """
        ...


def text_of(value: Any) -> str | None:
    """A class, a label or a key as text, None where there is none: `1`, `1.0` and `"1"` are one."""
    match value:
        case None | dict() | list():
            return None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip() or None


def mature_after(origin: Origin) -> timedelta:
    """How old a period is when its labels are all there; nothing for an origin without labels."""
    length: timedelta = origin.settings.get("labels", {}).get("mature_after", timedelta(0))
    return length
