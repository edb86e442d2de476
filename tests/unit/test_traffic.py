"""Shares add up to 100, rounding keeps that, and an idle version stays idle."""

from collections.abc import Mapping
from math import isclose
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.traffic import TOLERANCE, Traffic, percent

NAMES = st.sampled_from(["v41", "v42", "v43", "blue", "green"])
WEIGHTS = st.dictionaries(NAMES, st.one_of(st.just(0.0), st.floats(0.001, 1e6)), min_size=1)
FINEST = st.sampled_from([0.01, 0.1, 0.5, 1.0, 5.0, 10.0])


def test_a_split_gives_the_rest_to_the_baseline() -> None:
    traffic = Traffic.split("v41", "v42", 5)

    assert traffic.shares == {"v41": 95, "v42": 5}


def test_all_to_one_leaves_nothing_to_others() -> None:
    traffic = Traffic.all_to("v41")

    assert traffic.of("v41") == 100
    assert traffic.of("v42") == 0


@pytest.mark.parametrize(
    "shares",
    [{"a": 50.0, "b": 49.0}, {"a": 99.9}, {"a": 60.0, "b": 60.0}, {"a": 0.5}],
    ids=str,
)
def test_shares_that_do_not_add_up_are_refused(shares: Mapping[str, float]) -> None:
    with pytest.raises(ValueError, match="add up to"):
        Traffic(shares)


@pytest.mark.parametrize("share", [-1.0, 100.5, float("nan"), float("inf")])
def test_a_share_outside_0_to_100_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 100"):
        Traffic({"a": share, "b": 100 - share})


def test_a_shadow_outside_0_to_100_is_refused() -> None:
    with pytest.raises(ValueError, match="share of 'v42' is 101"):
        Traffic({"v41": 100}, {"v42": 101})


def test_no_traffic_at_all_has_a_spelling() -> None:
    assert Traffic({}).live == ()
    assert str(Traffic({"v41": 0})) == "no traffic"
    assert Traffic({}).rounded(1) == {}


def test_shadow_does_not_count_towards_the_hundred() -> None:
    traffic = Traffic({"v41": 100}, {"v42": 30})

    assert traffic.of("v42") == 0
    assert traffic.live == ("v41",)


def test_shadow_tells_two_splits_apart() -> None:
    assert not Traffic({"a": 100}, {"b": 5}).same_as(Traffic({"a": 100}))
    assert Traffic({"a": 100}, {"b": 0}).same_as(Traffic({"a": 100}))


def test_a_single_precision_weight_is_the_same_share() -> None:
    back = Traffic({"v41": 99.89999999851, "v42": 0.10000000149})

    assert back.same_as(Traffic.split("v41", "v42", 0.1))


def test_a_tenth_of_a_percent_is_another_share() -> None:
    assert not Traffic.split("a", "b", 5).same_as(Traffic.split("a", "b", 5.1))


def test_an_idle_version_does_not_make_a_difference() -> None:
    assert Traffic({"a": 100, "b": 0}).same_as(Traffic.all_to("a"))


def test_shares_can_not_be_changed_from_outside() -> None:
    given_shares = {"a": 100.0}
    traffic = Traffic(given_shares)

    given_shares["a"] = 1

    assert traffic.of("a") == 100
    with pytest.raises(TypeError):
        cast("dict[str, float]", traffic.shares)["a"] = 1


def test_a_split_reads_as_people_say_it_the_largest_first() -> None:
    assert str(Traffic.split("v41", "v42", 12.5)) == "v41 87.5%, v42 12.5%"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (5, "5%"),
        (12.5, "12.5%"),
        (0.1, "0.1%"),
        (33.333, "33.33%"),
        (100, "100%"),
        (0.001, "0.001%"),
        (0, "0%"),
        (1e-9, "0%"),
    ],
)
def test_a_share_has_two_places_and_one_that_is_small_is_not_nothing(
    share: float, text: str
) -> None:
    assert percent(share) == text


def test_thirds_are_rounded_by_the_largest_remainder() -> None:
    thirds = Traffic.from_weights({"a": 1, "b": 1, "c": 1})

    assert thirds.rounded(1) == {"a": 34, "b": 33, "c": 33}


def test_a_share_of_one_smallest_step_is_kept() -> None:
    smallest = Traffic({"v41": 0.02, "v42": 0.01, "v43": 99.97})

    assert smallest.rounded(0.01) == pytest.approx({"v41": 0.02, "v42": 0.01, "v43": 99.97})


def test_shares_a_little_above_100_are_rounded_down_to_it() -> None:
    drifted = Traffic({"a": 33.34, "b": 33.34, "c": 33.34})

    assert sum(drifted.rounded(0.01).values()) == pytest.approx(100)


def test_weights_that_are_all_0_are_no_traffic() -> None:
    assert Traffic.from_weights({"a": 0, "b": 0}).live == ()


@given(WEIGHTS)
def test_shares_from_weights_add_up_and_keep_their_order(weights: dict[str, float]) -> None:
    traffic = Traffic.from_weights(weights)

    assert isclose(sum(traffic.shares.values()), 100 if any(weights.values()) else 0)
    assert all(traffic.of(name) == 0 for name, weight in weights.items() if weight == 0)


@given(WEIGHTS, FINEST)
def test_rounded_shares_add_up_to_exactly_100(weights: dict[str, float], finest: float) -> None:
    traffic = Traffic.from_weights(weights)

    rounded = traffic.rounded(finest)

    steps = {name: share / finest for name, share in rounded.items()}
    assert all(isclose(step, round(step), abs_tol=1e-6) for step in steps.values())
    assert isclose(sum(rounded.values()), 100 if traffic.live else 0, abs_tol=1e-6)


@given(WEIGHTS, FINEST)
def test_rounding_moves_no_share_by_a_whole_step(weights: dict[str, float], finest: float) -> None:
    traffic = Traffic.from_weights(weights)

    rounded = traffic.rounded(finest)

    slack = finest + TOLERANCE * len(weights)
    assert all(abs(share - traffic.of(name)) < slack for name, share in rounded.items())


@given(WEIGHTS, FINEST)
def test_a_version_at_0_gets_nothing_by_rounding(weights: dict[str, float], finest: float) -> None:
    rounded = Traffic.from_weights(weights).rounded(finest)

    assert all(name not in rounded for name, weight in weights.items() if weight == 0)


@given(WEIGHTS, FINEST)
def test_a_rounded_split_is_a_split_and_rounds_to_itself(
    weights: dict[str, float], finest: float
) -> None:
    rounded = Traffic(Traffic.from_weights(weights).rounded(finest))

    assert Traffic(rounded.rounded(finest)).same_as(rounded)


@given(st.floats(0, 100))
def test_any_percent_makes_a_split_that_is_the_same_as_itself(share: float) -> None:
    traffic = Traffic.split("v41", "v42", share)

    assert traffic.same_as(traffic)
    assert isclose(traffic.of("v41") + traffic.of("v42"), 100)


def test_a_difference_within_the_tolerance_is_not_more() -> None:
    before = Traffic.split("v41", "v42", 0)

    assert not Traffic.split("v41", "v42", TOLERANCE).gives_more("v42", before)
    assert Traffic.split("v41", "v42", TOLERANCE * 2).gives_more("v42", before)


def test_more_is_a_larger_share_or_a_larger_copy() -> None:
    home = Traffic.all_to("blue")
    split = Traffic.split("blue", "green", 5)
    copied = Traffic({"blue": 100}, {"green": 20})
    assert split.gives_more("green", home)
    assert copied.gives_more("green", home)
    assert not home.gives_more("green", split)
    assert not split.gives_more("green", split)
