"""What a provider that comes with a doctor, a policy or a smoke test must do."""

# ruff: noqa: D102 - a test's name is its sentence

import json

import pytest

from canarycli.errors import NotFound, ProviderError
from canarycli.metrics import Metric
from canarycli.permissions import Needs, Permitted
from canarycli.provider import Doctor, Inspector, Probe, Smoker, Warming
from canarycli.testing.kit.world import SmokeWorld, Trouble, World, look, trouble
from canarycli.verbs import offers


class DoctorKit:
    """The contract of `canarycli.provider.Inspector` and its doctor."""

    def test_the_doctor_is_a_property_and_knows_who_we_are(self, world: World) -> None:
        found = list(doctor(world).identity())

        assert found
        assert all(isinstance(probe, Probe) for probe in found)
        assert any(probe.ok for probe in found)

    def test_permissions_that_are_there_are_fine(self, world: World) -> None:
        for deploys in (False, True):
            found = list(doctor(world).permissions(world.endpoint, deploys=deploys))

            assert found
            assert not [probe.name for probe in found if probe.ok is False]

    def test_permissions_on_an_endpoint_that_is_not_there_are_an_error(self, world: World) -> None:
        with pytest.raises(NotFound):
            list(doctor(world).permissions(world.missing))

    def test_the_newest_points_are_named_by_metric(self, world: World) -> None:
        driven, arms = world.drive(3), [world.baseline, world.candidate]

        found = list(doctor(world).metrics(world.endpoint, arms, [Metric("requests")], driven.end))

        assert any("requests" in probe.name for probe in found)
        assert all(probe.ok for probe in found)

    def test_looking_changes_nothing_for_the_doctor_either(self, world: World) -> None:
        before = look(world)

        list(doctor(world).identity())
        list(doctor(world).permissions(world.endpoint, deploys=True))

        assert look(world) == before

    def test_in_trouble_the_doctor_tells_or_raises_an_error_of_ours(self, world: World) -> None:
        with trouble(world, Trouble.BROKEN):
            try:
                found = list(doctor(world).permissions(world.endpoint))
            except ProviderError:
                return

        assert any(probe.ok is not True for probe in found)


class PolicyKit:
    """The contract of `canarycli.permissions.Permitted`."""

    def test_the_least_policy_is_json_and_grows_with_what_is_needed(self, world: World) -> None:
        provider = world.provider
        assert offers(provider, Permitted)

        least, more = (
            json.dumps(provider.least_policy({}, world.endpoint, needs))
            for needs in (Needs(watches=False), Needs(deploys=True, smokes=True))
        )

        assert len(more) > len(least) > 2


class SmokerKit:
    """The contract of `canarycli.provider.Smoker`."""

    def test_each_version_answers_for_itself_whatever_its_share(self, world: SmokeWorld) -> None:
        provider = world.provider
        assert provider.limits.smokes
        assert offers(provider, Smoker)

        for version in (world.baseline, world.candidate):
            reply = provider.smoke(world.endpoint, version, world.body)

            assert reply.version == version
            assert reply.status == 200
            assert reply.body
            assert reply.seconds >= 0

    def test_a_version_that_is_not_there_answers_nothing(self, world: SmokeWorld) -> None:
        provider = world.provider
        assert offers(provider, Smoker)

        with pytest.raises(ProviderError):
            provider.smoke(world.endpoint, "no-such-version", world.body)


class WarmingKit:
    """The contract of `canarycli.provider.Warming`, where nothing scales."""

    def test_a_version_that_does_not_scale_is_left_alone(self, world: World) -> None:
        provider = world.provider
        assert offers(provider, Warming)
        before = look(world)

        assert not provider.keep_warm(before, world.baseline, "r-7k2f")
        assert not provider.let_cool(look(world), world.baseline)
        assert look(world) == before


def doctor(world: World) -> Doctor:
    """The provider's doctor, which must be a property."""
    provider = world.provider
    assert offers(provider, Inspector)
    assert not callable(provider.doctor), "doctor is a property, and this one is a method"
    return provider.doctor
