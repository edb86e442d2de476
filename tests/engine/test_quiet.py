"""What a look costs the store: nothing is saved where nothing has changed."""

from dataclasses import replace
from datetime import timedelta

from engine.rehearsal import PLAN, Rehearsal, seconds

from canarycli.plan import Stage, Wait
from canarycli.store.contract import LEASE


def quiet() -> Rehearsal:
    """A release in the middle of a long bake that reads its metrics every ten minutes."""
    plan = replace(
        PLAN,
        stages=(Stage(5, seconds(7200)), Stage(100, seconds(0))),
        read_every=seconds(600),
        unclear_after=seconds(7200),
        on_no_metrics=Wait(seconds(3600)),
    )
    rehearsal = Rehearsal(plan)
    rehearsal.start()
    rehearsal.confirm(rehearsal.controller())
    return rehearsal


def version(rehearsal: Rehearsal) -> int:
    record = rehearsal.store.load(rehearsal.key)
    assert record is not None
    return record.version


def test_a_look_that_changes_nothing_saves_when_half_the_lease_is_gone() -> None:
    rehearsal = quiet()
    controller = rehearsal.controller()
    rehearsal.tick(controller)
    before, began = version(rehearsal), rehearsal.clock.now()
    while rehearsal.clock.now() - began < timedelta(minutes=9):
        rehearsal.tick(controller)
    assert 9 <= version(rehearsal) - before <= 12


def test_the_lease_never_runs_out_while_somebody_drives() -> None:
    rehearsal = quiet()
    controller = rehearsal.controller()
    for _ in range(60):
        rehearsal.tick(controller)
        record = rehearsal.store.load(rehearsal.key)
        assert record is not None
        assert record.lease is not None
        left = record.lease.until - rehearsal.clock.now()
        assert timedelta(0) < left <= LEASE
