"""What has happened to the pretend endpoints: values from which everything else follows."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from canarycli.late_methods import dataclass
from canarycli.provider import Version
from canarycli.simulator.script import SCENARIOS, Actor, Quality, Script
from canarycli.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Change:
    """A split that was asked for and when it came or comes into force."""

    lands: datetime
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Added:
    """A version that was deployed later, in service from `ready` on."""

    model: str
    like: str
    ready: datetime
    release: str
    instances: int


@dataclass(frozen=True, slots=True)
class Scene:
    """One endpoint: its script and all that was done to it.

    Attributes:
        settings: the script as it was written, for the state file.
        changes: every split, the one at the start included, the oldest first.
        gone: names of versions that were removed.
        down: names of versions that are there and can't answer.
    """

    script: Script
    settings: Mapping[str, Any]
    changes: tuple[Change, ...]
    revision: int = 1
    notes: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Added] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    down: tuple[str, ...] = ()

    @classmethod
    def opened(cls, script: Script, settings: Mapping[str, Any], at: datetime) -> "Scene":
        """A new endpoint with its first split in force."""
        shares = {name: actor.percent for name, actor in script.actors.items()}
        return cls(script, settings, (Change(at, Traffic(shares)),))

    @property
    def wanted(self) -> Traffic:
        """The split that was asked for last."""
        return self.changes[-1].traffic

    def traffic(self, now: datetime) -> Traffic:
        """The split in force."""
        landed = [change for change in self.changes if change.lands <= now]
        return (landed or self.changes)[-1 if landed else 0].traffic

    def settled(self, now: datetime) -> bool:
        """Whether no change is under way."""
        ready = all(new.ready <= now for name, new in self.added.items() if name not in self.gone)
        return ready and self.changes[-1].lands <= now

    def changed(self, traffic: Traffic, lands: datetime, notes: Mapping[str, str]) -> "Scene":
        """The same endpoint with another split asked for, in force from `lands` on."""
        earlier = tuple(change for change in self.changes if change.lands <= lands)
        return replace(
            self,
            changes=(*earlier, Change(lands, traffic)),
            notes={**self.notes, **notes},
            revision=self.revision + 1,
        )

    def actor(self, name: str) -> Actor:
        """How a version behaves; a deployed one like its model version, with the scenario's turns.

        Raises:
            KeyError: there never was such a version.
        """
        if name in self.script.actors:
            return self.script.actors[name]
        new = self.added[name]
        known = new.like in self.script.actors or new.like in self.added
        quality = self.actor(new.like).quality if known else Quality()
        return Actor(new.model, quality, SCENARIOS[self.script.scenario], 0, new.instances)

    def versions(self, now: datetime) -> tuple[Version, ...]:
        """Every version there is now."""
        names = [name for name in (*self.script.actors, *self.added) if name not in self.gone]
        return tuple(self._version(name, now) for name in names)

    def _version(self, name: str, now: datetime) -> Version:
        actor = self.actor(name)
        new = self.added.get(name)
        return Version(
            name=name,
            in_service=name not in self.down and (new is None or new.ready <= now),
            model=actor.model,
            instances=actor.instances,
            detail=f"{actor.instances} × pretend",
        )


@dataclass(frozen=True, slots=True)
class World:
    """Every pretend endpoint, and the clock they share."""

    scenes: Mapping[str, Scene] = field(default_factory=dict)
    clock: Mapping[str, Any] = field(default_factory=dict)

    def with_scene(self, name: str, scene: Scene) -> "World":
        """The same world with one endpoint put in or replaced."""
        return replace(self, scenes={**self.scenes, name: scene})
