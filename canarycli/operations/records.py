"""What can be done with the place of the records: try it out, move to another, forget the old."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from canarycli.errors import UsageError
from canarycli.operations.doctor import Group
from canarycli.operations.workspace import open_store, records_place
from canarycli.store import Record
from canarycli.store.opening import open_at
from canarycli.store.places import shown


def check(place: str | None, config: Path | None, env: Mapping[str, str]) -> Iterator[Group]:
    """Whether records can be kept there: every right and every promise a store needs.

    Args:
        place: a folder or a URL, None for where they are now.
        config: the config file, None to look for one.
        env: says where they are now.
    """
    from canarycli.store.checking import try_out

    where = place or records_place(env, config)
    yield Group(f"records in {shown(where)}", tuple(try_out(where)))


def move(source: str, target: str, now: datetime) -> Iterator[Record]:
    """Each release as it is copied; the old place stays as it is.

    Raises:
        UsageError: it is the same place, or has no records.
        Busy: a release is driven.
        StoreError: the other place knows releases that this one does not.
    """
    from canarycli.store.moving import copy

    if source == target:
        raise UsageError("that is the same place")
    old = open_at(source)
    if not old.newest():
        raise UsageError(f"{shown(source)} has no records", hint="canary state move FROM TO")
    return copy(old, open_at(target), now)


def prune(before: datetime, env: Mapping[str, str], config: Path | None) -> int:
    """Forget the releases that ended before then, but each endpoint's newest; how many."""
    return open_store(env, config).prune(before)
