"""The provider without a cloud: pretend endpoints in a local file, with traffic and metrics."""

import os
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from canarycli.clock import Clock
from canarycli.errors import NotFound, Rejected
from canarycli.metrics import Measurements, Metric, Window
from canarycli.preview import Listed
from canarycli.provider import Endpoint, Limits, Notes, Reply
from canarycli.simulator import telemetry
from canarycli.simulator.doctor import Doctor
from canarycli.simulator.opening import Opening, clock_for
from canarycli.simulator.rules import Asked, Deployment, deployed, retired, shifted
from canarycli.simulator.state import MEMORY, FileState, MemoryState, State, default_path
from canarycli.simulator.world import Scene, World
from canarycli.traffic import Traffic


class Simulator:
    """Pretend endpoints that behave like a managed one, on this machine only.

    A change of traffic takes its time and is refused while another is under way, metrics are
    late, and a version may turn bad as scripted. Everything measured follows from the settings,
    the seed and the history of splits, so it reads the same twice and in every process.

    Settings, all optional; times are in seconds:
        state: the file that holds the endpoints, by default `simulator.json` in canary's folder
            for state; `:memory:` keeps them in this object.
        speed: how many times faster than real time its clock runs. The file remembers it.
        endpoints: the endpoints there are, by name, each with its own script keys or none;
            a list of names will do. By default there is one, `demo`.
        finest, shadow_up_to: its limits, in percent.
        scenario, seed, rate, day, period, settle, delay, startup, versions: the script, see
            `canarycli.simulator.script`; under one endpoint or, for all of them, beside it.

    An endpoint is created when it is first used. A script key that is given later replaces the
    one in the file, and with it what the metrics say, the past included.

    Args:
        settings: as above.
        clock: the time it lives in; by default its own, as fast as `speed` says and the same in
            every process that uses the file.

    Raises:
        UsageError: a setting is unknown or makes no sense.
    """

    def __init__(self, settings: Mapping[str, Any], *, clock: Clock | None = None) -> None:
        self._opening = Opening.parse(settings)
        kept = self._opening.state
        path = Path(kept).expanduser() if kept else default_path(os.environ)
        self._state: State = MemoryState() if kept == MEMORY else FileState(path)
        self._path = "" if kept in {"", MEMORY} else str(path)
        self._place = f"local-{_short(path)}" if self._path else "local"
        self._clock = clock
        self.doctor = Doctor(self._path, self.describe, self.measure)

    @property
    def clock(self) -> Clock:
        """The time its metrics and changes are in; whoever drives it should use it too."""
        if self._clock is None:
            self._clock = clock_for(self._state, self._opening.speed)
        return self._clock

    @property
    def limits(self) -> Limits:
        """What the settings allow; the delay is the longest of any endpoint."""
        scripts = [scene.script for scene in self._world().scenes.values()]
        return Limits(
            finest_percent=self._opening.finest,
            shadow_up_to=self._opening.shadow_up_to,
            metric_delay=max(script.delay for script in scripts),
            late_request=timedelta(0),
            usual_shift=max(script.settle for script in scripts),
            metrics=telemetry.METRICS,
            custom_source=telemetry.SOURCE,
            smokes=True,
            answers=True,
        )

    @property
    def place(self) -> str:
        """`local`, with a mark of the state file where it is not the usual one."""
        return self._place

    def endpoints(self) -> list[Listed]:
        """The pretend endpoints there are, by name."""
        return [Listed(name, name) for name in sorted(self._world().scenes)]

    def describe(self, endpoint: str) -> Endpoint:
        """Look at a pretend endpoint.

        Raises:
            NotFound: there is none of that name; the hint says which there are.
        """
        scene, now = self._scene(endpoint), self.clock.now()
        settled = scene.settled(now)
        return Endpoint(
            name=endpoint,
            versions=scene.versions(now),
            traffic=scene.traffic(now),
            settled=settled,
            status="in service" if settled else "changing",
            revision=str(scene.revision),
        )

    def notes(self, seen: Endpoint) -> Notes:
        """What canary wrote on the endpoint."""
        return dict(self._scene(seen.name).notes)

    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split; it comes into force after the script's `settle`.

        A stale look is refused unless nobody but the baseline gets more by it, so that nothing
        stands in the way of a rollback.

        Raises:
            Conflict: the look is stale, or a change is under way.
            NotFound: a version that should get traffic does not exist.
            Rejected: it is not in service, or the split is none.
        """
        limits, asked = self.limits, Asked(seen, to, notes, raises)
        self._change(seen.name, lambda scene, now: shifted(scene, asked, limits=limits, now=now))
        return ""

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """The points that are reported by now; a version that never was has none.

        Raises:
            Unsupported: a metric the simulator does not have.
        """
        scene, now = self._scene(endpoint), self.clock.now()
        there = [name for name in versions if name in scene.script.actors or name in scene.added]
        series = {
            version: telemetry.measure(
                scene, endpoint, version, metrics=metrics, window=window, now=now
            )
            for version in there
        }
        queries = {metric.key: f"simulator {metric.key}" for metric in metrics}
        return Measurements(window, now, series, queries)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """A command that sets the split without canary's command line."""
        state = f" --state {shlex.quote(self._path)}" if self._path else ""
        shares = " ".join(shlex.quote(f"{name}={share:g}") for name, share in to.shares.items())
        return f"python -m canarycli.simulator {shlex.quote(endpoint)} {shares}{state}"

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a new version; it is in service after the script's `startup`.

        It behaves as `like` does, with what the scenario has in store for candidates. The only
        option is `instances`.

        Raises:
            Conflict: a change is under way.
            NotFound: there is no version `like`.
        """
        asked = Deployment(model, like, release, options)
        names = [model]

        def edit(scene: Scene, now: datetime) -> Scene:
            changed, name = deployed(scene, seen, asked, now)
            names.append(name)
            return changed

        self._change(seen.name, edit)
        return names[-1]

    def retire(self, seen: Endpoint, version: str) -> None:
        """Take an idle version away.

        Raises:
            Conflict: it has traffic, or a change is under way.
            NotFound: there never was one.
        """
        self._change(seen.name, lambda scene, now: retired(scene, seen, version, now))

    def smoke(
        self, endpoint: str, version: str, _body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """What the script has the version answer, whatever is sent; it shows in no metric.

        Raises:
            NotFound: there is no such version.
            Rejected: it is not in service.
        """
        scene = self._scene(endpoint)
        found = self.describe(endpoint).version(version)
        if found is None:
            raise NotFound(f"endpoint {endpoint!r} has no version {version!r}")
        if not found.in_service:
            raise Rejected(f"version {version!r} of {endpoint!r} is not in service")
        actor = scene.actor(version)
        return Reply(version, actor.answer.encode(), content_type, 0.0, actor.status)

    def impose(self, endpoint: str, to: Traffic) -> None:
        """Put a split in force at once, whatever is under way: a foreign hand, for tests."""
        self._change(endpoint, lambda scene, now: scene.changed(to, now, {}))

    def put_out(self, endpoint: str, version: str, *, back: bool = False) -> None:
        """Take a version out of service, or `back` into it, for tests; its metrics go on."""

        def edit(scene: Scene, _now: datetime) -> Scene:
            others = tuple(name for name in scene.down if name != version)
            down = others if back else (*others, version)
            return replace(scene, down=down, revision=scene.revision + 1)

        self._change(endpoint, edit)

    def _scene(self, endpoint: str) -> Scene:
        return _of(self._world(), endpoint)

    def _world(self) -> World:
        world = self._state.read()
        now = self.clock.now()
        if self._opening.apply(world, now) == world:
            return world
        return self._state.change(lambda world: self._opening.apply(world, now))

    def _change(self, endpoint: str, edit: Callable[[Scene, datetime], Scene]) -> None:
        self._world()
        clock = self.clock

        def whole(world: World) -> World:
            return world.with_scene(endpoint, edit(_of(world, endpoint), clock.now()))

        self._state.change(whole)


def _of(world: World, endpoint: str) -> Scene:
    if endpoint not in world.scenes:
        raise NotFound(
            f"the simulator has no endpoint {endpoint!r}",
            hint=f"it has {', '.join(sorted(world.scenes))}",
        )
    return world.scenes[endpoint]


def _short(path: Path) -> str:
    return sha256(str(path.expanduser().resolve()).encode()).hexdigest()[:8]
