"""Who calls for the looks at a release: this process, or an engine that it is left to."""

from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from canarycli.config.discover import here
from canarycli.config.records import engine_in_file
from canarycli.errors import CanaryError, MissingExtra, UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.engine_kind import EngineKind
from canarycli.operations.temporal.place import Place
from canarycli.release.record import Release


@dataclass(frozen=True, slots=True)
class Engine:
    """Temporal, for commands that leave a release to it.

    Attributes:
        env: has Temporal's own variables.
    """

    place: Place
    env: Mapping[str, str]
    name: str = "Temporal"

    def check(self) -> None:
        """Ask whether it answers.

        Raises:
            CanaryError: it does not.
        """
        import asyncio

        from canarycli.operations.temporal.client import Temporal

        asyncio.run(Temporal.at(self.place, self.env))

    def begin(self, release: Release) -> None:
        """Leave an open release to it.

        Raises:
            CanaryError: it does not answer.
        """
        import asyncio

        from canarycli.operations.temporal.client import Temporal

        async def run() -> None:
            await (await Temporal.at(self.place, self.env)).begin(release)

        asyncio.run(run())

    def poke(self, release: Release) -> None:
        """Have the release looked at now, where a workflow has it.

        Raises:
            CanaryError: it does not answer soon.
        """
        import asyncio

        from canarycli.operations.temporal.client import HURRIED, Temporal

        async def run() -> None:
            await (await Temporal.at(self.place, self.env, HURRIED)).poke(release)

        asyncio.run(run())


def poke(config: Path | None, env: Mapping[str, str], release: Release) -> None:
    """Tell the engine that canary.yaml names of a request; without, the next look finds it."""
    with suppress(CanaryError):
        engine = engine_of(None, config, env)
        if engine is not None:
            engine.poke(release)


def engine_of(
    word: EngineKind | str | None, config: Path | None, env: Mapping[str, str]
) -> Engine | None:
    """The engine of that name, else the one that canary.yaml names; None for this process.

    Raises:
        UsageError: there is no such engine, or what it takes is not installed.
    """
    said = engine_in_file(config, cwd=here(), env=env)
    name = word or said.get("engine") or EngineKind.EMBEDDED
    if name == EngineKind.EMBEDDED:
        return None
    if name != EngineKind.TEMPORAL:
        raise UsageError(f"there is no engine {name!r}", hint=f"there are {', '.join(EngineKind)}")
    return temporal(said, env)


def temporal(said: Mapping[str, str], env: Mapping[str, str]) -> Engine:
    """Temporal, where the file says it is.

    Raises:
        MissingExtra: its package is not installed.
    """
    if find_spec("temporalio") is None:
        raise MissingExtra(
            "Temporal needs temporalio, which is not installed",
            hint="pip install 'canarycli[temporal]'",
        )
    known = {key: said[key] for key in ("address", "namespace", "queue") if said.get(key)}
    return Engine(Place(**known), env)


def temporal_of(config: Path | None, env: Mapping[str, str]) -> Engine:
    """Temporal, for its worker, whether or not the file names it as the engine.

    Raises:
        MissingExtra: its package is not installed.
    """
    return temporal(engine_in_file(config, cwd=here(), env=env), env)
