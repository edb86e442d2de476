"""What a cloud's refusals mean, as tables: who can end each of them, and how."""

import re
from collections.abc import Sequence
from enum import StrEnum

from canarycli.errors import ProviderError
from canarycli.late_methods import dataclass


class Ends(StrEnum):
    """Who ends a refusal."""

    BY_ITSELF = "passes by itself"
    BY_A_PERSON = "needs a person"
    BY_ANOTHER_REQUEST = "needs another request"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal of a cloud's.

    Attributes:
        says: what its code or its text has in it, as a pattern; case does not count.
        ends: who ends it.
        kind: the error it is.
        hint: how to go on, "" where the text says it all.
    """

    says: str
    ends: Ends
    kind: type[ProviderError]
    hint: str = ""

    def is_in(self, text: str) -> bool:
        """Whether a text says so."""
        return re.search(self.says, text, re.IGNORECASE) is not None


def read(table: Sequence[Refusal], text: str) -> Refusal | None:
    """The first refusal of a table that a text is, None if it is none of them."""
    return next((refusal for refusal in table if refusal.is_in(text)), None)


def with_advice(reason: str, refusal: Refusal | None) -> str:
    """Why an operation failed in the end, and how to go on where that is known."""
    if refusal is None:
        return reason
    way = "start again" if refusal.ends is Ends.BY_ITSELF else refusal.hint
    return f"{reason.removesuffix('.')}; {way}" if way else reason
