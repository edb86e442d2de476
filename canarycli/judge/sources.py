"""Where a check's rows come from: which form of the metric is judged, and how.

A check on a rate is judged as counts, in both directions where it says `differs_by`. One on
latency is judged as the share of requests above thresholds from history: counted by the cloud
(`latency_over`), or, where it only counts at the bounds of its buckets, from its histograms.
Everything else is judged as a value. The kind is fixed once data of it was seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from math import isfinite, log
from typing import Any

from canarycli.judge.both import (
    above_cut,
    both_levels,
    both_rates,
    both_values,
    cut_rows,
    cuts_of,
    doubled,
)
from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Evidence, Several
from canarycli.judge.finding import Arms
from canarycli.judge.history import History
from canarycli.judge.latency import QUANTILE_WEIGHTS, QUANTILES, SHARE_MARGINS
from canarycli.judge.margins import Promise, margins_of, tolerance
from canarycli.judge.marks import Mark, above_bound, mark, shown_alike, undecided
from canarycli.judge.means import Means, Scale
from canarycli.judge.points import rate_row, spread_row, value_row
from canarycli.judge.pool import merged, pool, quantile, quantile_of
from canarycli.judge.ratios import linear, ratio_of
from canarycli.late_methods import dataclass
from canarycli.metrics import (
    Counts,
    Histogram,
    Measurements,
    Metric,
    Point,
    Series,
    Unit,
    Value,
    Window,
)
from canarycli.plan import Better, Check, Margin

HISTORY = ("rate", "requests", "phi", "errors", "swing", "peak", "minutes")
RATE, OVER, SPREAD, VALUE = "rate", "over", "spread", "value"
BOTH, LEVELS = "both", "levels"
"""A rate that may become neither more nor less, and several of them above thresholds."""
SPREAD_OF = Metric("latency")
"""The histogram that latency percentiles are judged by where a cloud has it."""

LEARNING = 3
"""Periods of the baseline that set what history would have set."""

LEAST_REQUESTS = 50
"""Requests those must have."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found of a check's source.

    Attributes:
        rows: every period's row, None where an arm has no point or it can't be used.
        ours: the candidate's points.
        theirs: the baseline's.
    """

    rows: Mapping[datetime, tuple[float, ...] | None] = field(default_factory=dict)
    ours: Series = Series()
    theirs: Series = Series()

    @property
    def period(self) -> timedelta:
        """The length of a point's period."""
        return self.theirs.period if self.theirs.points else self.ours.period


def needs(check: Check, facts: Mapping[str, Any]) -> tuple[Metric, ...]:
    """Metrics that let a latency percentile be judged as counts, once its threshold is known.

    The requests over two thresholds where the cloud counts them exactly, else its histogram.
    """
    tau = facts.get("tau")
    if check.margin is None or not check.metric.name.startswith("latency_p"):
        return ()
    if not tau or facts.get("marks"):
        return (SPREAD_OF,)
    slower = tau * (1 + tolerance(check.margin, tau))
    return Metric("latency_over", _short(tau)), Metric("latency_over", _short(slower))


def learn(check: Check, measured: Measurements, version: str) -> dict[str, Any]:
    """What the baseline's points say before the candidate is judged, as JSON values."""
    own = measured.of(version, check.metric).points
    counts = [p for p in own if isinstance(p, Counts)]
    if counts:
        turned = check.better is Better.HIGHER
        rows = [(p.n, p.n - p.bad if turned else p.bad) for p in counts if 0 <= p.bad <= p.n]
        return _known_both(rows) if check.two_sided else _known(History.of(rows))
    scores = [p for p in own if isinstance(p, Histogram)] if check.two_sided else []
    if scores:
        return _learn_levels(scores)
    values = [p for p in own if isinstance(p, Value)]
    facts = _learn_values(check, values) if values else {}
    over = _learn_over(check, facts, measured, version)
    if over:
        return facts | over
    return facts | _learn_spread(check, _histograms(check, measured, version).points)


def kind_of(check: Check, facts: Mapping[str, Any], measured: Measurements, arms: Arms) -> str:
    """Which source this look has for the check, "" if it has none."""
    extra = needs(check, facts)
    counted = extra and extra[0] != SPREAD_OF
    if counted and all(measured.of(arms.baseline, metric).points for metric in extra):
        return OVER
    for arm in (arms.baseline, arms.candidate):
        if _histograms(check, measured, arm).points:
            return LEVELS if check.two_sided else SPREAD
        match next(iter(measured.of(arm, check.metric).points), None):
            case Counts():
                return BOTH if check.two_sided else RATE
            case Value():
                return VALUE
    return ""


def evidence_of(check: Check, kind: str, facts: Mapping[str, Any], promise: Promise) -> Evidence:
    """Fresh evidence for a check."""
    margin = check.margin or Margin()
    if kind == RATE:
        return Comparison(
            margins_of(margin, check.better).beyond(promise.noise), promise, _history(facts)
        )
    if kind == BOTH:
        return both_rates(margin, promise, _history(facts), _history(facts.get("fewer", {})))
    if kind == LEVELS:
        past = [(_history(one), _history(one["fewer"])) for one in facts["past"]]
        return both_levels(margin, promise, past)
    if kind in {OVER, SPREAD}:
        return _spread_evidence(check, facts, promise)
    worse = tolerance(margin, facts.get("level", 0.0))
    known = Scale(spread=facts.get("spread", 0.0), lean=facts.get("lean", 0.0))
    if check.two_sided:
        return both_values(worse, promise, known, as_log=as_log(check))
    worse = log(1 + worse) if as_log(check) else worse
    return Means(worse, worse, promise, known)


def rows_of(
    check: Check, kind: str, facts: Mapping[str, Any], measured: Measurements, arms: Arms
) -> Look:
    """Every period of the source as a row."""
    if kind == OVER:
        at_tau, slower = needs(check, facts)
        ours, theirs = measured.of(arms.candidate, slower), measured.of(arms.baseline, at_tau)
    elif kind in {SPREAD, LEVELS}:
        ours, theirs = (
            _histograms(check, measured, arm) for arm in (arms.candidate, arms.baseline)
        )
    else:
        ours = measured.of(arms.candidate, check.metric)
        theirs = measured.of(arms.baseline, check.metric)
    read = reader(check, kind, facts)
    found_c = {point.at: point for point in ours.points}
    found_b = {point.at: point for point in theirs.points}
    rows = {at: read(found_c.get(at), found_b.get(at)) for at in sorted({*found_c, *found_b})}
    if kind == OVER:
        rows = _surely(rows, ours, measured.of(arms.candidate, at_tau))
        # Shares above a threshold are judged, and the percentile itself is what people know.
        ours = measured.of(arms.candidate, check.metric) if rows else ours
        theirs = measured.of(arms.baseline, check.metric) if rows else theirs
    return Look(rows, ours, theirs)


def _surely(
    rows: Mapping[datetime, tuple[float, ...] | None], ours: Series, lower: Series
) -> dict[datetime, tuple[float, ...] | None]:
    """The rows with a pass only from counts that were not moved beyond the limit."""
    below = {p.at: p.bad for p in lower.points if isinstance(p, Counts)}
    moved = {p.at for p in ours.points if isinstance(p, Counts) and p.over is not None}
    return {
        at: (row[0], row[1], below.get(at, row[0]), *row[3:]) if row and at in moved else row
        for at, row in rows.items()
    }


Reader = Callable[[Point | None, Point | None], tuple[float, ...] | None]


def reader(check: Check, kind: str, facts: Mapping[str, Any]) -> Reader:
    """What makes a row of two points of one period."""
    match kind:
        case "rate" | "over":
            turned = check.better is Better.HIGHER
            return lambda ours, theirs: rate_row(ours, theirs, turned=turned)
        case "both":
            return lambda ours, theirs: doubled(
                *(rate_row(ours, theirs, turned=turned) for turned in (False, True))
            )
        case "levels":
            cuts, edges = facts.get("cuts", ()), facts.get("bounds", ())
            return lambda ours, theirs: cut_rows(ours, theirs, cuts, edges)
        case "spread":
            marks = tuple(map(Mark.from_json, facts.get("marks", ())))
            bounds = tuple(facts.get("bounds", ()))
            return lambda ours, theirs: spread_row(ours, theirs, marks, bounds)
        case _:
            sign = 1.0 if check.better is Better.LOWER else -1.0
            level = 0.0 if as_log(check) else facts.get("level", 0.0)
            q, ratio = quantile_of(check.metric), facts.get("ratio")
            sides = (1.0, -1.0) if check.two_sided else (sign,)

            def both(ours: Point | None, theirs: Point | None) -> tuple[float, ...] | None:
                if ratio is not None:
                    ours, theirs = linear(ours, ratio, level), linear(theirs, ratio, level)
                rows = [value_row(ours, theirs, side, level, q) for side in sides]
                return doubled(rows[0], rows[1]) if check.two_sided else rows[0]

            return both


def _histograms(check: Check, measured: Measurements, version: str) -> Series:
    """A version's histograms for a check on latency: its own metric's, or those beside it."""
    beside = needs(check, {}) or (check.metric,)
    series = (measured.of(version, metric) for metric in (check.metric, *beside))
    empty = Series()
    return next((s for s in series if s.points and isinstance(s.points[0], Histogram)), empty)


def _learn_over(
    check: Check, facts: Mapping[str, Any], measured: Measurements, version: str
) -> dict[str, Any]:
    """From the requests over two thresholds; {} where the cloud does not count them exactly."""
    wanted = needs(check, facts)
    if len(wanted) < 2:
        return {}
    at_tau, slower = (
        [p for p in measured.of(version, metric).points if isinstance(p, Counts)]
        for metric in wanted
    )
    if not at_tau or not slower or any(p.over is not None for p in (*at_tau, *slower)):
        return {}
    rows = [(p.n, p.bad) for p in at_tau if 0 <= p.bad <= p.n]
    past = History.of(rows, 1 - (quantile_of(check.metric) or QUANTILES[1]))
    n = sum(p.n for p in slower)
    return {"past": [_known(past) | {"equal": sum(p.bad for p in slower) / n if n else 0.0}]}


def _learn_spread(check: Check, points: Sequence[Point]) -> dict[str, Any]:
    found = [p for p in points if isinstance(p, Histogram)]
    if not found:
        return {}
    whole = merged(found)
    if whole.n <= 0 or len(whole.bounds) < 2 or whole.bounds[0] <= 0:
        return {}
    q = quantile_of(check.metric)
    margin = check.margin or Margin()
    marks, past = [], []
    for one in QUANTILES if q is None else (q,):
        worse = tolerance(margin, quantile(whole, one))
        cuts = mark(whole, one, worse, worse)
        rows = [(p.n, above_bound(p, cuts.base)) for p in found if p.bounds == whole.bounds]
        marks.append(cuts)
        past.append(_known(History.of(rows, 1 - one)) | shown_alike(whole, cuts, worse))
    facts: dict[str, Any] = {
        "marks": [cuts.to_json() for cuts in marks],
        "bounds": list(whole.bounds),
        "past": past,
    }
    undecided = [cuts for cuts in marks if cuts.decides]
    if undecided:
        widest = max(undecided, key=lambda cuts: cuts.decides)
        decides = widest.decides if isfinite(widest.decides) else None
        facts["coarse"] = {"width": widest.width, "decides": decides}
    return facts | ({} if q is None else {"tau": quantile(whole, q)})


def coarse(check: Check, facts: Mapping[str, Any]) -> str:
    """Why the cloud's buckets can't decide a check's limit, "" if they can."""
    found = facts.get("coarse")
    if not found:
        return ""
    asked = tolerance(check.margin or Margin(), facts.get("tau", 0.0))
    return undecided(asked, found["width"], found["decides"])


def _learn_values(check: Check, points: Sequence[Value]) -> dict[str, Any]:
    usual = ratio_of(points)
    even = [linear(p, *usual) for p in points] if usual else points
    rows = [(p.value, p.n) for p in even if isinstance(p, Value)]
    scale = Scale.of(rows, as_log=as_log(check))
    scale = scale if as_log(check) else scale.relative(check.cap)
    facts: dict[str, Any] = {"level": scale.level, "spread": scale.spread, "lean": scale.lean}
    if usual:
        facts["ratio"], facts["level"] = usual
    if _is_quantile_of_latency(check.metric):
        facts["tau"] = pool(Series(tuple(points)), check.metric).value
    return facts


def _spread_evidence(check: Check, facts: Mapping[str, Any], promise: Promise) -> Evidence:
    q = quantile_of(check.metric)
    past = [_history(one) for one in facts.get("past", ())]
    if q is not None:
        return Comparison(SHARE_MARGINS, promise, past[0] if past else History(1 - q))
    histories = past or [History(1 - one) for one in QUANTILES]
    parts = [
        Comparison(
            SHARE_MARGINS,
            replace(promise, weight=promise.weight * weight, crowd=3 * promise.crowd),
            known,
        )
        for known, weight in zip(histories, QUANTILE_WEIGHTS, strict=True)
    ]
    return Several(parts, QUANTILE_WEIGHTS)


def _learn_levels(points: Sequence[Histogram]) -> dict[str, Any]:
    """The thresholds that scores are compared above; {} while they are all alike."""
    if sum(p.n for p in points) <= 0:
        return {}
    bounds, cuts = cuts_of(points)
    same = [p for p in points if p.bounds == bounds]
    past = [_known_both([(p.n, above_cut(p, cut)) for p in same]) for cut in cuts]
    return {"cuts": list(cuts), "bounds": list(bounds), "past": past} if cuts else {}


def _known_both(rows: Sequence[tuple[float, float]]) -> dict[str, Any]:
    fewer = _known(History.of([(n, n - bad) for n, bad in rows]))
    return {**_known(History.of(rows)), "fewer": fewer}


def _known(past: History) -> dict[str, float]:
    return {name: getattr(past, name) for name in HISTORY}


def _history(facts: Mapping[str, Any]) -> History:
    known = {name: facts[name] for name in HISTORY if name in facts}
    return History(**known)


def as_log(check: Check) -> bool:
    """Latencies are compared by their ratio, other values by their difference."""
    return check.metric.unit is Unit.SECONDS


def _is_quantile_of_latency(metric: Metric) -> bool:
    return metric.unit is Unit.SECONDS and quantile_of(metric) is not None


def _short(seconds: float) -> float:
    """Whole tenths of a millisecond, so that a threshold reads well and stays the same."""
    return max(0.0001, round(seconds, 4))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt from the first periods, and up to when they were used."""

    facts: Mapping[str, Any]
    until: datetime


def ready(check: Check, kind: str, facts: Mapping[str, Any]) -> bool:
    """Whether enough is known to read rows: thresholds, or the level a margin is relative to."""
    if kind in {RATE, OVER, BOTH}:
        return True
    if kind in {SPREAD, LEVELS}:
        return bool(facts.get("marks") or facts.get("cuts"))
    alone = as_log(check) and not (check.margin or Margin()).absolute
    return alone or bool(facts.get("level"))


def lesson(check: Check, kind: str, measured: Measurements, arms: Arms) -> Lesson | None:
    """What the baseline's first settled periods say where history said too little.

    None if there are too few yet. They are not judged again: a threshold must not depend on the
    points it is used on.
    """
    settled = Window(arms.since, max(arms.since, arms.now - arms.delay))
    spread = _histograms(check, measured, arms.baseline) if kind in {SPREAD, LEVELS} else None
    series = (spread or measured.of(arms.baseline, check.metric)).within(settled)
    first = series.points[:LEARNING]
    known = [p.n for p in first if p.n is not None]
    if len(first) < LEARNING or (known and sum(known) < LEAST_REQUESTS):
        return None
    taught = {check.metric.key: replace(series, points=first)}
    facts = learn(check, replace(measured, series={arms.baseline: taught}), arms.baseline)
    if kind not in {SPREAD, LEVELS}:
        # It is judged as what it is by now, so nobody needs to count over a threshold.
        facts.pop("tau", None)
    return Lesson(facts, first[-1].at + series.period)
