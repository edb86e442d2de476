"""Answers of a cloud with one odd thing in them, the same for the same seed."""

import json
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
GONE = object()
ODD: tuple[Any, ...] = (
    GONE, None, True, 0, -1, 1e308, float("nan"), "", "x", "\x1b[31m##vso[task.x]y", [], {},
    [None], ["x"], [1], [{}], {"x": 1}, {"x": None}, "9" * 400, 2**70, "2026-13-45T99:00:00Z",
)  # fmt: skip


def mutated(body: bytes, seed: int | str) -> bytes:
    """JSON with one value replaced or taken away, or cut off now and then."""
    try:
        said = json.loads(body)
    except ValueError:
        return body
    chance = random.Random(f"{seed}/{len(body)}")
    if chance.random() < 0.05:
        return body[: chance.randrange(len(body) + 1)]
    places = list(_places(said))
    path, odd = chance.choice(places), chance.choice(ODD)
    if not path:
        return json.dumps(None if odd is GONE else odd).encode()
    *above, last = path
    owner = said
    for part in above:
        owner = owner[part]
    if odd is GONE:
        del owner[last]
    else:
        owner[last] = odd
    return json.dumps(said).encode()


def _places(said: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    if isinstance(said, dict):
        for key, inside in said.items():
            yield from _places(inside, (*at, key))
    elif isinstance(said, list):
        for index, inside in enumerate(said):
            yield from _places(inside, (*at, index))
