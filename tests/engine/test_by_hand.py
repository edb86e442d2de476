"""The way out that is named where canary can't take the traffic back: one that can be taken."""

import pytest
from engine.rehearsal import BASELINE, CANDIDATE, ENDPOINT, Rehearsal, change

from canarycli.engine.by_hand import WORDS, ways_back, ways_in
from canarycli.engine.loop import drive
from canarycli.errors import Unavailable, Unsafe
from canarycli.provider import Endpoint
from canarycli.release import orders
from canarycli.simulator import Simulator
from canarycli.traffic import Traffic


class Silent(Simulator):
    """One that does not answer."""

    def describe(self, endpoint: str) -> Endpoint:
        raise Unavailable(f"{endpoint} can't be read")


@pytest.fixture
def rehearsal() -> Rehearsal:
    """A release at its first stage."""
    begun = Rehearsal(settle=0)
    begun.start()
    begun.confirm(begun.controller())
    return begun


def command(rehearsal: Rehearsal, to: str) -> str:
    other = BASELINE if to == CANDIDATE else CANDIDATE
    return WORDS + rehearsal.simulator.plain_command(ENDPOINT, Traffic({other: 0.0, to: 100.0}))


def test_a_way_back_goes_to_the_baseline_while_that_serves(rehearsal: Rehearsal) -> None:
    assert ways_back(rehearsal.watched, rehearsal.release) == (
        WORDS + rehearsal.simulator.plain_command(ENDPOINT, rehearsal.release.home),
    )


def test_where_the_baseline_is_gone_the_way_out_is_a_version_that_serves(
    rehearsal: Rehearsal,
) -> None:
    now = rehearsal.clock.now()
    change(rehearsal, orders.roll_back(rehearsal.release, "dana", now, reason="the pager rang"))
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)

    with pytest.raises(Unsafe, match=f"{BASELINE} is not in service") as told:
        drive(rehearsal.controller(), rehearsal.key)

    ways = ways_in(told.value)
    assert ways == (
        f"by hand: canary rollback {ENDPOINT} --to {CANDIDATE}",
        command(rehearsal, CANDIDATE),
    )


def test_where_nothing_serves_or_nobody_can_tell_the_way_is_the_baselines(
    rehearsal: Rehearsal,
) -> None:
    home = WORDS + rehearsal.simulator.plain_command(ENDPOINT, rehearsal.release.home)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)
    assert ways_back(Silent({"state": ":memory:"}), rehearsal.release) == (home,)
    rehearsal.simulator.put_out(ENDPOINT, CANDIDATE)
    assert ways_back(rehearsal.watched, rehearsal.release) == (home,)
