"""The judge where plain errors do not take it: a family a function, each with its goal."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import Any

import numpy as np
from judge_logs import LOGS, STICKY
from judge_logs import minutes as logged
from judge_worlds import DAY, World, history, minutes, world

from canarycli.judge.noise import arm_noise
from canarycli.series import SeriesVerdict, judge_document
from canarycli.series.document import from_json

SEED = 11
Counted = dict[str, int]


@dataclass(frozen=True, slots=True)
class Family:
    """One family of releases, simulated `runs` times.

    Attributes:
        group: the table it belongs to.
        name: the row.
        goal: what is asked for, in words.
        runs: releases.
        judge: makes and judges one of them; says what it counts as.
    """

    group: str
    name: str
    goal: str
    runs: int
    judge: Callable[[np.random.Generator], str] = field(repr=False)

    def run(self) -> dict[str, Any]:
        """Simulate and count."""
        found: Counted = {}
        for number in range(self.runs):
            what = self.judge(np.random.default_rng([SEED, number]))
            found[what] = found.get(what, 0) + 1
        return {"group": self.group, "name": self.name, "goal": self.goal, "found": found}


def families(*, full: bool, runs: int | None) -> list[Family]:
    """Every family of a form of the benchmark."""
    few = runs or (100 if full else 6)
    return [
        *_logs(few),
        *_alone(few),
        *_noise(few),
        *_buckets(few),
        *_amounts(few),
        Family("coverage", "interval over ten hours, ten looks", "<= 5 % wrong", few, _covered),
    ]


def judged(rows: list[Any], past: list[Any], **metric: Any) -> SeriesVerdict:
    """The verdict on one metric; `config` holds what to prove."""
    one = {"name": "errors", "history": past, "minutes": rows, **metric}
    return judge_document(from_json({"schema": "canary.series/1", "metrics": [one]}))


def _called(verdict: SeriesVerdict) -> str:
    return verdict.verdict.value


def _logs(runs: int) -> list[Family]:
    def release(name: str, effect: float) -> Callable[[np.random.Generator], str]:
        log_of = STICKY if name == "sticky" else LOGS[name]

        def one(rng: np.random.Generator) -> str:
            rows = logged(rng, log_of, 1.0, DAY) if log_of is not STICKY else []
            past = [[n + m, x + y] for n, x, m, y in rows]
            return _called(judged(logged(rng, log_of, effect, DAY), past))

        return one

    found = []
    for name in LOGS:
        found.append(
            Family("request logs", f"{name}, healthy", "<= 1 % fail", runs, release(name, 1))
        )
        found.append(
            Family("request logs", f"{name}, x3", "found in a day", runs, release(name, 3))
        )
    sticky = Family(
        "request logs", "clients that keep their arm", "none: reported", runs, release("sticky", 1)
    )
    return [*found, sticky]


def _alone(runs: int) -> list[Family]:
    """240 minutes or a day of history, an hour at 50 %, then everything."""

    def release(kind: dict[str, Any], bake: int, past: int) -> Callable[[np.random.Generator], str]:
        def one(rng: np.random.Generator) -> str:
            per = float(exp(rng.uniform(log(20), log(500))))
            base = float(exp(rng.uniform(log(0.001), log(0.01))))
            rows = minutes(rng, replace(World(per, base, 0.5), **kind), 1.0, past + 60 + bake)
            whole = [[r[0] + r[2], r[1] + r[3]] for r in rows if r is not None]
            both = rows[past : past + 60]
            alone = [[n, x, 0, 0] for n, x in whole[past + 60 :]]
            points = {"rho_fail": 1, "delta_fail": 0.005, "rho_pass": 1, "delta_pass": 0.005}
            return _called(judged([*both, *alone], whole[:past], config=points))

        return one

    kinds: dict[str, dict[str, Any]] = {
        "calm": {},
        "drift": {"drift": 1.0},
        "outages": {"shocks": 6.0},
    }
    return [
        Family(
            "at 100 %",
            f"{name}, {bake} min, {past // 60} h known",
            "<= 1 % fail",
            runs,
            release(kind, bake, past),
        )
        for name, kind in kinds.items()
        for bake in (60, 360, DAY - 300)
        for past in (240, DAY)
    ]


def _noise(runs: int) -> list[Family]:
    def release(wander: float, *, known: bool) -> Callable[[np.random.Generator], str]:
        place = World(200, 0.005, 0.05, wander=wander)

        def one(rng: np.random.Generator) -> str:
            equal = [row for row in minutes(rng, place, 1.0, 240) if row is not None]
            noise = (arm_noise(equal) or 0.0) if known else 0.0
            data = {"schema": "canary.series/1", "config": {"arm_noise": noise, "delta_pass": 0}}
            rows = {"history": history(rng, place), "minutes": minutes(rng, place, 1.0, DAY)}
            return _called(judge_document(from_json({**data, **rows})))

        return one

    return [
        Family(
            "arm noise",
            f"{wander:.0%}, lasting{', 4 h of A/A known' if known else ''}",
            "30 % known: <= 5 % fail" if known else "none: reported",
            runs,
            release(wander, known=known),
        )
        for wander in (0.1, 0.2, 0.3, 0.5)
        for known in (False, True)
    ]


def _buckets(runs: int) -> list[Family]:
    """A p90 anywhere in its bucket, limit 20 %, 200 and 1,800 requests a minute for two hours."""

    def release(growth: float, slower: float, per: float) -> Callable[[np.random.Generator], str]:
        def one(rng: np.random.Generator) -> str:
            bounds = [0.001 * growth**i for i in range(int(log(1e4) / log(growth)))]
            middle = log(0.1) + rng.uniform(0, log(growth))
            edges = [0.0, *bounds, np.inf]

            def arm(n: float, times: float) -> list[float]:
                values = np.exp(rng.normal(middle + log(times), 0.5, rng.poisson(n)))
                return [float(c) for c in np.histogram(values, edges)[0]]

            past = [arm(per, 1) for _ in range(120)]
            rows = [[arm(per * 0.1, slower), arm(per * 0.9, 1)] for _ in range(120)]
            return _called(
                judged(
                    rows,
                    past,
                    form="histogram",
                    bounds=bounds,
                    quantiles=[0.9],
                    config={"tol_fail": 0.2, "tol_pass": 0.2},
                )
            )

        return one

    goals = {1.0: "no fail", 1.1: "<= 1 % fail", 1.3: "<= 5 % pass"}
    return [
        Family(
            "buckets",
            f"{growth - 1:.0%} wide, {per} a minute, {slower - 1:+.0%}",
            goals[slower],
            runs,
            release(growth, slower, per),
        )
        for growth in (1.1, 1.4, 2.0)
        for per in (600, 2000)
        for slower in (1.0, 1.1, 1.3)
    ]


def _amounts(runs: int) -> list[Family]:
    """3 % buy, lognormal amounts of skewness 42, limit 5 %, 3,000 a minute, eight hours."""

    def release(share: float, cap: float, past: int) -> Callable[[np.random.Generator], str]:
        def one(rng: np.random.Generator) -> str:
            def arm(n: float) -> list[float]:
                requests = int(rng.poisson(n))
                amounts = np.minimum(rng.lognormal(3, 1.18, rng.binomial(requests, 0.03)), cap)
                return [float(amounts.sum() / max(requests, 1)), float(requests)]

            history_rows = [arm(3000 * (1 - share)) for _ in range(past)]
            rows = [[*arm(3000 * share), *arm(3000 * (1 - share))] for _ in range(480)]
            margins = {"margin_fail": 0.05, "margin_pass": 0.05}
            capped = {"cap": cap} if cap < 1e6 else {}
            return _called(
                judged(rows, history_rows, form="values", better="higher", config=margins | capped)
            )

        return one

    return [
        Family(
            "amounts of money",
            f"{share:.0%}, {how}",
            "<= 1 % fail",
            runs,
            release(share, cap, past),
        )
        for share in (0.05, 0.25)
        for how, cap, past in (
            ("24 h known", 1e9, DAY),
            ("4 h known", 1e9, 240),
            ("nothing known", 1e9, 0),
            ("cap 200", 200.0, 240),
        )
    ]


def _covered(rng: np.random.Generator) -> str:
    """Ten hours in noise of some kind: is the difference in its interval at ten looks?"""
    names = ("plain", "batches of 3", "shared shocks", "frailty 30%")
    place = world(names[int(rng.integers(len(names)))], 200, 0.005)
    times = float(rng.choice([1.0, 1.05, 1.1]))
    past, rows = history(rng, place), minutes(rng, place, times, 600)
    for end in range(60, 601, 60):
        data = {"schema": "canary.series/1", "config": {"rho_fail": 3.0, "delta_pass": 0.0}}
        told = judge_document(from_json({**data, "history": past, "minutes": rows[:end]})).findings[
            0
        ]
        known = [r for r in rows[:end] if r is not None]
        true = (times - 1) * sum(r[3] for r in known) / sum(r[2] for r in known)
        unit = (told.baseline or 1.0) if told.relative else 1.0
        low = -1.0 if told.low is None else told.low * unit
        high = 1.0 if told.high is None else told.high * unit
        if not low <= true <= high:
            return "wrong"
    return "right"
