"""What a provider must make of trouble."""

# ruff: noqa: D102 - a test's name is its sentence

from contextlib import suppress

import pytest

from canarycli.errors import Denied, Unavailable
from canarycli.metrics import Metric
from canarycli.testing.kit.world import (
    NOTES,
    Trouble,
    World,
    ask,
    assert_settled,
    look,
    measure,
    split,
    trouble,
)

CLOUDS_OWN = [Trouble.THROTTLED, Trouble.BROKEN, Trouble.DROPPED]


class FaultKit:
    """Errors of our own tree, and never a wrong state."""

    @pytest.mark.parametrize("kind", CLOUDS_OWN)
    def test_a_look_in_trouble_is_unavailable(self, world: World, kind: Trouble) -> None:
        with trouble(world, kind), pytest.raises(Unavailable):
            look(world)

    @pytest.mark.parametrize("kind", CLOUDS_OWN)
    def test_metrics_in_trouble_are_unavailable_and_not_no_data(
        self, world: World, kind: Trouble
    ) -> None:
        window = world.drive(1)

        with trouble(world, kind), pytest.raises(Unavailable):
            measure(world, [Metric("errors_5xx")], window)

    @pytest.mark.parametrize("kind", CLOUDS_OWN)
    def test_a_shift_in_trouble_is_unavailable_and_moves_nothing(
        self, world: World, kind: Trouble
    ) -> None:
        seen = look(world)

        with trouble(world, kind), pytest.raises(Unavailable):
            ask(world, seen, split(world, 20), NOTES)

        world.settle()
        assert_settled(world, seen.traffic)

    def test_a_look_without_permission_is_denied(self, world: World) -> None:
        with trouble(world, Trouble.DENIED), pytest.raises(Denied):
            look(world)

    def test_metrics_without_permission_are_denied(self, world: World) -> None:
        window = world.drive(1)

        with trouble(world, Trouble.DENIED), pytest.raises(Denied):
            measure(world, [Metric("errors_5xx")], window)

    def test_a_shift_without_permission_is_denied_and_moves_nothing(self, world: World) -> None:
        seen = look(world)

        with trouble(world, Trouble.DENIED), pytest.raises(Denied):
            ask(world, seen, split(world, 20), NOTES)

        world.settle()
        assert_settled(world, seen.traffic)

    def test_a_shift_whose_answer_was_lost_can_be_asked_for_again(self, world: World) -> None:
        seen, wanted = look(world), split(world, 5)
        with trouble(world, Trouble.LOST_WRITE), suppress(Unavailable):
            ask(world, seen, wanted, NOTES)

        ask(world, seen, wanted, NOTES)

        world.settle()
        assert_settled(world, wanted)
        assert world.provider.notes(look(world)) == NOTES
