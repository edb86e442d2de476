"""What every source must pass: a world lays figures down in a store, the kit asks for them."""

# ruff: noqa: D102 - a test's name is its sentence

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from canarycli.errors import Denied, ProviderError, Unavailable, UsageError
from canarycli.metrics import Counts, Measurements, Metric, Window
from canarycli.source import BASELINE, CANDIDATE, Arm, Source

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ARMS = (Arm("v41", BASELINE, "churn"), Arm("v42", CANDIDATE, "churn"))

Laid = Sequence[tuple[str, int, int, int]]
"""Version, minute after `START`, requests, bad ones."""

LAID: Laid = (
    ("v41", 0, 600, 12),
    ("v42", 0, 40, 2),
    ("v41", 1, 580, 9),
    ("v42", 1, 38, 0),
    ("v41", 2, 610, 14),
    ("v42", 2, 41, 3),
    ("v41", 3, 590, 11),
    ("v42", 3, 39, 1),
)


class SourceTrouble(StrEnum):
    """What can be wrong with a store."""

    DENIED = "denied"
    DOWN = "down"
    CUT = "cut"
    STRANGE = "strange"


class SourceWorld(ABC):
    """A store on this machine with a source that reads it.

    Attributes:
        source: with periods of a minute.
        metric: counts `bad` of `n`, as they are laid down.
        secret: the value that the source shows the store.
        variable: the variable that has it.
    """

    source: Source
    metric: Metric
    secret: str
    variable: str

    @abstractmethod
    def lay(self, laid: Laid) -> None:
        """Put figures into the store, as if they had happened then."""

    @abstractmethod
    def trouble(self, kind: SourceTrouble) -> AbstractContextManager[None]:
        """Let the store refuse, be away, break off, or answer with something else."""

    @abstractmethod
    def without_variable(self) -> Source:
        """Make the source while the variable of its secret is not set."""


class SourceKit:
    """The contract of `canarycli.source.Source`."""

    def test_what_was_laid_down_is_read_back_by_arm_and_minute(self, world: SourceWorld) -> None:
        world.lay(LAID)

        found = asked(world)

        for version in ("v41", "v42"):
            wanted = [
                Counts(START + minute * MINUTE, n, bad)
                for v, minute, n, bad in LAID
                if v == version
            ]
            assert list(found.of(version, world.metric).points) == wanted
        assert found.queries[world.metric.key]

    def test_a_window_holds_its_start_and_not_its_end(self, world: SourceWorld) -> None:
        world.lay(LAID)

        found = asked(world, Window(START + MINUTE, START + 2 * MINUTE))

        assert [p.at for p in found.of("v42", world.metric).points] == [START + MINUTE]

    def test_a_period_that_is_only_partly_in_the_window_is_left_out(
        self, world: SourceWorld
    ) -> None:
        world.lay(LAID)
        half = timedelta(seconds=30)

        found = asked(world, Window(START + half, START + 2 * MINUTE + half))

        assert [p.at for p in found.of("v41", world.metric).points] == [START + MINUTE]

    def test_an_empty_series_tells_its_period_and_delay(self, world: SourceWorld) -> None:
        world.lay(LAID)

        for window in (Window(START, START), Window(START - 90 * MINUTE, START - 80 * MINUTE)):
            series = asked(world, window).of("v42", world.metric)
            assert series.points == ()
            assert series.period == MINUTE
            assert series.delay is not None

    def test_an_arm_that_nobody_knows_has_no_points(self, world: SourceWorld) -> None:
        world.lay([row for row in LAID if row[0] == "v41"])

        found = asked(world)

        assert found.of("v42", world.metric).points == ()
        assert len(found.of("v41", world.metric).points) == 4

    def test_the_same_question_has_the_same_answer(self, world: SourceWorld) -> None:
        world.lay(LAID)

        first, second = asked(world), asked(world)

        assert first.series == second.series

    def test_a_metric_it_can_not_answer_is_refused_by_name(self, world: SourceWorld) -> None:
        with pytest.raises(ProviderError, match="odd"):
            world.source.measure(ARMS, [Metric("odd", origin=world.metric.origin)], WHOLE)

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            (SourceTrouble.DENIED, Denied),
            (SourceTrouble.DOWN, Unavailable),
            (SourceTrouble.CUT, Unavailable),
            (SourceTrouble.STRANGE, ProviderError),
        ],
    )
    def test_trouble_is_one_of_our_errors_and_tells_no_secret(
        self, world: SourceWorld, kind: SourceTrouble, error: type[ProviderError]
    ) -> None:
        world.lay(LAID)

        with world.trouble(kind), pytest.raises(error) as caught:
            asked(world)

        told = (caught.value.message, *caught.value.hints, *caught.value.facts)
        assert world.secret not in " ".join(told)

    def test_a_missing_variable_is_told_by_its_name(self, world: SourceWorld) -> None:
        with pytest.raises(UsageError, match=world.variable):
            world.without_variable()


WHOLE = Window(START, START + 4 * MINUTE)


def asked(world: SourceWorld, window: Window = WHOLE) -> Measurements:
    """One look at both arms."""
    return world.source.measure(ARMS, [world.metric], window)
