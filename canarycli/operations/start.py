"""What `start` and `plan` mean: flags, files and a look at the endpoint, put together."""

import os
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.options.common import Common
from canarycli.config import Config, load, plan_from_options, plan_from_word
from canarycli.config.payloads import with_payloads
from canarycli.errors import Busy, Denied, NotFound, UsageError
from canarycli.ids import new_id
from canarycli.judge import Arms, begin
from canarycli.metrics import Measurements, Metric, Window
from canarycli.operations.workspace import Work, actor, ci_url, find_target, open_store, work_on
from canarycli.plan import Plan
from canarycli.provider import CANDIDATE_NOTE, RELEASE_NOTE, Deployer, Endpoint
from canarycli.release.preflight import Trouble, preflight
from canarycli.release.record import Release
from canarycli.release.request import Request, prepare
from canarycli.store import Record

NewModel = Annotated[
    str,
    Option(
        "--new-model",
        "-m",
        metavar="MODEL",
        help="A version already on the endpoint, else a model to deploy",
    ),
]
Percent = Annotated[
    str | None,
    Option(
        "--percent",
        "-p",
        metavar="N",
        help="One stage at N %, judge, then hold for canary promote; short for a plan",
    ),
]
PlanWord = Annotated[
    str | None,
    Option("--plan", metavar="NAME|FILE|-", help="Stages and checks; else the endpoint's plan"),
]
Stages = Annotated[str | None, Option(metavar="5,25,50,100", help="Stages on the command line")]
Bake = Annotated[str | None, Option(metavar="15m", help="Least time per stage")]
Baseline = Annotated[
    str | None,
    Option(metavar="ARM", help="The version to compare with; else the one with most traffic"),
]
Skip = Annotated[
    list[str] | None,
    Option(metavar="CHECK", help="Leave a check out, noted in the report; may be repeated"),
]


HISTORY = timedelta(hours=24)
"""How far back the baseline is looked at before a release."""

MOST_POINTS = 2000
"""At most so many points of each metric are asked for then."""

REQUESTS = Metric("requests")


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
    """

    work: Work
    endpoint: Endpoint
    release: Release
    troubles: tuple[Trouble, ...]
    flags: tuple[str, ...] = ()

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


def intend(common: Common, wanted: Wanted, *, vague: bool = False) -> Intent:
    """Read everything, look at the endpoint once, and move nothing.

    Args:
        common: which endpoint.
        wanted: what to release and how.
        vague: neither the model nor the plan needs to be there yet.

    Raises:
        CanaryError: whatever makes the release impossible to put together.
    """
    env = os.environ
    config = load(common.config, cwd=Path.cwd(), env=env)
    store = open_store(env)
    target = find_target(common, store, env)
    work = work_on(target, store, env)
    usual = target.config.plan if target.config else None
    plan = _vague_plan(wanted, config, usual) if vague else _plan(wanted, config, usual)
    endpoint = _look(work)
    deploy = None
    if isinstance(work.provider.provider, Deployer):
        deploy = dict(target.config.candidate) if target.config else {}
    if vague and not wanted.model:
        wanted, deploy = replace(wanted, model=ANY_MODEL), deploy or {}
    request = Request(
        provider=target.provider,
        place=work.provider.place,
        model=wanted.model,
        plan=plan,
        by=actor(env),
        baseline=wanted.baseline or (target.config.baseline if target.config else None),
        settings=target.settings,
        deploy=deploy,
        note=wanted.note,
        ref=wanted.ref or ci_url(env),
    )
    release = prepare(request, endpoint, release_id=new_id(), now=work.clock.now())
    if release.model and wanted.model != ANY_MODEL and "file" not in release.deploy:
        _find_model(work, endpoint, release.model)
    troubles = preflight(plan, work.provider.limits, endpoint, release.baseline, release.candidate)
    flags = common.place_flags if vague else (*common.place_flags, *wanted.flags)
    return Intent(work, endpoint, release, troubles, flags)


def _look(work: Work) -> Endpoint:
    """As close a look as the permissions allow."""
    try:
        return work.provider.details(work.target.name)
    except Denied:
        return work.provider.describe(work.target.name)


def _find_model(work: Work, endpoint: Endpoint, model: str) -> None:
    try:
        work.provider.find_model(model)
    except NotFound as error:
        there = ", ".join(version.name for version in endpoint.versions)
        error.hints = (*error.hints, f"{endpoint.name} has {there}; or name a registered model")[:2]
        raise


def refuse_busy(intent: Intent) -> bool:
    """Raise if the endpoint is in a release, here or by what its own notes say.

    A rollback that somebody left behind is finished first; True if there was one, and the
    endpoint has changed since it was looked at.

    Raises:
        Busy: it is in a release.
    """
    from canarycli.engine.lease import busy_with
    from canarycli.release.record import State

    work = intent.work
    record = work.record()
    if record is None or record.release.over:
        _refuse_noted(intent, record)
        return False
    now = work.clock.now()
    left = record.lease is None or not record.lease.alive(now)
    if record.release.state is State.ROLLING_BACK and left:
        until = now + timedelta(seconds=60)
        if work.controller(lambda _: None).drive(work.key, until=until).over:
            return True
    raise busy_with(record, now)


def _refuse_noted(intent: Intent, record: Record | None) -> None:
    """Raise if the endpoint's notes tell of a release of another machine that is under way."""
    endpoint = intent.endpoint
    try:
        notes = intent.work.provider.notes(endpoint)
    except (
        Denied
    ):  # not needed to start: the notes of this release are written with its first share
        return
    release, candidate = notes.get(RELEASE_NOTE), notes.get(CANDIDATE_NOTE, "")
    under_way = 0 < endpoint.traffic.of(candidate) < 100
    if not release or not under_way or (record is not None and record.release.id == release):
        return
    raise Busy(
        f"{endpoint.name} is in release {release} of another machine, as its own notes say",
        facts=[f"traffic: {endpoint.traffic}"],
        hint=(
            "go on with it from where it was started",
            f"or end it: canary rollback -e {endpoint.name}",
        ),
    )


def with_history(intent: Intent) -> tuple[Release, Measurements]:
    """The release with what its baseline's past teaches the judge, and that past itself.

    A missing permission to read metrics shows here, before anything moves.

    Raises:
        Denied: the metrics may not be read.
    """
    release, provider = intent.release, intent.work.provider
    now, limits = intent.work.clock.now(), provider.limits
    span = min(HISTORY, MOST_POINTS * limits.metric_period)
    past = Window(now - span, now)
    if not release.plan.checks:
        return release, Measurements(past, now, {})
    requests = [REQUESTS] if REQUESTS.name in limits.metrics else []
    metrics = {metric.key: metric for metric in (*release.plan.metrics(), *requests)}
    measured = provider.measure(intent.endpoint.name, (release.baseline,), metrics.values(), past)
    arms = Arms(release.baseline, release.candidate, 0.0, now, now, limits.metric_delay)
    return replace(release, judge=begin(release.plan.checks, measured, arms)), measured


def _vague_plan(wanted: Wanted, config: Config, usual: str | None) -> Plan:
    """The plan of that name, or a new one with the checks it would have without a name."""
    word = wanted.plan
    if word is None or word == "-" or word in config.plans or Path(word).is_file():
        if word or usual:
            return _plan(wanted, config, usual)
        return _plan(replace(wanted, stages=wanted.stages or ANY_STAGES), config, None)
    return replace(_vague_plan(replace(wanted, plan=None), config, usual), name=word)


def _plan(wanted: Wanted, config: Config, usual: str | None) -> Plan:
    word = wanted.plan or usual
    base = plan_from_word(word, config, cwd=Path.cwd(), stdin=sys.stdin) if word else None
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


def _together(troubles: list[Trouble]) -> Exception:
    first = troubles[0]
    if len(troubles) == 1:
        return first.as_error()
    more = tuple(f"{trouble.message}; {trouble.hint}" for trouble in troubles[1:])
    return first.error(first.message, hint=first.hint, facts=more)
