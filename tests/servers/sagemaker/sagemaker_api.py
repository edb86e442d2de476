"""SageMaker's operations, with the refusals and texts of the real service."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .endpoints import Change, Endpoint, Variant, pending, single
from .models import MODELS
from .wire import Json, invalid

ACCOUNT = "123456789012"
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass
class Settings:
    weights_seconds: float = 0.2
    update_seconds: float = 0.5
    metric_delay_seconds: float = 0.0
    metric_resolution_seconds: float | None = None
    page_size: int | None = None


@dataclass
class Account:
    """Everything one account has in one region."""

    clock: Callable[[], float]
    region: str = "us-east-1"
    settings: Settings = field(default_factory=Settings)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    configs: dict[str, Json] = field(default_factory=dict)
    models: dict[str, Json] = field(default_factory=dict)
    packages: dict[str, Json] = field(default_factory=dict)
    components: list[Json] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    scalable: Callable[[str], bool] = lambda _resource: False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self.region}:{ACCOUNT}:{kind}/{name.lower()}"

    def endpoint(self, name: str) -> Endpoint:
        found = self.endpoints.get(name)
        if found is None:
            raise invalid(f'Could not find endpoint "{self.arn("endpoint", name)}".')
        found.settle(self.clock())
        found.resolution_asked = self.settings.metric_resolution_seconds
        return found

    def config(self, name: str) -> Json:
        if name not in self.configs:
            arn = self.arn("endpoint-config", name)
            raise invalid(f'Could not find endpoint configuration "{arn}".')
        return self.configs[name]

    def known_tags(self, arn: str) -> dict[str, str]:
        arns = {e.arn for e in self.endpoints.values()}
        arns |= {self.arn("endpoint-config", name) for name in self.configs}
        if arn not in arns:
            raise invalid(f'Could not find resource "{arn}".')
        return self.tags.setdefault(arn, {})


def describe_endpoint(account: Account, params: Json) -> Json:
    return account.endpoint(params["EndpointName"]).describe()


def list_endpoints(account: Account, params: Json) -> Json:
    part = params.get("NameContains", "").lower()
    names = [name for name in account.endpoints if part in name.lower()]
    first, size = int(params.get("NextToken", 0)), int(params.get("MaxResults", 10))
    shown = [_brief(account.endpoint(name)) for name in sorted(names)[first : first + size]]
    more = {"NextToken": str(first + size)} if first + size < len(names) else {}
    return {"Endpoints": shown, **more}


def _brief(endpoint: Endpoint) -> Json:
    shown = endpoint.describe()
    kept = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    return {key: shown[key] for key in kept}


def update_weights(account: Account, params: Json) -> Json:
    endpoint = account.endpoint(params["EndpointName"])
    asked = params["DesiredWeightsAndCapacities"]
    _check_asked(endpoint, asked)
    _refuse_if_busy(endpoint)
    for item in asked:
        variant = endpoint.variants[item["VariantName"]]
        variant.wanted_weight = single(item.get("DesiredWeight", variant.wanted_weight))
        variant.wanted_count = int(item.get("DesiredInstanceCount", variant.wanted_count))
    fails, endpoint.fail_next = endpoint.fail_next, None

    def done() -> None:
        endpoint.status = "InService"
        endpoint.failure = fails or ""
        for variant in endpoint.variants.values():
            variant.settle() if fails is None else variant.give_up()

    ends = endpoint.now + account.settings.weights_seconds
    endpoint.begin("Updating", Change(ends, done))
    return {"EndpointArn": endpoint.arn}


def _check_asked(endpoint: Endpoint, asked: list[Any]) -> None:
    names = [item["VariantName"] for item in asked]
    unknown = [name for name in names if name not in endpoint.variants]
    if unknown:
        listed = ", ".join(f'"{name}"' for name in unknown)
        raise invalid(
            f"The variant name(s) {listed} is/are not present within endpoint configuration "
            f'"{endpoint.config_name}".'
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f'The variant name "{twice}" was non-unique within the request.')
    weights = {name: variant.wanted_weight for name, variant in endpoint.variants.items()}
    weights |= {i["VariantName"]: i["DesiredWeight"] for i in asked if "DesiredWeight" in i}
    if min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise invalid("The weights of the variants must not be negative nor all be 0.")


def _refuse_if_busy(endpoint: Endpoint) -> None:
    if endpoint.busy:
        raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.status == "Failed":
        raise invalid(f'Cannot update endpoint "{endpoint.arn}" with status "Failed".')


def update_endpoint(account: Account, params: Json) -> Json:
    endpoint = account.endpoint(params["EndpointName"])
    config = account.config(params["EndpointConfigName"])
    _refuse_if_busy(endpoint)
    _check_scaled(account, endpoint, config)
    keep = bool(params.get("RetainAllVariantProperties"))
    excluded = params.get("ExcludeRetainedVariantProperties") or []
    anew = any(item["VariantPropertyType"] == "DesiredWeight" for item in excluded)
    fails, endpoint.fail_next = endpoint.fail_next, None

    def done() -> None:
        endpoint.status = "InService"
        endpoint.failure = fails or ""
        if fails is None:
            endpoint.take(config, keep=keep, weights_anew=anew)

    ends = endpoint.now + account.settings.update_seconds
    endpoint.begin("Updating", Change(ends, done, pending(config, endpoint.now)))
    return {"EndpointArn": endpoint.arn}


def _check_scaled(account: Account, endpoint: Endpoint, config: Json) -> None:
    """Removing an autoscaled variant, or changing its instance type, is refused."""
    new = {spec["VariantName"]: spec for spec in config["ProductionVariants"]}
    for name, variant in endpoint.variants.items():
        kept = new.get(name, {}).get("InstanceType") == variant.spec.get("InstanceType")
        if not kept and account.scalable(f"endpoint/{endpoint.name}/variant/{name}"):
            raise invalid(
                f'Cannot update endpoint "{endpoint.arn}": variant "{name}" is registered as a '
                "scalable target. Deregister it and try again."
            )


def create_endpoint_config(account: Account, params: Json) -> Json:
    name = params["EndpointConfigName"]
    arn = account.arn("endpoint-config", name)
    if not NAME.fullmatch(name):
        raise invalid(f"1 validation error detected: Value '{name}' at 'endpointConfigName'")
    if name in account.configs:
        raise invalid(f'Cannot create already existing endpoint configuration "{arn}".')
    production = params["ProductionVariants"]
    shadow = params.get("ShadowProductionVariants") or []
    if len(production) > 10:
        raise invalid("ProductionVariants must have at most 10 items.")
    if shadow and (len(shadow) > 1 or len(production) > 1):
        raise invalid("Shadow variants need exactly one production and one shadow variant.")
    for spec in (*production, *shadow):
        model = spec.get("ModelName")
        if model is not None and model not in account.models:
            raise invalid(f'Could not find model "{account.arn("model", model)}".')
    config = {key: value for key, value in params.items() if key != "Tags"}
    config |= {"EndpointConfigArn": arn, "CreationTime": account.clock()}
    account.configs[name] = config
    account.tags[arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []}
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(account: Account, params: Json) -> Json:
    return account.config(params["EndpointConfigName"])


def delete_endpoint_config(account: Account, params: Json) -> Json:
    """AWS lets a config in use be deleted; so does this, and the tests look at who did."""
    account.config(params["EndpointConfigName"])
    del account.configs[params["EndpointConfigName"]]
    return {}


def create_endpoint(account: Account, params: Json) -> Json:
    name, arn = params["EndpointName"], account.arn("endpoint", params["EndpointName"])
    config = account.config(params["EndpointConfigName"])
    if name.lower() in {known.lower() for known in account.endpoints}:
        raise invalid(f'Cannot create already existing endpoint "{arn}".')
    endpoint = Endpoint(name, arn, config["EndpointConfigName"], config, account.clock())
    account.endpoints[name] = endpoint
    account.tags[arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []}

    def done() -> None:
        endpoint.status = "InService"

    ends = endpoint.now + account.settings.update_seconds
    endpoint.begin("Creating", Change(ends, done))
    return {"EndpointArn": arn}


def delete_endpoint(account: Account, params: Json) -> Json:
    endpoint = account.endpoint(params["EndpointName"])
    _refuse_if_busy(endpoint)
    del account.endpoints[endpoint.name]
    return {}


def list_tags(account: Account, params: Json) -> Json:
    tags = account.known_tags(params["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def add_tags(account: Account, params: Json) -> Json:
    tags = account.known_tags(params["ResourceArn"])
    new = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    if any(len(key) > 128 or len(value) > 256 for key, value in new.items()):
        raise invalid("A tag's key has at most 128, its value at most 256 characters.")
    if len(tags | new) > 50:
        raise invalid("A resource has at most 50 tags.")
    tags.update(new)
    return list_tags(account, params)


def delete_tags(account: Account, params: Json) -> Json:
    tags = account.known_tags(params["ResourceArn"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_inference_components(account: Account, params: Json) -> Json:
    wanted = params.get("EndpointNameEquals")
    found = [c for c in account.components if wanted in {None, c["EndpointName"]}]
    return {"InferenceComponents": found}


OPERATIONS: dict[str, Callable[[Account, Json], Json]] = {
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "UpdateEndpointWeightsAndCapacities": update_weights,
    "UpdateEndpoint": update_endpoint,
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "DeleteEndpointConfig": delete_endpoint_config,
    "CreateEndpoint": create_endpoint,
    "DeleteEndpoint": delete_endpoint,
    **MODELS,
    "ListTags": list_tags,
    "AddTags": add_tags,
    "DeleteTags": delete_tags,
    "ListInferenceComponents": list_inference_components,
}

__all__ = ["ACCOUNT", "OPERATIONS", "Account", "Settings", "Variant"]
