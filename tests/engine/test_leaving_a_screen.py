"""The key q: who would leave a release with nobody to drive it is asked first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from engine.rehearsal import Rehearsal

from canarycli.cli.display.screen import Screen
from canarycli.cli.options.common import Common
from canarycli.engine.controller import Driver
from canarycli.engine.retries import Patient
from canarycli.operations.target import Target
from canarycli.operations.workspace import Workspace

HOUR = timedelta(hours=1)


def opened(holder: str, leave: Callable[[], None] | None) -> tuple[Rehearsal, Screen]:
    """A screen of ann/2, as it first looks at a release whose lease somebody has, or "" nobody."""
    rehearsal = Rehearsal(settle=0)
    rehearsal.start(rehearsal.controller("ann/1"))
    clock, store = rehearsal.clock, rehearsal.store
    provider, target = Patient(rehearsal.simulator, clock), Target("demo", "simulator", {})
    work = Workspace(target, store, provider, clock, Driver("ann/2"), "ann")
    record = work.record()
    assert record is not None
    now = clock.now()
    left = replace(record, lease=None)
    store.save(left.leased(holder, now) if holder else left)
    screen = Screen(work, Common(), record.release.id, leave=leave)
    screen.scene = screen._scene(*screen._look())
    return rehearsal, screen


@pytest.mark.parametrize("holder", ["", "ann/2"], ids=["before its first lease", "with its lease"])
def test_q_asks_whoever_drives_or_is_about_to(holder: str) -> None:
    left: list[str] = []
    _, screen = opened(holder, lambda: left.append("left"))

    screen.press("q")
    assert (screen.closed, left) == (False, [])
    assert screen.said.startswith(f"This terminal drives {screen.release_id}.")
    screen.press("d")
    assert (screen.closed, left) == (True, ["left"])


def test_q_asks_once_the_lease_it_waited_for_has_run_out_since_the_last_look() -> None:
    rehearsal, screen = opened("bob/1", lambda: None)

    rehearsal.clock.sleep(HOUR.total_seconds())
    screen.press("q")
    assert not screen.closed


@pytest.mark.parametrize(
    ("holder", "leave"),
    [("bob/1", lambda: None), ("bob/1", None), ("", None)],
    ids=["goes along with another's", "watches", "watches what nobody drives"],
)
def test_q_leaves_at_once_what_this_process_does_not_drive(
    holder: str, leave: Callable[[], None] | None
) -> None:
    _, screen = opened(holder, leave)

    screen.press("q")
    assert screen.closed
