"""Latency limits on histograms: the limit tested is the limit asked for, wherever bounds lie."""

from bisect import bisect_left
from math import exp, log
from random import Random

import pytest
from unit.judge.arranging import MINUTE, arms, at, measured, series
from unit.judge.streams import poisson

from canarycli.forecast import forecast, levels
from canarycli.judge import Verdict, begin, judge
from canarycli.judge.latency import cumulative, score
from canarycli.judge.marks import Mark, above_bound, either_way, mark
from canarycli.metrics import Counts, Histogram, Metric, Series, Value
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

P90 = Check("p90", Metric("latency_p90"), no_worse_by=Margin(relative=0.2))
VERTEX = tuple(0.001 * 1.4**i for i in range(27))
COARSE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
POSITIONS = 200


def shape(p90: float, bounds: tuple[float, ...], spread: float = 0.5) -> tuple[float, ...]:
    """The part of lognormal latencies in each bucket."""
    middle = p90 / exp(score(0.9) * spread)
    below = [cumulative(log(bound / middle) / spread) for bound in bounds]
    return tuple(b - a for a, b in zip((0.0, *below), (*below, 1.0), strict=True))


def minutes(
    chance: Random, n: float, p90: float, length: int, bounds: tuple[float, ...] = VERTEX
) -> Series:
    parts = shape(p90, bounds)
    rows = [
        tuple(float(poisson(chance, n * part)) if part > 1e-9 else 0.0 for part in parts)
        for _ in range(length)
    ]
    return series([Histogram(at(i), bounds, row) for i, row in enumerate(rows)])


def verdict(position: int, slower: float) -> Verdict:
    """One release of an hour and a half, its p90 anywhere within a bucket of Vertex's."""
    chance = Random(position)
    p90 = 0.15 * 1.4 ** (position / POSITIONS)
    known = minutes(chance, 1800, p90, 60)
    past = series([Histogram(p.at - 60 * MINUTE, p.bounds, p.counts) for p in known.points])  # type: ignore[union-attr]  # histograms
    state = begin([P90], measured({}, {"latency": past}), arms(0))
    ours, theirs = minutes(chance, 200, p90 * slower, 90), minutes(chance, 1800, p90, 90)
    found = measured({"latency": ours}, {"latency": theirs}, until=90)
    return judge([P90], found, arms(90, share=10), state).findings[0].verdict


@pytest.mark.slow
def test_wherever_a_percentile_lies_in_its_bucket_its_own_limit_is_tested() -> None:
    said = {
        slower: [verdict(position, slower) for position in range(0, POSITIONS, step)]
        for slower, step in ((1.0, 5), (1.1, 2), (1.3, 2), (1.5, 5))
    }
    assert said[1.0].count(Verdict.PASS) == len(said[1.0])
    assert said[1.1].count(Verdict.FAIL) <= 1
    assert said[1.3].count(Verdict.PASS) <= 5
    assert said[1.5].count(Verdict.FAIL) == len(said[1.5])


def test_a_tenth_slower_is_no_fail_at_a_fifth_wherever_the_bound_above_lies() -> None:
    """p90 of 112 ms between bounds at 111 and 156 ms: a fifth slower was taken for no slower."""
    for seed in range(4):
        chance = Random(seed)
        known = minutes(chance, 1800, 0.112, 60)
        past = series([Histogram(p.at - 60 * MINUTE, p.bounds, p.counts) for p in known.points])  # type: ignore[union-attr]  # histograms
        state = begin([P90], measured({}, {"latency": past}), arms(0))
        ours, theirs = minutes(chance, 600, 0.1232, 240), minutes(chance, 1800, 0.112, 240)
        found = measured({"latency": ours}, {"latency": theirs}, until=240)
        finding = judge([P90], found, arms(240, share=25), state).findings[0]
        assert finding.verdict is not Verdict.FAIL


@pytest.mark.parametrize(
    ("slower", "said"), [(1.0, Verdict.PASS), (1.25, Verdict.FAIL)], ids=["equal", "a quarter"]
)
@pytest.mark.parametrize("p90", [0.157, 0.187, 0.211])
def test_recorded_buckets_decide_what_lies_within_them(
    p90: float, slower: float, said: Verdict
) -> None:
    assert recorded(p90, slower, VERTEX, tol_fail=0.1, tol_pass=0.3).verdict is said


def recorded(
    p90: float, slower: float, bounds: tuple[float, ...], **config: float
) -> SeriesVerdict:
    """A recorded release of an hour and a half, with an hour before it."""
    chance = Random(3)

    def rows(n: float, times: float, length: int) -> list[list[float]]:
        found = minutes(chance, n, p90 * times, length, bounds).points
        return [list(p.counts) for p in found if isinstance(p, Histogram)]

    metric = {
        "name": "latency",
        "form": "histogram",
        "bounds": list(bounds),
        "quantiles": [0.9],
        "config": config,
        "history": rows(1900, 1.0, 60),
        "minutes": [
            list(pair) for pair in zip(rows(100, slower, 90), rows(1900, 1.0, 90), strict=True)
        ],
    }
    return judge_document(from_json({"schema": "canary.series/1", "metrics": [metric]}))


SHAPES = {"narrow": 0.2, "usual": 0.5, "wide": 1.0}


@pytest.mark.parametrize("spread", SHAPES.values(), ids=list(SHAPES))
@pytest.mark.parametrize("growth", [1.1, 1.25, 1.4])
@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
def test_a_cut_is_where_the_tolerance_puts_it_for_usual_shapes(
    spread: float, growth: float, q: float
) -> None:
    bounds = tuple(0.001 * growth**i for i in range(120))
    for step in range(20):
        p90 = 0.15 * growth ** (step / 20)
        whole = Histogram(at(0), bounds, tuple(1e6 * part for part in shape(p90, bounds, spread)))
        cuts = mark(whole, q, 0.2, 0.2)
        base = sum(whole.counts[cuts.base + 1 :])
        slower = {
            times: Histogram(
                at(0), bounds, tuple(1e6 * part for part in shape(p90 * times, bounds, spread))
            )
            for times in (1.1, 1.19, 1.22, 1.3)
        }
        assert cuts.fail.above(slower[1.19]) < base < cuts.fail.above(slower[1.3])
        assert cuts.passing.above(slower[1.22]) > base
        assert cuts.passing.above(slower[1.1]) < base
        assert Mark.from_json(cuts.to_json()).passing == cuts.passing


def test_bounds_that_cannot_decide_a_limit_say_which_they_can() -> None:
    chance = Random(1)
    known = minutes(chance, 1800, 0.26, 60, COARSE)
    past = measured({}, {"latency": known})
    state = begin([P90], past, arms(60))
    ours, theirs = minutes(chance, 200, 0.26, 90, COARSE), minutes(chance, 1800, 0.26, 90, COARSE)
    found = measured({"latency": ours}, {"latency": theirs}, until=90)
    finding = judge([P90], found, arms(90, share=10), state).findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.sentence.endswith(
        "the buckets are 100% wide here: 20% can't be decided, 100% can"
    )
    assert finding.more_requests is None


@pytest.mark.parametrize(("asked", "decides"), [(0.2, "100% can"), (1.0, "")])
def test_recorded_buckets_say_it_too(asked: float, decides: str) -> None:
    found = recorded(0.26, 1.0, COARSE, tol_fail=asked, tol_pass=asked)
    assert found.verdict is (Verdict.INCONCLUSIVE if decides else Verdict.PASS)
    told = f"the buckets are 100% wide here: {asked * 100:g}% can't be decided, {decides}"
    assert (told in found.findings[0].sentence) == bool(decides)


def test_what_the_bounds_cannot_decide_is_not_forecast_either() -> None:
    plan = Plan((Stage(10, 60 * MINUTE), Stage(100, 0 * MINUTE)), (P90,))
    told = {
        bounds: forecast(
            plan,
            2000,
            levels(
                [P90], measured({}, {"latency": minutes(Random(1), 1800, 0.26, 60, bounds)}), "old"
            ),
        )
        for bounds in (COARSE, VERTEX)
    }
    assert told[COARSE].undecidable == ("p90",)
    assert told[VERTEX].undecidable == ()


def test_counts_that_were_moved_beyond_the_limit_never_pass() -> None:
    """A cloud that rounds thresholds up compares 40 % where 20 % was asked for."""
    tau, slower = Metric("latency_over", 0.2), Metric("latency_over", 0.24)
    state = {"p90": {"facts": {"tau": 0.2}}}

    def over(rows: list[tuple[float, float]], bound: float) -> Series:
        return series([Counts(at(i), n, bad, bound) for i, (n, bad) in enumerate(rows)])

    value = {"latency_p90": series([Value(at(i), 0.2, 200) for i in range(90)])}
    theirs = {tau.key: over([(1800, 180)] * 90, 0.21), slower.key: over([(1800, 40)] * 90, 0.29)}
    ours = {tau.key: over([(200, 35)] * 90, 0.21), slower.key: over([(200, 12)] * 90, 0.29)}
    found = measured(ours | value, theirs | value, until=90)
    finding = judge([P90], found, arms(90, share=10), state).findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE


TWICE = Check("p90", Metric("latency_p90"), no_worse_by=Margin(relative=1.0))
OTHERS = tuple(0.0013 * 1.3**i for i in range(30))


@pytest.mark.parametrize(
    ("bounds", "slower", "said"),
    [
        (OTHERS, 1.0, Verdict.PASS),
        (OTHERS, 2.0, Verdict.INCONCLUSIVE),
        (OTHERS, 4.0, Verdict.FAIL),
        (COARSE, 1.0, Verdict.INCONCLUSIVE),
        (COARSE, 4.0, Verdict.FAIL),
    ],
)
def test_a_candidate_that_counts_between_bounds_of_its_own_is_judged(
    bounds: tuple[float, ...], slower: float, said: Verdict
) -> None:
    chance, p90 = Random(7), 0.11
    past = minutes(chance, 1800, p90, 60)
    past = series([Histogram(p.at - 60 * MINUTE, p.bounds, p.counts) for p in past.points])  # type: ignore[union-attr]  # histograms
    state = begin([TWICE], measured({}, {"latency": past}), arms(0))
    ours, theirs = minutes(chance, 200, slower * p90, 60, bounds), minutes(chance, 1800, p90, 60)
    found = measured({"latency": ours}, {"latency": theirs}, until=60)
    finding = judge([TWICE], found, arms(60, share=10), state).findings[0]
    assert finding.verdict is said
    assert ("between different bounds" in finding.sentence) == (said is Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("seed", range(20))
def test_between_other_bounds_a_histogram_is_whole_and_lies_on_both_sides(seed: int) -> None:
    chance = Random(seed)
    theirs, ours = (tuple(sorted(chance.sample(range(1, 60), 6))) for _ in range(2))
    latencies = [chance.uniform(0, 70) for _ in range(200)]

    def counted(bounds: tuple[int, ...]) -> Histogram:
        places = [bisect_left(bounds, x) for x in latencies]
        return Histogram(at(0), bounds, tuple(float(places.count(i)) for i in range(7)))

    true, (fast, slow) = counted(theirs), either_way(counted(ours), theirs)
    assert fast.n == slow.n == true.n
    for i in range(7):
        assert above_bound(fast, i) <= above_bound(true, i) <= above_bound(slow, i)
    assert either_way(true, theirs) == (true, true)
