"""Copies every release and its journal from one store to another, again where it was cut off."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from canarycli.errors import Busy, StoreError
from canarycli.store.contract import Record, Stale, Store


def copy(source: Store, target: Store, now: datetime) -> Iterator[Record]:
    """Each release as it is copied, the oldest first; those that are there already are passed over.

    Raises:
        Busy: somebody drives one of them.
        StoreError: the target knows other releases of the same endpoint.
    """
    newest = {record.release.key: record for record in source.newest()}
    for record in newest.values():
        if record.lease is not None and record.lease.alive(now):
            raise Busy(
                f"{record.lease.holder} drives {record.release.id}",
                hint=f"move once it is over: canary watch {record.release.id}",
            )
    for record in reversed(source.history()):
        if target.find(record.release.id) is None:
            last = newest[record.release.key].release.id == record.release.id
            yield _put(record if last else replace(record, lease=None), source, target)


def _put(record: Record, source: Store, target: Store) -> Record:
    release = record.release
    there = target.load(release.key)
    foreign = StoreError(
        f"the other place has releases of {release.endpoint} that are not here",
        hint="move to an empty place",
    )
    if there is not None and source.find(there.release.id) is None:
        raise foreign
    try:
        version = there.version if there else 0
        return target.save(replace(record, version=version), source.events(release.id))
    except Stale as error:
        raise foreign from error
