"""Looks at an endpoint's own cloud for the doctor: credentials, endpoint, permissions, metrics."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from canarycli.config import Config
from canarycli.config.options import USUAL_CHECKS
from canarycli.config.recorded import recorded
from canarycli.errors import CanaryError, Unsupported
from canarycli.ids import new_id
from canarycli.metrics import Metric
from canarycli.operations.buckets import look_at_buckets
from canarycli.operations.sourced import look_elsewhere
from canarycli.operations.target import Target, answers_of
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
from canarycli.release.preflight import unmeasurable
from canarycli.release.trouble import why_unfit
from canarycli.traffic import percent
from canarycli.verbs import offers

PATIENCE = timedelta(seconds=5)
"""A doctor says what is wrong rather than wait until it is not."""

IDENTITY = "identity"
UNFIT = "endpoint kind"
"""The name of the probe of an endpoint that can't be released by shares."""


@dataclass(slots=True)
class Cloud:
    """The endpoint's cloud, which could at least be named."""

    work: Workspace
    endpoint: Endpoint | None = None
    tried: bool = False

    @classmethod
    def reached(cls, target: Target, env: Mapping[str, str]) -> "Cloud | Probe":
        """The cloud, or why nothing can be asked of it."""
        try:
            work = work_on(target, open_store(env), env)
            patient = replace(work.provider, patience=PATIENCE)
            cloud = cls(replace(work, provider=patient))
            _ = cloud.title, cloud.doctor
        except CanaryError as error:
            return failed("settings", error)
        return cloud

    @property
    def title(self) -> str:
        """Which cloud, and where."""
        return f"{self.work.target.provider} {self.work.provider.place}"

    @property
    def doctor(self) -> Doctor | None:
        """Who looks, None where the provider has nobody."""
        provider = self.work.provider.provider
        if not offers(provider, Inspector):
            return None
        return self.work.provider.ask(lambda: provider.doctor)

    def measured(self, plan: Plan | None, config: Config) -> Plan | None:
        """The plan with metrics as this endpoint has them."""
        answers = answers_of(self.work.target, config)
        measured = self.work.provider.limits.answers
        return plan and recorded(plan, *answers, measured=measured)

    def probes(self, *, deploys: bool | None) -> Iterator[Probe]:
        """Who we are, whether the endpoint is fit, and what we may do with it.

        Args:
            deploys: candidates are brought in too; None where canary.yaml says so.
        """
        self.tried = True
        known = self._told(IDENTITY, self.doctor.identity) if self.doctor else ()
        yield from known
        if any(probe.name == IDENTITY and probe.ok is False for probe in known):
            yield untried("endpoint", "needs credentials")
            yield untried("permissions", "needs credentials")
            return
        yield self._looked()
        yield from self._room()
        if self.doctor is None:
            yield untried("permissions", "this provider can't tell")
        elif self.endpoint is None:
            yield untried("permissions", "needs the endpoint")
        elif why_unfit(self.endpoint):
            yield untried("permissions", "no release can start here")
        else:
            yield from self._permissions(self.doctor, deploys=deploys)

    def metrics(self, checks: Sequence[Check] | None, every: timedelta) -> Iterator[Probe]:
        """The newest points on the versions that have traffic."""
        if self.doctor is None:
            yield untried("metrics", "this provider can't tell")
            return
        if not self.tried:
            looked = self._looked()
            yield from () if looked.ok else (looked,)
        if self.endpoint is None:
            yield untried("metrics", "needs the endpoint")
            return
        yield from self._unmeasurable(checks or ())
        wanted, live = self._wanted(checks), self.endpoint.traffic.live
        others = [metric for metric in wanted if metric.origin is not None]
        if own := [metric for metric in wanted if metric.origin is None and live]:
            yield from self._own(self.doctor, live, own, planned=checks is not None)
        yield from self._buckets(checks or ())
        if others and live:
            yield from look_elsewhere(self.work, live, others, every)
        elif wanted and not live:
            yield untried("metrics", f"{self.work.target.name} has no traffic")

    def _unmeasurable(self, checks: Sequence[Check]) -> Iterator[Probe]:
        """Why a check can't be decided here, whatever its metric says."""
        for check in checks:
            if (trouble := unmeasurable(check, self.work.provider.limits)) is not None:
                ok, hints = not trouble.blocks, (trouble.hint,)
                yield Probe(check.name, ok=ok, detail=trouble.message, hints=hints)

    def _wanted(self, checks: Sequence[Check] | None) -> tuple[Metric, ...]:
        """What the checks measure and this cloud has; without any, all that it has."""
        limits = self.work.provider.limits
        if checks is None:
            return tuple(Metric(name) for name in sorted(limits.metrics - {"latency_over"}))
        wanted = {check.metric.key: check.metric for check in checks}
        missing = {check.metric.key for check in checks if unmeasurable(check, limits)}
        return tuple(metric for key, metric in wanted.items() if key not in missing)

    def _own(
        self, doctor: Doctor, live: Collection[str], metrics: Collection[Metric], *, planned: bool
    ) -> Iterator[Probe]:
        """The newest points of what the cloud itself measures."""
        now = self.work.clock.now()
        ask = partial(doctor.metrics, self.work.target.name, live, metrics, now)
        told = map(_with_question, self._told("metrics", ask))
        yield from told if planned else map(_unless_usual, told)

    def _buckets(self, checks: Sequence[Check]) -> Iterator[Probe]:
        """Limits on latency that the cloud's buckets can't decide."""
        at_once, now = replace(self.work.provider, patience=timedelta(0)), self.work.clock.now()
        if self.endpoint is not None:
            with suppress(CanaryError):  # the metrics themselves have told of it
                yield from look_at_buckets(at_once, self.endpoint, checks, now)

    def _permissions(self, doctor: Doctor, *, deploys: bool | None) -> Iterator[Probe]:
        target = self.work.target
        usual = bool(target.config and target.config.candidate)
        brings = usual if deploys is None else deploys
        ask = partial(doctor.permissions, target.name, deploys=brings)
        yield from self._told("permissions", ask)

    def _told(self, name: str, ask: Callable[[], Iterable[Probe]]) -> tuple[Probe, ...]:
        """What a doctor says, as far as it comes; what it trips over is its provider's fault."""
        found: list[Probe] = []
        at_once = replace(self.work.provider, patience=timedelta(0))
        try:
            at_once.ask(lambda: found.extend(ask()))
        except CanaryError as error:
            found.append(failed(name, error))
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
            yield failed("notes", error)
            return
        if full:
            hint = "take some away that nobody needs"
            yield Probe("notes", ok=False, detail=full, hints=(hint,))

    def _looked(self) -> Probe:
        name = self.work.target.name
        try:
            self.endpoint = seen = self.work.provider.details(name)
        except CanaryError as error:
            return failed(UNFIT if isinstance(error, Unsupported) else "endpoint", error)
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


def failed(name: str, error: CanaryError) -> Probe:
    """What could not be looked at, and why."""
    return Probe(name, ok=False, detail="; ".join([error.message, *error.facts]), hints=error.hints)


def untried(name: str, why: str) -> Probe:
    """What was not looked at, and why."""
    return Probe(name, ok=None, detail=f"not tried, {why}")


def _unless_usual(probe: Probe) -> Probe:
    """Without a plan, silence is a problem only of what a release is judged by then."""
    metric = probe.name.partition(" of ")[0]
    silent = probe.ok is False and probe.detail.startswith("no points")
    if not silent or metric in {check.metric.key for check in USUAL_CHECKS}:
        return probe
    return replace(probe, ok=True, hints=("no release is judged by it unless a plan says so",))
