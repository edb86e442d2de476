"""Telling an answer from something else that came with HTTP 200."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import Unavailable


def checked(answer: Any, doing: str, *keys: str) -> dict[str, Any]:
    """The answer, if it has the keys every real one has.

    botocore turns a proxy's HTML page and a truncated body into an empty success.

    Raises:
        Unavailable: it is no answer.
    """
    if not isinstance(answer, Mapping) or any(answer.get(key) is None for key in keys):
        raise Unavailable(
            f"can't {doing}: what came back is not an answer of AWS (a proxy's page, or cut off)"
        )
    return dict(answer)
