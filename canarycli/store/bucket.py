"""Releases in a bucket: one document an endpoint, changed on a condition that the server checks.

A save is one conditional write of the endpoint's document, and that write alone decides. What
else there is (the index of releases, the journal) is laid before it or copied from it after it,
says the same whoever writes it, and is made good by the next save after a crash: the events of a
save stand in the document itself until they are copied.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from canarycli.codec import to_json
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.store import layout
from canarycli.store.contract import EVERYTHING, UNHURRIED, Patience, Query, Record, Sheet, Stale
from canarycli.store.document import (
    document_of,
    event_of,
    object_of,
    readable,
    record_of,
    refused,
)
from canarycli.store.objects import Found, Objects, Refused, Unheard

REMEMBERED = 8
"""Nonces in a document: a save whose answer was lost is known by its own after so many others."""

TRIES = 6
"""Of a write that nobody else's stands in the way of."""

SIDE_BY_SIDE = 16
"""Objects read at once."""


@dataclass(frozen=True, slots=True)
class _Document:
    """An endpoint's document as it was read."""

    record: Record
    nonces: tuple[str, ...]
    outbox: tuple[Any, ...]
    at: Mapping[str, str]
    body: bytes

    @property
    def journal(self) -> str:
        """Where the events of its save belong."""
        return layout.events_path(self.record.release.id, self.record.version)


class BucketStore:
    """A `Store` that many machines share.

    Args:
        url: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
        patience: how long a call may take.
        objects: where they are kept, None for the bucket of that URL.
    """

    def __init__(
        self, url: str, patience: Patience = UNHURRIED, objects: Objects | None = None
    ) -> None:
        self._objects = objects or Objects(url.rstrip("/"), patience)
        self._say, self._pause = patience.say, patience.pause
        self._seen: dict[str, _Document] = {}
        self._journal: dict[str, tuple[Any, ...]] = {}

    def load(self, key: str) -> Record | None:
        """The endpoint's newest record, None if it never had a release."""
        document = self._fetch(key)
        return document.record if document else None

    def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Replace the record that has `record.version`, and append the events, in one step."""
        release, key = record.release, record.release.key
        known = self._seen.get(key)
        if known is None or known.record.version != record.version:
            known = self._fetch(key)
        if (known.record.version if known else 0) != record.version:
            raise Stale(f"the record of {key} changed meanwhile")
        begins = known is None or known.record.release.id != release.id
        if known is not None:
            self._settle(known, archive=begins)
        if begins:
            self._announce(record)
        try:
            saved = self._swap(record, tuple(to_json(event) for event in events), known)
        except Stale:
            if begins:
                with suppress(StoreError):
                    self._objects.delete(_traces(record))
            raise
        with suppress(StoreError):  # the next save does it
            self._settle(saved, archive=False)
            if release.over:
                self._objects.delete([f"{layout.OPEN}/{layout.open_name(release)}"])
        return saved.record

    def find(self, release_id: str) -> Record | None:
        """The newest record of a release, open or over."""
        path = layout.release_path(release_id)
        for _ in range(2):  # it may be put away between the two reads
            found = self._objects.get(path)
            if found is None:
                return None
            content = object_of(found.body)
            if "release" in content:
                return _document(found.body, {}).record
            record = self.load(str(content.get("key")))
            if record is not None and record.release.id == release_id:
                return record
        return None

    def newest(self, *, still_open: bool = False) -> tuple[Record, ...]:
        """The newest record of every endpoint, or only those whose release is open."""
        if still_open:
            names = self._objects.names(layout.OPEN)
            keys = {layout.text_of(name.split("~")[1]) for name in names}
        else:
            names = self._objects.names(layout.ENDPOINTS)
            keys = {layout.text_of(name.removesuffix(".json")) for name in names}
        found = self._several(sorted(keys), self.load)
        return tuple(r for r in found if not (still_open and r.release.over))

    def marks(self) -> Mapping[str, str]:
        """The key of every endpoint that may have an open release, by one LIST."""
        names = self._objects.names(layout.OPEN)
        return dict.fromkeys((layout.text_of(name.split("~")[1]) for name in names), "")

    def history(self, query: Query = EVERYTHING) -> tuple[Record, ...]:
        """The newest record of every release asked for, the youngest release first."""
        found: list[Record] = []
        wanted = query.limit
        if query.over is False:
            kept = [r for r in self.newest(still_open=True) if query.holds(r.release)]
            kept.sort(key=lambda r: r.release.id)
            return tuple(sorted(kept, key=_start, reverse=True))[:wanted]
        for lines in _chunks(self._lines(query), SIDE_BY_SIDE if wanted is None else wanted):
            records = self._several([line.id for line in lines], self.find)
            found += [record for record in records if query.holds(record.release)]
            if wanted is not None and len(found) >= wanted:
                break
        found.sort(key=lambda r: r.release.id)
        return tuple(sorted(found, key=_start, reverse=True))[:wanted]

    def events(self, release_id: str, after: int = 0) -> tuple[Event, ...]:
        """What was noted about a release, in order, without the first `after` of them."""
        # The document first: what is listed after it has all that was copied from it.
        latest = self._latest(release_id)
        prefix = f"{layout.EVENTS}/{layout.word(release_id)}"
        paths = [f"{prefix}/{name}" for name in self._objects.names(prefix)]
        if latest is not None and latest.outbox and latest.journal not in paths:
            self._journal[latest.journal] = latest.outbox
            paths.append(latest.journal)
        fresh = [path for path in paths if path not in self._journal]
        self._journal |= zip(fresh, self._read_side_by_side(fresh), strict=True)
        lines = [line for path in sorted(paths) for line in self._journal[path]]
        found = (readable(release_id, self._say, event_of, line) for line in lines[after:])
        return tuple(event for event in found if event is not None)

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, None if there is none."""
        found = self._objects.get(layout.sheet_path(name))
        return _sheet(name, found)[0] if found else None

    def put(self, sheet: Sheet) -> Sheet:
        """Replace the sheet that has `sheet.version`; returns it as saved."""
        path, nonce = layout.sheet_path(sheet.name), uuid4().hex
        saved = replace(sheet, version=sheet.version + 1)
        content = {"version": saved.version, "nonce": nonce, "body": sheet.body}
        body = json.dumps(content).encode()
        for attempt in range(TRIES):
            found = self._objects.get(path)
            known, theirs = _sheet(sheet.name, found) if found else (None, "")
            if theirs == nonce:
                return saved
            if (known.version if known else 0) != sheet.version:
                raise Stale(f"{sheet.name} changed meanwhile")
            try:
                self._objects.put(path, body, found.version if found else None)
            except (Refused, Unheard):
                self._wait(attempt)
            else:
                return saved
        raise StoreError(f"{sheet.name} can't be written to {self._objects.url}")

    def sheets(self) -> tuple[str, ...]:
        """The name of every sheet, in order."""
        names = self._objects.names(layout.SHEETS)
        return tuple(sorted(layout.text_of(name.removesuffix(".json")) for name in names))

    def prune(self, before: datetime) -> int:
        """Forget the releases that ended before then, and their events; how many there were."""
        current = {record.release.id for record in self.newest()}
        count = 0
        for line in list(self._lines(EVERYTHING)):
            if line.started_at >= before or line.id in current:
                continue
            record = readable(line.id, self._say, self.find, line.id)
            ended = record.release.ended_at if record else None
            if record is not None and ended is not None and ended < before:
                prefix = f"{layout.EVENTS}/{layout.word(line.id)}"
                journal = [f"{prefix}/{name}" for name in self._objects.names(prefix)]
                self._objects.delete([*journal, *_traces(record)])
                count += 1
        return count

    def close(self) -> None:
        """Nothing is held but what was read."""
        self._seen.clear()
        self._journal.clear()

    def _fetch(self, key: str) -> _Document | None:
        found = self._objects.get(layout.endpoint_path(key))
        if found is None:
            self._seen.pop(key, None)
            return None
        known = self._seen.get(key)
        if known is not None and (known.at, known.body) == (found.version, found.body):
            return known
        document = _document(found.body, found.version)
        if document.record.release.key != key:
            raise refused(f"under {key} stands {document.record.release.key}")
        self._seen[key] = document
        return document

    def _swap(self, record: Record, outbox: tuple[Any, ...], over: _Document | None) -> _Document:
        """The one write that decides; an answer that was lost or odd is checked by reading back.

        A refused write may be this very one, taken twice by the network; and a server may refuse
        one that nobody else's stood in the way of.
        """
        key, nonce = record.release.key, uuid4().hex
        nonces = (nonce, *(over.nonces if over else ()))[:REMEMBERED]
        saved = replace(record, version=record.version + 1)
        content = {
            **document_of(saved),
            "version": saved.version,
            "nonces": nonces,
            "outbox": outbox,
        }
        body = json.dumps(content).encode()
        for attempt in range(TRIES):
            try:
                at = self._objects.put(layout.endpoint_path(key), body, over.at if over else None)
            except (Refused, Unheard):
                now = self._fetch(key)
                if now is not None and nonce in now.nonces:
                    at = now.at if now.nonces[0] == nonce else {}
                elif (now.record.version if now else 0) != record.version:
                    raise Stale(f"the record of {key} changed meanwhile") from None
                else:
                    over = now
                    self._wait(attempt)
                    continue
            document = _Document(saved, nonces, outbox, at, body)
            if at:
                self._seen[key] = document
            return document
        raise StoreError(
            f"the record of {key} can't be written to {self._objects.url}",
            hint=f"try it out: canary state check {self._objects.url}",
        )

    def _wait(self, attempt: int) -> None:
        """Let whoever stands in the way go first."""
        self._pause(random.uniform(0, 0.1 * (attempt + 1)))  # noqa: S311 - no secret

    def _settle(self, document: _Document, *, archive: bool) -> None:
        """Copy what a document holds only until its next save."""
        if document.outbox and document.journal not in self._journal:
            self._objects.lay(document.journal, json.dumps(document.outbox).encode())
            self._journal[document.journal] = document.outbox
        if archive:
            release = document.record.release
            self._objects.lay(layout.release_path(release.id), document.body)
            self._objects.delete([f"{layout.OPEN}/{layout.open_name(release)}"])

    def _announce(self, record: Record) -> None:
        """Lay out where a new release can be found; without its document it means nothing."""
        release = record.release
        document_of(record)  # refuses what must not be written
        pointer = json.dumps({"key": release.key}).encode()
        self._objects.lay(layout.release_path(release.id), pointer)
        self._objects.lay(f"{layout.HISTORY}/{layout.history_name(release)}", b"{}")
        if not release.over:
            self._objects.lay(f"{layout.OPEN}/{layout.open_name(release)}", b"{}")

    def _latest(self, release_id: str) -> _Document | None:
        """The document that may hold events not yet copied."""
        found = self._objects.get(layout.release_path(release_id))
        key = object_of(found.body).get("key") if found else None
        document = self._fetch(key) if isinstance(key, str) else None
        mine = document is not None and document.record.release.id == release_id
        return document if mine else None

    def _lines(self, query: Query) -> Iterator[layout.Line]:
        """The index, the youngest first, as far as it can tell who is asked for."""
        for name in self._objects.names(layout.HISTORY):
            line = layout.Line(name)
            if query.since is not None and line.started_at < query.since:
                return
            if query.endpoint is None or line.is_called(query.endpoint):
                yield line

    def _several(self, words: Sequence[str], read: Any) -> list[Record]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            found = pool.map(lambda word: readable(word, self._say, read, word), words)
            return [record for record in found if record is not None]

    def _read_side_by_side(self, paths: Sequence[str]) -> list[tuple[Any, ...]]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(self._journal_at, paths))

    def _journal_at(self, path: str) -> tuple[Any, ...]:
        found = self._objects.get(path)
        try:
            lines = json.loads(found.body) if found else []
        except (ValueError, RecursionError):
            lines = [None]  # told of as one line that makes no sense
        return tuple(lines) if isinstance(lines, list) else (lines,)


def _document(body: bytes, at: Mapping[str, str]) -> _Document:
    content = object_of(body)
    version, outbox = content.get("version"), content.get("outbox", [])
    nonces = content.get("nonces", [])
    if not isinstance(version, int) or not isinstance(outbox, list) or not isinstance(nonces, list):
        raise refused("its version, nonces or outbox are none")
    return _Document(record_of(content, version), tuple(nonces), tuple(outbox), at, body)


def _sheet(name: str, found: Found) -> tuple[Sheet, str]:
    """A sheet as it was read, and the nonce of whoever wrote it."""
    content = object_of(found.body)
    version, body = content.get("version"), content.get("body")
    if not isinstance(version, int) or not isinstance(body, str):
        raise refused(f"the sheet {name} has no version or no body")
    return Sheet(name, body, version), str(content.get("nonce", ""))


def _traces(record: Record) -> list[str]:
    """Everything about a release but its document and its journal."""
    release = record.release
    return [
        layout.release_path(release.id),
        f"{layout.HISTORY}/{layout.history_name(release)}",
        f"{layout.OPEN}/{layout.open_name(release)}",
    ]


def _start(record: Record) -> datetime:
    return record.release.started_at


def _chunks(lines: Iterable[layout.Line], size: int) -> Iterator[list[layout.Line]]:
    chunk: list[layout.Line] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
