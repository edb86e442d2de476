"""The simulator behaves like a managed endpoint: slow, watchful and safe to share."""

from typing import Any

import pytest

from canarycli.errors import Conflict, NotFound, Rejected, Unsupported, UsageError
from canarycli.metrics import Metric, Window
from canarycli.provider import BASELINE_NOTE, Deployer, Provider
from canarycli.simulator import Simulator
from canarycli.testing import NOON, FakeClock, ForeignWriter
from canarycli.traffic import Traffic
from canarycli.verbs import offers

FIVE = Traffic.split("v41", "v42", 5)
HOME = Traffic.all_to("v41")


def simulator(clock: FakeClock | None = None, **settings: Any) -> Simulator:
    return Simulator({"state": ":memory:", **settings}, clock=clock or FakeClock())


def moved(clock: FakeClock, to: Traffic, **settings: Any) -> Simulator:
    """A simulator on which a split has settled."""
    pretend = simulator(clock, **settings)
    pretend.shift(pretend.describe("demo"), to, {BASELINE_NOTE: "v41"})
    clock.advance(60)
    return pretend


def test_it_is_a_provider_that_deploys() -> None:
    provider: Provider = simulator()

    assert offers(provider, Deployer)


def test_there_is_a_demo_endpoint_with_a_baseline_and_an_idle_candidate() -> None:
    seen = simulator().describe("demo")

    assert [version.name for version in seen.versions] == ["v41", "v42"]
    assert seen.traffic.same_as(HOME)
    assert seen.serves("v42")
    assert seen.settled


def test_an_unknown_endpoint_is_not_found_and_the_hint_says_which_there_are() -> None:
    pretend = simulator(endpoints=["churn", "ranker"])

    with pytest.raises(NotFound, match="no endpoint 'chrn'") as refused:
        pretend.describe("chrn")

    assert refused.value.hints == ("it has churn, ranker",)


def test_endpoints_are_made_by_settings_each_with_a_script_of_its_own() -> None:
    pretend = simulator(
        endpoints={"churn": None, "eta": {"versions": {"blue": {"percent": 100}, "green": {}}}}
    )

    assert pretend.describe("churn").traffic.of("v41") == 100
    assert pretend.describe("eta").traffic.of("blue") == 100


def test_versions_may_share_the_traffic_from_the_start() -> None:
    pretend = simulator(versions={"a": {"percent": 60}, "b": {"percent": 40}, "c": {}})

    assert pretend.describe("demo").traffic.same_as(Traffic({"a": 60, "b": 40}))


def test_a_version_is_found_by_its_model() -> None:
    seen = simulator(versions={"a": {"percent": 100}, "b": {"model": "m-2", "instances": 3}})

    found = seen.describe("demo").find("m-2")

    assert [(version.name, version.instances) for version in found] == [("b", 3)]


def test_a_split_comes_into_force_after_its_settling_time() -> None:
    clock = FakeClock()
    pretend = simulator(clock, settle=45)
    pretend.shift(pretend.describe("demo"), FIVE, {})

    clock.advance(44)
    early = pretend.describe("demo")
    clock.advance(1)
    late = pretend.describe("demo")

    assert (early.settled, early.traffic.same_as(HOME), early.status) == (False, True, "changing")
    assert (late.settled, late.traffic.same_as(FIVE), late.status) == (True, True, "in service")


def test_no_other_change_is_taken_while_one_is_under_way() -> None:
    clock = FakeClock()
    pretend = simulator(clock)
    pretend.shift(pretend.describe("demo"), FIVE, {})

    with pytest.raises(Conflict, match="is changing"):
        pretend.shift(pretend.describe("demo"), HOME, {})

    clock.advance(60)
    assert pretend.describe("demo").traffic.same_as(FIVE)


def test_the_revision_counts_changes_and_not_looks() -> None:
    clock = FakeClock()
    pretend = simulator(clock)

    first = pretend.describe("demo").revision
    pretend.shift(pretend.describe("demo"), FIVE, {})
    second = pretend.describe("demo").revision
    clock.advance(60)
    pretend.shift(pretend.describe("demo"), FIVE, {})

    assert (first, second, pretend.describe("demo").revision) == ("1", "2", "2")


def test_other_notes_with_the_same_split_are_written() -> None:
    clock = FakeClock()
    pretend = moved(clock, FIVE)

    pretend.shift(pretend.describe("demo"), FIVE, {BASELINE_NOTE: "v40"})

    assert pretend.notes(pretend.describe("demo")) == {BASELINE_NOTE: "v40"}


def test_a_lowering_on_a_stale_look_goes_through() -> None:
    clock = FakeClock()
    pretend = moved(clock, FIVE)
    stale = pretend.describe("demo")
    ForeignWriter(pretend, "demo").give("v42", 40)
    clock.advance(60)

    pretend.shift(stale, HOME, {})

    clock.advance(60)
    assert pretend.describe("demo").traffic.same_as(HOME)


@pytest.mark.parametrize(
    "to",
    [Traffic.split("v41", "v42", 50), Traffic({"v41": 100}, {"v42": 10})],
    ids=["more to the candidate", "a shadow for it"],
)
def test_a_raise_on_a_stale_look_is_refused(to: Traffic) -> None:
    clock = FakeClock()
    pretend = moved(clock, FIVE)
    stale = pretend.describe("demo")
    ForeignWriter(pretend, "demo").give("v42", 1)
    clock.advance(60)

    with pytest.raises(Conflict, match="has changed since") as refused:
        pretend.shift(stale, to, {})

    assert refused.value.facts == ("it has v41 99%, v42 1%",)


def test_a_stale_raise_is_refused_even_where_it_would_lower_what_somebody_raised() -> None:
    clock = FakeClock()
    pretend = moved(clock, FIVE)
    stale = pretend.describe("demo")
    ForeignWriter(pretend, "demo").give("v42", 40)
    clock.advance(60)

    with pytest.raises(Conflict, match="has changed since"):
        pretend.shift(stale, Traffic.split("v41", "v42", 10), {})


def test_the_noted_baseline_may_be_raised_even_from_nothing() -> None:
    clock = FakeClock()
    pretend = moved(clock, Traffic.all_to("v42"))
    stale = pretend.describe("demo")
    ForeignWriter(pretend, "demo").give("v42", 90)
    clock.advance(60)

    pretend.shift(stale, HOME, {})

    clock.advance(60)
    assert pretend.describe("demo").traffic.same_as(HOME)


def test_a_split_is_rounded_to_what_the_limits_allow() -> None:
    clock = FakeClock()

    pretend = moved(clock, Traffic.split("v41", "v42", 5.4), finest=1)

    assert pretend.limits.finest_percent == 1
    assert pretend.describe("demo").traffic.same_as(FIVE)


def test_a_shadow_beyond_the_limit_is_refused() -> None:
    pretend = simulator(shadow_up_to=50)

    with pytest.raises(Rejected, match="ends at 50%"):
        pretend.shift(pretend.describe("demo"), Traffic({"v41": 100}, {"v42": 60}), {})


def test_an_endpoint_is_not_left_without_traffic() -> None:
    pretend = simulator()

    with pytest.raises(Rejected, match="without live traffic"):
        pretend.shift(pretend.describe("demo"), Traffic({}), {})


def test_a_version_that_is_not_there_gets_no_traffic() -> None:
    pretend = simulator()

    with pytest.raises(NotFound, match="no version 'v99'") as refused:
        pretend.shift(pretend.describe("demo"), Traffic.split("v41", "v99", 5), {})

    assert refused.value.hints == ("it has v41, v42",)


def test_a_version_out_of_service_gets_no_traffic_until_it_is_back() -> None:
    pretend = simulator()
    pretend.put_out("demo", "v42")
    assert not pretend.describe("demo").serves("v42")

    with pytest.raises(Rejected, match="not in service"):
        pretend.shift(pretend.describe("demo"), FIVE, {})

    pretend.put_out("demo", "v42", back=True)
    pretend.shift(pretend.describe("demo"), FIVE, {})
    assert not pretend.describe("demo").settled


def test_a_foreign_hand_may_change_the_split_at_once_whatever_is_under_way() -> None:
    clock = FakeClock()
    pretend = simulator(clock)
    pretend.shift(pretend.describe("demo"), FIVE, {BASELINE_NOTE: "v41"})

    pretend.impose("demo", Traffic.split("v41", "v42", 2))

    seen = pretend.describe("demo")
    assert seen.settled
    assert str(seen.traffic) == "v41 98%, v42 2%"
    clock.advance(300)
    assert pretend.describe("demo").traffic.same_as(seen.traffic)


def test_a_deployed_version_is_named_after_its_model_and_starts_up() -> None:
    clock = FakeClock()
    pretend = simulator(clock, startup=120)

    name = pretend.deploy(pretend.describe("demo"), "models/churn_7", "v41", {}, "r-1")

    assert name == "churn-7"
    assert not pretend.describe("demo").settled
    clock.advance(120)
    assert pretend.describe("demo").serves("churn-7")


def test_a_taken_name_gets_a_number() -> None:
    pretend = simulator()

    assert pretend.deploy(pretend.describe("demo"), "v42", "v41", {}, "r-1") == "v42-2"


def test_a_deployment_is_like_the_version_it_is_told_to_be_like() -> None:
    clock = FakeClock()
    pretend = simulator(clock, versions={"a": {"percent": 100, "instances": 5}})
    seen = pretend.describe("demo")

    like = pretend.deploy(seen, "b", "a", {}, "r-1")
    clock.advance(200)
    told = pretend.deploy(pretend.describe("demo"), "c", "a", {"instances": 1}, "r-2")

    counts = {version.name: version.instances for version in pretend.describe("demo").versions}
    assert (counts[like], counts[told]) == (5, 1)


@pytest.mark.parametrize("options", [{"instances": 0}, {"instances": "two"}, {"size": 3}], ids=str)
def test_a_deployment_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    pretend = simulator()

    with pytest.raises(Rejected):
        pretend.deploy(pretend.describe("demo"), "v43", "v41", options, "r-1")

    assert len(pretend.describe("demo").versions) == 2


def test_a_deployment_like_nothing_is_not_found() -> None:
    pretend = simulator()

    with pytest.raises(NotFound, match="no version 'v99'"):
        pretend.deploy(pretend.describe("demo"), "v43", "v99", {}, "r-1")


def test_a_version_is_retired_once_and_its_release_may_deploy_again() -> None:
    clock = FakeClock()
    pretend = simulator(clock)
    name = pretend.deploy(pretend.describe("demo"), "v43", "v41", {}, "r-1")
    clock.advance(200)

    pretend.retire(pretend.describe("demo"), name)
    pretend.retire(pretend.describe("demo"), name)

    assert pretend.describe("demo").version(name) is None
    assert pretend.deploy(pretend.describe("demo"), "v43", "v41", {}, "r-1") == "v43-2"


def test_a_version_in_the_shadow_is_not_retired() -> None:
    clock = FakeClock()
    pretend = moved(clock, Traffic({"v41": 100}, {"v42": 10}))

    with pytest.raises(Conflict, match="still has traffic"):
        pretend.retire(pretend.describe("demo"), "v42")


def test_a_metric_it_does_not_have_is_named() -> None:
    pretend = simulator()

    with pytest.raises(Unsupported, match="no metric 'gpu'"):
        pretend.measure("demo", ["v41"], [Metric("gpu")], Window(NOON, NOON))


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"scenari": "failing"}, "unknown simulator setting 'scenari'", "did you mean scenario?"),
        (
            {"scenario": "fine"},
            "no scenario 'fine'",
            "it has healthy, failing, slow, no-data, worse-answers, late-labels",
        ),
        ({"speed": 0}, "speed is above 0", None),
        ({"speed": "fast"}, "speed is a number from 0, not 'fast'", None),
        ({"rate": -1}, "rate is a number from 0, not -1", None),
        ({"rate": True}, "rate is a number from 0, not True", None),
        ({"day": 1.5}, "day is a number from 0 up to 1, not 1.5", None),
        ({"period": 0}, "period is above 0", None),
        ({"finest": 0}, "finest is above 0", None),
        (
            {"versions": {"a": {"percent": 90}, "b": {}}},
            "start with 90% of the traffic, not 100%",
            None,
        ),
        (
            {"versions": {"a": {"percent": 100, "error_5xx": 0.1}}},
            "unknown simulator version setting 'error_5xx'",
            "did you mean errors_5xx?",
        ),
        (
            {"versions": {"a": {"percent": 100, "errors_5xx": 2}}},
            "errors_5xx is a number from 0 up to 1, not 2",
            None,
        ),
        (
            {"versions": {"a": {"percent": 100}, "b": {"turns": [{"afer": 3}]}}},
            "unknown simulator turn setting 'afer'",
            "did you mean after?",
        ),
        ({"versions": ["a", "b"]}, "versions is a mapping, not", None),
        ({"versions": {"a": 100}}, "version a is a mapping, not 100", None),
        ({"versions": {"a": {"percent": 100, "turns": 3}}}, "turns are a list, not 3", None),
        ({"versions": {"a": {"percent": 100, "turns": [3]}}}, "turn is a mapping, not 3", None),
        ({"endpoints": 3}, "endpoints is a mapping, not 3", None),
        ({"endpoints": {"x": 3}}, "endpoint x is a mapping, not 3", None),
        ({"endpoints": {"x": {"sed": 1}}}, "unknown simulator setting 'sed'", "did you mean seed?"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_usage_error(
    settings: dict[str, Any], message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        simulator(**settings)

    assert hint is None or refused.value.hints == (hint,)


def test_what_stands_beside_its_settings_in_a_config_is_left_alone() -> None:
    pretend = simulator(provider="simulator", plan="standard", endpoint="demo", rate=None)

    assert pretend.describe("demo").settled
