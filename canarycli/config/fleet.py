"""A fleet file: which endpoints get a model, in which waves, and how many may fail."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from canarycli.config.fields import MaybeDuration, MaybeText, Text, ZeroOrMore
from canarycli.config.plans import Model
from canarycli.config.problem import At, complain, nearest
from canarycli.config.rules import Flaw
from canarycli.config.source import read_source
from canarycli.config.validate import validate
from canarycli.config.values import Config
from canarycli.late_methods import dataclass
from canarycli.release.fleet import Seat, Wave


def _seat(value: Any) -> Any:
    return {"endpoint": value} if isinstance(value, str) else value


class SeatModel(Model):
    """One endpoint, by its name in canary.yaml."""

    endpoint: Text
    model: MaybeText = None
    plan: MaybeText = None


class WaveModel(Model):
    """Endpoints that go together."""

    name: MaybeText = None
    bake: MaybeDuration = None
    endpoints: Annotated[list[Annotated[SeatModel, BeforeValidator(_seat)]], Field(min_length=1)]


class FleetModel(Model):
    """The whole file."""

    fleet: Text
    model: MaybeText = None
    plan: MaybeText = None
    bake: MaybeDuration = None
    stop_after: ZeroOrMore = 0
    at_once: ZeroOrMore = 0
    waves: Annotated[list[WaveModel], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class FleetFile:
    """What a fleet file says."""

    name: str
    waves: tuple[Wave, ...]
    stop_after: int = 0
    at_once: int = 0


def read_fleet(path: Path, config: Config, shown: str) -> FleetFile:
    """The fleet in a file.

    Args:
        path: the file.
        config: the endpoints and plans there are.
        shown: the file's name as people should see it.

    Raises:
        PlanError: it has mistakes; the message holds all of them.
    """
    document = read_source(path, shown)
    model, problems = validate(document, FleetModel, lambda data: _flaws(data, config))
    if model is None:
        raise complain(problems)
    usual = model.bake or timedelta(0)
    waves = tuple(
        Wave(
            wave.name or f"wave {number}",
            tuple(
                Seat(seat.endpoint, seat.model or model.model or "", seat.plan or model.plan)
                for seat in wave.endpoints
            ),
            usual if wave.bake is None else wave.bake,
        )
        for number, wave in enumerate(model.waves, 1)
    )
    return FleetFile(model.fleet, waves, model.stop_after, model.at_once)


def _flaws(data: Any, config: Config) -> Iterator[Flaw]:
    """Endpoints that are named twice or not at all, and those without a model."""
    found: set[str] = set()
    for path, name, seat in _seats(data):
        if name not in config.endpoints:
            known = nearest(name, config.endpoints)
            yield Flaw(path, f"canary.yaml has no endpoint {name!r}{known}")
        if name in found:
            yield Flaw(path, f"{name} is in a wave already")
        if not (seat.get("model") or data.get("model")):
            yield Flaw(path, f"nothing says which model {name} gets: write model:", At.VALUE)
        found.add(name)


def _seats(data: Any) -> Iterator[tuple[tuple[str | int, ...], str, Mapping[str, Any]]]:
    """Where each endpoint is named, its name, and what is said of it there."""
    for i, wave in enumerate(_list_in(data, "waves")):
        for j, entry in enumerate(_list_in(wave, "endpoints")):
            seat = _seat(entry)
            name = seat.get("endpoint") if isinstance(seat, dict) else None
            if isinstance(name, str):
                yield ("waves", i, "endpoints", j), name, seat


def _list_in(data: Any, key: str) -> list[Any]:
    """A list in a file that may be of any form; an empty one where there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
