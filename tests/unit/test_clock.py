"""Clocks agree, run at their speed and never jump."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from canarycli.clock import FastClock, SystemClock
from canarycli.testing import NOON, FakeClock


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("seconds", [0, -5])
def test_the_system_clock_does_not_sleep_for_nothing(seconds: float) -> None:
    before = datetime.now(UTC)

    SystemClock().sleep(seconds)

    assert datetime.now(UTC) - before < timedelta(seconds=1)


class Machine:
    """A machine whose wall clock somebody may set."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000.0, 5_000.0

    def rest(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    @property
    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.steady, self.rest)


@pytest.mark.parametrize("step", [120, -120, -3600, 86400])
def test_no_step_of_the_wall_clock_moves_what_waits_go_by(step: float) -> None:
    machine = Machine()
    clock = machine.clock
    before = clock.now()
    machine.wall += step
    clock.sleep(15)
    assert clock.now() - before == timedelta(seconds=15)


def test_the_wall_is_told_as_it_is_set_now_so_that_other_processes_agree() -> None:
    machine = Machine()
    old = machine.clock
    machine.wall += 120
    assert old.wall() == machine.clock.wall() == machine.clock.now()


def test_a_fast_clock_shows_its_origin_when_real_time_is_there() -> None:
    real = FakeClock()

    assert FastClock(30, NOON, real=real).now() == NOON


def test_a_fast_clock_runs_so_many_times_faster() -> None:
    real = FakeClock()
    clock = FastClock(30, NOON, real=real)

    real.advance(2)

    assert clock.now() == NOON + timedelta(minutes=1)


def test_sleeping_on_a_fast_clock_takes_a_part_of_it_in_real_time() -> None:
    real = FakeClock()
    clock = FastClock(30, NOON, real=real)

    clock.sleep(30)

    assert real.slept == [1]
    assert clock.now() == NOON + timedelta(seconds=30)


def test_a_negative_sleep_on_a_fast_clock_is_none() -> None:
    real = FakeClock()

    FastClock(30, NOON, real=real).sleep(-3)

    assert real.slept == [0]


def test_a_fast_clock_may_show_another_time_than_the_real_one() -> None:
    real = FakeClock()
    clock = FastClock(2, datetime(2030, 1, 1, tzinfo=UTC), since=NOON, real=real)

    real.advance(60)

    assert clock.now() == datetime(2030, 1, 1, 0, 2, tzinfo=UTC)


def test_two_fast_clocks_with_the_same_numbers_agree() -> None:
    real = FakeClock()
    one = FastClock(30, NOON, real=real)
    real.advance(7)

    other = FastClock(30, NOON, real=real)

    assert one.now() == other.now()


def test_a_change_of_speed_does_not_jump() -> None:
    real = FakeClock()
    clock = FastClock(30, NOON, real=real)
    real.advance(2)

    faster = clock.at_speed(60)

    assert faster.now() == clock.now()
    real.advance(1)
    assert faster.now() - clock.now() == timedelta(seconds=30)


def test_a_fast_clock_gives_utc_whatever_zone_its_origin_is_in() -> None:
    origin = NOON.astimezone(timezone(timedelta(hours=5)))

    assert FastClock(1, origin, real=FakeClock()).now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_clock_without_a_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed is above 0"):
        FastClock(speed, NOON)


def test_an_origin_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="carries its zone"):
        FastClock(1, NOON.replace(tzinfo=None))


def test_a_fake_clock_stands_still_until_slept_on() -> None:
    clock = FakeClock()
    assert clock.now() == clock.now() == NOON

    clock.sleep(90)

    assert clock.now() == NOON + timedelta(seconds=90)
    assert clock.slept == [90]


def test_a_fake_clock_goes_where_it_is_told_and_never_back() -> None:
    clock = FakeClock()
    clock.set(NOON + timedelta(hours=1))

    clock.advance(-5)

    assert clock.now() == NOON + timedelta(hours=1)
    with pytest.raises(ValueError, match="never goes back"):
        clock.set(NOON)


def test_a_fake_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="carries its zone"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused
