"""How many more requests: the order of magnitude is right."""

from random import Random

import pytest
from unit.judge.streams import poisson

from canarycli.judge.comparison import Comparison
from canarycli.judge.history import History
from canarycli.judge.margins import Margins, Promise
from canarycli.judge.power import more_requests
from canarycli.judge.wording import SPAN, spanned

CELLS = (
    (300, 0.002, Margins(1.0, 0.005, 1.0, 0.005)),
    (300, 0.005, Margins(1.5, 0.0, 1.5, 0.0)),
    (3000, 0.005, Margins(1.2, 0.0, 1.2, 0.0)),
)


def shares(n: int, rate: float, margins: Margins, seed: int) -> list[float]:
    """What came as a part of what was said, at some looks of a release that passes."""
    chance = Random(seed)
    past = [(20.0 * n, poisson(chance, 20 * n * rate)) for _ in range(240)]
    known, said = Comparison(margins, Promise(), History.of(past)), []
    for _ in range(300):
        a, b = poisson(chance, n), poisson(chance, 19 * n)
        x, y = poisson(chance, a * rate), poisson(chance, b * rate)
        known.step((a, x, x, b, y))
        if known.assurance >= 20:
            break
        said.append((known.n_candidate, more_requests(known, 0.05)))
    looks = said[:: max(1, len(said) // 6)]
    return [(known.n_candidate - n_then) / number for n_then, number in looks if number]


def test_what_is_said_is_of_the_size_of_what_comes() -> None:
    found = sorted(s for cell in CELLS for seed in range(12) for s in shares(*cell, seed))
    middle = found[len(found) // 2]
    near = [share for share in found if SPAN[0] < share < SPAN[1]]
    assert 0.6 < middle < 1.6
    assert len(near) > 0.8 * len(found)


@pytest.mark.parametrize(
    ("number", "said"), [(49_359, "10,000 to 100,000"), (6000, "1,000 to 20,000"), (0.2, "1")]
)
def test_a_number_that_chance_decides_is_a_span(number: float, said: str) -> None:
    assert spanned(number) == said
