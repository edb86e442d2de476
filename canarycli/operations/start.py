"""What `start` and `plan` mean: flags, files and a look at the endpoint, put together."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from canarycli.config import Config, load, plan_from_options, plan_from_word
from canarycli.config.discover import here
from canarycli.config.options import on_cloud
from canarycli.config.payloads import with_payloads
from canarycli.config.recorded import recorded
from canarycli.errors import Denied, NotFound, Rejected, UsageError
from canarycli.files import means_files, with_files
from canarycli.freeze import in_force
from canarycli.ids import new_id
from canarycli.journal import Event
from canarycli.judge import Arms, begin
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements
from canarycli.operations.address import Address
from canarycli.operations.drive import driven
from canarycli.operations.frozen import FLAG, overridden
from canarycli.operations.past import before, read_past
from canarycli.operations.sourced import in_slices, refuse_unrecorded
from canarycli.operations.target import answers_of, find_target
from canarycli.operations.workspace import (
    Workspace,
    actor,
    ci_url,
    open_store,
    work_on,
)
from canarycli.plan import Plan
from canarycli.provider import Deployer, Endpoint, Notes
from canarycli.release.mark import noted_before
from canarycli.release.preflight import preflight, unmeasurable
from canarycli.release.record import Override, Release, State
from canarycli.release.request import Request, live_already, prepare
from canarycli.release.trouble import Trouble, crowded, forbidden, unfit
from canarycli.verbs import offers


@dataclass(frozen=True, slots=True)
class Wanted:
    """The flags that say what to release and how."""

    model: str
    percent: str | None
    plan: str | None
    stages: str | None
    bake: str | None
    baseline: str | None
    skip: tuple[str, ...]
    note: str = ""
    ref: str = ""
    override: str = ""

    @property
    def files(self) -> str:
        """The word for the candidate, if it means files."""
        return self.model if means_files(self.model) else ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Stages and checks as they were given, to be given again."""
        given = {
            "--plan": self.plan,
            "--percent": self.percent,
            "--stages": self.stages,
            "--bake": self.bake,
            "--baseline": self.baseline,
        }
        words = [word for flag, value in given.items() if value for word in (flag, value)]
        return (*words, *(word for check in self.skip for word in ("--skip", check)))


@dataclass(frozen=True, slots=True)
class Intent:
    """A release that could be started now, and every reason not to.

    Attributes:
        flags: what start has to be told besides the endpoint and the model.
        upload: what would be uploaded first, for people; "" for nothing.
        files: what the person named that is files of the candidate, "" for a model.
    """

    work: Workspace
    endpoint: Endpoint
    release: Release
    troubles: tuple[Trouble, ...]
    flags: tuple[str, ...] = ()
    upload: str = ""
    files: str = ""

    @property
    def look(self) -> Endpoint | None:
        """The endpoint, where the look at it is still young enough to act on."""
        return None if self.upload else self.endpoint

    def refuse_blocked(self) -> None:
        """Raise for what can't be confirmed away, all of it in one error."""
        blocking = [trouble for trouble in self.troubles if trouble.blocks]
        if blocking:
            raise _together(blocking)

    def refuse_risks(self) -> None:
        """Raise for what needs an explicit `--yes`."""
        if self.troubles:
            raise _together(list(self.troubles))


ANY_MODEL = "MODEL"
"""Stands for the model of a release that is not named yet."""

ANY_STAGES = "5,25,50,100"


def intend(
    address: Address,
    wanted: Wanted,
    env: Mapping[str, str],
    *,
    stdin: TextIO | None = None,
    vague: bool = False,
) -> Intent:
    """Read everything, look at the endpoint once, and move nothing.

    Args:
        address: which endpoint.
        wanted: what to release and how.
        env: the environment.
        stdin: where the plan `-` is read from.
        vague: neither the model nor the plan needs to be there yet.

    Raises:
        CanaryError: whatever makes the release impossible to put together.
    """
    if not vague and not wanted.model.strip():
        raise UsageError("--new-model: it is empty", hint="is the variable set that it comes from?")
    config = load(address.config, cwd=here(), env=env)
    store = open_store(env, address.config)
    target = find_target(address, store, env)
    work = work_on(target, store, env, address.config)
    plans = _Plans(config, target.config.plan if target.config else None, stdin)
    plan = _measured(plans.vague(wanted) if vague else plans.meant(wanted), work, config)
    # A freeze that was overridden at the start is not asked of again on the way.
    plan = replace(plan, freeze=() if wanted.override else config.freeze)
    override = Override(actor(env), wanted.override, config.freeze) if wanted.override else None
    began = work.clock.now()  # a rollback from here on is meant for this one, too
    endpoint = _look(work)
    deploy = None
    if offers(work.provider.provider, Deployer):
        deploy = with_files(wanted.model, target.config.candidate if target.config else {})
    if vague and not wanted.model:
        wanted, deploy = replace(wanted, model=ANY_MODEL), deploy or {}
    request = _request(work, wanted, plan, deploy, env)
    release = prepare(request, endpoint, release_id=new_id(), now=work.clock.now())
    upload = ""
    if release.model and wanted.model != ANY_MODEL:
        release, upload = _previewed(work, endpoint, request, release)
    found = found_on(work, endpoint)
    if found is not None:
        found = noted_before(found, began, work.clock.now())
    release = replace(release, started_at=began, found=found, override=override)
    troubles = _troubles(work, endpoint, release)
    flags = address.flags if vague else (*address.flags, *wanted.flags)
    return Intent(work, endpoint, release, troubles, flags, upload, wanted.files)


def _request(
    work: Workspace,
    wanted: Wanted,
    plan: Plan,
    deploy: Mapping[str, Any] | None,
    env: Mapping[str, str],
) -> Request:
    """What was asked for, as the rules of a release take it."""
    config = work.target.config
    return Request(
        provider=work.target.provider,
        place=work.provider.place,
        model=wanted.model,
        plan=plan,
        by=actor(env),
        baseline=wanted.baseline or (config.baseline if config else None),
        settings=work.target.kept,
        deploy=deploy,
        note=wanted.note,
        ref=wanted.ref or ci_url(env),
        kept_as=work.kept_as,
    )


def _troubles(work: Workspace, endpoint: Endpoint, release: Release) -> tuple[Trouble, ...]:
    """Every reason not to start, the endpoint's and the calendar's."""
    plan, limits = release.plan, work.provider.limits
    troubles = preflight(plan, limits, endpoint, release.baseline, release.candidate)
    if said := in_force(plan.freeze, work.clock.now()):
        troubles = (Trouble(said, FLAG), *troubles)
    if full := work.provider.no_room(endpoint, release.notes):
        troubles = (crowded(endpoint, full), *troubles)
    if not any(trouble.blocks for trouble in troubles):
        troubles = (*_forbidden(work, endpoint), *troubles)
    return troubles


def _forbidden(work: Workspace, endpoint: Endpoint) -> Iterator[Trouble]:
    """That the release may not be noted on the endpoint, where that shows beforehand."""
    try:
        work.provider.try_notes(endpoint)
    except Denied as error:
        yield forbidden(endpoint, error)


def _measured(plan: Plan, work: Workspace, config: Config) -> Plan:
    """The plan with metrics as this endpoint has them."""
    limits, answers = work.provider.limits, answers_of(work.target, config)
    return recorded(on_cloud(plan, limits.metrics), *answers, measured=limits.answers)


def _look(work: Workspace) -> Endpoint:
    """As close a look as the permissions allow, at an endpoint that can have releases."""
    try:
        endpoint = work.provider.details(work.target.name)
    except Denied:
        endpoint = work.provider.describe(work.target.name)
    if (trouble := unfit(endpoint)) is not None:
        raise trouble.as_error()
    return endpoint


def found_on(work: Workspace, endpoint: Endpoint) -> Notes | None:
    """What the endpoint's notes say now, None where they may not be read."""
    try:
        return dict(work.provider.notes(endpoint))
    except Denied:  # not needed: the notes of this release are written with its first share
        return None


def _previewed(
    work: Workspace, endpoint: Endpoint, request: Request, release: Release
) -> tuple[Release, str]:
    """The release once it is known what would be deployed, and what would be uploaded for it.

    An alias may be of a version that is there.
    """
    try:
        found = work.provider.preview(endpoint, release.model, release.baseline, release.deploy)
    except NotFound as error:
        there = ", ".join(version.name for version in endpoint.versions)
        error.hints = (*error.hints, f"{endpoint.name} has {there}; or name a registered model")[:2]
        raise
    if found is None:
        return release, ""
    if found.version == release.baseline:
        raise live_already(endpoint, found.version, request.model)
    if found.version:
        known = replace(request, model=found.version)
        return prepare(known, endpoint, release_id=release.id, now=release.started_at), ""
    return replace(release, model=found.model), found.upload


def in_place(release: Release) -> bool:
    """Whether the first stage is set, so that somebody else can drive on."""
    moved = release.confirmed_at is not None and release.state is not State.DEPLOYING
    return moved or release.rests


def planned(intent: Intent) -> tuple[Event, ...]:
    """What a release's journal begins with: its plan, and who drives it."""
    word, now = intent.release.override, intent.work.clock.now()
    over = (overridden(word.by, word.reason, now),) if word else ()
    return _planned(intent), _locked(intent), *over


def _planned(intent: Intent) -> Event:
    release = intent.release
    stages = ",".join(f"{stage.percent:g}" for stage in release.plan.stages)
    seconds = sum(stage.bake.total_seconds() for stage in release.plan.stages)
    return Event(
        "planned",
        release.started_at,
        f"{release.endpoint} {release.baseline} -> {release.name}, "
        f"plan {release.plan.name} {stages}, {release.id}",
        fields={
            "stages": [
                {"percent": s.percent, "bake": s.bake.total_seconds(), "then": s.then.value}
                for s in release.plan.stages
            ],
            "checks": [check.name for check in release.plan.checks],
            "expected_seconds": seconds,
        },
    )


def _locked(intent: Intent) -> Event:
    driver, now = intent.work.driver, intent.work.clock.now()
    message = f"{intent.release.endpoint} is driven by {driver.name} as {intent.release.id}"
    return Event("locked", now, message, fields=driven(driver, intent.work.clock))


def with_history(intent: Intent) -> tuple[Release, Measurements]:
    """The release with what its baseline's past teaches the judge, and that past itself.

    A missing permission to read metrics shows here, before anything moves.

    Raises:
        Denied: the metrics may not be read.
        Rejected: answers that gate are not kept of both arms.
    """
    release, provider = intent.release, intent.work.provider
    now, limits = intent.work.clock.now(), provider.limits
    past = before(now, provider)
    if not release.plan.checks:
        return release, Measurements(past, now, {})
    arms_there = (release.baseline, release.candidate)
    asked = [check.metric for check in release.plan.checks]
    refuse_unrecorded(intent.work, intent.endpoint.name, arms_there, asked)
    release = replace(release, plan=in_slices(intent.work, release.plan, release.baseline, past))
    # What preflight refuses is not asked for: it says so better than a cloud would.
    checks = [check for check in release.plan.checks if unmeasurable(check, limits) is None]
    measured = read_past(provider, intent.endpoint.name, release.baseline, checks, past)
    for key, why in measured.failed.items():
        raise Rejected(f"{key} can't be measured: {why}", hint="canary doctor, or --skip the check")
    arms = Arms(release.baseline, release.candidate, 0.0, now, now, limits.metric_delay)
    return replace(release, judge=begin(release.plan.checks, measured, arms)), measured


@dataclass(frozen=True, slots=True)
class _Plans:
    """Where the plan of a release comes from.

    Attributes:
        config: the plans that have a name.
        usual: the name of the endpoint's own, None if it has none.
        stdin: what the word `-` reads.
    """

    config: Config
    usual: str | None
    stdin: TextIO | None

    def meant(self, wanted: Wanted) -> Plan:
        """The plan that flags, name or endpoint stand for.

        Raises:
            UsageError: a check to leave out is none of its checks.
        """
        word = wanted.plan or self.usual
        base = plan_from_word(word, self.config, cwd=here(), stdin=self.stdin) if word else None
        plan = plan_from_options(
            stages=wanted.stages, percent=wanted.percent, bake=wanted.bake, base=base
        )
        try:
            return with_payloads(plan.without(wanted.skip))
        except KeyError as error:
            names = ", ".join(check.name for check in plan.checks) or "none"
            raise UsageError(
                f"--skip {error.args[0]}: the plan has no such check", hint=f"it has {names}"
            ) from error

    def vague(self, wanted: Wanted) -> Plan:
        """The plan of that name, or a new one with the checks it would have without a name."""
        word = wanted.plan
        if word is None or word == "-" or word in self.config.plans or Path(word).is_file():
            if word or self.usual:
                return self.meant(wanted)
            return self.meant(replace(wanted, stages=wanted.stages or ANY_STAGES))
        return replace(self.vague(replace(wanted, plan=None)), name=word)


def _together(troubles: list[Trouble]) -> Exception:
    first = troubles[0]
    if len(troubles) == 1:
        return first.as_error()
    more = tuple(f"{trouble.message}; {trouble.hint}" for trouble in troubles[1:])
    return first.error(first.message, hint=first.hint, facts=more)
