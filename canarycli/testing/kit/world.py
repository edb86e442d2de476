"""What the kit needs to know of a provider's surroundings, and the words its tests share."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

import pytest

from canarycli.engine.sound import sound_measurements
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.provider import (
    BASELINE_NOTE,
    CANDIDATE_NOTE,
    RELEASE_NOTE,
    Endpoint,
    Notes,
    Provider,
)
from canarycli.traffic import Traffic

NOTES = {RELEASE_NOTE: "r-7k2f", BASELINE_NOTE: "baseline-name", CANDIDATE_NOTE: "candidate-name"}
"""Notes the kit writes."""


@dataclass(frozen=True, slots=True)
class Load:
    """The traffic `World.drive` makes on one version in each minute, about.

    Attributes:
        requests: how many.
        errors_5xx: the share of them that ends in a 5xx.
        errors_4xx: the share of them that ends in a 4xx.
        latency: the median latency in seconds; percentiles stay between a third and ten times it.
    """

    requests: float
    errors_5xx: float
    errors_4xx: float
    latency: float


BASELINE_LOAD = Load(requests=600, errors_5xx=0.01, errors_4xx=0.03, latency=0.08)
CANDIDATE_LOAD = Load(requests=300, errors_5xx=0.05, errors_4xx=0.03, latency=0.12)
"""What every world drives: fixed, and different by arm, so that exchanged arms show."""

GAUGES = frozenset({"cpu", "memory", "gpu"})
"""Metrics that are there without a request."""


@dataclass(frozen=True, slots=True)
class Custom:
    """A metric of a team's own of which the world knows the answer.

    Attributes:
        source: as under `metric:` in canary.yaml, by `Limits.custom_source`.
        share: what it is on the candidate while the world drives: bad of n, or the mean value.
    """

    source: Mapping[str, Any]
    share: float


class Trouble(StrEnum):
    """What `World.trouble` makes happen to the provider's requests."""

    THROTTLED = "throttled"
    """Every request is refused as one too many."""
    BROKEN = "broken"
    """Every request ends in a 5xx without effect."""
    DROPPED = "dropped"
    """Every connection is dropped without effect."""
    DENIED = "denied"
    """Every request is refused for want of a permission or of fresh credentials."""
    LOST_WRITE = "lost write"
    """Writes are carried out, and the connection is dropped instead of an answer."""


class World(Protocol):
    """One fresh endpoint, and a hand on what happens to it.

    Attributes:
        provider: the one under test.
        endpoint: the endpoint's name, as a person gives it.
        baseline: the version that has all the traffic at the start.
        candidate: another one, in service and idle.
        missing: the name of an endpoint that does not exist.
        at_once: whether changes of traffic are in force as soon as they are asked for. Otherwise
            a change must stay under way until `settle` is called.
        troubles: those it can make; tests of others are skipped.
        custom: a metric of one's own with a known answer, None if the provider has none.
        silent: metrics of `Limits.metrics` for which this world has no figures.
    """

    provider: Provider
    endpoint: str
    baseline: str
    candidate: str
    missing: str = "no-such-endpoint"
    at_once: bool = False
    troubles: frozenset[Trouble] = frozenset(Trouble)
    custom: Custom | None = None
    silent: frozenset[str] = frozenset()

    def settle(self) -> None:
        """Let time pass until nothing is under way."""
        ...

    def drive(self, minutes: int) -> Window:
        """Send each arm its load for so many whole minutes, and let its metrics arrive.

        Returns the window of those minutes, some time in the last hour. A world that can't steer
        how much each version gets may shift traffic for it.
        """
        ...

    def foreign(self, to: Traffic) -> None:
        """Change the split as somebody else, and let it settle."""
        ...

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        """Make trouble while the context is open."""
        ...

    def splits(self) -> Sequence[Traffic]:
        """Every split there was since the world began, the first one first; () if unknown.

        For clouds on which one change takes several writes.
        """
        return ()

    def sicken(self, _version: str) -> bool:
        """Take a version out of service; False where the world can't."""
        return False


class SmokeWorld(World, Protocol):
    """A world in which one version can be asked.

    Attributes:
        body: a request that both versions answer with 200.
    """

    body: bytes


class DeployWorld(World, Protocol):
    """A world in which versions can be deployed.

    Attributes:
        model: a model that can be, in the cloud's words.
        options: what `deploy` is given beside it.
    """

    model: str
    options: Mapping[str, Any]


def look(world: World) -> Endpoint:
    """The world's endpoint as it is now."""
    seen = world.provider.describe(world.endpoint)
    assert isinstance(seen, Endpoint), f"describe answers with {seen!r}"
    names = {version.name for version in seen.versions}
    assert len(names) == len(seen.versions), "each version is there once"
    assert seen.traffic.shares.keys() <= names, "a share belongs to a version of the endpoint"
    return seen


def split(world: World, percent: float) -> Traffic:
    """So much to the candidate, the rest to the baseline."""
    return Traffic.split(world.baseline, world.candidate, percent)


def ask(world: World, seen: Endpoint, to: Traffic, notes: Notes) -> None:
    """Ask for a split as canary does, which says whether it raises."""
    raises = to.gives_more(world.candidate, seen.traffic)
    given = dict(notes)
    request = world.provider.shift(seen, to, given, raises=raises)
    assert isinstance(request, str), 'shift answers with the id of the request, "" for none'
    assert given == notes, "shift leaves the notes it is given as they are"


def shift(world: World, to: Traffic) -> None:
    """Look, shift with the kit's notes, and let it settle."""
    ask(world, look(world), to, NOTES)
    world.settle()


def assert_settled(world: World, wanted: Traffic) -> Endpoint:
    """The endpoint has settled, and to this split."""
    seen = look(world)
    assert seen.settled
    assert seen.traffic.same_as(wanted), f"{seen.traffic!r}, not {wanted!r}"
    return seen


def request_metrics(world: World) -> list[Metric]:
    """Every built-in metric the provider has that comes from requests: no requests, no points."""
    names = sorted(world.provider.limits.metrics - GAUGES)
    return [Metric(name, 0.1 if name == "latency_over" else None) for name in names]


def measure(world: World, metrics: Sequence[Metric], window: Window) -> Measurements:
    """Measure both arms."""
    arms, given = [world.baseline, world.candidate], deepcopy(list(metrics))
    try:
        found = sound_measurements(world.provider.measure(world.endpoint, arms, given, window))
    except (TypeError, ValueError) as error:
        raise AssertionError(str(error)) from error
    assert given == list(metrics), "measure leaves the metrics it is given as they are"
    assert [one.source for one in given] == [one.source for one in metrics]
    assert arms == [world.baseline, world.candidate]
    return found


def minutes(window: Window) -> float:
    """The length of a window in minutes."""
    return window.length / timedelta(minutes=1)


def needs(world: World, metric: Metric) -> None:
    """Leave a test out for a provider without this metric."""
    if metric.name not in world.provider.limits.metrics:
        pytest.skip(f"the provider has no {metric.name}")


def trouble(world: World, kind: Trouble) -> AbstractContextManager[None]:
    """Make trouble, or leave the test out where the world can't."""
    if kind not in world.troubles:
        pytest.skip(f"this world can't make trouble of kind {kind!r}")
    return world.trouble(kind)


def loads(world: World) -> Mapping[str, Load]:
    """What each arm is driven with."""
    return {world.baseline: BASELINE_LOAD, world.candidate: CANDIDATE_LOAD}
