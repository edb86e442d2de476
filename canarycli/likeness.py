"""What a candidate that is deployed like its baseline has in common with it, field by field."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from canarycli.errors import Unsupported
from canarycli.late_methods import dataclass


class Fate(StrEnum):
    """What becomes of a baseline's field in its candidate."""

    COPIED = "copied"
    REPLACED = "replaced"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a version, as the cloud has it.

    Attributes:
        fate: what becomes of it.
        why: for people; what it is replaced by, or why it is not copied.
        hardware: it belongs to the baseline's machines, and goes with them.
    """

    fate: Fate
    why: str = ""
    hardware: bool = False


COPY = Field(Fate.COPIED)
MACHINE = Field(Fate.COPIED, "unless the candidate gets other machines", hardware=True)


def replaced(by: str) -> Field:
    """Not the baseline's but this."""
    return Field(Fate.REPLACED, by)


def dropped(why: str) -> Field:
    """Not in the candidate."""
    return Field(Fate.DROPPED, why)


def refused(why: str) -> Field:
    """A baseline with it has no candidate like it."""
    return Field(Fate.REFUSED, why)


def likeness(
    table: Mapping[str, Field], baseline: Mapping[str, Any], *, other_machines: bool = False
) -> dict[str, Any]:
    """The fields of a baseline that its candidate gets as they are.

    A field that no table knows is left out: nobody can tell whether it is the model's.

    Args:
        table: every field the cloud has.
        baseline: the version as the cloud tells it.
        other_machines: what belongs to the baseline's machines is left out too.

    Raises:
        Unsupported: the baseline has what no candidate can have.
    """
    found: dict[str, Any] = {}
    for name, value in baseline.items():
        field = table.get(name)
        if field is None or value in (None, [], {}):
            continue
        if field.fate is Fate.REFUSED:
            raise Unsupported(
                f"no candidate can be deployed like the baseline: {field.why}",
                hint="bring it in with the cloud's own tools, then name it with --new-model",
            )
        if field.fate is Fate.COPIED and not (other_machines and field.hardware):
            found[name] = value
    return found
