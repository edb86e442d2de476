"""Records and events as JSON text, and back: whatever stands there, it is a value or a refusal."""

import json
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from canarycli.codec import from_json, to_json
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.release.record import Release
from canarycli.store.contract import Lease, Record

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA = 1
"""Of the documents; what a newer canary wrote is read where it can be, and never written over."""

UPGRADE = "upgrade: pip install -U canarycli (canary rollback -e ENDPOINT works without it)"


def encode(record: Record) -> str:
    """The document of a record, as text.

    Raises:
        StoreError: a newer canary wrote it.
    """
    return json.dumps(document_of(record))


def document_of(record: Record) -> dict[str, Any]:
    """The document of a record.

    Raises:
        StoreError: a newer canary wrote it, and this one would lose what it does not know.
    """
    if record.newer:
        raise StoreError(f"a newer canary wrote the record of {record.release.id}", hint=UPGRADE)
    return {
        "schema": SCHEMA,
        "release": to_json(record.release),
        "lease": to_json(record.lease),
    }


def decode(text: str | bytes, version: int) -> Record:
    """The record a document's text holds.

    Raises:
        StoreError: it is none.
    """
    return record_of(object_of(text), version)


def record_of(document: Mapping[str, Any], version: int) -> Record:
    """The record a document holds; keys it does not know are left out.

    Raises:
        StoreError: it is none.
    """
    schema = document.get("schema")
    newer = isinstance(schema, int) and schema > SCHEMA
    if not isinstance(schema, int):
        raise refused(f"its schema is {schema!r}")
    try:
        release = from_json(Release, document.get("release"))
        lease = from_json(Lease, document["lease"]) if document.get("lease") is not None else None
        _check(release)
    except ValueError as error:
        if newer:
            raise StoreError(
                f"a newer canary wrote this release record (schema {schema})", hint=UPGRADE
            ) from error
        raise refused(str(error)) from error
    return Record(release, lease, version, newer)


def encode_event(event: Event) -> str:
    """One line of the journal."""
    return json.dumps(to_json(event))


def decode_event(text: str | bytes) -> Event:
    """The event that a line of the journal holds.

    Raises:
        StoreError: it is none.
    """
    return event_of(object_of(text))


def event_of(line: Any) -> Event:
    """The event that a JSON object is.

    Raises:
        StoreError: it is none.
    """
    try:
        return from_json(Event, line)
    except ValueError as error:
        raise StoreError(f"a line of the journal makes no sense: {error}") from error


def readable(
    name: str, say: Callable[[str], None], read: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T | None:
    """One of several: what `read` makes of it, or None and a warning about the release it is of."""
    try:
        return read(*args, **kwargs)
    except StoreError as error:
        say(f"warning: {name!r} is left out: {error.message}")
        return None


def object_of(text: str | bytes) -> dict[str, Any]:
    """The JSON object a text is.

    Raises:
        StoreError: it is none.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise refused(str(error)) from error
    if not isinstance(document, dict):
        raise refused("it is no JSON object")
    return document


def _check(release: Release) -> None:
    """What the types don't say and every reader counts on."""
    for name in ("id", "provider", "endpoint", "baseline"):
        if not getattr(release, name):
            raise ValueError(f"its {name} is missing")
    for name in ("target", "shadow", "before"):
        if not 0 <= getattr(release, name) <= 100:
            raise ValueError(f"its {name} is no share")
    if not release.plan.stages:
        raise ValueError("its plan has no stages")
    if not 0 <= release.stage < len(release.plan.stages):
        raise ValueError(f"its plan has no stage {release.stage + 1}")


def refused(why: str) -> StoreError:
    """The error of a document that is no record."""
    return StoreError(
        f"a release record makes no sense: {why}",
        hint="canary rollback -e ENDPOINT --provider NAME works without it",
    )
