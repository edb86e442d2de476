"""Tries out a place for records with what a store needs of it, and says which of it is missing."""

from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

from canarycli.errors import CanaryError, StoreError
from canarycli.provider import Probe
from canarycli.store.contract import Patience
from canarycli.store.objects import Objects, Refused
from canarycli.store.opening import open_at
from canarycli.store.sql import SqlStore

PATIENCE = Patience(6.0)
"""Who tries it out wants to know."""

Step = tuple[str, Callable[[], str], str]
"""What is tried, how (it says what was found), and what to do where it fails."""


def try_out(place: str) -> Iterator[Probe]:
    """Each step with what came of it; what needs an earlier step that failed is not tried.

    Nothing stays behind, and no record is touched.

    Raises:
        UsageError: there is no such kind of place.
    """
    store = open_at(place, PATIENCE)
    steps = _of_tables(store, place) if isinstance(store, SqlStore) else _of_bucket(place)
    failed = False
    for name, act, hint in steps:
        if failed:
            yield Probe(name, ok=None, detail="not tried")
            continue
        try:
            yield Probe(name, ok=True, detail=act())
        except CanaryError as error:
            failed = True
            hints = (hint,) if hint and isinstance(error, StoreError) else error.hints
            yield Probe(name, ok=False, detail=error.message, hints=hints)


def _of_tables(store: SqlStore, place: str) -> tuple[Step, ...]:
    def read() -> str:
        return f"{len(store.newest(still_open=True))} open releases"

    def swap() -> str:
        store.try_out()
        return "a save from an older version is refused"

    shared = "://" in place
    rights = (
        "the address, the user, PGPASSWORD, and the right to read the schema canary",
        "the right to make the schema canary, and to write in it",
    )
    return (
        ("read", read, rights[0] if shared else ""),
        ("write, conditional", swap, rights[1] if shared else ""),
    )


def _of_bucket(url: str) -> tuple[Step, ...]:
    objects = Objects(url.rstrip("/"), PATIENCE)
    name = f"check/{uuid4().hex}.json"
    versions: list[Mapping[str, str]] = []

    def create() -> str:
        versions.append(objects.put(name, b"1", None))
        return "an object was written"

    def once() -> str:
        _must_refuse(objects, name, None)
        return "a second one of that name is refused"

    def update() -> str:
        versions.append(objects.put(name, b"2", versions[0]))
        return "what is still the same is written over"

    def stale() -> str:
        _must_refuse(objects, name, versions[0])
        return "what changed meanwhile is not"

    def read() -> str:
        found = objects.get(name)
        if found is None or found.body != b"2":
            raise StoreError("what was written is not what is read")
        return "what was written last is read"

    def listing() -> str:
        if name.partition("/")[2] not in objects.names("check"):
            raise StoreError("what was written is not in the list")
        return "what was written is in the list"

    def delete() -> str:
        objects.delete([name])
        return "it is gone again"

    condition = "canary can't keep records here: this server has no conditional writes"
    return (
        ("write", create, "s3:PutObject, storage.objects.create, Storage Blob Data Contributor"),
        ("create once", once, condition),
        ("write over", update, "s3:PutObject, storage.objects.delete (with create: to write over)"),
        ("write on condition", stale, condition),
        ("read", read, "s3:GetObject, storage.objects.get"),
        ("list", listing, "s3:ListBucket on the bucket itself, storage.objects.list"),
        ("delete", delete, "s3:DeleteObject, storage.objects.delete"),
    )


def _must_refuse(objects: Objects, name: str, over: Mapping[str, str] | None) -> None:
    try:
        objects.put(name, b"3", over)
    except Refused:
        return
    raise StoreError("a write was taken that had to be refused")
