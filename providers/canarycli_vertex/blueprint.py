"""The deployed model to ask for, made like the baseline's with another model in it. Pure."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import Unsupported, UsageError
from canarycli.likeness import likeness
from canarycli_vertex.api import Json
from canarycli_vertex.fields import DEDICATED, DEPLOYED_MODEL, MACHINE_SPEC
from canarycli_vertex.models import Model

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
_OWN = (*_MACHINE, *_REPLICAS, "spot")
"""What only a candidate with machines of its own has."""


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
        UsageError: two exclude each other, or a number is none.
    """
    for key in options:
        if key not in OPTIONS:
            raise Unsupported(
                f"a candidate on Vertex AI has no {key!r}",
                hint=f"it has {', '.join(sorted(OPTIONS))}",
            )
    for key, least in {**dict.fromkeys(_REPLICAS, 1), "accelerator_count": 0}.items():
        count = str(options.get(key, least))
        if not count.isdecimal() or int(count) < least:
            raise UsageError(f"candidate.{key} is a whole number from {least} on, not {count!r}")
    if not isinstance(options.get("spot", False), bool):
        raise UsageError(f"candidate.spot is true or false, not {options['spot']!r}")
    if "pool" in options and (own := next((key for key in _OWN if key in options), "")):
        raise UsageError(
            f"candidate.pool and candidate.{own} exclude each other",
            hint="a pool has machines and replicas of its own",
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
    if not kind and "sharedResources" not in found:
        raise _no_machines()
    _refuse_in_vain(kind, options)
    if kind:
        found[kind] = _resources(kind, found[kind], options)


def _no_machines() -> Unsupported:
    return Unsupported("the baseline has no machines to copy", hint="set candidate.machine_type")


def _refuse_in_vain(kind: str, options: Mapping[str, Any]) -> None:
    """Raise for what is asked of machines that the candidate would not have.

    Raises:
        UsageError: its machines are a pool's, or Vertex AI's own choice.
    """
    means = {"dedicatedResources": _OWN, "automaticResources": tuple(_REPLICAS)}.get(kind, ())
    vain = next((key for key in _OWN if key in options and key not in means), "")
    if vain:
        raise UsageError(
            f"candidate.{vain} means nothing on the baseline's machines: they are "
            + ("Vertex AI's own choice" if kind else "a pool's"),
            hint="set candidate.machine_type too, for machines of its own",
        )


def _resources(kind: str, before: Json, options: Mapping[str, Any]) -> Json:
    """Machines and replicas: the baseline's, or those asked for without the baseline's rest."""
    replicas = {_REPLICAS[key]: int(options[key]) for key in _REPLICAS if key in options}
    resources: Json = {**likeness(DEDICATED, before), **replicas}
    if kind == "dedicatedResources":
        resources["machineSpec"] = _machine(resources.get("machineSpec", {}), options)
        if not resources["machineSpec"].get("machineType"):
            raise _no_machines()
        if not resources["machineSpec"].get("acceleratorType"):
            _without_accelerators(resources)
        if "spot" in options:
            resources["spot"] = options["spot"]
    least = max(1, int(resources.get("minReplicaCount", 1)))
    if "max_replicas" in options and replicas["maxReplicaCount"] < least:
        raise UsageError(
            f"candidate.max_replicas is {options['max_replicas']}, less than the {least} that "
            "there are at least",
            hint="set candidate.min_replicas too",
        )
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
    missing = [key for key in ACCELERATOR if key not in spec]
    if len(missing) == 1 and asked.keys() & set(ACCELERATOR):
        words = {cloud: ours for ours, cloud in _MACHINE.items()}
        raise UsageError(f"candidate.{words[missing[0]]} is missing", hint="name type and count")
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
