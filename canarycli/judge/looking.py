"""One look: every check against its measurements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from canarycli.judge.absolute import judge_absolute
from canarycli.judge.case import Case
from canarycli.judge.finding import Arms, Finding, Judgement, State, Verdict
from canarycli.judge.margins import Promise
from canarycli.judge.memory import Memory
from canarycli.judge.pool import REQUESTS
from canarycli.judge.sequential import close_case, open_case
from canarycli.judge.sources import learn, needs
from canarycli.judge.split import NAME as SPLIT
from canarycli.judge.split import alike, judge_split
from canarycli.judge.weights import weights
from canarycli.metrics import Measurements, Metric, Series, Window
from canarycli.plan import Check, Role


def judge(
    checks: Sequence[Check], measurements: Measurements, arms: Arms, state: State
) -> Judgement:
    """Judge every check on the points of the split in force and on what earlier looks left.

    Only periods that began after the split was in place count. A pass needs points that no
    longer grow; the youngest points may only add to a fail. Checks that compare the arms are
    judged sequentially: their findings are `proven`, and one that fails is enough. Limits on the
    candidate alone are compared with the mean since the split is in place.

    One finding more than there are checks says whether traffic is split as asked, where requests
    are measured; others whether answers are kept and labelled alike, where any are judged.

    Args:
        checks: the plan's checks.
        measurements: what `Provider.measure` found for both arms; should reach back a few
            periods before the last look, see `window`.
        arms: who is compared, since when, and the time of the look.
        state: what the last look left behind, or `begin`; {} for nothing.
    """
    measurements = mature(measurements, arms.now)
    cases = {
        case.check.name: case
        for role in Role
        for case in _open([c for c in checks if c.role is role], measurements, arms, state)
    }
    totals = {role: sum(c.stake for c in cases.values() if c.check.role is role) for role in Role}
    kept = dict(state) | {name: case.memory.to_json() for name, case in cases.items()}
    findings = []
    for check in checks:
        if check.name in cases:
            findings.append(_compared(cases, check, totals[check.role]))
        else:
            found, memory = judge_absolute(check, measurements, arms, _memory(state, check))
            findings.append(found)
            kept[check.name] = memory.to_json()
    for what in alike(checks):
        before, mine = Memory.from_json(state.get(what.key, {})), arms.of(at_end=what.at_end)
        known = _compared_in(measurements, mine)
        split, memory = judge_split(what, known, mine, before, Promise())
        if split is not None or memory.taken:
            kept[what.key] = memory.to_json()
        if split is not None and all(check.name != what.name for check in checks):
            findings.append(split)
    late = {check.name for check in checks if check.at_end}
    heard = (_heard(f, checks, measurements) for f in findings)
    return Judgement(tuple(replace(f, at_end=True) if f.check in late else f for f in heard), kept)


def mature(measured: Measurements, now: datetime) -> Measurements:
    """Without the points of late series that may still grow: labels so far say nothing.

    What is labelled first is not what is labelled last, so half of a period is another thing.
    """
    series = {
        version: {key: _whole(one, now) for key, one in metrics.items()}
        for version, metrics in measured.series.items()
    }
    return replace(measured, series=series)


def _whole(series: Series, now: datetime) -> Series:
    if not series.delay:
        return series
    last = now - series.delay - series.period
    return replace(series, points=tuple(p for p in series.points if p.at <= last))


def _heard(finding: Finding, checks: Sequence[Check], measured: Measurements) -> Finding:
    """The finding, or that its source failed at this look; what was proven before stays proven."""
    keys = (check.metric.key for check in checks if check.name == finding.check)
    why = measured.failed.get(next(keys, ""), "")
    if not why or finding.verdict is Verdict.FAIL:
        return finding
    text = f"{finding.check} has no data: {why}"
    return replace(finding, verdict=Verdict.NO_DATA, sentence=text)


def begin(checks: Sequence[Check], history: Measurements, arms: Arms) -> State:
    """What the baseline's history says, as the state for the first look.

    Without it the judge is as safe and slower: it has to learn from the release itself how much
    errors scatter, and latency thresholds from its first periods.

    Args:
        checks: the plan's checks.
        history: the baseline before the release, best the last 24 hours.
        arms: who will be compared.
    """
    history = mature(history, arms.now)
    facts = {
        check.name: learn(check, history, arms.baseline)
        for check in checks
        if check.margin is not None
    }
    return {name: {"facts": known} for name, known in facts.items() if known}


def window(checks: Sequence[Check], state: State, arms: Arms) -> Window:
    """The range to measure for the next look: what is new, and periods still revisable.

    Each source has its own, by its own checks. The whole split in force where something of it is
    not remembered yet.
    """
    origins = {c.name: c.metric.origin.name for c in checks if c.metric.origin is not None}
    # What the guards of answers and labels need their checks need as well.
    others = {*origins, *(what.key for what in alike(checks) if what.name != SPLIT)}
    late = {check.name for check in checks if check.at_end}

    def start(names: Iterable[str]) -> datetime:
        return min(
            (_reach(state.get(n, {}), arms.of(at_end=n in late)) for n in names), default=arms.since
        )

    sources = {
        source: Window(start(n for n, of in origins.items() if of == source), arms.now)
        for source in set(origins.values())
    }
    own = {*state, *(late - origins.keys())} - others
    return Window(start(own), arms.now, sources)


def _reach(memory: Mapping[str, Any], arms: Arms) -> datetime:
    known = Memory.from_json(memory).reaches_back
    return arms.since if known is None else max(arms.since, known)


def looked(checks: Sequence[Check], state: State, arms: Arms) -> dict[str, datetime | None]:
    """Up to when each check's periods were taken in, None for none of the split in force."""
    known = {check.name: (_memory(state, check), arms.of(at_end=check.at_end)) for check in checks}
    return {
        name: memory.looked if memory.since == mine.since else None
        for name, (memory, mine) in known.items()
    }


def extra_metrics(checks: Sequence[Check], state: State) -> tuple[Metric, ...]:
    """Metrics to measure besides the checks' own, where the cloud has them.

    `requests` for the split, and for latency percentiles the requests over two thresholds: much
    sharper than a percentile of each period.
    """
    wanted = [REQUESTS]
    for check in checks:
        wanted += needs(check, state.get(check.name, {}).get("facts", {}))
    return tuple({metric.key: metric for metric in wanted}.values())


def _open(
    checks: Sequence[Check], measurements: Measurements, arms: Arms, state: State
) -> list[Case]:
    compared = [check for check in checks if check.margin is not None]
    whole = Promise(crowd=max(1, len(compared)), leeway=arms.leeway, noise=arms.noise)
    shares = weights([c.metric.name for c in compared])
    cases = []
    for check, weight in zip(compared, shares, strict=True):
        mine = arms.of(at_end=check.at_end)
        promise = replace(whole, weight=weight, leeway=mine.leeway)
        known = _compared_in(measurements, mine)
        cases.append(open_case(check, promise, known, mine, _memory(state, check)))
    return cases


def _compared_in(measured: Measurements, arms: Arms) -> Measurements:
    """Without points of after the last split that compared the arms, where it is over."""
    if arms.until is None:
        return measured
    series = {
        version: {
            key: replace(
                one, points=tuple(p for p in one.points if p.at + one.period <= arms.until)
            )
            for key, one in metrics.items()
        }
        for version, metrics in measured.series.items()
    }
    return replace(measured, series=series)


def _memory(state: State, check: Check) -> Memory:
    known: Mapping[str, Any] = state.get(check.name, {})
    return Memory.from_json(known)


def _compared(cases: Mapping[str, Case], check: Check, total: float) -> Finding:
    case = cases[check.name]
    most = max(c.stake for c in cases.values() if c.check.role is check.role)
    failed = total >= 1 / case.promise.alpha
    return close_case(case, blamed=failed and case.stake >= most / 2)
