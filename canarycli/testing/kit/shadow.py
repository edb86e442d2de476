"""What a provider with shadow traffic must do."""

# ruff: noqa: D102 - a test's name is its sentence

from canarycli.testing.kit.world import World, assert_settled, shift
from canarycli.traffic import Traffic


class ShadowKit:
    """A copy of traffic beside the live split, for a provider whose limits allow it."""

    def test_shadow_traffic_stands_beside_the_live_split(self, world: World) -> None:
        percent = min(10.0, world.provider.limits.shadow_up_to)
        wanted = Traffic({world.baseline: 100.0}, {world.candidate: percent})

        shift(world, wanted)

        seen = assert_settled(world, wanted)
        assert percent > 0
        assert seen.traffic.of(world.candidate) == 0

    def test_a_split_without_shadow_ends_it(self, world: World) -> None:
        shift(world, Traffic({world.baseline: 100.0}, {world.candidate: 5.0}))

        shift(world, Traffic.all_to(world.baseline))

        seen = assert_settled(world, Traffic.all_to(world.baseline))
        assert not any(seen.traffic.shadow.values())
