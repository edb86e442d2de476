"""Which past releases a person asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from canarycli.config import bake_from_option
from canarycli.errors import CanaryError, NotFound, UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, called, entries_of, is_on
from canarycli.operations.workspace import open_store
from canarycli.release.record import Outcome, Release
from canarycli.store import Record, Store


@dataclass(frozen=True, slots=True)
class Past:
    """Which releases are asked for.

    Attributes:
        endpoint: only of that one, None for all.
        since: only those that started since then.
        outcome: only those that ended so.
        limit: at most so many.
    """

    endpoint: str | None = None
    since: datetime | None = None
    outcome: Outcome | None = None
    limit: int = 20

    def holds(self, release: Release) -> bool:
        """Whether a release is one of those."""
        if self.endpoint and not called(release, self.endpoint):
            return False
        if self.since is not None and release.started_at < self.since:
            return False
        return self.outcome is None or release.outcome is self.outcome


def history(past: Past, env: Mapping[str, str]) -> tuple[Record, ...]:
    """The releases asked for, the youngest first."""
    store = open_store(env)
    known = store.history()
    if past.endpoint:
        entry = _finder(Address(endpoint=past.endpoint), store, env).entry(past.endpoint)
        past = replace(past, endpoint=entry.cloud_name if entry else past.endpoint)
    return tuple(record for record in known if past.holds(record.release))[: past.limit]


def start_of(length: str, now: datetime) -> datetime:
    """When a window of that length began.

    Raises:
        PlanError: it is no duration.
    """
    return now - bake_from_option(length, "--since")


def outcome_of(word: str) -> Outcome:
    """The outcome of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Outcome(word.replace("-", "_"))
    except ValueError as error:
        raise UsageError(
            f"--outcome: there is no outcome {word!r}", hint=f"there are {', '.join(Outcome)}"
        ) from error


def one_release(store: Store, address: Address, env: Mapping[str, str]) -> Record:
    """The release of that id, the newest on that endpoint, else the one open or the newest here.

    Where the folder has a canary.yaml, "here" is its endpoints.

    Raises:
        NotFound: there is none.
    """
    word = address.word
    if word is not None and (record := store.find(word)) is not None:
        return record
    finder, known = _finder(address, store, env), list(store.history())
    if word is None:
        mine = finder.here(record.release for record in known)
        known = [record for record in known if record.release in mine]
    else:
        entry = finder.entry(word)
        known = (
            [r for r in known if is_on(entry, r.release)]
            if entry
            else [r for r in known if called(r.release, word)]
        )
    if not known:
        what = "release" if word is None else f"release or endpoint {word!r}"
        raise NotFound(f"no {what} is known here", hint="canary history lists them")
    still_open = [record for record in known if not record.release.over]
    return still_open[0] if len(still_open) == 1 else known[0]


def _finder(address: Address, store: Store, env: Mapping[str, str]) -> Finder:
    """The folder's endpoints; a canary.yaml that can't be found is no reason to tell nothing."""
    try:
        return Finder(address, store, entries_of(address, env))
    except CanaryError:
        return Finder(address, store, {})
