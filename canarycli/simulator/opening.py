"""How a simulator starts: its settings, the endpoints they name, and its clock."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from canarycli.clock import FastClock, SystemClock
from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.simulator.script import SCRIPT_KEYS, keyed, known, number, parse_script
from canarycli.simulator.state import State
from canarycli.simulator.world import Scene, World

DEFAULT = "demo"
"""The endpoint there is when nobody names one."""

_OWN = frozenset({"state", "speed", "endpoints", "finest", "shadow_up_to"})
_OTHERS = frozenset({"provider", "endpoint", "plan", "name"})
"""Keys that stand beside the provider's own in canary.yaml and are read by somebody else."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A simulator's settings, checked.

    Attributes:
        state: path of the state file, "" for the usual one.
        speed: None to keep what the file says.
        scripts: the script keys by the name of the endpoint, as JSON gives them back; there is
            always one.
    """

    state: str = ""
    speed: float | None = None
    finest: float = 0.1
    shadow_up_to: float = 100.0
    scripts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> "Opening":
        """Read the settings; keys whose value is None count as left out.

        Raises:
            UsageError: a key is unknown, or a value makes no sense.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        known(given, _OWN | _OTHERS | SCRIPT_KEYS, "simulator")
        shared = {key: value for key, value in given.items() if key in SCRIPT_KEYS}
        scripts = {name: {**shared, **own} for name, own in _named(given.get("endpoints"))}
        for script in (shared, *scripts.values()):
            parse_script(script)
        return cls(
            state=str(given.get("state", "")),
            speed=_above_zero("speed", given["speed"]) if "speed" in given else None,
            finest=_above_zero("finest", given.get("finest", 0.1)),
            shadow_up_to=number("shadow_up_to", given.get("shadow_up_to", 100), most=100),
            scripts=json.loads(json.dumps(scripts or {DEFAULT: shared}, default=str)),
        )

    def apply(self, world: World, now: datetime) -> World:
        """The world with every endpoint that these settings name, as they describe it."""
        for name, settings in self.scripts.items():
            scene = world.scenes.get(name)
            merged = {**(scene.settings if scene else {}), **settings}
            if scene is None:
                scene = Scene.opened(parse_script(merged), merged, now)
            elif merged != scene.settings:
                scene = replace(scene, script=parse_script(merged), settings=merged)
            world = world.with_scene(name, scene)
        return world


def clock_for(state: State, speed: float | None) -> FastClock:
    """The clock that everybody who uses the state shares; its origin is kept there."""

    def edit(world: World) -> World:
        clock = _clock(world.clock) or FastClock(speed or 1.0, SystemClock().now())
        if speed is not None and clock.speed != speed:
            clock = clock.at_speed(speed)
        since = clock.since or clock.origin
        kept = {
            "speed": clock.speed,
            "origin": clock.origin.isoformat(),
            "since": since.isoformat(),
        }
        return replace(world, clock=kept)

    before = _clock(state.read().clock)
    if before is not None and speed in {None, before.speed}:
        return before
    return _clock(state.change(edit).clock) or FastClock(1.0, SystemClock().now())


def _clock(kept: Mapping[str, Any]) -> FastClock | None:
    if not kept:
        return None
    origin, since = (datetime.fromisoformat(kept[key]) for key in ("origin", "since"))
    return FastClock(kept["speed"], origin, since=since)


def _named(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    names = dict.fromkeys(value) if isinstance(value, list | tuple) else keyed("endpoints", value)
    return ((str(name), keyed(f"endpoint {name}", own)) for name, own in names.items())


def _above_zero(name: str, value: Any) -> float:
    found = number(name, value)
    if not found:
        raise UsageError(f"the simulator's {name} is above 0")
    return found
