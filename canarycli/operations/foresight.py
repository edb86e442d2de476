"""What the past of an endpoint says about a release before anything moves."""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import timedelta
from typing import Any

from canarycli.config.options import USUAL_CHECKS
from canarycli.errors import CanaryError, Unavailable
from canarycli.forecast import Forecast, forecast, levels
from canarycli.forecast.flow import requests_per_minute, with_pace
from canarycli.forecast.remedies import Remedy, remedy
from canarycli.forecast.unseen import left_out, unseen
from canarycli.judge.finding import WARM_UP
from canarycli.judge.margins import MAY_DIFFER, too_tight
from canarycli.judge.sources import coarse
from canarycli.judge.wording import change
from canarycli.labels import mature_after
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Unit
from canarycli.operations.buckets import COARSE_HINT
from canarycli.operations.costs import Reads, reads_of
from canarycli.operations.start import Intent, with_history
from canarycli.plan import USUAL_NAME, Check, Plan
from canarycli.release.decide.sentences import span
from canarycli.release.pace import pace
from canarycli.release.record import Release
from canarycli.release.trouble import Trouble
from canarycli.traffic import percent


@dataclass(frozen=True, slots=True)
class Foresight:
    """A release with what is to be expected of it.

    Attributes:
        release: with what its baseline's past teaches the judge.
        per_minute: requests of both arms, None if nothing tells.
        known: what is known of each check's metric.
        settle: from a change of traffic to the first point that can be judged.
        forecast: when each check can tell, None if nothing tells how much traffic there is.
        why: why nothing is foreseen, "" if something is.
        queries: each metric's question in the cloud's own words.
        unseen: which failures no check counts, and how many there were; "" for none.
        reads: what each source is asked, and what that makes it read.
    """

    release: Release
    per_minute: float | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    settle: timedelta = timedelta(0)
    forecast: Forecast | None = None
    why: str = ""
    queries: Mapping[str, str] = field(default_factory=dict)
    unseen: str = ""
    reads: tuple[Reads, ...] = ()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """A risk for every check of the person's own that can never decide."""
        return () if self._is_usual else tuple(_troubles(self))

    @property
    def warnings(self) -> tuple[Trouble, ...]:
        """The same for the checks that nobody wrote: said, and no reason to refuse."""
        return tuple(_troubles(self)) if self._is_usual else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know of the plan, and of checks that can decide nevertheless."""
        return (*filter(None, (self.unseen,)), *self._tight, *self._late, *self._seldom)

    @property
    def _late(self) -> Iterator[str]:
        """Checks whose figures come later than a stage bakes, and that every stage waits for."""
        plan = self.release.plan
        bakes = [stage.bake for stage in plan.stages if stage.percent < 100]
        for check in plan.gates:
            late = lateness(check.metric)
            if bakes and late > min(bakes) and not check.at_end and check.margin is not None:
                yield (
                    f"check {check.name!r} comes {span(late)} late and a stage bakes "
                    f"{span(min(bakes))}: each stage waits for it, gates: end lets them go on"
                )

    @property
    def _seldom(self) -> Iterator[str]:
        """Stages with so little traffic that reading each time would tell nothing new."""
        plan = self.release.plan
        for stage in plan.stages if self.per_minute and plan.checks else ():
            flow = (self.per_minute or 0.0) * stage.percent / 100
            apart = pace(plan.read_every, flow)
            if apart > plan.read_every:
                yield (
                    f"at {percent(stage.percent)} the candidate gets about {flow:.2g} requests a"
                    f" minute: metrics are read every {span(apart)} after the first 15 min"
                )

    @property
    def _tight(self) -> tuple[str, ...]:
        return tuple(
            f"check {check.name!r}: {limit} {MAY_DIFFER}"
            for check in self.release.plan.checks
            if too_tight(check, self.known.get(check.name, {}))
            for limit in [margin_text(check, check.margin)]
        )

    @property
    def _is_usual(self) -> bool:
        plan = self.release.plan
        return plan.name == USUAL_NAME and all(check in USUAL_CHECKS for check in plan.checks)


def foresee(intent: Intent, *, insist: bool = False) -> Foresight:
    """Look at the baseline's past once.

    Args:
        intent: what is to be released.
        insist: a cloud that does not answer is an error, not a forecast left out.

    Raises:
        Denied: the metrics may not be read.
    """
    try:
        release, measured = with_history(intent)
    except Unavailable as error:
        if insist:
            raise
        return Foresight(intent.release, why=f"the metrics can't be read now: {error.message}")
    return replace(_told(intent, release, measured), reads=_reads(intent, measured.queries))


def _told(intent: Intent, release: Release, measured: Measurements) -> Foresight:
    plan, limits = release.plan, intent.work.provider.limits
    settle = limits.metric_delay + WARM_UP * limits.metric_period
    known = levels(plan.checks, measured, release.baseline)
    beyond = ""
    if left_out(plan.checks, limits.metrics):
        beyond = unseen(limits.beyond_5xx, measured, release.baseline)
    end = measured.window.end - limits.metric_delay
    flow = requests_per_minute(plan.checks, measured, release.baseline, end)
    share = intent.endpoint.traffic.of(release.baseline) / 100
    if not plan.checks:
        return Foresight(release, settle=settle, why="the plan has no check")
    if flow is None or not share:
        why = why_no_flow(release, measured)
        return Foresight(release, None, known, settle, None, why, measured.queries, beyond)
    known = with_pace(known, plan.checks, measured, release.baseline, flow)
    flow /= share
    told = forecast(plan, flow, known, settle)
    return Foresight(release, flow, known, settle, told, "", measured.queries, beyond)


def lateness(metric: Metric) -> timedelta:
    """How late a metric of a source, or of labelled answers, comes; nothing for the cloud's own."""
    if metric.origin is None:
        return timedelta(0)
    return max(metric.origin.settings.get("delay") or timedelta(0), mature_after(metric.origin))


def _reads(intent: Intent, queries: Mapping[str, str]) -> tuple[Reads, ...]:
    """What sources are asked; nothing where one can't say it, which a start tells of."""
    plan, now = intent.release.plan, intent.work.clock.now()
    known = [check.metric for check in plan.checks if check.metric.key in queries]
    arms = [name for name in (intent.release.baseline, intent.release.candidate) if name]
    try:
        found = reads_of(
            intent.release.endpoint, arms, known, queries, now=now, every=plan.read_every
        )
        return tuple(found)
    except CanaryError:
        return ()


def why_no_flow(release: Release, measured: Measurements) -> str:
    """No metric counts requests, or one does, and has no whole period yet."""
    points = [s.points for s in measured.series.get(release.baseline, {}).values()]
    soon = measured.window.end + timedelta(days=1)
    counted = requests_per_minute(release.plan.checks, measured, release.baseline, soon)
    if counted is None and any(points):
        return "no metric tells how many requests there are"
    return "no history yet"


def foreseen(intent: Intent, foresight: Foresight) -> Intent:
    """The intent with the risks that were foreseen, and the release that knows its past."""
    troubles = (*intent.troubles, *foresight.troubles)
    return replace(intent, release=foresight.release, troubles=troubles)


def _troubles(foresight: Foresight) -> Iterator[Trouble]:
    told, plan, per_minute = foresight.forecast, foresight.release.plan, foresight.per_minute
    if told is None or per_minute is None:
        return
    for check in plan.checks:
        name = f"check {check.name!r}"
        if check.name in told.short:
            said = f"{name} gates the end, and can't tell from what all stages show"
            hint = f"bake longer at {percent(_highest(plan))}, allow more, or confirm with --yes"
        elif blunt := coarse(check, foresight.known.get(check.name, {})):
            said, hint = f"{name}: {blunt}", COARSE_HINT.format(check.name)
        elif check.name in told.undecidable:
            way = remedy(check, plan, per_minute, foresight.known, foresight.settle)
            said = f"{name} {_slow(plan, way, per_minute)}"
            hint = f"{_way(check, way)}, or confirm with --yes"
        else:
            continue
        yield Trouble(said, hint, blocks=False)


def _slow(plan: Plan, way: Remedy, per_minute: float) -> str:
    """That a check does not decide in time where it first could, and how long it would take."""
    stage = plan.stages[way.stage - 1]
    takes = f"it takes about {span(way.takes)}" if way.takes else "it never passes there"
    return (
        f"can't tell at {percent(stage.percent)} within {span(plan.patience(stage))}: "
        f"{takes} with {per_minute:,.0f} requests a minute"
    )


def _highest(plan: Plan) -> float:
    """The last share at which both arms have traffic."""
    return max((s.percent for s in plan.stages if s.percent < 100), default=0.0)


def _way(check: Check, way: Remedy) -> str:
    ways = []
    if way.percent is not None:
        ways.append(f"begin at {percent(way.percent)}")
    if way.margin is not None:
        ways.append(f"allow {margin_text(check, way.margin)}")
    if way.patience is not None:
        ways.append(f"wait longer, unclear_after: {span(way.patience).replace(' ', '')}")
    return ", or ".join(ways) if ways else f"leave it out: --skip {check.name}"


def margin_text(check: Check, margin: Any) -> str:
    """A margin with its sign and unit: `+20%`, `+0.50 pp`."""
    unit = check.metric.unit
    if not margin.absolute:
        return f"+{margin.relative * 100:g}%"
    return change(
        margin.absolute,
        Unit.NONE if check.metric.source and check.metric.origin is None else unit,
        relative=False,
    )
