"""Each release stands in the queue once, and an account is not asked more often than it answers."""

import pytest

from canarycli.engine.wakes import Lane, Wakes, in_step


def test_what_is_due_comes_once_the_longest_due_first() -> None:
    wakes = Wakes()
    for key, at in (("a", 30.0), ("b", 10.0), ("c", 20.0)):
        wakes.put(key, at)

    assert wakes.take(20.0) == [("b", 10.0), ("c", 20.0)]
    assert wakes.take(20.0) == []
    assert (wakes.soonest(), len(wakes), "b" in wakes) == (30.0, 3, True)


def test_a_new_time_replaces_the_old_one() -> None:
    wakes = Wakes()
    wakes.put("a", 10.0)
    wakes.put("a", 20.0)

    assert wakes.take(15.0) == []
    assert wakes.take(20.0) == [("a", 20.0)]


def test_who_is_hurried_while_somebody_is_at_it_comes_again_at_once() -> None:
    wakes = Wakes()
    wakes.put("a", 10.0)
    wakes.take(10.0)
    wakes.hurry("a")

    assert wakes.take(11.0) == []
    wakes.put("a", 60.0)
    assert [key for key, _ in wakes.take(12.0)] == ["a"]


def test_who_is_dropped_does_not_come_back() -> None:
    wakes = Wakes()
    wakes.put("a", 10.0)
    wakes.drop("a")

    assert (wakes.take(20.0), wakes.soonest(), len(wakes)) == ([], None, 0)


def test_a_lane_lets_so_many_a_minute_go_in_order() -> None:
    lane = Lane(a_minute=60)
    for number in range(100):
        lane.add(f"r-{number}", 0.0)

    first = lane.go(1000.0)
    second = lane.go(1002.0)
    rest = [key for at in range(1003, 1063) for key, _ in lane.go(float(at))]

    assert [key for key, _ in first] == [f"r-{n}" for n in range(6)]
    assert [key for key, _ in second] == ["r-6", "r-7"]
    assert rest == [f"r-{n}" for n in range(8, 68)]
    assert lane.soonest(1062.0) == 1063.0


def test_a_lane_without_a_number_lets_all_go() -> None:
    lane = Lane()
    lane.add("a", 0.0)

    assert (lane.go(5.0), lane.soonest(5.0)) == ([("a", 0.0)], None)


def test_those_who_come_at_the_same_moment_go_on_at_moments_of_their_own() -> None:
    together = [in_step(f"e-{number}", 1000.0, 15.0) for number in range(100)]

    assert all(985.0 < at <= 1000.0 for at in together)
    assert all(sum(at // 3 == part for at in together) > 5 for part in range(329, 333))


def test_a_moment_of_its_own_comes_each_time_and_is_kept_though_looks_are_late() -> None:
    at = in_step("e-1", 1000.0, 15.0)
    assert in_step("e-1", at + 15.0, 15.0) == pytest.approx(at + 15.0)
    assert in_step("e-1", at + 4.0 + 15.0, 15.0) == pytest.approx(at + 15.0)
