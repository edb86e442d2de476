"""Asks a check for each value of a field, by what the baseline had before."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from canarycli.errors import Rejected
from canarycli.metrics import OTHER
from canarycli.plan import Check, Plan, Role

LEAST = 0.01
"""The part of all that a slice of its own has at least; a smaller one never passes."""

Values = Mapping[str, Mapping[str, float]]
"""The part of all that has each value of its field, by check; the greatest first."""


def unsliced(plan: Plan) -> tuple[Check, ...]:
    """The checks that are sliced by a field, where nobody has looked for its values yet."""
    return tuple(c for c in plan.checks if c.metric.by and not c.metric.value)


def sliced(plan: Plan, values: Values) -> Plan:
    """The plan with a check for each of the greatest slices, and one for all the rest.

    The promise is shared among them, as among all checks. A rest that is hardly anything is only
    watched: no release would ever pass it.

    Raises:
        Rejected: a field has no value anywhere, or a check would have another's name.
    """
    open_ = unsliced(plan)
    checks = tuple(
        one
        for check in plan.checks
        for one in (_slices(check, values.get(check.name, {})) if check in open_ else (check,))
    )
    try:
        return replace(plan, checks=checks)
    except ValueError as error:
        raise Rejected(str(error), hint="give one of them another name:") from error


def _slices(check: Check, known: Mapping[str, float]) -> Iterator[Check]:
    metric = check.metric
    if not known:
        what = "answer" if metric.says else "row"
        place = (
            "a JMESPath within one answer, as class: is"
            if metric.says
            else "a column of the query's rows, or a label of the counter"
        )
        why = f"check {check.name!r}: no {what} of the baseline has {metric.by}"
        raise Rejected(why, hint=f"by: is {place}")
    own = tuple(v for v, part in known.items() if part >= LEAST and v != OTHER)[: check.at_most]
    rest = 1 - sum(known[value] for value in own)
    for value in (*own, OTHER):
        role = Role.WATCH if value == OTHER and rest < LEAST else check.role
        asked = replace(metric, value=value, among=own)
        yield replace(check, name=f"{check.name} of {metric.by}={value}", metric=asked, role=role)
