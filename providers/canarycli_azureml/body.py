"""The body of an endpoint as Resource Manager has it: what may be sent back, and what changed.

PUT replaces: what is left out is reset. So everything a person may set goes back as it was read,
and nothing the service owns; the two lists are those of API version 2025-12-01.
"""

import copy
from collections.abc import Mapping
from typing import Any

from canarycli_azureml.errors import Unanswered

Body = Mapping[str, Any]

TOP = ("location", "tags", "kind", "sku")
PROPERTIES = (
    "authMode",
    "description",
    "compute",
    "publicNetworkAccess",
    "properties",
    "traffic",
    "mirrorTraffic",
)
FINAL = frozenset({"succeeded", "failed", "canceled"})
"""The states in which nothing is under way."""


def checked(body: Body, doing: str) -> Body:
    """The body of a resource, which a proxy's or a half-written answer is not.

    Raises:
        Unanswered: it is none.
    """
    properties = body.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(body.get("name"), str):
        raise Unanswered(f"{doing}: the answer is no resource of Azure ML's")
    return body


def state(body: Body) -> str:
    """The provisioning state, in the service's spelling."""
    return str(body["properties"].get("provisioningState") or "")


def is_final(body: Body) -> bool:
    """Whether no change is under way."""
    return state(body).lower() in FINAL


def changed_at(body: Body) -> str:
    """When anybody last changed it, as the service wrote it down; "" where it did not."""
    return str((body.get("systemData") or {}).get("lastModifiedAt") or "")


def on_kubernetes(body: Body) -> bool:
    """Whether it runs on a person's own cluster, which `kind` does not tell reliably."""
    return bool(body["properties"].get("compute"))


def shares(body: Body, key: str) -> dict[str, int]:
    """The `traffic` or the `mirrorTraffic` map without its zeroes."""
    return {name: value for name, value in (body["properties"].get(key) or {}).items() if value}


def tags(body: Body) -> dict[str, str]:
    """The endpoint's tags."""
    return dict(body.get("tags") or {})


def to_send_back(body: Body) -> dict[str, Any]:
    """What a PUT that changes nothing would send."""
    sent: dict[str, Any] = {key: body[key] for key in TOP if body.get(key) is not None}
    properties = body["properties"]
    sent["properties"] = {key: properties[key] for key in PROPERTIES if key in properties}
    sent["identity"] = _identity(body.get("identity"))
    return copy.deepcopy(sent)


def same_map(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether two maps give every deployment the same; case and zeroes don't count."""
    return _folded(one) == _folded(other)


def changed_since(before: Body, after: Body) -> bool:
    """Whether anybody changed what a person can change."""
    if changed_at(before) != changed_at(after):
        return True
    return to_send_back(before) != to_send_back(after)


def _folded(shares: Mapping[str, int]) -> dict[str, int]:
    return {name.lower(): value for name, value in shares.items() if value}


def _identity(found: Any) -> dict[str, Any]:
    """The identity without what Entra ID gave it. It is demanded, even where there is none."""
    if not isinstance(found, Mapping) or not found.get("type"):
        return {"type": "None"}
    sent: dict[str, Any] = {"type": found["type"]}
    assigned = found.get("userAssignedIdentities")
    if assigned:
        sent["userAssignedIdentities"] = {name: {} for name in assigned}
    return sent
