"""Reads Vertex AI's JSON about an endpoint into canary's values."""

from collections.abc import Mapping
from typing import Any

from canarycli.provider import Endpoint, Version
from canarycli.traffic import Traffic

Json = Mapping[str, Any]

PEERED = (
    "it is a private endpoint over VPC peering: these hold one model and have no traffic split; "
    "use a dedicated or Private Service Connect endpoint"
)


ELSEWHERE = (
    "it runs on Google Distributed Cloud, where Vertex AI splits no traffic; use an endpoint of "
    "Vertex AI"
)


def read_endpoint(name: str, found: Json, pending: Version | None, failure: str) -> Endpoint:
    """One look at an endpoint.

    Args:
        name: as the person called it.
        found: the API's Endpoint.
        pending: a version that is being deployed, not yet among the deployed models.
        failure: why the last deployment failed.
    """
    deployed = tuple(read_version(model) for model in found.get("deployedModels", ()))
    split = {str(key): float(value) for key, value in found.get("trafficSplit", {}).items()}
    return Endpoint(
        name=name,
        versions=(*deployed, pending) if pending else deployed,
        traffic=Traffic.from_weights(split),
        settled=True,
        status=pending.detail if pending else _status(deployed, split),
        revision=str(found.get("etag", "")),
        failure=failure,
        unfit=_kind(found) or _unfit(deployed, split),
        indivisible=bool(_kind(found)),
        raw=found,
    )


def _kind(found: Json) -> str:
    """Why an endpoint's kind has no shares of traffic to move, "" if it has."""
    if found.get("network"):
        return PEERED
    return ELSEWHERE if found.get("gdcConfig") else ""


def _unfit(deployed: tuple[Version, ...], split: Mapping[str, float]) -> str:
    gone = [name for name, share in split.items() if share and not _has(deployed, name)]
    if gone and deployed:
        return (
            f"its split gives {', '.join(gone)} traffic, which is not deployed any more; give it "
            "to a version that is: canary rollback --to VERSION"
        )
    if (total := sum(split.values())) not in {0, 100}:
        return f"its split adds up to {total:g}%; set it to 100 first: canary rollback --to VERSION"
    return ""


def _has(deployed: tuple[Version, ...], name: str) -> bool:
    return any(version.name == name for version in deployed)


def read_version(model: Json) -> Version:
    """One deployed model."""
    resource, _, tagged = str(model.get("model", "")).partition("@")
    number = str(model.get("modelVersionId", "") or tagged)
    short = "models/" + resource.rpartition("/")[2] if resource else ""
    display = str(model.get("displayName", ""))
    return Version(
        name=str(model["id"]),
        in_service=_in_service(model.get("status")),
        model=f"{short}@{number}" if number else short,
        instances=_replicas(model.get("status")),
        detail=_detail(model),
        state=_state(model.get("status")),
        aliases=_aliases(display, resource, short, number),
    )


def _aliases(display: str, resource: str, short: str, number: str) -> tuple[str, ...]:
    """Everything a person may call a deployed model by."""
    names = [display, short, resource]
    if number:
        bare = short.removeprefix("models/")
        names += [f"{short}@{number}", f"{bare}@{number}", f"{resource}@{number}"]
        names += [f"{display}@{number}"] if display else []
    return tuple(dict.fromkeys(name for name in names if name))


def _in_service(status: Json | None) -> bool:
    """A deployed model serves unless Vertex says with a message that no replica is available.

    JSON leaves a count of 0 out, and older answers have no status at all: neither alone says
    that nothing serves, and a rollback must not be refused on a guess.
    """
    return not (status and status.get("message") and not status.get("availableReplicaCount"))


def _state(status: Json | None) -> str:
    """Vertex's reason for why nothing serves, "" where something does."""
    said = " ".join(str((status or {}).get("message", "")).split()).removesuffix(".")
    return "" if _in_service(status) else f"without a replica ({said})"


def _replicas(status: Json | None) -> int | None:
    count = (status or {}).get("availableReplicaCount")
    return int(count) if count else None


def _detail(model: Json) -> str:
    """`2 × n1-standard-4`, `1–3 replicas`, `pool churn`."""
    if pool := model.get("sharedResources"):
        return "pool " + str(pool).rpartition("/")[2]
    resources = model.get("dedicatedResources") or model.get("automaticResources") or {}
    least = int(resources.get("minReplicaCount", 1))
    most = int(resources.get("maxReplicaCount", least) or least)
    count = f"{least}" if most <= least else f"{least}–{most}"
    machine = resources.get("machineSpec", {})
    if not machine.get("machineType"):
        return f"{count} replica" if count == "1" else f"{count} replicas"
    text = f"{count} × {machine['machineType']}"
    if machine.get("acceleratorType"):
        text += f" + {machine.get('acceleratorCount', 1)} {machine['acceleratorType']}"
    return text


def _status(deployed: tuple[Version, ...], split: Mapping[str, float]) -> str:
    if not deployed:
        return "no model deployed"
    return "serving" if any(split.values()) else "no traffic split"
