"""Brings a candidate in and takes idle versions away.

A deployment never carries a traffic split: one given with it may be set when the operation ends,
minutes later, and would undo whatever was set meanwhile, a rollback included.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from canarycli.errors import Conflict, NotFound, ProviderError, Rejected, Unsupported
from canarycli.preview import Preview
from canarycli.provider import Endpoint
from canarycli_vertex.api import Api, Json
from canarycli_vertex.blueprint import wish
from canarycli_vertex.deployment import Under, deployed_ids, progress, running_deployment
from canarycli_vertex.errors import AlreadyThere, understood
from canarycli_vertex.models import Model, find_model
from canarycli_vertex.notes import OPERATION


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
