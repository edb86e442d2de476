"""Looks at what a plan's metrics take from elsewhere: recorded answers, and sources of figures."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from canarycli.errors import CanaryError, Rejected
from canarycli.labels import LABELLED, mature_after
from canarycli.metrics import Metric, Origin, Window
from canarycli.operations.costs import reads_of
from canarycli.operations.workspace import Workspace
from canarycli.plan import Plan
from canarycli.probes import newest_points
from canarycli.provider import Probe
from canarycli.recorder import RECORDED, USUAL_DELAY, Recorder
from canarycli.release.slices import sliced, unsliced
from canarycli.verbs import offers

QUARTER = timedelta(minutes=15)


def look_elsewhere(
    work: Workspace, versions: Collection[str], metrics: Sequence[Metric], every: timedelta
) -> Iterator[Probe]:
    """Whether each version's answers are kept, each metric's newest point, what looks take."""
    if any(m.origin is not None and m.origin.kind in {RECORDED, LABELLED} for m in metrics):
        yield from _kept(work, versions)
    try:
        window = _window(metrics, work.clock.now())
        found = work.provider.measure(work.target.name, versions, metrics, window)
    except CanaryError as error:
        yield Probe("sources", ok=False, detail=error.message, hints=error.hints)
        return
    for metric in metrics:
        if why := found.failed.get(metric.key):
            yield Probe(metric.key, ok=False, detail=why)
        else:
            yield from newest_points(found, versions, [metric])
    well = [metric for metric in metrics if metric.key not in found.failed]
    now, name = work.clock.now(), work.target.name
    try:
        for one in reads_of(name, versions, well, found.queries, now=now, every=every):
            yield Probe(f"source {one.source}", ok=True, detail=str(one))
    except CanaryError as error:
        yield Probe("sources", ok=False, detail=error.message, hints=error.hints)


def refuse_unrecorded(
    work: Workspace, endpoint: str, versions: Collection[str], metrics: Collection[Metric]
) -> None:
    """Raise where what versions answer gates, and the answers of one of them are not kept.

    Raises:
        Rejected: they are not.
    """
    provider = work.provider.provider
    asked = any(m.origin is not None and m.origin.kind in {RECORDED, LABELLED} for m in metrics)
    if not asked or not offers(provider, Recorder):
        return
    for version, kept in provider.recording(endpoint).items():
        if version in versions and kept.why:
            raise Rejected(
                f"no answers of {version!r} are kept: {kept.why}",
                hint="turn it on for both versions, or --skip the checks on answers",
            )


def _kept(work: Workspace, versions: Collection[str]) -> Iterator[Probe]:
    provider = work.provider.provider
    if not offers(provider, Recorder):
        yield Probe("answers", ok=False, detail="this provider's cloud keeps no answers")
        return
    try:
        kept = provider.recording(work.target.name)
    except CanaryError as error:
        yield Probe("answers", ok=False, detail=error.message, hints=error.hints)
        return
    for version in versions:
        known = kept.get(version)
        why = "nothing says that it keeps answers" if known is None else known.why
        detail = why or f"{known.percent:g}% kept in {known.where}" if known else why
        yield Probe(f"answers of {version}", ok=not why, detail=detail)


def _window(metrics: Sequence[Metric], now: datetime) -> Window:
    """A quarter of an hour that should have arrived by now, and what came since."""
    late = max(_lateness(m.origin) for m in metrics if m.origin is not None)
    return Window(now - late - QUARTER, now)


def _lateness(origin: Origin) -> timedelta:
    return max(origin.settings.get("delay") or USUAL_DELAY, mature_after(origin))


def in_slices(work: Workspace, plan: Plan, baseline: str, past: Window) -> Plan:
    """A plan with its sliced checks asked for the values that the baseline's requests had.

    Raises:
        Rejected: none of them has the field.
        Unsupported: nobody can tell them apart by it.
    """
    known: dict[tuple[str, str, str], Mapping[str, float]] = {}
    values: dict[str, Mapping[str, float]] = {}
    for check in unsliced(plan):
        metric = check.metric
        asked = metric.origin.name if metric.origin else "", metric.by, check.name
        if metric.says:  # all of them are of the same answers
            asked = (*asked[:2], "")
        if asked not in known:
            known[asked] = work.provider.values(work.target.name, baseline, metric, past)
        values[check.name] = known[asked]
    return sliced(plan, values)
