"""Few instances are said before traffic moves to them."""

from engine.rehearsal import Rehearsal

from canarycli.release import orders

FEW = {"v41": {"percent": 100, "instances": 4}, "v42": {"instances": 1}}


def said(rehearsal: Rehearsal) -> list[str]:
    """What was said of instances, and what was asked for, in order."""
    words = {"capacity", "shift_requested"}
    return [event.message for event in rehearsal.heard if event.type in words]


def test_few_instances_are_said_before_each_raise_that_needs_more() -> None:
    rehearsal = Rehearsal(versions=FEW)
    rehearsal.start()
    rehearsal.finish()
    assert said(rehearsal) == [
        "asking for v42 5%",
        "asking for v42 25%",
        "v42 would get 100% with 1 instance, where 4 carry that now",
        "asking for v42 100%",
    ]


def test_a_baseline_with_few_instances_is_said_before_the_rollback_once() -> None:
    rehearsal = Rehearsal(
        versions={"v41": {"percent": 100, "instances": 1}, "v42": {"instances": 8}}
    )
    rehearsal.start()
    controller = rehearsal.controller()
    while rehearsal.share < 100:
        rehearsal.tick(controller)
    now = rehearsal.clock.now()
    controller.change(rehearsal.key, lambda release: orders.roll_back(release, "ann", now))
    rehearsal.finish()
    assert said(rehearsal)[-2:] == [
        "v41 would get 100% with 1 instance, where 8 carry that now",
        "asking for v42 0%",
    ]
