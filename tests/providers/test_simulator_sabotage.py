"""Every test of the conformance kit fails for a provider that breaks its promise."""

import inspect
from dataclasses import replace

import pytest
from providers.simulator_malpractice import DOCTOR
from providers.simulator_saboteur import (
    HOME,
    HOUR,
    NUMBERS,
    Broken,
    Sabotage,
    anywhere,
    asks,
    averaged,
    baseline_only,
    blind,
    calling,
    closed,
    exchanged,
    generous,
    in_buckets,
    instead,
    known_only,
    leftover,
    limited,
    looks,
    measures,
    micro,
    points,
    reckless,
    remembered,
    restless,
    running,
    silently,
    spilling,
    tens,
    too_soon,
    touchy,
    twice,
    unnamed,
    wide,
    without_candidate,
    without_gauges,
    without_notes,
    zeros,
)
from providers.simulator_world import SimulatorWorld
from providers.test_example_sabotage import SABOTAGES as ELSEWHERE

from canarycli.errors import CanaryError, Denied, Unavailable
from canarycli.testing.kit import (
    DeployerKit,
    DoctorKit,
    PolicyKit,
    ProviderKit,
    ShadowKit,
    SmokerKit,
    WarmingKit,
)
from canarycli.traffic import Traffic

TRAFFIC = [
    Sabotage(
        "an idle version is hidden",
        "a_look_shows_every_version_and_shares_that_add_up",
        looks(without_candidate),
    ),
    Sabotage("every look has a new revision", "looking_changes_nothing", looks(restless)),
    Sabotage("every endpoint exists", "an_unknown_endpoint_is_not_found", {"describe": anywhere}),
    Sabotage(
        "it says settled at once",
        "a_shift_is_asked_for_and_settles_to_the_split",
        looks(lambda seen: replace(seen, settled=True)),
    ),
    Sabotage(
        "it says settled with the old split",
        "the_old_split_is_never_shown_as_settled_after_a_shift",
        looks(lambda seen: replace(seen, settled=True)),
    ),
    Sabotage(
        "the revision never changes",
        "a_shift_changes_the_revision_where_there_is_one",
        looks(lambda seen: replace(seen, revision="1")),
    ),
    Sabotage("a repeated shift is refused", "the_same_shift_again_is_no_error", {"shift": touchy}),
    Sabotage(
        "it claims finer shares than it has",
        "shares_as_fine_as_it_claims_read_back",
        asks(lambda to: Traffic(to.rounded(1))),
    ),
    Sabotage(
        "nothing is in the list",
        "the_endpoint_is_in_the_list_by_a_name_that_a_look_takes",
        {"endpoints": lambda _: ()},
    ),
    Sabotage("shares are tens", "every_share_reads_back_as_it_was_asked_for", asks(tens), (33,)),
    Sabotage(
        "one percent stays behind",
        "a_version_without_a_share_has_none_and_stays_deployed",
        asks(leftover),
    ),
    Sabotage(
        "a change under way is overruled",
        "another_raise_while_a_change_is_under_way_is_refused",
        {"shift": lambda real, seen, to, _, **_told: real.provider.impose(seen.name, to)},
    ),
    Sabotage("it does not look", "a_raise_on_a_stale_look_is_refused", {"shift": blind}),
    Sabotage(
        "it does nothing",
        "a_fresh_look_undoes_a_foreign_raise",
        {"shift": lambda *_, **_told: None},
    ),
    Sabotage(
        "an unknown version is left out",
        "a_shift_to_a_version_that_is_not_there_is_refused",
        asks(lambda to: HOME if "no-such-version" in to.shares else to),
    ),
    Sabotage(
        "there are notes from the start",
        "a_fresh_endpoint_has_no_notes",
        {"notes": lambda *_: {"owner": "somebody"}},
    ),
    Sabotage("notes are dropped", "notes_read_back_as_they_were_written", {"shift": without_notes}),
    Sabotage(
        "notes are gone after a rollback",
        "a_rollback_without_notes_keeps_those_there",
        {"notes": lambda real, seen: {} if seen.traffic.of("v42") == 0 else real.notes(seen)},
    ),
    Sabotage(
        "the first notes stay",
        "the_next_release_replaces_the_notes",
        {
            "shift": lambda real, seen, to, notes, **told: real.shift(
                seen, to, {} if real.notes(seen) else notes, **told
            )
        },
    ),
    Sabotage(
        "the plain command names one version",
        "the_plain_command_says_the_whole_split_and_makes_no_call",
        {"plain_command": unnamed},
    ),
    Sabotage(
        "the plain command makes a call",
        "the_plain_command_says_the_whole_split_and_makes_no_call",
        {"plain_command": calling},
    ),
    Sabotage("shares have no step", "limits_and_place_make_sense", limited(finest_percent=0.0)),
    Sabotage(
        "a metric is called as the cloud calls it",
        "limits_and_place_make_sense",
        limited(metrics=frozenset({"requests", "errors_5xx", "latency_p99", "Invocations"})),
    ),
    Sabotage(
        "the place is another one each time",
        "limits_and_place_make_sense",
        {"place": lambda _: str(next(NUMBERS))},
    ),
]

METRICS = [
    Sabotage(
        "silence is zero", "a_version_has_no_points_before_its_first_request", measures(zeros)
    ),
    Sabotage(
        "an unknown version is an error",
        "a_version_that_never_was_has_no_points",
        {"measure": known_only},
    ),
    Sabotage(
        "the candidate is left out",
        "one_look_brings_every_metric_of_both_arms",
        {"measure": baseline_only},
    ),
    Sabotage(
        "nobody knows the questions",
        "one_look_brings_every_metric_of_both_arms",
        {"measure": lambda real, *asked: replace(real.measure(*asked), queries={})},
    ),
    Sabotage(
        "the newest comes first",
        "points_are_in_the_window_oldest_first_one_a_period",
        measures(lambda series: replace(series, points=series.points[::-1])),
    ),
    Sabotage(
        "points are from around the window",
        "points_are_in_the_window_oldest_first_one_a_period",
        {"measure": wide},
    ),
    Sabotage(
        "points come more often than their period",
        "points_are_in_the_window_oldest_first_one_a_period",
        measures(lambda series: replace(series, period=HOUR)),
    ),
    Sabotage(
        "the end is in the window", "a_window_holds_its_start_and_not_its_end", {"measure": closed}
    ),
    Sabotage("an empty window is a long one", "an_empty_window_has_no_points", {"measure": wide}),
    Sabotage(
        "good ones are counted as bad",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        points(micro),
        ("errors_5xx",),
    ),
    Sabotage(
        "errors are rates",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        points(averaged),
        ("errors_5xx",),
    ),
    Sabotage(
        "requests are a million times more",
        "requests_are_counted_on_the_arm_that_had_them",
        points(micro),
    ),
    *(
        Sabotage("latency is in microseconds", "percentiles_are_in_seconds", points(micro), (name,))
        for name in ("latency_p50", "latency_p90", "latency_p95", "latency_p99")
    ),
    Sabotage("bounds are in microseconds", "a_latency_histogram_is_in_seconds", points(micro)),
    Sabotage(
        "arms are exchanged",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        {"measure": exchanged},
        ("errors_5xx",),
    ),
    Sabotage(
        "arms are exchanged",
        "requests_are_counted_on_the_arm_that_had_them",
        {"measure": exchanged},
    ),
    Sabotage("arms are exchanged", "the_slower_arm_is_slower", {"measure": exchanged}),
    Sabotage(
        "only the newest ten points come",
        "a_long_window_brings_every_point",
        measures(lambda series: replace(series, points=series.points[-10:])),
    ),
    Sabotage(
        "processors are never told of",
        "every_metric_it_names_has_points",
        {"measure": without_gauges},
    ),
    Sabotage(
        "a metric of one's own is another",
        "a_metric_of_ones_own_has_its_known_answer",
        points(lambda point: replace(point, bad=point.n - point.bad)),
    ),
    Sabotage(
        "nonsense has no data",
        "a_metric_of_ones_own_that_makes_no_sense_is_unsupported",
        silently("measure", CanaryError),
    ),
    Sabotage("fast ones are counted as slow", "slow_requests_are_counted", points(micro)),
    Sabotage(
        "counts are running totals",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        measures(running),
        ("errors_4xx",),
    ),
    Sabotage(
        "the first answer is given for ever",
        "what_came_since_the_last_look_is_there",
        {"measure": remembered()},
    ),
    Sabotage(
        "buckets count, and nobody says so",
        "it_counts_at_a_threshold_or_says_that_it_counts_in_buckets",
        {"measure": in_buckets},
    ),
    Sabotage(
        "bounds are below what was asked for",
        "it_counts_at_a_threshold_or_says_that_it_counts_in_buckets",
        points(lambda point: replace(point, over=0.0) if hasattr(point, "over") else point),
    ),
]

FAULTS = [
    Sabotage(
        "no answer is an old answer",
        "a_look_in_trouble_is_unavailable",
        silently("describe", Unavailable),
        ("broken",),
    ),
    Sabotage(
        "an error of the client library comes through",
        "a_look_in_trouble_is_unavailable",
        instead("describe", Unavailable, ConnectionError("reset by peer")),
        ("dropped",),
    ),
    Sabotage(
        "no answer is no data",
        "metrics_in_trouble_are_unavailable_and_not_no_data",
        silently("measure", Unavailable),
        ("throttled",),
    ),
    Sabotage(
        "a shift without an answer is done",
        "a_shift_in_trouble_is_unavailable_and_moves_nothing",
        silently("shift", Unavailable),
        ("dropped",),
    ),
    *(
        Sabotage(
            "no permission is no answer", test, instead(verb, Denied, Unavailable("no answer"))
        )
        for verb, test in [
            ("describe", "a_look_without_permission_is_denied"),
            ("measure", "metrics_without_permission_are_denied"),
            ("shift", "a_shift_without_permission_is_denied_and_moves_nothing"),
        ]
    ),
    Sabotage(
        "its own write is somebody else's",
        "a_shift_whose_answer_was_lost_can_be_asked_for_again",
        {"shift": touchy},
    ),
]

MORE = [
    Sabotage(
        "the shadow is dropped",
        "shadow_traffic_stands_beside_the_live_split",
        asks(lambda to: Traffic(to.shares)),
    ),
    Sabotage(
        "the shadow stays",
        "a_split_without_shadow_ends_it",
        asks(lambda to: Traffic(to.shares, {"v42": 5.0})),
    ),
    Sabotage(
        "a deployment brings traffic along",
        "a_deployed_version_comes_into_service_without_traffic",
        {"deploy": generous},
    ),
    Sabotage(
        "it says in service at once",
        "until_then_it_is_not_shown_in_service_on_a_settled_endpoint",
        looks(too_soon),
    ),
    Sabotage(
        "a third version gets what rounding leaves",
        "it_stays_idle_while_others_are_shifted",
        {"shift": spilling},
    ),
    Sabotage("every call deploys", "one_release_deploys_once", {"deploy": twice}),
    Sabotage(
        "nothing is ever retired",
        "it_takes_traffic_and_is_retired_when_idle",
        {"retire": lambda *_: None},
    ),
    Sabotage(
        "whatever has traffic is retired",
        "a_version_with_traffic_is_not_retired",
        {"retire": reckless},
    ),
]

ALL = [*TRAFFIC, *METRICS, *FAULTS, *MORE, *DOCTOR]


class WholeKit(ProviderKit, ShadowKit, DeployerKit, DoctorKit, PolicyKit, SmokerKit, WarmingKit):
    """Every test there is."""


@pytest.mark.parametrize("sabotage", ALL, ids=lambda sabotage: sabotage.what)
def test_the_kit_notices_that(sabotage: Sabotage) -> None:
    world = SimulatorWorld(":memory:")
    honest = world.provider
    world.provider = Broken(honest, sabotage.ways)  # type: ignore[assignment]  # any verb may be broken
    test = getattr(WholeKit(), f"test_{sabotage.test}")

    with pytest.raises((AssertionError, pytest.fail.Exception, CanaryError, ConnectionError)):
        test(world, *sabotage.arguments)


def test_every_test_of_the_kit_was_seen_to_fail() -> None:
    names = {name for name, _ in inspect.getmembers(WholeKit, inspect.isfunction)}

    seen = {sabotage.test for sabotage in ALL} | {sabotage.test for sabotage in ELSEWHERE}
    assert {f"test_{test}" for test in seen} == names
