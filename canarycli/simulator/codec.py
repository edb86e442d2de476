"""The pretend world as JSON and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from canarycli.simulator.script import parse_script
from canarycli.simulator.world import Added, Change, Scene, World
from canarycli.traffic import Traffic

_SCHEMA = 1


def to_json(world: World) -> dict[str, Any]:
    """The world as JSON values."""
    return {
        "schema": _SCHEMA,
        "clock": dict(world.clock),
        "endpoints": {name: _scene_to_json(scene) for name, scene in world.scenes.items()},
    }


def from_json(document: Mapping[str, Any]) -> World:
    """The world in JSON values.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is something else, or newer than this.
    """
    if document["schema"] != _SCHEMA:
        raise ValueError(f"schema {document['schema']!r} is not {_SCHEMA}")
    scenes = {name: _scene(values) for name, values in document["endpoints"].items()}
    return World(scenes, document["clock"])


def _scene_to_json(scene: Scene) -> dict[str, Any]:
    return {
        "script": dict(scene.settings),
        "revision": scene.revision,
        "notes": dict(scene.notes),
        "changes": [
            {
                "lands": change.lands.isoformat(),
                "shares": dict(change.traffic.shares),
                "shadow": dict(change.traffic.shadow),
            }
            for change in scene.changes
        ],
        "added": {
            name: {
                "model": new.model,
                "like": new.like,
                "ready": new.ready.isoformat(),
                "release": new.release,
                "instances": new.instances,
            }
            for name, new in scene.added.items()
        },
        "gone": list(scene.gone),
        "down": list(scene.down),
    }


def _scene(values: Mapping[str, Any]) -> Scene:
    return Scene(
        script=parse_script(values["script"]),
        settings=values["script"],
        changes=tuple(_change(change) for change in values["changes"]),
        revision=values["revision"],
        notes=values["notes"],
        added={name: _added(new) for name, new in values["added"].items()},
        gone=tuple(values["gone"]),
        down=tuple(values["down"]),
    )


def _change(values: Mapping[str, Any]) -> Change:
    lands = datetime.fromisoformat(values["lands"])
    return Change(lands, Traffic(values["shares"], values["shadow"]))


def _added(values: Mapping[str, Any]) -> Added:
    return Added(
        model=values["model"],
        like=values["like"],
        ready=datetime.fromisoformat(values["ready"]),
        release=values["release"],
        instances=values["instances"],
    )
