"""The `$filter` of Azure Monitor's metrics: which series, and by what they are split."""

import re
from dataclasses import dataclass

CLAUSE = re.compile(r"\s*(\w+)\s+(eq|ne|sw)\s+'([^']*)'\s*", re.IGNORECASE)
JOINT = re.compile(r"(and|or)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """What one dimension may be: any of `values`, none of them with `ne`; `*` is anything."""

    dimension: str
    op: str
    values: tuple[str, ...]

    def admits(self, value: str) -> bool:
        low = value.lower()
        if self.op == "sw":
            return any(low.startswith(v.lower()) for v in self.values)
        found = "*" in self.values or low in {v.lower() for v in self.values}
        return found if self.op == "eq" else not found


def parse_filter(text: str) -> tuple[Clause, ...]:
    """The clauses of a filter.

    Raises:
        ValueError: it can't be understood, or an `or` stands between two dimensions.
    """
    clauses: list[Clause] = []
    joint, rest = "and", text.replace("(", " ").replace(")", " ")
    while rest.strip():
        match = CLAUSE.match(rest)
        if match is None:
            raise ValueError(f"can't read the filter at {rest[:30]!r}")
        name, op, value = match.groups()
        rest = rest[match.end() :]
        if joint == "or":
            last = clauses.pop()
            if (last.dimension.lower(), last.op) != (name.lower(), op.lower()):
                raise ValueError("or can't separate two dimensions")
            clauses.append(Clause(last.dimension, last.op, (*last.values, value)))
        else:
            clauses.append(Clause(name, op.lower(), (value,)))
        following = JOINT.match(rest)
        if following is None and rest.strip():
            raise ValueError(f"and or or is missing at {rest[:30]!r}")
        if following is not None:
            joint, rest = following.group(1).lower(), rest[following.end() :]
    return tuple(clauses)
