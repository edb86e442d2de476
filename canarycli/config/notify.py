"""What `notify:` may hold: addresses that can be sent to, and no secret in the file."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from canarycli.masking import mask

PAGER = "pagerduty://"
UNSAFE = "unsafe"
LOCAL = ("localhost", "127.0.0.1", "::1")


def notify_flaws(entry: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with one entry beyond its shape: the key, and why."""
    to = entry.get("to") if isinstance(entry, Mapping) else None
    if not isinstance(to, str) or not to.strip() or to.startswith("${"):
        return
    parts = urlsplit(to)
    if not parts.scheme or "://" not in to:
        yield "to", "it is no URL: https://…, slack://…, mailto://…, or ${NAME} of a variable"
    elif "${" not in to and (to.startswith(PAGER) or mask(to, {}) != to):
        yield "to", "it holds a secret: name its variable, such as ${CANARY_SLACK_URL}"
    elif parts.scheme == "http" and parts.hostname not in LOCAL:
        yield "to", "it would be sent without encryption: write https"
    when = entry.get("when")
    if to.startswith(PAGER) and isinstance(when, list) and set(when) - {UNSAFE}:
        yield "when", "a pager is for unsafe only, where a person must look at once"
