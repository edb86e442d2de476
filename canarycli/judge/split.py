"""Whether both arms are counted alike: checks of their own, sequential too.

Requests of each arm are compared with its asked share like errors with requests, in both
directions. A proven mismatch means that something between client and endpoint picks the arm, so
a comparison of the arms says less than it seems to: it holds the release and never rolls back.
So do answers of which one arm's are kept more often, and labels that come for one arm's.
"""

from collections.abc import Sequence
from dataclasses import replace

from canarycli.judge.comparison import Comparison
from canarycli.judge.evidence import Several
from canarycli.judge.finding import Arms, Finding, Verdict
from canarycli.judge.history import History
from canarycli.judge.margins import Margins, Promise
from canarycli.judge.memory import RING, Memory
from canarycli.judge.periods import Periods, brought_up, in_time, taken
from canarycli.judge.pool import REQUESTS
from canarycli.judge.sequential import period_of
from canarycli.judge.sources import Look
from canarycli.judge.sums import Sums
from canarycli.late_methods import dataclass
from canarycli.metrics import EVERY_LABEL, LABELLED, Measurements, Metric, Point, Unit, Value
from canarycli.plan import Check, Role

NAME = "requests"
TOLERATED = 1.1
"""The odds of the split may be off by a tenth: routers round, and few clients are lumpy."""

WHOLE = frozenset({"answer_invalid", "answer_empty"})
"""Metrics that count every answer there is."""

EXPOSURE = 1e9
MARGINS = Margins(TOLERATED, 0.0, TOLERATED, 0.0)


@dataclass(frozen=True, slots=True)
class Alike:
    """What is to be split as traffic is.

    Attributes:
        name: of the check.
        metrics: whose requests are compared, the first that has any.
        why: what it means if it is not.
        at_end: whether only checks that gate the end rest on it.
    """

    name: str
    metrics: tuple[Metric, ...]
    why: str
    at_end: bool = False

    @property
    def key(self) -> str:
        """Its key in the state; a check's name can't have two words that clash with it."""
        return f"{self.name} split"


def alike(checks: Sequence[Check]) -> tuple[Alike, ...]:
    """What a plan's checks rest on."""
    own = [check.metric for check in checks if check.metric.traffic]
    said = [check.metric for check in checks if check.metric.says]
    kept = sorted((m for m in said if m.name not in LABELLED), key=lambda m: m.name not in WHOLE)
    labelled = [check for check in checks if check.metric.says and check.metric.name in EVERY_LABEL]
    late = bool(labelled) and all(check.at_end for check in labelled)
    return (
        # What is sold, recorded or labelled is not all of the traffic.
        Alike(NAME, (REQUESTS, *own), "traffic is not split as asked"),
        Alike("recorded", tuple(kept), "the arms' answers are not kept alike"),
        Alike(
            "labelled",
            tuple(check.metric for check in labelled),
            "the arms' answers are not labelled alike",
            at_end=late,
        ),
    )


def judge_split(
    what: Alike, measured: Measurements, arms: Arms, memory: Memory, promise: Promise
) -> tuple[Finding | None, Memory]:
    """The finding on the split and what to remember; no finding without requests of both arms."""
    look, metric = _look(what.metrics, measured, arms)
    if metric.says:
        memory, arms = in_time(memory, metric, measured, arms)
    if memory.sums is None or memory.sums.since != arms.since:
        # Another split is asked for now; what was wrong with the last one is over.
        memory = Memory(delay=memory.delay)
    if not (look.rows or memory.taken) or not 0 < arms.share < 100:
        return None, memory
    sums = Sums.of_split(memory.sums, arms)
    clock = Periods(arms, period_of(look, memory))
    taken_in = taken(replace(memory, kind=NAME), look, clock)
    evidence, _, memory = brought_up(taken_in, lambda: _sides(promise))
    ours, theirs = (
        sums.up_to_now(metric, arm, measured, arms.now).n for arm in (arms.candidate, arms.baseline)
    )
    until = max(arms.since, clock.settled - RING * clock.period)
    memory = replace(memory, sums=sums.remembering({metric}, arms, measured, until))
    if ours + theirs <= 0:
        return None, memory
    off = evidence.evidence >= 1 / promise.alpha
    return _finding(what, arms, ours, theirs, off=off), memory


def _sides(promise: Promise) -> Several:
    """Too much for the candidate, and too little."""
    sides = [Comparison(MARGINS, promise, History(), only_fail=True) for _ in range(2)]
    return Several(sides, [0.5, 0.5])


def _finding(what: Alike, arms: Arms, ours: float, theirs: float, *, off: bool) -> Finding:
    seen = 100 * ours / (ours + theirs)
    text = what.name if arms.splits else f"{what.name} {seen:.1f}% of {arms.share:g}% asked"
    if off:
        text += f": {what.why}, so the arms can't be compared"
    return Finding(
        what.name,
        Verdict.INCONCLUSIVE if off else Verdict.PASS,
        text,
        Unit.PERCENT,
        candidate=seen,
        diff=None if arms.splits else seen - arms.share,
        n_baseline=theirs,
        n_candidate=ours,
        proven=True,
        role=Role.GATE if off else Role.WATCH,
        at_end=what.at_end,
    )


def _look(metrics: Sequence[Metric], measured: Measurements, arms: Arms) -> tuple[Look, Metric]:
    for metric in metrics:
        ours, theirs = measured.of(arms.candidate, metric), measured.of(arms.baseline, metric)
        n_b = {point.at: _requests(point, metric) for point in theirs.points}
        both = [(p.at, _requests(p, metric), n_b.get(p.at)) for p in ours.points]
        found = {
            at: _row(c, b, arms.share_at(at, ours.period))
            for at, c, b in both
            if c is not None and b is not None
        }
        if found:
            return Look(found, ours, theirs), metric
    return Look(), REQUESTS


def _row(ours: float, theirs: float, share: float) -> tuple[float, ...]:
    part = share / 100 * EXPOSURE
    rest = EXPOSURE - part
    return part, ours, ours, rest, theirs, rest, theirs, theirs, part, ours


def _requests(point: Point, metric: Metric) -> float | None:
    return point.value if isinstance(point, Value) and metric == REQUESTS else point.n
