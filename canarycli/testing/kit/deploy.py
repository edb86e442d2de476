"""What a provider that brings versions in and takes them away must do."""

# ruff: noqa: D102 - a test's name is its sentence

import pytest

from canarycli.errors import Conflict
from canarycli.provider import Deployer
from canarycli.testing.kit.world import DeployWorld, assert_settled, look, shift, split
from canarycli.traffic import Traffic
from canarycli.verbs import offers


class DeployerKit:
    """The contract of `canarycli.provider.Deployer`."""

    def test_a_deployed_version_comes_into_service_without_traffic(
        self, world: DeployWorld
    ) -> None:
        name = deploy(world, "r-7k2f")

        seen = assert_settled(world, Traffic.all_to(world.baseline))
        assert seen.serves(name)
        assert seen.traffic.of(name) == 0

    def test_until_then_it_is_not_shown_in_service_on_a_settled_endpoint(
        self, world: DeployWorld
    ) -> None:
        name = ask_for(world, "r-7k2f")

        seen = look(world)
        assert world.at_once or not (seen.settled and seen.serves(name))
        assert seen.traffic.same_as(Traffic.all_to(world.baseline))

    def test_one_release_deploys_once(self, world: DeployWorld) -> None:
        first = ask_for(world, "r-7k2f")

        again = ask_for(world, "r-7k2f")
        world.settle()
        later = ask_for(world, "r-7k2f")

        world.settle()
        assert first == again == later
        assert len(look(world).versions) == 3

    def test_it_stays_idle_while_others_are_shifted(self, world: DeployWorld) -> None:
        name = deploy(world, "r-7k2f")

        shift(world, split(world, 33))

        seen = assert_settled(world, split(world, 33))
        assert seen.traffic.of(name) == 0
        assert seen.serves(name)

    def test_it_takes_traffic_and_is_retired_when_idle(self, world: DeployWorld) -> None:
        name = deploy(world, "r-7k2f")
        shift(world, Traffic.split(world.baseline, name, 5))
        shift(world, Traffic.all_to(world.baseline))

        deployer(world).retire(look(world), name)

        world.settle()
        seen = assert_settled(world, Traffic.all_to(world.baseline))
        assert seen.version(name) is None

    def test_a_version_with_traffic_is_not_retired(self, world: DeployWorld) -> None:
        with pytest.raises(Conflict):
            deployer(world).retire(look(world), world.baseline)

        world.settle()
        assert look(world).serves(world.baseline)


def deployer(world: DeployWorld) -> Deployer:
    """The provider, which must be able to deploy."""
    assert offers(world.provider, Deployer)
    return world.provider


def ask_for(world: DeployWorld, release: str) -> str:
    """Ask for the world's model beside the baseline."""
    like, options = world.baseline, world.options
    return deployer(world).deploy(look(world), world.model, like, options, release)


def deploy(world: DeployWorld, release: str) -> str:
    """Ask for the world's model beside the baseline and let it come into service."""
    name = ask_for(world, release)
    world.settle()
    return name
