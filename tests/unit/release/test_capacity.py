"""Instances against the share they would get."""

import pytest

from canarycli.provider import Endpoint, Version
from canarycli.release.capacity import shortages
from canarycli.traffic import Traffic


def endpoint(blue: int | None, green: int | None, traffic: Traffic) -> Endpoint:
    versions = (
        Version("blue", in_service=True, instances=blue),
        Version("green", in_service=True, instances=green),
    )
    return Endpoint("churn", versions, traffic, settled=True)


def sentences(seen: Endpoint, to: Traffic) -> tuple[str, ...]:
    return tuple(shortage.sentence for shortage in shortages(seen, to))


@pytest.mark.parametrize(
    ("blue", "green", "share", "said"),
    [
        (4, 1, 25, ()),
        (4, 1, 50, ("green would get 50% with 1 instance, where 2 carry that now",)),
        (4, 2, 100, ("green would get 100% with 2 instances, where 4 carry that now",)),
        (4, 4, 100, ()),
        (4, 0, 5, ("green would get 5% with 0 instances, where 1 carry that now",)),
        (None, 1, 100, ()),
        (4, None, 100, ()),
    ],
)
def test_a_share_too_large_for_the_instances_is_named(
    blue: int | None, green: int | None, share: float, said: tuple[str, ...]
) -> None:
    now = endpoint(blue, green, Traffic.all_to("blue"))

    assert sentences(now, Traffic.split("blue", "green", share)) == said


def test_a_baseline_scaled_away_is_named_before_a_rollback() -> None:
    now = endpoint(1, 4, Traffic.all_to("green"))

    assert sentences(now, Traffic.all_to("blue")) == (
        "blue would get 100% with 1 instance, where 4 carry that now",
    )


def test_the_way_back_from_three_quarters_is_no_more_than_a_day_brings() -> None:
    now = endpoint(4, 2, Traffic.split("blue", "green", 25))

    assert sentences(now, Traffic.all_to("blue")) == ()


def test_a_version_that_gets_no_more_than_it_has_is_never_short() -> None:
    now = endpoint(1, 8, Traffic.split("blue", "green", 10))

    assert sentences(now, Traffic.split("blue", "green", 10)) == ()


def test_where_nothing_carries_traffic_nothing_can_be_compared() -> None:
    assert sentences(endpoint(1, 1, Traffic({})), Traffic.all_to("blue")) == ()


def test_a_load_that_was_carried_before_the_release_counts_too() -> None:
    now = endpoint(4, 1, Traffic.split("blue", "green", 5))
    third = Traffic.split("blue", "green", 33)

    assert shortages(now, third) != ()
    assert shortages(now, third, known=Traffic.all_to("blue")) == ()
