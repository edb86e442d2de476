"""An endpoint as SageMaker keeps it: variants, a change under way, and every split it ever had."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .traffic import Load
from .wire import Json

BUSY = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}


def single(value: float) -> float:
    """A number as a Smithy float keeps it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


@dataclass
class Variant:
    name: str
    spec: Json
    weight: float
    count: int
    wanted_weight: float
    wanted_count: int

    @classmethod
    def of(cls, spec: Json) -> "Variant":
        weight = single(spec.get("InitialVariantWeight", 1.0))
        count = int(spec.get("InitialInstanceCount", 1))
        return cls(spec["VariantName"], spec, weight, count, weight, count)

    def settle(self) -> None:
        self.weight, self.count = self.wanted_weight, self.wanted_count

    def give_up(self) -> None:
        self.wanted_weight, self.wanted_count = self.weight, self.count

    def summary(self) -> Json:
        shown: Json = {
            "VariantName": self.name,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.wanted_weight,
            "CurrentInstanceCount": self.count,
            "DesiredInstanceCount": self.wanted_count,
        }
        if "ModelName" in self.spec:
            shown["DeployedImages"] = [{"SpecifiedImage": f"image-of-{self.spec['ModelName']}"}]
        if "ServerlessConfig" in self.spec:
            shown["CurrentServerlessConfig"] = self.spec["ServerlessConfig"]
            shown["CurrentInstanceCount"] = shown["DesiredInstanceCount"] = 0
        return shown


@dataclass
class Change:
    """What happens at `ends`; `done` makes it so."""

    ends: float
    done: Callable[[], None]
    pending: Json | None = None


@dataclass
class Endpoint:
    name: str
    arn: str
    config_name: str
    config: Json
    now: float
    status: str = "InService"
    failure: str = ""
    resolution_asked: float | None = None
    variants: dict[str, Variant] = field(default_factory=dict)
    shadows: dict[str, Variant] = field(default_factory=dict)
    change: Change | None = None
    splits: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    load: Load | None = None
    fail_next: str | None = None
    replies: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.created = self.modified = self.now
        self.take(self.config)

    def take(self, config: Json, *, keep: bool = False, weights_anew: bool = False) -> None:
        """Run on a config; `keep` is RetainAllVariantProperties, but for weights if told so."""
        before = {**self.variants, **self.shadows}
        self.config, self.config_name = config, config["EndpointConfigName"]
        self.variants = {s["VariantName"]: Variant.of(s) for s in config["ProductionVariants"]}
        shadows = config.get("ShadowProductionVariants") or []
        self.shadows = {s["VariantName"]: Variant.of(s) for s in shadows}
        for name, variant in (*self.variants.items(), *self.shadows.items()):
            if keep and name in before:
                if not weights_anew:
                    variant.wanted_weight = before[name].weight
                variant.wanted_count = before[name].count
                variant.settle()
        self.note_split()

    @property
    def busy(self) -> bool:
        return self.status in BUSY

    @property
    def is_async(self) -> bool:
        return "AsyncInferenceConfig" in self.config

    @property
    def resolution(self) -> float:
        if self.resolution_asked is not None:
            return self.resolution_asked
        metrics = self.config.get("MetricsConfig") or {}
        if metrics.get("EnableEnhancedMetrics"):
            return float(min(60, metrics.get("MetricPublishFrequencyInSeconds", 60)))
        return 60.0

    def note_split(self) -> None:
        total = sum(variant.weight for variant in self.variants.values())
        shares = {n: 100 * v.weight / total for n, v in self.variants.items()} if total else {}
        if not self.splits or self.splits[-1][1] != shares:
            self.splits.append((self.now, shares))

    def shares_at(self, at: float) -> dict[str, float]:
        earlier = [shares for since, shares in self.splits if since <= at]
        shares = earlier[-1] if earlier else self.splits[0][1]
        return {name: share for name, share in shares.items() if share > 0}

    def begin(self, status: str, change: Change) -> None:
        self.status, self.failure, self.modified, self.change = status, "", self.now, change

    def settle(self, now: float) -> None:
        """Finish a change whose time has come."""
        if self.change is not None and now >= self.change.ends:
            change, self.change = self.change, None
            self.now = change.ends
            change.done()
            self.modified = change.ends
            self.note_split()
        self.now = now

    @property
    def captures(self) -> bool:
        capture = self.config.get("DataCaptureConfig") or {"EnableCapture": False}
        return bool(capture.get("EnableCapture", True))

    def describe(self) -> Json:
        shown: Json = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config_name,
            "ProductionVariants": [self._summary(v) for v in self.variants.values()],
            "EndpointStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": round(self.modified, 3),
        }
        if self.shadows:
            shown["ShadowProductionVariants"] = [v.summary() for v in self.shadows.values()]
        if self.failure:
            shown["FailureReason"] = self.failure
        if self.is_async:
            shown["AsyncInferenceConfig"] = self.config["AsyncInferenceConfig"]
        if self.config.get("DataCaptureConfig"):
            capture = self.config["DataCaptureConfig"]
            shown["DataCaptureConfig"] = {
                "EnableCapture": capture.get("EnableCapture", True),
                "CaptureStatus": "Started" if capture.get("EnableCapture", True) else "Stopped",
                "CurrentSamplingPercentage": capture.get("InitialSamplingPercentage", 100),
                "DestinationS3Uri": capture.get("DestinationS3Uri", "s3://capture"),
                "KmsKeyId": "",
            }
        if self.change is not None and self.change.pending is not None:
            shown["PendingDeploymentSummary"] = self.change.pending
        if self.status == "Creating":
            del shown["ProductionVariants"]
        return shown

    def _summary(self, variant: Variant) -> Json:
        shown: Json = variant.summary()
        if self.status in {"Updating", "RollingBack"}:
            shown["VariantStatus"] = [{"Status": "Updating", "StartTime": self.modified}]
        return shown


def pending(config: Json, since: float) -> Json:
    """What DescribeEndpoint says of a config that is being deployed."""
    variants: list[Any] = [
        {
            "VariantName": s["VariantName"],
            "DesiredWeight": s.get("InitialVariantWeight", 1.0),
            "VariantStatus": [{"Status": "Creating", "StartTime": since}],
        }
        for s in config["ProductionVariants"]
    ]
    return {"EndpointConfigName": config["EndpointConfigName"], "ProductionVariants": variants}
