"""Which status codes mean that a request did not get its model's answer."""

import re
from collections.abc import Sequence
from typing import Any

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass

USUAL = ("5xx", "424", "408", "429")
"""Refusals and time-outs come as a 4xx too: no capacity is a 429, a model that is too slow a 408,
on Azure ML a failing one a 424; see Microsoft's how-to-troubleshoot-online-endpoints."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The status codes that `errors` counts: `424`, or a class such as `5xx`."""

    codes: tuple[str, ...] = USUAL

    @classmethod
    def parse(cls, given: Any) -> "Failures":
        """From canary.yaml: a list, or words with commas or blanks between them.

        Raises:
            UsageError: something in it is no status code.
        """
        if given is None:
            return cls()
        words = re.split(r"[,\s]+", given.strip()) if isinstance(given, str) else given
        if not isinstance(words, Sequence) or not words:
            raise UsageError(f"failures is {given!r}, not a list of status codes", hint=_HINT)
        codes = tuple(str(word).lower() for word in words)
        for code in codes:
            if not re.fullmatch(r"[45](xx|\d\d)", code):
                raise UsageError(f"{code!r} in failures is no status code", hint=_HINT)
        return cls(codes)

    def blame(self, status: str) -> bool:
        """Whether an answer with this status is the candidate's failure."""
        return any(status == code or in_class(status, code) for code in self.codes)

    @property
    def beyond_5xx(self) -> str:
        """Those that are no 5xx, for people; "" if there are none."""
        return ", ".join(code for code in self.codes if code[0] != "5")

    def __str__(self) -> str:
        return ", ".join(self.codes)


def in_class(status: str, code: str) -> bool:
    """Whether a status belongs to a class such as `5xx`."""
    return code.endswith("xx") and len(status) == 3 and status[:1] == code[:1]


_HINT = f"write it such as failures: [{', '.join(USUAL)}]"
