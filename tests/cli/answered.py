"""What versions answer from some minutes ago to some minutes from now, kept as each cloud keeps it.

Everything is laid down at once and counted to the answer, so that chance decides nothing: a look
only sees what is over by then.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from cli.blackbox import Canary
from cli.on_azureml import on_azure
from cli.on_vertex import on_vertex
from servers.azureml.running import PLACE
from servers.azureml.running import Server as AzureServer
from servers.sagemaker import Server as AwsServer
from servers.sagemaker import running
from servers.sources import Store, serving
from servers.vertex import Server as GoogleServer
from servers.vertex.seed import deployed

SECOND = timedelta(seconds=1)
BEFORE, AFTER = 25, 200
"""Seconds."""

LOG = {
    "deployed_model_id": "STRING",
    "logging_time": "TIMESTAMP",
    "request_id": "NUMERIC",
    "response_payload": "STRING[]",
    "said": "STRING[]",
}
"""The columns of Vertex AI's log in BigQuery that are read, and their types."""

LATE = 5 * SECOND
"""After its answer a label is known."""


@dataclass(frozen=True)
class Told:
    """What one version answers each second.

    Attributes:
        n: answers.
        fraud: those that say so.
        wrong: those that are not right, where labels are kept.
        kept: whether they are kept at all.
        french: of as many more, from France, those that say so; the others are from Germany then.
    """

    n: int = 500
    fraud: int = 15
    wrong: int | None = None
    kept: bool = True
    french: int | None = None


def seconds() -> Iterator[datetime]:
    now = datetime.now(UTC).replace(microsecond=0)
    return (now + number * SECOND for number in range(-BEFORE, AFTER))


def key(version: str, at: datetime, number: int) -> str:
    return f"{version}-{at:%H%M%S}-{number}"


def said(version: str, at: datetime, told: Told) -> list[str]:
    """One JSON object an answer; only where it is labelled it says its key."""
    if told.french is not None:
        home, abroad = answered("DE", told.n, told.fraud), answered("FR", told.n, told.french)
        return [*home, *abroad]
    if told.wrong is None:
        return ['{"label": "fraud"}'] * told.fraud + ['{"label": "ok"}'] * (told.n - told.fraud)
    return [
        json.dumps(
            {"label": "fraud" if number < told.fraud else "ok", "id": key(version, at, number)}
        )
        for number in range(told.n)
    ]


def answered(country: str, n: int, fraud: int) -> list[str]:
    said = [json.dumps({"label": label, "country": country}) for label in ("fraud", "ok")]
    return [said[0]] * fraud + [said[1]] * (n - fraud)


def truth(version: str, at: datetime, told: Told) -> Iterator[tuple[str, str]]:
    """What should have been said, by key: the last ones are the wrong ones."""
    for number in range(told.n if told.wrong is not None else 0):
        answer = "fraud" if number < told.fraud else "ok"
        right = number < told.n - (told.wrong or 0)
        yield key(version, at, number), answer if right else "other"


class Cloud(Protocol):
    """A cloud's server, and a person's canary that talks to it."""

    name: str
    canary: Canary
    arms: tuple[str, str]

    def endpoint(self, name: str, told: Mapping[str, Told]) -> str:
        """An endpoint whose versions answer so, as lines of canary.yaml."""
        ...


@dataclass
class Aws:
    server: AwsServer
    canary: Canary
    name: str = "sagemaker"
    arms: tuple[str, str] = ("v41", "v42")

    def endpoint(self, name: str, told: Mapping[str, Told]) -> str:
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://captured/live",
            "CaptureOptions": [{"CaptureMode": "Output"}],
        }
        variants = {version: {"weight": 1 - n} for n, version in enumerate(told)}
        self.server.endpoint(name, variants, config={"DataCaptureConfig": capture})
        minutes: dict[str, list[str]] = {}
        for version, one in told.items():
            for at in seconds():
                where = f"live/{name}/{version}/{at:%Y/%m/%d/%H}/{at:%M}-00-000-a.jsonl"
                if one.kept:
                    minutes.setdefault(where, []).append(_captured(version, at, one))
            self._label(name, version, one)
        end = datetime.now(UTC) + AFTER * SECOND
        for where, lines in minutes.items():
            self._keep(where, lines, end)
        return (
            "    provider: sagemaker\n    region: us-east-1\n"
            "    metric_delay: 0s\n    metric_period: 1s\n"
            f'    labels: {{files: "s3://captured/truth/{name}", mature_after: 8s}}\n'
        )

    def _label(self, name: str, version: str, told: Told) -> None:
        """A file every three seconds, as the time of its label is that of its file."""
        known: dict[int, list[str]] = {}
        for at in seconds():
            known.setdefault(int(at.timestamp()) // 3, []).extend(
                json.dumps(
                    {
                        "groundTruthData": {"data": label, "encoding": "CSV"},
                        "eventMetadata": {"eventId": key},
                        "eventVersion": "0",
                    }
                )
                for key, label in truth(version, at, told)
            )
        for third, lines in known.items():
            at = datetime.fromtimestamp(3 * third, UTC) + LATE
            if lines:
                self._keep(f"truth/{name}/{at:%Y/%m/%d/%H/%M%S}-{version}.jsonl", lines, at)

    def _keep(self, where: str, lines: list[str], at: datetime) -> None:
        text = "".join(f"{line}\n" for line in lines)
        body = {"where": "s3://captured", "key": where, "text": text, "at": at.timestamp()}
        self.server.control("keep", body)


def _captured(version: str, at: datetime, told: Told) -> str:
    output = {
        "observedContentType": "application/json",
        "mode": "OUTPUT",
        "encoding": "JSON",
        "data": f'{{"predictions": [{", ".join(said(version, at, told))}]}}',
    }
    meta = {"eventId": key(version, at, 0), "inferenceTime": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    record = {"captureData": {"endpointOutput": output}, "eventMetadata": meta}
    return json.dumps({**record, "eventVersion": "0"})


@dataclass
class Google:
    server: GoogleServer
    canary: Canary
    name: str = "vertex"
    arms: tuple[str, str] = ("11", "22")

    def endpoint(self, name: str, told: Mapping[str, Told]) -> str:
        number = str(2000 + len(self.server.cloud.endpoints))
        log, known = f"acme-ml.logs.{name}", f"acme-ml.truth.{name}"
        config = {"enabled": True, "bigqueryDestination": {"outputUri": f"bq://{log}"}}
        self.server.control(
            "PUT",
            f"endpoints/{number}",
            displayName=name,
            deployedModels=[deployed(arm, str(n)) for n, arm in enumerate(told, 1)],
            trafficSplit={self.arms[0]: 100},
            predictRequestResponseLoggingConfig=config,
        )
        rows: list[tuple[Any, ...]] = []
        labels: list[tuple[str, str, datetime]] = []
        for version, one in told.items():
            for at in seconds():
                if one.kept:
                    rows.append((version, at, len(rows), said(version, at, one), None))
                labels += ((key, label, at + LATE) for key, label in truth(version, at, one))
        self.server.warehouse.put(log, LOG, rows)
        kinds = {"key": "STRING", "label": "STRING", "known": "TIMESTAMP"}
        self.server.warehouse.put(known, kinds, labels)
        query = f"SELECT key, label, known AS at FROM `{known}` WHERE key IN UNNEST(:keys)"
        return (
            "    provider: vertex\n    project: acme-ml\n    region: europe-west4\n"
            f'    endpoint: "{number}"\n    metric_delay: 0s\n    metric_period: 1s\n'
            f'    labels: {{from: warehouse, query: "{query}", mature_after: 8s}}\n'
        )


@dataclass
class Azure:
    server: AzureServer
    canary: Canary
    store: Store
    name: str = "azureml"
    arms: tuple[str, str] = ("blue", "teal")

    def endpoint(self, name: str, told: Mapping[str, Told]) -> str:
        models = {version: {"model": f"eta:{n}"} for n, version in enumerate(told, 1)}
        traffic = {self.arms[0]: 100}
        self.server.control("endpoint", name=name, traffic=traffic, deployments=models)
        end = datetime.now(UTC).timestamp() + AFTER
        for version, one in told.items():
            on = {"dataCollectionMode": "Enabled" if one.kept else "Disabled"}
            collector = {"collections": {"model_outputs": on}, "rollingRate": "Hour"}
            self.server.control(
                "deployment", endpoint=name, name=version, properties={"dataCollector": collector}
            )
            hours: dict[str, list[str]] = {}
            for at in seconds():
                event = f'{{"id": "{key(version, at, 0)}", "time": "{at.isoformat()}", "data": '
                line = f"{event}[{', '.join(said(version, at, one))}]}}\n"
                hours.setdefault(f"{at:%Y/%m/%d/%H}", []).append(line)
                self.store.rows += (
                    {"key": key, "label": label, "at": (at + LATE).isoformat()}
                    for key, label in truth(version, at, one)
                )
            for hour, lines in hours.items():
                folder = f"azureml-blobstore/modelDataCollector/{name}/{version}/model_outputs"
                blob = f"{folder}/{hour}/a.jsonl"
                self.server.control("blob", name=blob, text="".join(lines), at=end)
        return (
            f"    provider: azureml\n    subscription: {PLACE['subscription']}\n"
            f"    resource_group: {PLACE['resource_group']}\n    workspace: {PLACE['workspace']}\n"
            "    metric_delay: 0s\n"
            '    labels: {from: shop, path: "/rows", rows: result.rows, mature_after: 8s}\n'
        )


@contextmanager
def on_cloud(name: str, folder: Path, store: Store) -> Iterator[Cloud]:
    """A cloud's server by itself, and somebody who may use it."""
    match name:
        case "sagemaker":
            with running() as server:
                yield Aws(server, Canary(folder / "ann", dict(server.environment)))
        case "vertex":
            with on_vertex(folder) as world:
                url = {"CANARY_BIGQUERY_ENDPOINT": world.server.url}
                yield Google(world.server, Canary(world.ann.folder, {**world.ann.env, **url}))
        case _:
            with on_azure(folder) as there:
                yield Azure(there.server, there.ann, store)


__all__ = ["Cloud", "Store", "Told", "on_cloud", "seconds", "serving"]
