"""Reads what Azure ML's data collector keeps in Blob storage: one CloudEvent a line.

Each deployment has a collector of its own, so one arm may collect nothing, or something else.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import Any

from canarycli.errors import Unsupported
from canarycli.kept import File, Kept, Piece, folders, refuse_large
from canarycli.late_methods import dataclass
from canarycli.metrics import Window
from canarycli.recorder import Answer, Budget, Recording
from canarycli_azureml.api import Session
from canarycli_azureml.blobs import Blobs
from canarycli_azureml.errors import Unanswered
from canarycli_azureml.settings import Settings

COLLECTIONS = ("model_outputs", "response")
"""What holds answers, the one that `score.py` writes by itself first."""

ROLLS: Mapping[str, str] = {"Year": "%Y", "Month": "%Y/%m", "Day": "%Y/%m/%d"}
"""The folder of a time by the collector's `rolling_rate`; hours and minutes lie below an hour's."""

SLAB = 2**20
"""Bytes of which the beginning is a sample: blobs grow for an hour, so each has some of them."""

STORE, BASE = "workspaceblobstore", "modelDataCollector"
TURN_ON = "turn its data_collector on, with the same collection and sampling_rate on both"
_URI = re.compile(r"azureml:.*?/datastores/(?P<store>[^/]+)/paths/(?P<path>.*?)/?$", re.IGNORECASE)

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answers of one deployment are: a datastore, a folder, and how its parts roll."""

    store: str
    path: str
    roll: str


def recordings(deployments: Sequence[Body]) -> dict[str, Recording]:
    """Whether each deployment's answers are collected, by its name."""
    return {str(one["name"]): _recording(one) for one in deployments}


class Collected:
    """The answers that the deployments of a workspace's endpoints collect."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings, self._session = settings, session
        self._kept: Kept[Answer] = Kept()
        self._containers: dict[str, Blobs] = {}

    def answers(
        self, deployments: Sequence[Body], versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        """See `Recorder.answers`.

        Raises:
            Unsupported: one collects nothing, or they collect different things.
        """
        asked = {
            name: one for name in versions for one in deployments if _same(str(one["name"]), name)
        }
        collection = _collection(asked)
        places = {name: self._place(one, collection) for name, one in asked.items()}
        files = {name: list(self._files(place, window)) for name, place in places.items()}
        refuse_large(files, budget)
        for name, every in files.items():
            read = partial(_piece, self._container(places[name].store), name, budget.part)
            for file in every:
                yield from self._kept.of(file, int(budget.most / budget.part), read)

    def close(self) -> None:
        """Close the connections."""
        for blobs in self._containers.values():
            blobs.close()

    def _files(self, place: Place, window: Window) -> Iterator[File]:
        blobs = self._container(place.store)
        for folder in folders(window, place.roll):
            for blob in blobs.under(f"{place.path}/{folder}/"):
                if blob.changed >= window.start and blob.name.endswith(".jsonl"):
                    yield File(blob.name, blob.size, blob.changed)

    def _place(self, deployment: Body, collection: str) -> Place:
        endpoint = str(deployment["id"]).split("/")[-3]
        tail = f"{endpoint}/{deployment['name']}/{collection}"
        collector = deployment["properties"]["dataCollector"]
        store, path = self._destination(collector["collections"][collection].get("dataId"))
        whole = path if path.endswith(tail) else f"{path}/{tail}"
        return Place(store, whole, ROLLS.get(str(collector.get("rollingRate")), "%Y/%m/%d/%H"))

    def _destination(self, asset: Any) -> tuple[str, str]:
        """The datastore and the folder of a collection; Azure's usual ones where none is named."""
        if not asset:
            return STORE, BASE
        doing = "reading where answers are collected"
        path = str(asset).removeprefix("azureml:")
        said = self._session.get(path, doing) if path.startswith("/subscriptions/") else {}
        found = _URI.match(str((said.get("properties") or {}).get("dataUri") or asset))
        return (found["store"], found["path"]) if found else (STORE, BASE)

    def _container(self, store: str) -> Blobs:
        if store not in self._containers:
            doing = f"reading datastore {store!r}"
            said = self._session.get(f"{self._settings.path}/datastores/{store}", doing)
            about = said.get("properties") or {}
            account, name = about.get("accountName"), about.get("containerName")
            if about.get("datastoreType") != "AzureBlob" or not account or not name:
                raise Unsupported(f"datastore {store!r} is no Blob storage")
            host = f"{account}.blob.{about.get('endpoint') or 'core.windows.net'}"
            self._containers[store] = Blobs(f"https://{host}/{name}", self._settings.cloud)
        return self._containers[store]


def _collection(asked: Mapping[str, Body]) -> str:
    """What every version collects."""
    for name, one in asked.items():
        if why := _recording(one).why:
            raise Unsupported(f"no answers of {name!r} are kept: {why}", hint=TURN_ON)
    for collection in COLLECTIONS:
        if all(collection in _enabled(one) for one in asked.values()):
            return collection
    raise Unsupported(f"{' and '.join(asked)} collect different things", hint=TURN_ON)


def _recording(deployment: Body) -> Recording:
    enabled = _enabled(deployment)
    for collection in COLLECTIONS:
        if collection in enabled:
            share = enabled[collection].get("samplingRate")
            where = f"{BASE}, collection {collection}"
            return Recording(where, 100.0 * float(1.0 if share is None else share))
    return Recording("", 0.0, "it collects neither model_outputs nor response")


def _enabled(deployment: Body) -> dict[str, Mapping[str, Any]]:
    """The collections of a deployment that are on."""
    collector = (deployment.get("properties") or {}).get("dataCollector") or {}
    return {
        str(name): about
        for name, about in (collector.get("collections") or {}).items()
        if str(about.get("dataCollectionMode") or "").lower() == "enabled"
    }


def _same(name: str, other: str) -> bool:
    return name.lower() == other.lower()


def _piece(blobs: Blobs, version: str, part: float, file: File, start: int) -> Piece[Answer]:
    """What a blob has got since, the beginning of each slab where only a part is read.

    A line that is still being written waits for the next look; one that a slab cuts is left out.
    """
    answers: list[Answer] = []
    while start < file.size:
        slab = start - start % SLAB
        upto = file.size if part >= 1 else min(slab + ceil(part * SLAB), file.size)
        if start < upto:
            text = _read(blobs, file, start, upto)
            torn = start == slab > 0 and part < 1
            first, last = text.find(b"\n") + 1 if torn else 0, text.rfind(b"\n") + 1
            answers += _answers(text[first:last], version)
            if upto == file.size:
                return Piece(tuple(answers), start + last)
        start = slab + SLAB
    return Piece(tuple(answers), start)


def _read(blobs: Blobs, file: File, start: int, end: int) -> bytes:
    text = blobs.read(file.key, start, end)
    if len(text) > end - start:
        raise Unanswered("reading the recorded answers: more came than was asked for")
    return text


def _answers(text: bytes, version: str) -> Iterator[Answer]:
    """Those whose payload is in the line; a large one is only pointed to, and not followed."""
    for line in text.splitlines():
        try:
            event = json.loads(line)
            if str(event.get("datainblob", "")).lower() == "true":
                continue
            at = datetime.fromisoformat(event["time"]).astimezone(UTC)
            key, data = str(event["id"]), event["data"]
            body = data if isinstance(data, str) else json.dumps(data)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        yield Answer(version, at, key, body.encode(), "application/json")
