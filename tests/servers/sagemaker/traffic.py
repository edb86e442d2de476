"""Requests that an endpoint gets: how many each variant answers, how fast and how well."""

import json
import math
import random
from base64 import b64encode
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .metricstore import MetricStore
from .others import put
from .wire import Json

if TYPE_CHECKING:
    from .endpoints import Endpoint

FLUSHED = 30
"""Seconds after which captured answers are written."""

COUNTRIES = ("FR", "DE", "DE")
"""Where requests come from, one after the other."""

NAMESPACE = "AWS/SageMaker"
FLAGS = {
    "Invocation5XXErrors": "errors_5xx",
    "Invocation4XXErrors": "errors_4xx",
    "InvocationModelErrors": "model_errors",
}


@dataclass
class Load:
    """So many requests per second on one endpoint, and how each variant takes them."""

    rate: float
    variants: Json
    until: float
    split: dict[str, float] | None = None
    captured: defaultdict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    truth: Json = field(default_factory=dict)
    owed: list[tuple[float, Json]] = field(default_factory=list)

    def catch_up(self, endpoint: "Endpoint", store: MetricStore, now: float) -> None:
        """Every whole second up to now becomes requests, and those become raw values."""
        while self.until + 1 <= now:
            self._second(endpoint, store)
            self.until += 1
            if int(self.until) % FLUSHED == 0:
                self._flush(endpoint)

    def _second(self, endpoint: "Endpoint", store: MetricStore) -> None:
        shares = self.split or endpoint.shares_at(self.until)
        dice = random.Random(f"{endpoint.name}:{self.until:.0f}")
        count = math.floor(self.rate + dice.random())
        if not shares:
            return
        chosen = dice.choices(list(shares), weights=list(shares.values()), k=count)
        for name in set(chosen):
            self._requests(endpoint, name, chosen.count(name), dice, store)
            if endpoint.captures and self.variants.get(name, {}).get("captured", True):
                self._capture(endpoint, name, chosen.count(name), dice)

    def _capture(self, endpoint: "Endpoint", name: str, count: int, dice: random.Random) -> None:
        """What the variant says, as data capture writes it down."""
        says = self.variants.get(name, {}).get("says", {"fraud": 0.03})
        says_in = self.variants.get(name, {}).get("says_in", {})
        plain = "CaptureContentTypeHeader" in endpoint.config["DataCaptureConfig"]
        at = datetime.fromtimestamp(self.until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for number in range(count):
            country = COUNTRIES[number % 3]
            often = says_in.get(country, says)
            label = next((label for label, part in often.items() if dice.random() < part), "ok")
            self._owe(f"{name}-{self.until:.0f}-{number}", label, name, dice)
            said = {"label": label, "score": dice.random(), "country": country}
            body = json.dumps({"predictions": [said]})
            output = {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": body if plain else b64encode(body.encode()).decode(),
                "encoding": "JSON" if plain else "BASE64",
            }
            self.captured[name].append(
                {
                    "captureData": {"endpointOutput": output},
                    "eventMetadata": {
                        "eventId": f"{name}-{self.until:.0f}-{number}",
                        "inferenceTime": at,
                    },
                    "eventVersion": "0",
                }
            )

    def _owe(self, key: str, label: str, name: str, dice: random.Random) -> None:
        """The label that this answer gets later, as often as the variant is right."""
        if self.truth:
            right = dice.random() < self.variants.get(name, {}).get("right", 0.92)
            other = {"ok": "fraud"}.get(label, "ok")
            record = {
                "groundTruthData": {"data": label if right else other, "encoding": "CSV"},
                "eventMetadata": {"eventId": key},
                "eventVersion": "0",
            }
            self.owed.append((self.until + self.truth["delay"], record))

    def _pay(self) -> None:
        """Labels that are due lie under the hour in which they came."""
        due = [record for at, record in self.owed if at <= self.until]
        self.owed = self.owed[len(due) :]
        if due:
            hour = datetime.fromtimestamp(self.until - 1, UTC)
            body = "".join(json.dumps(record) + "\n" for record in due).encode()
            key = f"{hour:%Y/%m/%d/%H}/{hour:%M-%S}.jsonl"
            put(self.truth["where"], key, body, self.until)

    def _flush(self, endpoint: "Endpoint") -> None:
        where = endpoint.config.get("DataCaptureConfig", {}).get("DestinationS3Uri", "")
        hour = datetime.fromtimestamp(self.until - 1, UTC)
        for name, records in self.captured.items():
            key = f"{endpoint.name}/{name}/{hour:%Y/%m/%d/%H}/{hour:%M-%S}-000-{name}.jsonl"
            put(
                where,
                key,
                "".join(json.dumps(record) + "\n" for record in records).encode(),
                self.until,
            )
        self.captured.clear()
        self._pay()

    def _requests(
        self,
        endpoint: "Endpoint",
        variant: str,
        count: int,
        dice: random.Random,
        store: MetricStore,
    ) -> None:
        way = self.variants.get(variant, {})
        if way.get("silent"):
            return
        median, spread = way.get("latency_ms", 50.0), way.get("spread", 0.4)
        overhead = way.get("overhead_ms", 5.0)
        values = {
            "ModelLatency": [
                1000 * dice.lognormvariate(math.log(median), spread) for _ in range(count)
            ],
            "OverheadLatency": [
                1000 * dice.lognormvariate(math.log(overhead), spread) for _ in range(count)
            ],
        }
        for metric, ratio in FLAGS.items():
            values[metric] = [float(dice.random() < way.get(ratio, 0.0)) for _ in range(count)]
        if endpoint.is_async:
            del values["OverheadLatency"]
        else:
            values["Invocations"] = [1.0] * count
        dimensions = {"EndpointName": endpoint.name, "VariantName": variant}
        for metric, raw in values.items():
            store.put(NAMESPACE, metric, dimensions, self.until, raw, endpoint.resolution)
        for metric in ("CPUUtilization", "MemoryUtilization", "GPUUtilization"):
            store.put(
                "/aws/sagemaker/Endpoints",
                metric,
                dimensions,
                self.until,
                [way.get("cpu", 40.0)],
                endpoint.resolution,
            )
