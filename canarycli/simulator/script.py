"""What a pretend endpoint is like: its versions, their quality, and when one turns bad.

As settings, here in canary.yaml; every key may be left out, times are seconds:

    endpoints:
      churn:
        provider: simulator
        rate: 80                      # requests a second over a day
        settle: 45                    # how long a change of traffic takes
        delay: 60                     # how late the metrics are
        versions:
          blue: {percent: 100, errors_5xx: 0.002, latency: 0.08}
          teal:
            latency: 0.07
            turns:                    # what goes wrong, and when; the last one wins
              - {above: 20, errors_5xx: 0.05}
              - {after: 600, slower: 1.5}

What the versions say, and when it is known to have been right:

        labels: {delay: 21600, coverage: 0.5}
        versions:
          blue: {percent: 100, classes: {fraud: 0.03}, score: 0.3, accuracy: 0.92}

Where no version says a percent, the first has all. docs/simulator.md has this for people.
Without `versions` there are `v41` with all the traffic and `v42` with none, and `scenario` says
what happens to `v42`. A version's keys are the fields of `Quality` beside `model`, `instances`,
`percent`, `turns`, and `answer` and `status` for what it says to a smoke test; a turn's are those
of `Quality` beside `slower`, `after` and `above`.
"""

from collections.abc import Mapping
from dataclasses import field, fields, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from canarycli.durations import parse_duration
from canarycli.errors import UsageError
from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a version answers.

    Attributes:
        errors_5xx: share of requests that end in a 5xx, 0 to 1.
        errors_4xx: the same for 4xx.
        model_errors: share of requests on which the model itself fails.
        latency: the median latency in seconds.
        spread: the deviation of the latency's logarithm; 0.45 makes a p99 2.8 times the median.
        cpu: percent of one instance that a request a second costs.
        memory: percent of an instance's memory.
        silent: whether the version's metrics get lost.
        classes: the share of its answers that are each class.
        score: the mean of the scores it gives, 0 to 1.
        scatter: their deviation.
        invalid: share of its answers that can't be read.
        empty: the same for empty ones.
        length: the mean number of characters of an answer; a token has four.
        accuracy: share of its labelled answers that are right.
        precision: the same of those that say the positive class.
        missed: share of the true positives that it does not find.
        false_alarms: share of the true negatives that it takes for positive.
    """

    errors_5xx: float = 0.002
    errors_4xx: float = 0.01
    model_errors: float = 0.001
    latency: float = 0.08
    spread: float = 0.45
    cpu: float = 0.4
    memory: float = 52.0
    silent: bool = False
    classes: Mapping[str, float] = field(default_factory=lambda: {"fraud": 0.03})
    score: float = 0.3
    scatter: float = 0.1
    invalid: float = 0.0005
    empty: float = 0.001
    length: float = 400.0
    accuracy: float = 0.92
    precision: float = 0.8
    missed: float = 0.2
    false_alarms: float = 0.01


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known later of what would have been right.

    Attributes:
        delay: until a period has the labels it will ever have; what comes before is biased.
        coverage: the share of the answers that get one.
    """

    delay: timedelta = timedelta(hours=1)
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A scripted change of quality: from some time on, while the share is high enough.

    Attributes:
        changes: the fields of `Quality` that become different, with their new values.
        slower: what the latency is multiplied by.
        after: so long after the version first got traffic.
        above: only in minutes in which it has more than this percent of the traffic.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    slower: float = 1.0
    after: timedelta = timedelta(0)
    above: float = 0.0

    def applied(self, quality: Quality) -> Quality:
        """The quality after this turn."""
        turned = replace(quality, **self.changes)
        return replace(turned, latency=turned.latency * self.slower)


@dataclass(frozen=True, slots=True)
class Actor:
    """A version as the script has it."""

    model: str
    quality: Quality = Quality()
    turns: tuple[Turn, ...] = ()
    percent: float = 0.0
    instances: int = 2
    answer: str = '{"score": 0.5}'
    status: int = 200


SCENARIOS: Mapping[str, tuple[Turn, ...]] = {
    "healthy": (),
    "failing": (Turn({"errors_5xx": 0.04}, above=10),),
    "slow": (Turn(slower=1.7),),
    "no-data": (Turn({"silent": True}),),
    "worse-answers": (Turn({"classes": {"fraud": 0.06}, "score": 0.36}),),
    "late-labels": (Turn({"accuracy": 0.87, "missed": 0.35}),),
}
"""What happens to every version that does not have the traffic at the start."""


@dataclass(frozen=True, slots=True)
class Script:
    """Everything about an endpoint that its history does not say.

    Attributes:
        scenario: a key of `SCENARIOS`.
        seed: equal seeds and histories give equal metrics.
        rate: requests a second over a day, on all versions together.
        day: how far the rate swings around its mean over a day, 0 to 1; highest at 14:00 UTC.
        period: the length of a point's period.
        settle: how long a change of traffic takes.
        delay: how old a point is before it is complete; at half of it the point appears.
        startup: how long a new version takes to be in service.
        labels: when it is known what would have been right.
        actors: the versions there are at the start, by name.
    """

    scenario: str = "healthy"
    seed: str = "canary"
    rate: float = 200.0
    day: float = 0.4
    period: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=45)
    delay: timedelta = timedelta(seconds=60)
    startup: timedelta = timedelta(seconds=120)
    labels: Labels = Labels()
    actors: Mapping[str, Actor] = field(
        default_factory=lambda: {
            "v41": Actor(model="model-41", percent=100),
            "v42": Actor(model="model-42", turns=SCENARIOS["healthy"]),
        }
    )


SCRIPT_KEYS = frozenset(f.name for f in fields(Script)) - {"actors"} | {"versions"}
"""The settings that make up a script, each of which may also stand under one endpoint."""

_QUALITY = {f.name for f in fields(Quality)}
_SHARES = _QUALITY - {"latency", "spread", "cpu", "memory", "length"}
_ACTOR = {"model", "instances", "percent", "turns", "answer", "status"}
_LENGTHS = ("period", "settle", "delay", "startup")


def parse_script(settings: Mapping[str, Any]) -> Script:
    """Read a script from settings; what they leave out stays as the defaults have it.

    Raises:
        UsageError: an unknown key, or a value that makes no sense.
    """
    known(settings, SCRIPT_KEYS, "simulator")
    scenario = str(settings.get("scenario", "healthy"))
    if scenario not in SCENARIOS:
        raise UsageError(
            f"no scenario {scenario!r} in the simulator", hint=f"it has {', '.join(SCENARIOS)}"
        )
    versions = keyed("versions", settings.get("versions")) or {"v41": {"percent": 100}, "v42": {}}
    actors = {str(name): _actor(str(name), spec, scenario) for name, spec in versions.items()}
    if not any("percent" in keyed(f"version {name}", spec) for name, spec in versions.items()):
        first = next(iter(actors))
        actors[first] = replace(actors[first], percent=100.0, turns=())
    total = sum(actor.percent for actor in actors.values())
    if abs(total - 100) > 0.01:
        raise UsageError(f"the simulator's versions start with {total:g}% of the traffic, not 100%")
    lengths = {key: _length(key, settings[key]) for key in _LENGTHS if key in settings}
    return Script(
        scenario=scenario,
        seed=str(settings.get("seed", "canary")),
        rate=number("rate", settings.get("rate", 200)),
        day=number("day", settings.get("day", 0.4), most=1),
        actors=actors,
        labels=_labels(keyed("labels", settings.get("labels"))),
        **lengths,
    )


def _labels(spec: Mapping[str, Any]) -> Labels:
    known(spec, {"delay", "coverage"}, "simulator labels")
    usual = Labels()
    return Labels(
        _length("delay", spec["delay"]) if "delay" in spec else usual.delay,
        number("coverage", spec.get("coverage", usual.coverage), most=1),
    )


def known(settings: Mapping[str, Any], allowed: frozenset[str] | set[str], where: str) -> None:
    """Refuse a key that nobody reads.

    Raises:
        UsageError: naming the nearest key there is.
    """
    for key in settings:
        if key not in allowed:
            near = get_close_matches(str(key), allowed, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(allowed))}"
            raise UsageError(f"unknown {where} setting {key!r}", hint=hint)


def keyed(name: str, value: Any) -> Mapping[str, Any]:
    """A mapping; nothing is an empty one.

    Raises:
        UsageError: it is something else.
    """
    if value is not None and not isinstance(value, Mapping):
        raise UsageError(f"the simulator's {name} is a mapping, not {value!r}")
    return value or {}


def number(name: str, value: Any, *, most: float = float("inf")) -> float:
    """A number from 0 to `most`.

    Raises:
        UsageError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        limit = "" if most == float("inf") else f" up to {most:g}"
        raise UsageError(f"the simulator's {name} is a number from 0{limit}, not {value!r}")
    return float(value)


def _length(name: str, value: Any) -> timedelta:
    """A time in seconds, or as text with its unit."""
    try:
        length = parse_duration(value) if isinstance(value, str) else None
    except ValueError as error:
        raise UsageError(f"the simulator's {name}: {error}") from error
    if length is None:
        length = timedelta(seconds=number(name, value))
    if name == "period" and not length:
        raise UsageError("the simulator's period is above 0 seconds")
    return length


def _actor(name: str, value: Any, scenario: str) -> Actor:
    spec = keyed(f"version {name}", value)
    known(spec, _QUALITY | _ACTOR, "simulator version")
    percent = number("percent", spec.get("percent", 0), most=100)
    plot = () if percent else SCENARIOS[scenario]
    return Actor(
        model=str(spec.get("model", f"model-{name.removeprefix('v')}")),
        quality=replace(Quality(), **_changes(spec)),
        turns=_turns(spec["turns"]) if "turns" in spec else plot,
        percent=percent,
        instances=max(1, int(number("instances", spec.get("instances", 2)))),
        answer=str(spec.get("answer", '{"score": 0.5}')),
        status=int(number("status", spec.get("status", 200), most=599)),
    )


def _turns(value: Any) -> tuple[Turn, ...]:
    if not isinstance(value, list | tuple):
        raise UsageError(f"the simulator's turns are a list, not {value!r}")
    return tuple(_turn(keyed("turn", turn)) for turn in value)


def _turn(spec: Mapping[str, Any]) -> Turn:
    known(spec, _QUALITY | {"slower", "after", "above"}, "simulator turn")
    return Turn(
        changes=_changes(spec),
        slower=number("slower", spec.get("slower", 1)),
        after=_length("after", spec.get("after", 0)),
        above=number("above", spec.get("above", 0), most=100),
    )


def _changes(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _quality(key, value) for key, value in spec.items() if key in _QUALITY}


def _quality(key: str, value: Any) -> Any:
    match key:
        case "silent":
            return bool(value)
        case "classes":
            shares = keyed("classes", value)
            return {str(name): number(str(name), share, most=1) for name, share in shares.items()}
        case _:
            most = 100.0 if key == "memory" else 1.0 if key in _SHARES else 1e9
            return number(key, value, most=most)
