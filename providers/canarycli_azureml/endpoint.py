"""An endpoint as canary sees it, read from the bodies of the endpoint and its deployments."""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, Endpoint, Notes, Version
from canarycli.traffic import Traffic
from canarycli_azureml import body as read
from canarycli_azureml.body import Body

PREFIX = "canary-"
SHADOW_TAG = "canary-shadow"
"""Names the deployment whose shadow traffic canary set, so that a person's own is left alone."""

SERVES_WHILE = frozenset({"updating", "scaling"})
"""States in which a deployment goes on answering the traffic it has."""

GOING = "it is being deleted; name another endpoint"
DEAD = frozenset({"failed", "canceled", "deleting"})
"""States that no waiting turns into one that serves."""

_ASSET = re.compile(r"/models/([^/]+)/versions/([^/]+)$", re.IGNORECASE)


def read_endpoint(
    name: str, body: Body, deployments: Sequence[Body], failure: str = ""
) -> Endpoint:
    """One look, from what two calls answered.

    Args:
        name: as the person gave it.
        body: the endpoint.
        deployments: all of them.
        failure: why the last change failed, where that is known better than from the states.
    """
    names = {str(d["name"]).lower(): str(d["name"]) for d in deployments}
    live = _named(read.shares(body, "traffic"), names)
    ours = read.tags(body).get(SHADOW_TAG, "").lower()
    mirror = _named(read.shares(body, "mirrorTraffic"), names)
    shadow = {n: float(share) for n, share in mirror.items() if n.lower() == ours}
    going = read.state(body).lower() == "deleting"
    return Endpoint(
        name=name,
        versions=tuple(_version(d, live, mirror, ours) for d in deployments),
        traffic=Traffic(Traffic.from_weights(live).shares, shadow),
        settled=read.is_final(body),
        status=read.state(body),
        revision=revision(body),
        failure=failure,
        unfit=GOING if going else _unfit(live, names),
        caseless=True,
        indivisible=going,
        raw=body,
    )


def glanced(name: str, body: Body) -> Endpoint:
    """What the endpoint tells by itself; the deployments it names are taken to serve.

    The tags have the baseline, which may have no traffic, and names as the deployments spell them.
    """
    tags = read.tags(body)
    noted = [tags[note] for note in (BASELINE_NOTE, CANDIDATE_NOTE) if tags.get(note)]
    live = body["properties"].get("traffic") or {}
    spelled = {one.lower(): one for one in (*live, *noted)}
    there: Body = {"provisioningState": "Succeeded"}
    return read_endpoint(name, body, [{"name": n, "properties": there} for n in spelled.values()])


def _unfit(live: Mapping[str, int], names: Mapping[str, str]) -> str:
    total, gone = sum(live.values()), [name for name in live if name.lower() not in names]
    if gone and names:
        return (
            f"its traffic goes to {', '.join(gone)}, which is not deployed any more; give it to a "
            "version that is: canary rollback --to VERSION"
        )
    if total not in {0, 100}:
        return f"its traffic adds up to {total}%; set it to 100 first: canary rollback --to VERSION"
    return ""


def notes_of(body: Body) -> Notes:
    """The tags canary wrote for itself and its users."""
    found = read.tags(body).items()
    return {k: v for k, v in found if k.startswith(PREFIX) and k != SHADOW_TAG}


def revision(body: Body) -> str:
    """Changes whenever the endpoint does: when it was last changed, else a hash of what counts."""
    if read.changed_at(body):
        return read.changed_at(body)
    counts = [
        read.shares(body, "traffic"),
        read.shares(body, "mirrorTraffic"),
        read.tags(body),
        read.state(body),
    ]
    return sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()[:16]


def failed_last(body: Body, deployments: Sequence[Body]) -> Body | None:
    """The endpoint or deployment whose last change failed, None if none did.

    An endpoint's state is its last change's. A deployment that failed before the newest change of
    anything, weeks ago perhaps, and was left behind is no news.
    """
    if _failed(body):
        return body
    newest = max([body, *deployments], key=read.changed_at)
    if not read.changed_at(newest):
        newest = next((d for d in deployments if _failed(d)), body)
    return newest if _failed(newest) else None


def _failed(body: Body) -> bool:
    return read.state(body).lower() in {"failed", "canceled"}


def _named(shares: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    """The map under the deployments' own spelling: the SDK writes names in lower case."""
    return {names.get(name.lower(), name): value for name, value in shares.items()}


def _version(
    deployment: Body, live: Mapping[str, int], mirror: Mapping[str, int], ours: str
) -> Version:
    name, properties = str(deployment["name"]), deployment["properties"]
    state = read.state(deployment)
    serving = state.lower() in SERVES_WHILE and name in live
    count = (deployment.get("sku") or {}).get("capacity")
    model = str(properties.get("model") or "")
    return Version(
        name=name,
        in_service=state.lower() == "succeeded" or serving,
        model=short_model(model),
        instances=count if isinstance(count, int) else None,
        detail=_detail(properties, count, state, mirror.get(name, 0)),
        aliases=_aliases(name, model),
        state="" if state.lower() == "succeeded" or serving else state,
        dead=state.lower() in DEAD,
        copied=0.0 if name.lower() == ours else mirror.get(name, 0),
    )


def _detail(properties: Mapping[str, Any], count: Any, state: str, mirror: int) -> str:
    kind = properties.get("instanceType") or ""
    parts = [f"{count} × {kind}" if count and kind else str(kind)]
    parts += [state.lower()] if state.lower() != "succeeded" else []
    parts += [f"gets a copy of {mirror}%"] if mirror else []
    return ", ".join(part for part in parts if part)


def short_model(model: str) -> str:
    """`fraud:7` for a model of the workspace; a registry's stays as it is."""
    found = _ASSET.search(model)
    if found is None or model.startswith("azureml://"):
        return model
    return ":".join(found.groups())


def _aliases(name: str, model: str) -> tuple[str, ...]:
    found = _ASSET.search(model)
    words = [model, f"azureml:{short_model(model)}" if model.startswith("/") else ""]
    words += [":".join(found.groups())] if found else []
    words += [name.lower()]
    return tuple(dict.fromkeys(w for w in words if w and w not in {name, short_model(model)}))
