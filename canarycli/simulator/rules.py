"""What a pretend endpoint accepts and refuses: a scene and a request in, the next scene out."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from canarycli.errors import Conflict, NotFound, Rejected
from canarycli.late_methods import dataclass
from canarycli.provider import BASELINE_NOTE, Endpoint, Limits, Notes
from canarycli.simulator.world import Added, Scene
from canarycli.traffic import TOLERANCE, Traffic, percent


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a split; `raises` is None where nobody said whether it does."""

    seen: Endpoint
    to: Traffic
    notes: Notes
    raises: bool | None = None


def shifted(scene: Scene, asked: Asked, *, limits: Limits, now: datetime) -> Scene:
    """The scene after a split was asked for; the same one if it was asked for already."""
    seen, notes = asked.seen, asked.notes
    split = _possible(scene, seen.name, asked.to, limits, now)
    if scene.wanted.same_as(split) and notes.items() <= scene.notes.items():
        return scene
    _refuse_while_changing(scene, seen.name, now)
    raised = bool(asked.raises) or _raises(scene, seen, split, notes)
    if raised and seen.revision != str(scene.revision):
        raise Conflict(
            f"endpoint {seen.name!r} has changed since it was looked at",
            facts=[f"it has {scene.wanted}"],
        )
    return scene.changed(split, now + scene.script.settle, notes)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A request for a new version."""

    model: str
    like: str
    release: str
    options: Mapping[str, Any]


def deployed(scene: Scene, seen: Endpoint, asked: Deployment, now: datetime) -> tuple[Scene, str]:
    """The scene after a version was asked for, and the version's name."""
    for name, old in scene.added.items():
        if old.release == asked.release and name not in scene.gone:
            return scene, name
    _refuse_while_changing(scene, seen.name, now)
    _require(scene, seen.name, asked.like, now)
    count = _instances(asked.options, scene.actor(asked.like).instances)
    name, ready = _free_name(scene, asked.model), now + scene.script.startup
    added = {**scene.added, name: Added(asked.model, asked.like, ready, asked.release, count)}
    return replace(scene, added=added, revision=scene.revision + 1), name


def retired(scene: Scene, seen: Endpoint, version: str, now: datetime) -> Scene:
    """The scene without an idle version; the same one if it is gone already."""
    if version in scene.gone:
        return scene
    _require(scene, seen.name, version, now, working=False)
    _refuse_while_changing(scene, seen.name, now)
    share = scene.wanted.of(version)
    if share > TOLERANCE or scene.wanted.shadow.get(version):
        raise Conflict(
            f"version {version!r} of endpoint {seen.name!r} still has traffic",
            facts=[f"it has {percent(share)}"],
        )
    return replace(scene, gone=(*scene.gone, version), revision=scene.revision + 1)


def _possible(scene: Scene, name: str, to: Traffic, limits: Limits, now: datetime) -> Traffic:
    if not to.live:
        raise Rejected(f"endpoint {name!r} can't be left without live traffic")
    for version in {*to.live, *(v for v, share in to.shadow.items() if share)}:
        _require(scene, name, version, now)
    if max(to.shadow.values(), default=0) > limits.shadow_up_to:
        raise Rejected(f"the simulator's shadow traffic ends at {percent(limits.shadow_up_to)}")
    return Traffic(to.rounded(limits.finest_percent), to.shadow)


def _require(scene: Scene, name: str, version: str, now: datetime, *, working: bool = True) -> None:
    found = {there.name: there for there in scene.versions(now)}
    if version not in found:
        raise NotFound(
            f"endpoint {name!r} has no version {version!r}", hint=f"it has {', '.join(found)}"
        )
    if working and not found[version].in_service:
        raise Rejected(f"version {version!r} of endpoint {name!r} is not in service")


def _refuse_while_changing(scene: Scene, name: str, now: datetime) -> None:
    if not scene.settled(now):
        raise Conflict(
            f"endpoint {name!r} is changing and takes no other change",
            hint="try again when it has settled",
        )


def _raises(scene: Scene, seen: Endpoint, to: Traffic, notes: Notes) -> bool:
    """Whether anybody but the baseline gets more than they had, as it is or as it was seen."""
    noted = notes.get(BASELINE_NOTE) or scene.notes.get(BASELINE_NOTE)
    baseline = noted or next(iter(scene.wanted.live), "")
    shadows = any(share > scene.wanted.shadow.get(v, 0) for v, share in to.shadow.items())
    others = (name for name in to.live if name != baseline)
    had = {name: min(scene.wanted.of(name), seen.traffic.of(name)) for name in others}
    return shadows or any(to.of(name) > share + TOLERANCE for name, share in had.items())


def _instances(options: Mapping[str, Any], usual: int) -> int:
    for key in options:
        if key != "instances":
            raise Rejected(
                f"the simulator has no deployment option {key!r}", hint="it has instances"
            )
    count = options.get("instances", usual)
    if not isinstance(count, int) or count < 1:
        raise Rejected(f"a version has at least 1 instance, not {count!r}")
    return count


def _free_name(scene: Scene, model: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9-]+", "-", model.rstrip("/").rsplit("/", 1)[-1]).strip("-") or "new"
    taken = {*scene.script.actors, *scene.added}
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
