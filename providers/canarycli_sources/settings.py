"""The keys that every source has: how long a period is, how late it comes, its secrets."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.metrics import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NEVER = (
    "AWS_",
    "AZURE_",
    "ARM_",
    "GOOGLE_",
    "GCP_",
    "CLOUDSDK_",
    "GITHUB_",
    "GITLAB_",
    "CI_",
    "ACTIONS_",
    "SYSTEM_",
)
"""How variables begin that a canary.yaml may not have sent to an address it names."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock of a source.

    Attributes:
        period: the time one point covers; periods begin at its multiples since 1970, UTC.
        delay: points younger than this may still grow.
    """

    period: timedelta
    delay: timedelta

    @staticmethod
    def of(settings: Mapping[str, Any], period: timedelta = timedelta(minutes=1)) -> "Pace":
        """From the settings' `period` and `delay`; without one a period and a minute."""
        period = settings.get("period") or period
        delay = settings.get("delay")
        return Pace(period, period + timedelta(minutes=1) if delay is None else delay)

    def start(self, at: datetime) -> datetime:
        """The start of the period that a time falls in."""
        return at - (at - EPOCH) % self.period

    def aligned(self, at: datetime) -> bool:
        """Whether a period begins then."""
        return self.start(at) == at

    def whole(self, window: Window) -> Window:
        """The whole periods of a window, as a window of its own; empty if it holds none."""
        first = self.start(window.start)
        first = first if first == window.start else first + self.period
        return Window(first, max(first, self.start(window.end)))

    def periods(self, window: Window) -> Iterator[datetime]:
        """The starts of a window's whole periods."""
        whole = self.whole(window)
        at = whole.start
        while at < whole.end:
            yield at
            at += self.period


def secret(settings: Mapping[str, Any], key: str, env: Mapping[str, str] = os.environ) -> str:
    """The value of the variable that `key` names, "" where no variable is named.

    Raises:
        UsageError: the variable is not set, or is none that a file may send anywhere.
    """
    name = settings.get(key)
    if not name:
        return ""
    if str(name).upper().startswith(NEVER):
        raise UsageError(
            f"{name} is a cloud's or a CI system's own: no source gets it",
            hint="give the source a variable of its own",
        )
    value = env.get(name)
    if not value:
        raise UsageError(
            f"the variable {name}, named by {key} of a source, is not set",
            hint=f"export {name}=..., or take the source out of canary.yaml",
        )
    return value


def checked(url: str) -> str:
    """An address that may be asked: https, or this very machine; no credentials in it.

    Raises:
        UsageError: it is neither.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise UsageError(
            "the address of a source has credentials in it",
            hint="name variables instead: user: NAME, password_env: VARIABLE",
        )
    near = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or near):
        raise UsageError(f"a source's address begins with https://, not {url!r}")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
