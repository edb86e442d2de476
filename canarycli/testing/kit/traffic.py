"""What a provider must do with traffic and notes."""

# ruff: noqa: D102 - a test's name is its sentence

from datetime import timedelta

import pytest

from canarycli.errors import Conflict, NotFound, Rejected
from canarycli.metrics import UNITS
from canarycli.preview import Listing
from canarycli.provider import RELEASE_NOTE
from canarycli.testing.kit.world import (
    NOTES,
    Trouble,
    World,
    ask,
    assert_settled,
    look,
    shift,
    split,
    trouble,
)
from canarycli.traffic import TOLERANCE, Traffic
from canarycli.verbs import offers


class TrafficKit:
    """Looks, shifts and notes."""

    def test_a_look_shows_every_version_and_shares_that_add_up(self, world: World) -> None:
        seen = look(world)

        assert seen.name == world.endpoint
        assert seen.serves(world.baseline)
        assert seen.serves(world.candidate)
        assert seen.traffic.of(world.baseline) == pytest.approx(100)
        assert sum(seen.traffic.shares.values()) == pytest.approx(100)
        assert seen.settled
        assert not seen.failure
        assert not seen.unfit

    def test_looking_changes_nothing(self, world: World) -> None:
        assert look(world) == look(world)

    def test_the_endpoint_is_in_the_list_by_a_name_that_a_look_takes(self, world: World) -> None:
        provider: object = world.provider
        if not offers(provider, Listing):
            pytest.skip("this provider lists no endpoints")
        listed = [one.name for one in provider.endpoints()]

        looks = [world.provider.describe(name) for name in listed]

        assert look(world).traffic in [seen.traffic for seen in looks]
        assert len(set(listed)) == len(listed)

    def test_an_unknown_endpoint_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound, match=world.missing):
            world.provider.describe(world.missing)

    def test_a_shift_is_asked_for_and_settles_to_the_split(self, world: World) -> None:
        wanted = split(world, 5)

        ask(world, look(world), wanted, NOTES)

        under_way = look(world)
        assert under_way.settled is world.at_once
        world.settle()
        assert_settled(world, wanted)

    def test_the_old_split_is_never_shown_as_settled_after_a_shift(self, world: World) -> None:
        wanted = split(world, 5)

        ask(world, look(world), wanted, NOTES)

        seen = look(world)
        assert not seen.settled or seen.traffic.same_as(wanted)

    def test_a_shift_changes_the_revision_where_there_is_one(self, world: World) -> None:
        before = look(world)

        shift(world, split(world, 5))

        after = look(world)
        assert not before.revision or after.revision != before.revision

    def test_the_same_shift_again_is_no_error(self, world: World) -> None:
        seen, wanted = look(world), split(world, 5)
        ask(world, seen, wanted, NOTES)

        ask(world, seen, wanted, NOTES)
        world.settle()
        ask(world, look(world), wanted, NOTES)

        world.settle()
        assert_settled(world, wanted)

    @pytest.mark.parametrize("percent", [1, 33, 50, 100])
    def test_every_share_reads_back_as_it_was_asked_for(self, world: World, percent: int) -> None:
        shift(world, split(world, percent))

        assert_settled(world, split(world, percent))

    def test_shares_as_fine_as_it_claims_read_back(self, world: World) -> None:
        finest = world.provider.limits.finest_percent
        for wanted in (max(finest, 5 * TOLERANCE), round(12.34 / finest) * finest):
            shift(world, split(world, wanted))

            assert_settled(world, split(world, wanted))

    def test_on_the_way_no_version_has_more_than_before_and_after(self, world: World) -> None:
        if not world.splits():
            pytest.skip("this world does not tell which splits there were")
        ways = [split(world, 5), split(world, 50), split(world, 5), split(world, 100)]

        for wanted in (*ways, split(world, 0)):
            before, past = look(world).traffic, len(world.splits())
            shift(world, wanted)
            for seen in world.splits()[past:]:
                assert seen.live
                for name in (world.baseline, world.candidate):
                    most = max(before.of(name), wanted.of(name))
                    assert seen.of(name) <= most + TOLERANCE

    def test_a_version_that_fails_is_not_in_service(self, world: World) -> None:
        if not world.sicken(world.candidate):
            pytest.skip("this world can take no version out of service")

        seen = look(world)

        assert not seen.serves(world.candidate)
        assert seen.serves(world.baseline)

    def test_a_version_without_a_share_has_none_and_stays_deployed(self, world: World) -> None:
        shift(world, split(world, 25))

        shift(world, Traffic.all_to(world.baseline))

        seen = assert_settled(world, Traffic.all_to(world.baseline))
        assert seen.traffic.of(world.candidate) == 0
        assert seen.serves(world.candidate)

    def test_another_raise_while_a_change_is_under_way_is_refused(self, world: World) -> None:
        if world.at_once:
            pytest.skip("changes are in force at once")
        ask(world, look(world), split(world, 5), NOTES)

        with pytest.raises(Conflict):
            ask(world, look(world), split(world, 50), NOTES)

        world.settle()
        assert_settled(world, split(world, 5))

    def test_a_raise_on_a_stale_look_is_refused(self, world: World) -> None:
        stale = look(world)
        world.foreign(split(world, 10))

        with pytest.raises(Conflict):
            ask(world, stale, split(world, 50), NOTES)

        world.settle()
        assert_settled(world, split(world, 10))

    def test_a_fresh_look_undoes_a_foreign_raise(self, world: World) -> None:
        world.foreign(split(world, 40))

        shift(world, Traffic.all_to(world.baseline))

        assert_settled(world, Traffic.all_to(world.baseline))

    def test_a_shift_to_a_version_that_is_not_there_is_refused(self, world: World) -> None:
        wanted = Traffic.split(world.baseline, "no-such-version", 5)

        with pytest.raises((NotFound, Rejected), match="no-such-version"):
            ask(world, look(world), wanted, NOTES)

        world.settle()
        assert_settled(world, Traffic.all_to(world.baseline))

    def test_a_fresh_endpoint_has_no_notes(self, world: World) -> None:
        assert world.provider.notes(look(world)) == {}

    def test_notes_read_back_as_they_were_written(self, world: World) -> None:
        shift(world, split(world, 5))

        assert world.provider.notes(look(world)) == NOTES

    def test_a_rollback_without_notes_keeps_those_there(self, world: World) -> None:
        shift(world, split(world, 5))

        ask(world, look(world), Traffic.all_to(world.baseline), {})

        world.settle()
        assert_settled(world, Traffic.all_to(world.baseline))
        assert world.provider.notes(look(world)) == NOTES

    def test_the_next_release_replaces_the_notes(self, world: World) -> None:
        newer = {**NOTES, RELEASE_NOTE: "r-9x1c"}
        shift(world, split(world, 5))

        ask(world, look(world), split(world, 10), newer)

        world.settle()
        assert world.provider.notes(look(world)) == newer

    def test_the_plain_command_says_the_whole_split_and_makes_no_call(self, world: World) -> None:
        with trouble(world, Trouble.DROPPED):
            command = world.provider.plain_command(world.endpoint, split(world, 23))

        for word in (world.endpoint, world.baseline, world.candidate, "23", "77"):
            assert word in command

    def test_limits_and_place_make_sense(self, world: World) -> None:
        limits, place = world.provider.limits, world.provider.place

        assert 0 < limits.finest_percent <= 1
        assert 0 <= limits.shadow_up_to <= 100
        assert limits.metric_delay >= timedelta(0)
        assert limits.late_request >= timedelta(0)
        assert limits.usual_shift >= timedelta(0)
        assert limits.metrics <= UNITS.keys()
        assert {"requests", "errors_5xx", "latency_p99"} <= limits.metrics
        assert limits.custom_source.islower()
        assert place
        assert place == world.provider.place
