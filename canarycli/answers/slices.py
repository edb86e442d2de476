"""Which values a field of answers has, for checks that are asked for each of them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from canarycli.answers.reading import Paths
from canarycli.answers.told import Told


def shares(found: Iterable[Told], paths: Paths) -> Mapping[str, Mapping[str, float]]:
    """The part of all answers that has each value, by field; the greatest first.

    Answers without the field are in none.
    """
    counts: dict[str, Counter[str]] = {field: Counter() for field in paths.fields}
    whole = 0
    for one in found:
        whole += 1
        for field, value in zip(paths.fields, one.said.fields, strict=False):
            if value is not None:
                counts[field][value] += 1
    return {
        field: {value: n / whole for value, n in values.most_common()}
        for field, values in counts.items()
    }
