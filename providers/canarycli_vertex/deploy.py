"""Brings a candidate in and takes idle versions away.

A deployment never carries a traffic split: one given with it may be set when the operation ends,
minutes later, and would undo whatever was set meanwhile, a rollback included.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from canarycli.errors import Conflict, NotFound, ProviderError, Rejected, Unsupported
from canarycli.likeness import likeness
from canarycli.preview import Preview
from canarycli.provider import Endpoint
from canarycli_vertex.api import Api, Json
from canarycli_vertex.deployment import Under, deployed_ids, progress, running_deployment
from canarycli_vertex.errors import AlreadyThere, understood
from canarycli_vertex.fields import DEDICATED, DEPLOYED_MODEL, MACHINE_SPEC
from canarycli_vertex.models import Model, find_model
from canarycli_vertex.notes import OPERATION

OPTIONS = frozenset(
    {
        "accelerator_count",
        "accelerator_type",
        "display_name",
        "machine_type",
        "max_replicas",
        "min_replicas",
        "pool",
        "service_account",
        "spot",
    }
)
"""What `candidate:` in canary.yaml may set; everything else is as the baseline's."""

_MACHINE = {
    "machine_type": "machineType",
    "accelerator_type": "acceleratorType",
    "accelerator_count": "acceleratorCount",
}
ACCELERATOR = ("acceleratorType", "acceleratorCount")
_REPLICAS = {"min_replicas": "minReplicaCount", "max_replicas": "maxReplicaCount"}


def deployed_id(release: str) -> str:
    """The id a release's deployed model has: ten digits that follow from the release alone.

    So that a release that is resumed after a crash finds its own deployment again.
    """
    number = int.from_bytes(hashlib.sha256(release.encode()).digest()[:8])
    return str(10**9 + number % (9 * 10**9))


def deploy(
    api: Api,
    path: str,
    wanted: str,
    like: str,
    *,
    options: Mapping[str, Any],
    release: str,
) -> tuple[str, Under | None]:
    """Ask for a model to be deployed like the version `like`, without traffic.

    Returns the deployed model's id, and the operation if one was started. What this release has
    under way or done already is not asked for again, and a version that is deployed is taken as
    it is.
    """
    name = deployed_id(release)
    found = api.get(path)
    with understood("the endpoint"):
        if name in deployed_ids(found) or _is_coming(api, path, found, name):
            return name, None
        baseline = deployed(found, like)
        model = find_model(api, wanted)
        there = _there(found, model, like)
    if there:
        return there, None
    body = {"deployedModel": wish(baseline, model, name, options)}
    try:
        operation = api.post(f"{path}:deployModel", body)
    except AlreadyThere:
        operation = running_deployment(api, path)
    if not operation:
        return name, None
    with understood("the deployment"):
        under = Under(name, str(operation["name"]).rpartition("/")[2])
    _remember(api, path, under)
    return name, under


def preview(
    api: Api, seen: Endpoint, wanted: str, like: str, options: Mapping[str, Any]
) -> Preview:
    """What `deploy` would do, from the endpoint as it was seen.

    Raises:
        Unsupported: the baseline has no place to copy, or the model is deployed several times.
    """
    model = find_model(api, wanted)
    with understood("the endpoint"):
        found = seen.raw or {}
        there = _there(found, model, like)
        baseline = deployed(found, like)
        if not there and model.is_deployed_as(baseline):
            there = like
        if not there:
            wish(baseline, model, deployed_id("r-0"), options)
    name = model.resource.rpartition("/")[2]
    return Preview(f"models/{name}@{model.version}" if model.version else wanted, there)


def retire(api: Api, path: str, seen: Endpoint, version: str) -> None:
    """Ask for an idle version to be undeployed; one that is gone already is no error.

    Raises:
        Conflict: it has traffic, or is the only one.
    """
    if _may_go(api.get(path), seen.name, version):
        try:
            api.post(f"{path}:undeployModel", {"deployedModelId": version})
        except NotFound:
            return
        except Rejected:
            _may_go(api.get(path), seen.name, version)  # it may have got traffic meanwhile
            raise


def _may_go(found: Json, endpoint: str, version: str) -> bool:
    """Whether a version is there to be taken away.

    Raises:
        Conflict: it is needed.
    """
    with understood("the endpoint"):
        ids = deployed_ids(found)
        share = int(found.get("trafficSplit", {}).get(version, 0))
    if version in ids and share:
        raise Conflict(
            f"{version!r} has {share}% of the traffic of {endpoint!r}",
            hint=f"canary rollback {endpoint}, or promote the other version first",
        )
    if ids == {version}:
        raise Conflict(f"{version!r} is the only version of {endpoint!r}")
    return version in ids


def _is_coming(api: Api, path: str, found: Json, name: str) -> bool:
    under = Under.way_on(found)
    if under is None or under.model != name:
        return False
    now = progress(api, path, under)
    if now.done and not now.failure:
        return name in deployed_ids(api.get(path))
    return not now.done


def _there(found: Json, model: Model, like: str) -> str:
    """The id under which the model is deployed beside the baseline, "" if it is not."""
    ids = [
        str(one["id"])
        for one in found.get("deployedModels", ())
        if model.is_deployed_as(one) and str(one["id"]) != like
    ]
    if len(ids) > 1:
        raise Unsupported(
            f"models/{model.resource.rpartition('/')[2]}@{model.version} is deployed "
            f"{len(ids)} times",
            facts=ids,
            hint="name one of them by its id",
        )
    return ids[0] if ids else ""


def deployed(found: Json, like: str) -> Json:
    """The deployed model of that id.

    Raises:
        NotFound: there is none.
    """
    for one in found.get("deployedModels", ()):
        if str(one["id"]) == like:
            return dict(one)
    raise NotFound(f"there is no deployed model {like!r} to deploy like")


def wish(baseline: Json, model: Model, name: str, options: Mapping[str, Any]) -> Json:
    """The deployed model to ask for: the baseline's place, the other model in it.

    Raises:
        Unsupported: the options are unknown, or the baseline has no place to copy.
    """
    check_options(options)
    found: Json = likeness(DEPLOYED_MODEL, baseline)
    found["id"] = name
    found["model"] = f"{model.resource}@{model.version}" if model.version else model.resource
    found["displayName"] = str(options.get("display_name") or f"{model.display}-{model.version}")
    if "service_account" in options:
        found["serviceAccount"] = options["service_account"]
    _place(found, options, model.resource.rpartition("/models/")[0])
    return found


def check_options(options: Mapping[str, Any]) -> None:
    """Raise for what is said of a candidate and means nothing here.

    Raises:
        Unsupported: an option is unknown.
    """
    for key in options:
        if key not in OPTIONS:
            raise Unsupported(
                f"a candidate on Vertex AI has no {key!r}",
                hint=f"it has {', '.join(sorted(OPTIONS))}",
            )


def _place(found: Json, options: Mapping[str, Any], parent: str) -> None:
    """Put machine, replicas or pool into the wish; a pool replaces machines and the reverse."""
    if "pool" in options:
        for kind in ("dedicatedResources", "automaticResources"):
            found.pop(kind, None)
        found["sharedResources"] = _pool(str(options["pool"]), parent)
        return
    if any(key in options for key in _MACHINE):
        for kind in ("sharedResources", "automaticResources"):
            found.pop(kind, None)
        found.setdefault("dedicatedResources", {"minReplicaCount": 1})
    kind = next((k for k in ("dedicatedResources", "automaticResources") if k in found), "")
    if kind:
        found[kind] = _resources(kind, found[kind], options)
    elif "sharedResources" not in found:
        raise Unsupported("the baseline has no machines to copy", hint="set candidate.machine_type")


def _resources(kind: str, before: Json, options: Mapping[str, Any]) -> Json:
    """Machines and replicas: the baseline's, or those asked for without the baseline's rest."""
    replicas = {_REPLICAS[key]: int(options[key]) for key in _REPLICAS if key in options}
    resources: Json = {**likeness(DEDICATED, before), **replicas}
    if kind == "dedicatedResources":
        resources["machineSpec"] = _machine(resources.get("machineSpec", {}), options)
        if not resources["machineSpec"].get("acceleratorType"):
            _without_accelerators(resources)
        if "spot" in options:
            resources["spot"] = bool(options["spot"])
    least = max(1, int(resources.get("minReplicaCount", 1)))
    resources["minReplicaCount"] = least
    resources["maxReplicaCount"] = max(int(resources.get("maxReplicaCount", least)), least)
    if "requiredReplicaCount" in resources:
        resources["requiredReplicaCount"] = min(int(resources["requiredReplicaCount"]), least)
    return resources


def _machine(before: Json, options: Mapping[str, Any]) -> Json:
    """The machine: another type takes nothing over, and no accelerators means none at all."""
    asked = {_MACHINE[key]: options[key] for key in _MACHINE if key in options}
    other = asked.get("machineType", before.get("machineType")) != before.get("machineType")
    spec: Json = {**likeness(MACHINE_SPEC, before, other_machines=other), **asked}
    if "acceleratorCount" in asked and not int(asked["acceleratorCount"]):
        spec = {k: v for k, v in spec.items() if k not in {*ACCELERATOR, "gpuPartitionSize"}}
    return spec


def _without_accelerators(resources: Json) -> None:
    """Nothing scales by an accelerator that is not there."""
    specs = [
        one
        for one in resources.pop("autoscalingMetricSpecs", [])
        if "accelerator" not in str(one.get("metricName", ""))
    ]
    if specs:
        resources["autoscalingMetricSpecs"] = specs


def _pool(word: str, parent: str) -> str:
    return word if "/" in word else f"{parent}/deploymentResourcePools/{word}"


def _remember(api: Api, path: str, under: Under) -> None:
    """Write the operation into a label, so that any machine can follow it.

    Where that is refused the deployment goes on all the same: the release finds it by its id.
    """
    for _ in range(3):
        try:
            found = api.get(path)
            labels = {**found.get("labels", {}), OPERATION: under.label}
            api.patch(path, "labels", {"etag": found.get("etag", ""), "labels": labels})
        except (Conflict, Rejected):
            continue
        except ProviderError:
            return
        return
