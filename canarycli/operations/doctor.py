"""Looks at everything a release depends on, group by group, and changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from canarycli.config import Config, load
from canarycli.config.discover import here
from canarycli.config.options import USUAL_CHECKS
from canarycli.config.recorded import recorded
from canarycli.declared import Key
from canarycli.errors import CanaryError, Unsupported, UsageError
from canarycli.ids import new_id
from canarycli.masking import MASK
from canarycli.metrics import Metric
from canarycli.operations.address import Address, flag_of
from canarycli.operations.buckets import look_at_buckets
from canarycli.operations.machine import machine
from canarycli.operations.network import network
from canarycli.operations.settings import declared_keys, variable_of
from canarycli.operations.sourced import look_elsewhere
from canarycli.operations.target import Target, answers_of, find_target
from canarycli.operations.workspace import Workspace, open_store, work_on
from canarycli.plan import Check, Plan
from canarycli.provider import (
    BASELINE_NOTE,
    CANDIDATE_NOTE,
    RELEASE_NOTE,
    Doctor,
    Endpoint,
    Inspector,
    Probe,
)
from canarycli.release.decide.sentences import span
from canarycli.release.preflight import unmeasurable
from canarycli.release.trouble import why_unfit
from canarycli.traffic import percent
from canarycli.verbs import offers

PATIENCE = timedelta(seconds=5)
"""A doctor says what is wrong rather than wait until it is not."""

MINUTE = timedelta(minutes=1)
CLOCK = "clock"
IDENTITY = "identity"
UNFIT = "endpoint kind"
"""The name of the probe of an endpoint that can't be released by shares."""


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
    if focus.check is None:
        settings = _settings(address, config, target, env) if target else lost
        yield Group("Config", (*mistakes, *settings, *_plan_probe(plan, target)))
    clock: tuple[Probe, ...] = ()
    if target is not None:
        cloud = _Cloud.reached(target, env)
        if isinstance(cloud, Probe):
            yield Group(target.provider, (cloud,))
        else:
            if focus.check is None:
                title, found = cloud.title, tuple(cloud.probes(focus))
                clock = tuple(probe for probe in found if probe.name == CLOCK)
                yield Group(title, tuple(probe for probe in found if probe.name != CLOCK))
            plan = cloud.measured(plan, config)
            yield Group(
                "Metrics",
                tuple(cloud.metrics(_checks(plan, focus), plan.read_every if plan else MINUTE)),
            )
    if focus.check is None:
        yield Group("This machine", (*clock, *machine(env), *network(env), terminal))


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
        return None, (_failed("endpoint", error),)


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
    sources = {
        **dict.fromkeys(target.record.release.settings if target.record else (), "the record"),
        **dict.fromkeys(target.config.settings if target.config else (), "canary.yaml"),
    }
    usual = config.defaults_for(target.provider)
    for key, value in usual.items():
        if target.settings.get(key) == value:
            sources[key] = "defaults: in canary.yaml"
    sources |= {key: flag_of(key, "")[0] for key in address.settings}
    where = "the record" if target.record else "canary.yaml" if target.config else "--provider"
    if where == "--provider" and env.get("CANARY_PROVIDER") == address.provider:
        where = "CANARY_PROVIDER"
    yield Probe("provider", ok=True, detail=f"{target.provider}, from {where}")
    for key, value in target.settings.items():
        if key in sources and isinstance(value, str | int | float | timedelta):
            shown = MASK if key not in target.kept else _shown(value)
            yield Probe(key, ok=True, detail=f"{shown}, from {sources[key]}")
    for name, key_ in declared_keys(target.provider).items():
        if (variable := variable_of(name, key_, target.settings)) and name not in sources:
            yield _from_variable(name, key_, variable, env)


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


@dataclass(slots=True)
class _Cloud:
    """The endpoint's cloud, which could at least be named."""

    work: Workspace
    endpoint: Endpoint | None = None
    tried: bool = False

    @classmethod
    def reached(cls, target: Target, env: Mapping[str, str]) -> "_Cloud | Probe":
        """The cloud, or why nothing can be asked of it."""
        try:
            work = work_on(target, open_store(env), env)
            patient = replace(work.provider, patience=PATIENCE)
            cloud = cls(replace(work, provider=patient))
            _ = cloud.title, cloud.doctor
        except CanaryError as error:
            return _failed("settings", error)
        return cloud

    @property
    def title(self) -> str:
        return f"{self.work.target.provider} {self.work.provider.place}"

    @property
    def doctor(self) -> Doctor | None:
        provider = self.work.provider.provider
        if not offers(provider, Inspector):
            return None
        return self.work.provider.ask(lambda: provider.doctor)

    def measured(self, plan: Plan | None, config: Config) -> Plan | None:
        """The plan with metrics as this endpoint has them."""
        answers = answers_of(self.work.target, config)
        measured = self.work.provider.limits.answers
        return plan and recorded(plan, *answers, measured=measured)

    def probes(self, focus: Focus) -> Iterator[Probe]:
        """Who we are, whether the endpoint is fit, and what we may do with it."""
        self.tried = True
        known = self._told(IDENTITY, self.doctor.identity) if self.doctor else ()
        yield from known
        if any(probe.name == IDENTITY and probe.ok is False for probe in known):
            yield _untried("endpoint", "needs credentials")
            yield _untried("permissions", "needs credentials")
            return
        yield self._looked()
        yield from self._room()
        if self.doctor is None:
            yield _untried("permissions", "this provider can't tell")
        elif self.endpoint is None:
            yield _untried("permissions", "needs the endpoint")
        elif why_unfit(self.endpoint):
            yield _untried("permissions", "no release can start here")
        else:
            yield from self._permissions(self.doctor, focus)

    def metrics(self, checks: Sequence[Check] | None, every: timedelta) -> Iterator[Probe]:
        """The newest points on the versions that have traffic."""
        if self.doctor is None:
            yield _untried("metrics", "this provider can't tell")
            return
        if not self.tried:
            looked = self._looked()
            yield from () if looked.ok else (looked,)
        if self.endpoint is None:
            yield _untried("metrics", "needs the endpoint")
            return
        limits, name = self.work.provider.limits, self.work.target.name
        wanted = {check.metric.key: check.metric for check in checks or ()}
        for check in checks or ():
            trouble = unmeasurable(check, limits)
            if trouble is not None:
                wanted.pop(check.metric.key, None)
                ok = not trouble.blocks
                yield Probe(check.name, ok=ok, detail=trouble.message, hints=(trouble.hint,))
        if checks is None:
            names = sorted(limits.metrics - {"latency_over"})
            wanted = {metric: Metric(metric) for metric in names}
        live = self.endpoint.traffic.live
        own = tuple(metric for metric in wanted.values() if metric.origin is None)
        others = tuple(metric for metric in wanted.values() if metric.origin is not None)
        if own and live:
            ask = partial(self.doctor.metrics, name, live, own, self.work.clock.now())
            told = map(_with_question, self._told("metrics", ask))
            yield from told if checks is not None else map(_unless_usual, told)
        yield from self._buckets(checks or ())
        if others and live:
            yield from look_elsewhere(self.work, live, others, every)
        elif wanted and not live:
            yield _untried("metrics", f"{name} has no traffic")

    def _buckets(self, checks: Sequence[Check]) -> Iterator[Probe]:
        """Limits on latency that the cloud's buckets can't decide."""
        at_once, now = replace(self.work.provider, patience=timedelta(0)), self.work.clock.now()
        if self.endpoint is not None:
            with suppress(CanaryError):  # the metrics themselves have told of it
                yield from look_at_buckets(at_once, self.endpoint, checks, now)

    def _permissions(self, doctor: Doctor, focus: Focus) -> Iterator[Probe]:
        target = self.work.target
        usual = bool(target.config and target.config.candidate)
        deploys = usual if focus.deploys is None else focus.deploys
        ask = partial(doctor.permissions, target.name, deploys=deploys)
        yield from self._told("permissions", ask)

    def _told(self, name: str, ask: Callable[[], Iterable[Probe]]) -> tuple[Probe, ...]:
        """What a doctor says, as far as it comes; what it trips over is its provider's fault."""
        found: list[Probe] = []
        at_once = replace(self.work.provider, patience=timedelta(0))
        try:
            at_once.ask(lambda: found.extend(ask()))
        except CanaryError as error:
            found.append(_failed(name, error))
        return tuple(found)

    def _room(self) -> Iterator[Probe]:
        """Whether a release's notes fit on the endpoint, where that is counted."""
        seen = self.endpoint
        if seen is None or why_unfit(seen):
            return
        longest = max((v.name for v in seen.versions), key=len, default="")
        notes = {RELEASE_NOTE: new_id(), BASELINE_NOTE: longest, CANDIDATE_NOTE: longest}
        try:
            full = self.work.provider.no_room(seen, notes)
        except CanaryError as error:
            yield _failed("notes", error)
            return
        if full:
            hint = "take some away that nobody needs"
            yield Probe("notes", ok=False, detail=full, hints=(hint,))

    def _looked(self) -> Probe:
        name = self.work.target.name
        try:
            self.endpoint = seen = self.work.provider.details(name)
        except CanaryError as error:
            return _failed(UNFIT if isinstance(error, Unsupported) else "endpoint", error)
        versions = " · ".join(
            f"{v.name} {percent(seen.traffic.of(v.name))}"
            + (f" ({v.detail})" if v.detail else "")
            + ("" if v.in_service else " NOT in service")
            for v in seen.versions
        )
        detail = ", ".join(filter(None, (f"{name} {seen.status}".rstrip(), versions)))
        if why := why_unfit(seen):
            return Probe(UNFIT, ok=False, detail=f"{detail}: {why}")
        warned = [f"its last change failed: {seen.failure}"] if seen.failure else []
        warned += [] if seen.settled else ["a change is under way: no release starts until it ends"]
        return Probe("endpoint", ok=True, detail=detail, hints=tuple(warned))


def _with_question(probe: Probe) -> Probe:
    """A metric without points, with the question that found none."""
    if probe.ok is not False or not probe.detail.startswith("no points") or not probe.hints:
        return probe
    return replace(probe, detail=f"{probe.detail} for {probe.hints[0]}", hints=probe.hints[1:])


def _failed(name: str, error: CanaryError) -> Probe:
    return Probe(name, ok=False, detail="; ".join([error.message, *error.facts]), hints=error.hints)


def _untried(name: str, why: str) -> Probe:
    return Probe(name, ok=None, detail=f"not tried, {why}")


def _unless_usual(probe: Probe) -> Probe:
    """Without a plan, silence is a problem only of what a release is judged by then."""
    metric = probe.name.partition(" of ")[0]
    silent = probe.ok is False and probe.detail.startswith("no points")
    if not silent or metric in {check.metric.key for check in USUAL_CHECKS}:
        return probe
    return replace(probe, ok=True, hints=("no release is judged by it unless a plan says so",))


def _shown(value: str | float | timedelta) -> str:
    """A setting as canary.yaml has it: `5s`, `0.5`."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return f"{value:g}" if isinstance(value, float) else str(value)
