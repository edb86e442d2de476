"""Which past releases a person asks for."""

from collections.abc import Mapping
from datetime import datetime

from canarycli.config import bake_from_option
from canarycli.errors import CanaryError, NotFound, UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, entries_of, is_on, placed
from canarycli.operations.workspace import open_store
from canarycli.release.record import Outcome
from canarycli.store import Query, Record, Store


def history(
    env: Mapping[str, str],
    *,
    endpoint: str | None = None,
    since: datetime | None = None,
    outcome: Outcome | None = None,
    limit: int = 20,
) -> tuple[Record, ...]:
    """Past releases, the youngest first.

    Args:
        env: says where the records are.
        endpoint: only of that one, None for all.
        since: only those that started then or later.
        outcome: only those that ended so.
        limit: at most so many.
    """
    store = open_store(env)
    if endpoint:
        entry = _finder(Address(endpoint=endpoint), store, env).entry(endpoint)
        endpoint, _ = placed(entry.cloud_name if entry else endpoint, {})
    return store.history(Query(endpoint or None, since, outcome, limit=limit))


def start_of(length: str, now: datetime, option: str = "--since") -> datetime:
    """When a window of that length began; `option` is what a mistake in it is blamed on.

    Raises:
        PlanError: it is no duration.
    """
    return now - bake_from_option(length, option)


def outcome_of(word: str) -> Outcome:
    """The outcome of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Outcome(word.replace("-", "_"))
    except ValueError as error:
        known = ", ".join(outcome.replace("_", "-") for outcome in Outcome)
        raise UsageError(
            f"--outcome: there is no outcome {word!r}", hint=f"there are {known}"
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
    finder = _finder(address, store, env)
    known = sorted(store.newest(), key=lambda r: r.release.started_at, reverse=True)
    if word is None:
        mine = finder.here(record.release for record in known)
        known = [record for record in known if record.release in mine]
    else:
        entry = finder.entry(word)
        known = (
            [r for r in known if is_on(entry, r.release)]
            if entry
            else [r for r in known if r.release.is_called(word)]
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
