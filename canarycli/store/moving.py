"""Copies what a store knows to another one, again where it was cut off or went on meanwhile."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from canarycli.errors import Busy, StoreError
from canarycli.journal import Event
from canarycli.store.contract import Record, Stale, Store


def copy(source: Store, target: Store, now: datetime) -> Iterator[Record]:
    """Each release as it is copied, the oldest first; what is there already is passed over.

    Fleets are copied too. A release that went on since an earlier copy is brought up to date.

    Raises:
        Busy: somebody drives one of them, or began to meanwhile.
        StoreError: the target knows other releases of the same endpoint, or went on with one.
    """
    newest = {record.release.key: record for record in source.newest()}
    _alone(newest, now)
    for record in reversed(source.history()):
        last = newest[record.release.key].release.id == record.release.id
        kept = record if last else replace(record, lease=None)
        there = target.find(record.release.id)
        if there is None:
            yield _put(kept, source, target)
        elif events := _missing(source, target, record.release.id):
            yield target.save(replace(kept, version=there.version), events)
    for name in source.sheets():
        sheet = source.sheet(name)
        if sheet is not None and target.sheet(name) is None:
            target.put(replace(sheet, version=0))
    _alone({record.release.key: record for record in source.newest()}, now)


def _alone(newest: Mapping[str, Record], now: datetime) -> None:
    for record in newest.values():
        if record.lease is not None and record.lease.alive(now):
            raise Busy(
                f"{record.lease.holder} drives {record.release.id}",
                hint=f"move once it is over: canary watch {record.release.id}",
            )


def _missing(source: Store, target: Store, release: str) -> tuple[Event, ...]:
    """What the journal here has and the copy has not; none where the copy went on alone."""
    here, there = source.events(release), target.events(release)
    shared = min(len(here), len(there))
    if here[:shared] != there[:shared]:
        raise StoreError(
            f"{release} went on in both places", hint="move to an empty place, or keep the other"
        )
    return here[shared:]


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
