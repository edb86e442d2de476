"""`canary history --export`: a release as a canary.series/1 line, to be judged again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from canarycli.errors import UsageError
from canarycli.journal import Event
from canarycli.judge import Arms, begin, extra_metrics
from canarycli.late_methods import dataclass
from canarycli.metrics import Window
from canarycli.operations.address import Address
from canarycli.operations.past import before, read_past
from canarycli.operations.target import find_target
from canarycli.operations.workspace import open_store, work_on
from canarycli.release.record import Release
from canarycli.series.export import Span, export, exportable


@dataclass(frozen=True, slots=True)
class Exported:
    """A release's minutes as the cloud has them now, and what was to be proven.

    Attributes:
        document: `canary.series/1`.
        left_out: the checks that compare nothing.
    """

    document: Mapping[str, Any]
    left_out: tuple[str, ...]


def export_release(address: Address, env: Mapping[str, str]) -> Exported:
    """Read a release's minutes again from its cloud.

    Raises:
        NotFound: there is no such release.
        UsageError: it was never judged by a comparison, or its metrics are gone.
    """
    store = open_store(env, address.config)
    target = find_target(address, store, env)
    if target.record is None:
        raise UsageError(f"{address.word!r} is no release id", hint="canary history lists them")
    release = target.record.release
    work = work_on(target, store, env)
    provider, limits = work.provider, work.provider.limits
    checks = exportable(release.plan.checks)
    end = release.ended_at or work.clock.now()
    spans = tuple(spans_of(store.events(release.id), end))
    if not checks or not spans:
        why = "has no check that compares" if not checks else "never had traffic in place"
        raise UsageError(f"there is nothing to export: {release.id} {why}")
    left = tuple(check.name for check in release.plan.checks if check not in checks)
    metrics = {check.metric.key: check.metric for check in checks}.values()
    earlier = before(release.started_at, provider)
    history = read_past(provider, release.endpoint, release.baseline, checks, earlier)
    arms = _arms(release, spans[0].start, end)
    state = begin(checks, history, arms)
    extra = {m.key: m for m in extra_metrics(checks, state) if limits.offers(m)}
    both = {**{m.key: m for m in metrics}, **extra}.values()
    versions = (release.baseline, release.candidate)
    measured = provider.measure(release.endpoint, versions, both, Window(spans[0].start, end))
    document = export(release.id, checks, history, measured, spans=spans, arms=arms, state=state)
    if not document["metrics"]:
        raise UsageError(f"the cloud has no metrics of {release.id} any more")
    return Exported(document, left)


def spans_of(events: Sequence[Event], end: datetime) -> Iterator[Span]:
    """What share was in place from when to when, by the journal."""
    since: tuple[datetime, float] | None = None
    for event in events:
        if event.type not in {"shift_confirmed", "shift_requested", "rollback_started", "ended"}:
            continue
        if since is not None and event.at > since[0]:
            yield Span(since[0], event.at, since[1])
        share = float(event.fields.get("to", 0.0)) if event.type == "shift_confirmed" else 0.0
        since = (event.at, share) if share > 0 else None
    if since is not None and end > since[0]:
        yield Span(since[0], end, since[1])


def _arms(release: Release, start: datetime, end: datetime) -> Arms:
    return Arms(release.baseline, release.candidate, 0.0, start, end, end - end)
