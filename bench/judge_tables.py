"""Tables and goals of the judge's benchmark."""

from collections.abc import Sequence
from math import exp, lgamma, log
from typing import Any

from judge_foresight import foresight_goals
from judge_turns import TURNS_HEAD, turns_table

JUDGE, FIRST = "judge", "judge, no history"
NO_PROMISE = "arm noise 30%, lasting (no promise)"
OUTAGE = "outage"

Cells = Sequence[dict[str, Any]]


def rule(cell: dict[str, Any], name: str) -> dict[str, Any]:
    """One rule's outcome in a cell, {} if it was not asked."""
    return next((r for r in cell["rules"] if r["rule"] == name), {})


def binomial_tail(k: int, n: int, p: float) -> float:
    """The probability of k or more of n."""
    if k <= 0:
        return 1.0
    return sum(
        exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log(1 - p))
        for i in range(k, n + 1)
    )


def goals(result: dict[str, Any]) -> list[dict[str, str]]:
    """The design's goals that were measured, with what came out."""
    cells = result["cells"]
    known = _counted(cells) if cells else []
    others = [*_others(result["forms"]), *_tuned(result["tuned"])]
    return [*known, *others, *foresight_goals(result["foresight"])]


def _counted(cells: Cells) -> list[dict[str, str]]:
    nulls = [c for c in cells if c["effect"] == 1.0 and not c["passing"]]
    inside = [c for c in nulls if c["family"] != NO_PROMISE]
    return [
        *(_false(inside, nulls) if inside else ()),
        *_speed([c for c in cells if not c["passing"] and c["effect"] != 1.0]),
        *_passing([c for c in cells if c["passing"]]),
        *([_cost(nulls)] if nulls else ()),
    ]


def _goal(name: str, floor: str, found: str) -> dict[str, str]:
    return {"goal": name, "floor": floor, "measured": found}


def _false(inside: Cells, nulls: Cells) -> list[dict[str, str]]:
    outside = [c for c in nulls if c["family"] == NO_PROMISE]
    rows = []
    for who in (JUDGE, FIRST):
        found, runs = _count(inside, who)
        families = {c["family"] for c in inside}
        counts = [_count([c for c in inside if c["family"] == f], who) for f in families]
        least = min(binomial_tail(k, n, 0.01) for k, n in counts)
        text = f"{found} of {runs}; least p of a family against 1 %: {least:.2g}"
        name = f"false rollbacks in 24 h ({who})"
        rows.append(_goal(name, "<= 1 %, no family with p < .001", text))
        found, runs = _count(outside, who)
        name = f"the same in lasting arm noise of 30 % ({who})"
        rows.append(_goal(name, "<= 40 %", f"{found} of {runs}"))
    return rows


def _count(cells: Cells, who: str) -> tuple[int, int]:
    known = [rule(cell, who) for cell in cells]
    return sum(k["found"] for k in known), sum(k["runs"] for k in known)


def _speed(cells: Cells) -> list[dict[str, str]]:
    plain = [c for c in cells if c["family"] == "plain" and not c["onset"]]
    rows = []
    timed = [c for c in plain if c["wald_minutes"] and rule(c, JUDGE)["mean"] is not None]
    if timed:
        over = max(rule(c, JUDGE)["mean"] - 1.65 * c["wald_minutes"] for c in timed)
        big = [c for c in timed if c["wald_minutes"] > 10]
        ratios = [rule(c, JUDGE)["mean"] / c["wald_minutes"] for c in big]
        text = f"worst {over:+.1f} min over 1.65 x"
        if ratios:
            text += f"; where Wald > 10 min: mean {sum(ratios) / len(ratios):.2f} x"
        rows.append(_goal("mean time to rollback, plain", "<= 1.65 x Wald + 2.5 min", text))
    firsts = [c for c in timed if c["wald_minutes"] > 10 and rule(c, FIRST)["mean"] is not None]
    if firsts:
        worst = max(rule(c, FIRST)["mean"] / c["wald_minutes"] for c in firsts)
        rows.append(
            _goal("the same, nothing known before", "<= 2.2 x Wald", f"worst {worst:.2f} x")
        )
    rough = [c for c in cells if c["family"] == "everything" and not c["onset"]]
    against = [
        rule(c, JUDGE)["requests"] / (5 * c["wald_minutes"] * c["per_second"] * 3)
        for c in rough
        if c["wald_minutes"] and c["wald_minutes"] > 5 and rule(c, JUDGE)["mean"] is not None
    ]
    if against:
        text = f"{min(against):.2f} to {max(against):.2f} x"
        rows.append(_goal("requests, everything, against 5 x Wald", "<= 1.8 x, goal 1.3", text))
    fewer = [rule(c, "Kayenta, 60 min")["bad"] / max(1.0, rule(c, JUDGE)["bad"]) for c in plain]
    if fewer:
        mean = exp(sum(log(max(f, 1e-3)) for f in fewer) / len(fewer))
        text = f"{mean:.1f} x fewer, least {min(fewer):.2f} x"
        rows.append(_goal("bad responses against Kayenta, 60 min, plain", ">= 10 x fewer", text))
    late = [rule(c, JUDGE)["late"] or 9999 for c in cells if c["effect"] == OUTAGE]
    if late:
        rows.append(_goal("outage, 95th percentile", "<= 3 min", f"worst {max(late):.0f} min"))
    rare = [c for c in plain if (c["per_second"], c["base"], c["effect"]) == (20, 0.001, 5.0)]
    for cell in rare:
        known = rule(cell, JUDGE)
        text = (
            f"median {known['median']}, 95th {known['late']} min, {known['found']}/{known['runs']}"
        )
        rows.append(_goal("20/s, 0.1 %, x5", "found in 2 h", text))
    return rows


def _passing(cells: Cells) -> list[dict[str, str]]:
    rows = []
    for cell in cells:
        known, family = rule(cell, JUDGE), cell["family"]
        if cell["effect"] == 1.0:
            floor = "<= 2.2 x bound" if family == "plain" else "<= 136 min"
            text = f"median {known['median']}, 95th {known['late']} min"
            rows.append(_goal(f"equal candidate passes x1.5, {family}", floor, text))
        else:
            text = f"{known['found']} of {known['runs']}"
            rows.append(_goal(f"false pass at x1.5, {family}", "<= 5 %", text))
    return rows


def _others(forms: Cells) -> list[dict[str, str]]:
    floors = {("fractions", 20, 0.25): "20 min", ("fractions", 200, 0.25): "14 min"}
    rows = []
    for kind in forms:
        key = (kind["form"], kind["per_second"], kind["effect"])
        name = f"{kind['form']}, {kind['per_second']:g}/s, {kind['effect']:.0%} worse"
        if kind["arm_noise"]:
            name += f", arm noise {kind['arm_noise']:.0%}"
        text = f"{kind['found']} of {kind['runs']}"
        if kind["effect"]:
            text += f", median {kind['median']} min"
        floor = "<= 1 %" if not kind["effect"] else floors.get(key, "")
        if kind["form"] == "values" and kind["effect"] == 0.02:
            floor = "100 min"
        rows.append(_goal(name, floor, text))
    return rows


def _tuned(worlds: Cells) -> list[dict[str, str]]:
    rows = []
    for one in worlds:
        kayenta, z = [], []
        for name, told in one["effects"].items():
            if told["kayenta_bad"] is not None:
                ratio = told["kayenta_bad"] / max(1.0, told["judge_bad"])
                kayenta.append(f"{name} {ratio:.2f}")
            if name in {"x1.5", "x2"}:
                z.append(f"{name} {told['judge_minutes'] / told['z_minutes']:.2f}")
        where = f"{one['family']}, {one['runs']} runs"
        name = f"bad responses of the best Kayenta / the judge's, {where}"
        rows.append(_goal(name, ">= 0.9 at x1.5, 1.8 at x5, 2.3 in outages", ", ".join(kayenta)))
        name = f"minutes against a z-test tuned to the noise ({one['z']}), {where}"
        rows.append(_goal(name, "<= 2.1 x, shocks <= 3.2 x", ", ".join(z)))
    return rows


def field_table(families: Cells) -> str:
    """What became of the releases of each family."""
    words = ("fail", "pass", "inconclusive", "no_data", "right", "wrong")
    rows = []
    for one in families:
        found = one["found"]
        said = ", ".join(
            f"{found[word]} {word.replace('_', ' ')}" for word in words if word in found
        )
        rows.append([one["group"], one["name"], one["goal"], str(sum(found.values())), said])
    return _table("In the field", ["family", "releases", "goal", "runs", "found"], rows)


def _cost(nulls: Cells) -> dict[str, str]:
    seconds = sum(c["seconds"] for c in nulls)
    minutes = sum(c["runs"] for c in nulls) * 1440
    return _goal("cost a metric and minute", "2 ms", f"{1000 * seconds / minutes:.3f} ms")


def markdown(result: dict[str, Any]) -> str:
    """All tables."""
    cells = result["cells"]
    nulls = [c for c in cells if c["effect"] == 1.0 and not c["passing"]]
    effects = [c for c in cells if c["effect"] != 1.0 and not c["passing"]]
    reached = [list(goal.values()) for goal in result["goals"]]
    parts = [_table("Goals", ["goal", "floor", "measured"], reached)]
    parts += [_nulls(nulls)] if nulls else []
    parts += [_effects(effects), _bounds(effects)] if effects else []
    parts += [field_table(result["field"])] if result["field"] else []
    if result["turns"]:
        title = "Minutes to rollback of who was better first: median / 95th percentile"
        parts += [_table(title, TURNS_HEAD, turns_table(result["turns"]))]
    return "\n".join(parts)


def _nulls(cells: Cells) -> str:
    names = [r["rule"] for r in cells[0]["rules"]]
    rows = []
    for family in dict.fromkeys(c["family"] for c in cells):
        mine = [c for c in cells if c["family"] == family]
        row = [family, str(sum(c["runs"] for c in mine))]
        for name in names:
            found = sum(rule(c, name)["found"] for c in mine)
            row.append(f"{100 * found / sum(c['runs'] for c in mine):.1f} %")
        rows.append(row)
    return _table(
        "Healthy candidates rolled back in 24 h, a look every minute",
        ["noise", "releases", *names],
        rows,
    )


def _effects(cells: Cells) -> str:
    names = [r["rule"] for r in cells[0]["rules"]]
    rows = []
    for c in cells:
        what = c["effect"] if c["effect"] == OUTAGE else f"x{c['effect']:g}"
        if c["onset"]:
            what += f" after {c['onset'] // 60} h"
        wald = "" if c["wald_minutes"] is None else f"{c['wald_minutes']:.1f}"
        row = [c["family"], f"{c['per_second']:g}", f"{c['base']:.1%}", what, wald]
        rows.append(row + [_delay(rule(c, name)) for name in names])
    head = ["noise", "per s", "base", "candidate", "Wald", *names]
    return _table(
        "Minutes to rollback: median / 95th percentile; median bad responses served", head, rows
    )


def _bounds(cells: Cells) -> str:
    """How near plain noise comes to Wald's bound, and how far it keeps from an hourly look."""
    rows = []
    for c in cells:
        known, hourly = rule(c, JUDGE), rule(c, "Kayenta, 60 min")
        bound = c["wald_minutes"]
        if c["family"] != "plain" or c["onset"] or not bound or known["mean"] is None:
            continue
        ratio = known["requests"] / (bound * c["per_second"] * 60 * 0.05)
        row = [f"{c['per_second']:g}", f"{c['base']:.1%}", f"x{c['effect']:g}", f"{bound:.1f}"]
        beyond = f"{(ratio - 1.3) * bound - 1.5:+.1f}"
        fewer = f"{hourly['bad'] / max(1.0, known['bad']):.2f}"
        rows.append([*row, f"{ratio:.2f}", beyond, fewer])
    head = ["per s", "base", "candidate", "bound, min", "requests / bound"]
    head += ["minutes beyond 1.3 x + 1.5", "bad responses, Kayenta / judge"]
    return _table("Against Wald's bound, and Kayenta with an hour", head, rows)


def _delay(outcome: dict[str, Any]) -> str:
    median, late = (_minutes(outcome[key]) for key in ("median", "late"))
    early = f" ({outcome['early']} before)" if outcome["early"] else ""
    return f"{median}/{late}; {outcome['bad']:.0f}{early}"


def _minutes(value: float | None) -> str:
    if value is None:
        return "never"
    return "before" if value <= 0 else f"{value:.0f}"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"**{title}**", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, ""])
