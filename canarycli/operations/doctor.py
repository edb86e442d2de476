"""Looks at everything a release depends on, group by group, and changes nothing."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from canarycli.config import Config, load
from canarycli.config.discover import here
from canarycli.config.keys import SECONDS, SIMULATOR
from canarycli.declared import Key
from canarycli.errors import CanaryError, UsageError
from canarycli.masking import MASK
from canarycli.operations.address import Address, flag_of
from canarycli.operations.cloud import Cloud, failed
from canarycli.operations.machine import machine
from canarycli.operations.network import network
from canarycli.operations.settings import declared_keys, variable_of
from canarycli.operations.target import Target, find_target
from canarycli.operations.workspace import open_store
from canarycli.plan import Check, Plan
from canarycli.provider import Probe
from canarycli.release.decide.sentences import span
from canarycli.traffic import percent

MINUTE = timedelta(minutes=1)
CLOCK = "clock"
"""The name of the probe that is told with this machine, and asked of the cloud."""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found out about one thing, under its title."""

    title: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class Focus:
    """What to look at.

    Attributes:
        check: only the metrics: of the check of that name, "" for all; None for everything.
        deploys: candidates are brought in too; None where canary.yaml says so.
    """

    check: str | None = None
    deploys: bool | None = None

    @property
    def everything(self) -> bool:
        """Whether no part was named."""
        return self.check is None


def examine(
    address: Address, focus: Focus, env: Mapping[str, str], *, terminal: Probe
) -> Iterator[Group]:
    """One group after the other, as they are known.

    Args:
        address: which endpoint.
        focus: what to look at.
        env: the environment.
        terminal: what whoever shows this found out about where it is shown.

    Raises:
        UsageError: the plan has no check of that name.
    """
    config, mistakes = _config(address, env)
    target, lost = _target(address, env)
    plan = _plan(config, target)
    if focus.everything:
        settings = _settings(address, config, target, env) if target else lost
        yield Group("Config", (*mistakes, *settings, *_plan_probe(plan, target)))
    clock = (yield from _cloud(target, plan, config, focus, env)) if target else ()
    if focus.everything:
        yield Group("This machine", (*clock, *machine(env), *network(env), terminal))


def _cloud(
    target: Target, plan: Plan | None, config: Config, focus: Focus, env: Mapping[str, str]
) -> Generator[Group, None, tuple[Probe, ...]]:
    """What the cloud says; returns what it says of the clock, which is told with this machine."""
    cloud = Cloud.reached(target, env)
    if isinstance(cloud, Probe):
        yield Group(target.provider, (cloud,))
        return ()
    clock: tuple[Probe, ...] = ()
    if focus.everything:
        found = tuple(cloud.probes(deploys=focus.deploys))
        clock = tuple(probe for probe in found if probe.name == CLOCK)
        yield Group(cloud.title, tuple(probe for probe in found if probe.name != CLOCK))
    plan = cloud.measured(plan, config)
    every = plan.read_every if plan else MINUTE
    yield Group("Metrics", tuple(cloud.metrics(_checks(plan, focus), every)))
    return clock


def _config(address: Address, env: Mapping[str, str]) -> tuple[Config, tuple[Probe, ...]]:
    try:
        config = load(address.config, cwd=here(), env=env)
    except CanaryError as error:
        first, *more = error.message.splitlines()
        hints = (more[-1],) if more else ()
        return Config(), (Probe("canary.yaml", ok=False, detail=first, hints=hints),)
    if config.path is None:
        detail = "none here or above, so flags and records say everything"
        return config, (Probe("canary.yaml", ok=True, detail=detail),)
    detail = f"{_count(config.endpoints, 'endpoint')}, {_count(config.plans, 'plan')}"
    return config, (Probe(config.path.name, ok=True, detail=detail),)


def _count(things: Mapping[str, object], word: str) -> str:
    return f"{len(things)} {word}{'s' * (len(things) != 1)}"


def _target(address: Address, env: Mapping[str, str]) -> tuple[Target | None, tuple[Probe, ...]]:
    try:
        return find_target(address, open_store(env, address.config), env), ()
    except CanaryError as error:
        return None, (failed("endpoint", error),)


def _plan(config: Config, target: Target | None) -> Plan | None:
    named = target.config.plan if target and target.config else None
    return config.plans.get(named) if named else None


def _plan_probe(plan: Plan | None, target: Target | None) -> Iterator[Probe]:
    if plan is not None:
        stages = " → ".join(percent(stage.percent) for stage in plan.stages)
        length = sum((stage.bake for stage in plan.stages), timedelta())
        checks = {check.name: check for check in plan.checks}
        detail = f"{stages}, at least {span(length)}, {_count(checks, 'check')}"
        yield Probe(f"plan {plan.name}", ok=True, detail=detail)
    elif target is not None:
        detail = "none is named for this endpoint; canary start takes --plan or --stages"
        yield Probe("plan", ok=True, detail=detail)


def _settings(
    address: Address, config: Config, target: Target, env: Mapping[str, str]
) -> Iterator[Probe]:
    """What counts, and which of flag, variable, file or record says so."""
    yield Probe(
        "provider", ok=True, detail=f"{target.provider}, from {_named_in(address, target, env)}"
    )
    origins = _origins(address, config, target)
    for key, value in target.settings.items():
        if key in origins and isinstance(value, str | int | float | timedelta):
            shown = MASK if key not in target.kept else _shown(key, value, target.provider)
            yield Probe(key, ok=True, detail=f"{shown}, from {origins[key]}")
    for name, declared in declared_keys(target.provider).items():
        if name not in origins and (variable := variable_of(name, declared, target.settings)):
            yield _from_variable(name, declared, variable, env)


def _named_in(address: Address, target: Target, env: Mapping[str, str]) -> str:
    """Where the provider is named."""
    if target.record:
        return "the record"
    if target.config:
        return "canary.yaml"
    return "CANARY_PROVIDER" if env.get("CANARY_PROVIDER") == address.provider else "--provider"


def _origins(address: Address, config: Config, target: Target) -> Mapping[str, str]:
    """Where each setting was said last: the record, canary.yaml, its defaults, a flag."""
    usual = config.defaults_for(target.provider)
    return {
        **dict.fromkeys(target.record.release.settings if target.record else (), "the record"),
        **dict.fromkeys(target.config.settings if target.config else (), "canary.yaml"),
        **{
            key: "defaults: in canary.yaml"
            for key, value in usual.items()
            if target.settings.get(key) == value
        },
        **{key: flag_of(key, "")[0] for key in address.settings},
    }


def _from_variable(name: str, key: Key, variable: str, env: Mapping[str, str]) -> Probe:
    """A declared setting that its variable says; a secret is there or not, and never shown."""
    value = env.get(variable)
    if value:
        return Probe(name, ok=True, detail=f"{MASK if key.secret else value}, from {variable}")
    if not key.secret:
        return Probe(name, ok=True, detail=f"left to the provider; {variable} is not set")
    return Probe(name, ok=None, detail=f"{variable} is not set", hints=(f"set {variable}",))


def _checks(plan: Plan | None, focus: Focus) -> Sequence[Check] | None:
    """The checks whose metrics are looked at, None for whatever metrics the cloud has."""
    checks = plan.checks if plan else ()
    if not focus.check:
        return checks or None
    named = [check for check in checks if check.name == focus.check]
    if not named:
        names = ", ".join(check.name for check in checks) or "none"
        raise UsageError(
            f"--metrics: there is no check {focus.check!r}",
            hint=(
                f"it has {names}",
                f"an endpoint goes before it: canary doctor {focus.check} --metrics",
            ),
        )
    return named


def _shown(name: str, value: str | float | timedelta, provider: str) -> str:
    """A setting as canary.yaml has it: `5s`, `0.5`."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if provider == SIMULATOR and name in SECONDS and not isinstance(value, str):
        return f"{value:g}s"
    return f"{value:g}" if isinstance(value, float) else str(value)
