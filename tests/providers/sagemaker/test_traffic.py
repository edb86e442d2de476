"""Looking at an endpoint and moving its traffic: what is called, in which order, and when not."""

from typing import Any

import botocore.session
import pytest
from servers.sagemaker import Server

from canarycli import __version__
from canarycli.errors import Conflict, Denied, NotFound, Unavailable, Unsupported
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, RELEASE_NOTE
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

NOTES = {RELEASE_NOTE: "r-7k2f", BASELINE_NOTE: "blue", CANDIDATE_NOTE: "green"}
SHIFT = "UpdateEndpointWeightsAndCapacities"
AN_HOUR = 3600


@pytest.fixture
def churn(server: Server) -> str:
    server.endpoint("churn", {"blue": 3, "green": 1, "idle": 0})
    return "churn"


def asked(server: Server) -> dict[str, Any]:
    """The weights of the last shift, as they were sent."""
    sent = server.calls(SHIFT)[-1]["params"]["DesiredWeightsAndCapacities"]
    assert all(set(item) == {"VariantName", "DesiredWeight"} for item in sent)
    return {item["VariantName"]: item["DesiredWeight"] for item in sent}


def test_weights_of_any_sum_become_percent(sagemaker: SageMaker, churn: str) -> None:
    seen = sagemaker.describe(churn)

    assert seen.traffic.shares == {"blue": 75.0, "green": 25.0, "idle": 0.0}
    assert [v.name for v in seen.versions] == ["blue", "green", "idle"]
    assert seen.settled


def test_a_look_is_one_call(sagemaker: SageMaker, server: Server, churn: str) -> None:
    sagemaker.describe(churn)

    assert server.operations() == ["DescribeEndpoint"]


def test_a_rollback_from_a_bare_process_is_one_look_and_one_change(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})

    assert server.operations() == ["DescribeEndpoint", SHIFT]
    assert asked(server) == {"blue": 100, "green": 0, "idle": 0}


def test_a_rollback_builds_no_client_but_the_one_for_endpoints(
    sagemaker: SageMaker, churn: str
) -> None:
    sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})

    built = {"sagemaker", "cloudwatch", "autoscaling", "runtime", "identity"}
    assert built & vars(sagemaker.clients).keys() == {"sagemaker"}


def test_a_raise_looks_again_and_writes_its_notes_first(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", 50), NOTES)

    looks = ["DescribeEndpoint", "DescribeEndpoint"]
    assert server.operations() == [*looks, "AddTags", "ListTags", SHIFT]


def test_notes_are_written_once_by_a_process(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": 0})
    for percent in (30, 40, 50):
        sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", percent), NOTES)

    assert len(server.calls("AddTags")) == 1


def test_notes_that_were_read_are_not_written_again(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": 0})
    sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", 30), NOTES)
    another = SageMaker({})
    seen = another.describe(churn)
    assert another.notes(seen) == NOTES

    another.shift(seen, Traffic.split("blue", "green", 40), NOTES)

    assert len(server.calls("AddTags")) == 1


def test_tags_of_other_people_are_no_notes(sagemaker: SageMaker, churn: str) -> None:
    seen = sagemaker.describe(churn)
    team = [{"Key": "team", "Value": "fraud"}]
    sagemaker.clients.sagemaker.add_tags(ResourceArn=seen.raw.arn, Tags=team)

    assert sagemaker.notes(seen) == {}


def test_lowering_moves_traffic_first_and_a_note_that_fails_does_not_matter(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    seen = sagemaker.describe(churn)
    server.fault("AddTags", "denied")

    sagemaker.shift(seen, Traffic.split("blue", "green", 5), NOTES)

    assert server.operations() == ["DescribeEndpoint", "DescribeEndpoint", SHIFT, "AddTags"]
    assert asked(server) == {"blue": 95, "green": 5, "idle": 0}


def test_a_rollback_with_notes_writes_them_last(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", 0), NOTES)

    assert server.operations() == ["DescribeEndpoint", SHIFT, "AddTags"]


def test_lowering_to_a_share_somebody_has_gone_below_is_a_raise(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    stale = sagemaker.describe(churn)
    server.control("change", {"endpoint": churn, "weights": {"blue": 1, "green": 0}})

    with pytest.raises(Conflict, match="changed since"):
        sagemaker.shift(stale, Traffic.split("blue", "green", 10), NOTES)


def test_lowering_what_somebody_raised_further_goes_through(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    stale = sagemaker.describe(churn)
    server.control("change", {"endpoint": churn, "weights": {"blue": 1, "green": 1}})

    sagemaker.shift(stale, Traffic.split("blue", "green", 10), NOTES)

    assert asked(server) == {"blue": 90, "green": 10, "idle": 0}


def test_a_raise_whose_notes_are_denied_moves_nothing(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.fault("AddTags", "denied")

    with pytest.raises(Denied, match="AddTags"):
        sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", 50), NOTES)

    assert server.calls(SHIFT) == []


def test_single_precision_reads_back_as_the_same_share(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": 0})
    wanted = Traffic.split("blue", "green", 33.3)

    sagemaker.shift(sagemaker.describe(churn), wanted, NOTES)

    seen = sagemaker.describe(churn)
    assert seen.traffic.of("green") != 33.3
    assert seen.traffic.same_as(wanted)
    assert seen.settled


def test_the_split_in_force_is_shown_until_the_new_one_is(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": AN_HOUR})
    sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})

    under_way = sagemaker.describe(churn)

    assert not under_way.settled
    assert under_way.status == "Updating"
    assert under_way.traffic.of("green") == pytest.approx(25)
    assert under_way.serves("green")


def test_an_endpoint_in_service_with_weights_on_their_way_is_not_settled(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": AN_HOUR})
    sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})
    server.control("change", {"endpoint": churn, "status": "InService"})

    assert not sagemaker.describe(churn).settled


def test_a_raise_from_an_unsettled_look_is_refused_without_a_call(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "status": "SystemUpdating"})
    seen = sagemaker.describe(churn)

    with pytest.raises(Conflict, match="SystemUpdating"):
        sagemaker.shift(seen, Traffic.split("blue", "green", 50), NOTES)

    assert server.operations() == ["DescribeEndpoint"]


def test_a_rollback_during_a_change_is_tried_and_the_cloud_says_wait(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("settings", {"weights_seconds": AN_HOUR})
    sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "green", 50), NOTES)

    with pytest.raises(Conflict, match="one change at a time"):
        sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})


@pytest.mark.parametrize("percent", [0, 50], ids=["rollback", "raise"])
def test_a_change_whose_answer_was_lost_is_known_for_our_own(
    sagemaker: SageMaker, server: Server, churn: str, percent: float
) -> None:
    server.control("settings", {"weights_seconds": AN_HOUR})
    seen, wanted = sagemaker.describe(churn), Traffic.split("blue", "green", percent)
    server.fault(SHIFT, "drop_after", times=1)
    with pytest.raises(Unavailable):
        sagemaker.shift(seen, wanted, NOTES)

    sagemaker.shift(seen, wanted, NOTES)

    server.control("settle", {"endpoint": churn})
    assert sagemaker.describe(churn).traffic.same_as(wanted)


def test_a_raise_over_somebody_elses_change_is_refused(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    stale = sagemaker.describe(churn)
    server.control("change", {"endpoint": churn, "weights": {"blue": 98, "green": 2}})

    with pytest.raises(Conflict, match="changed since"):
        sagemaker.shift(stale, Traffic.split("blue", "green", 50), NOTES)


def test_a_failed_change_shows_its_reason_and_the_old_split(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("fail_next", {"endpoint": churn, "reason": "no capacity"})
    sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})
    server.control("settle", {"endpoint": churn})

    seen = sagemaker.describe(churn)

    assert seen.failure == "no capacity"
    assert seen.settled
    assert seen.traffic.of("green") == pytest.approx(25)


def test_a_version_that_is_not_there_is_named_with_those_that_are(
    sagemaker: SageMaker, churn: str
) -> None:
    with pytest.raises(NotFound, match="no version 'purple'") as caught:
        sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("purple"), {})

    assert caught.value.hints == ("it has blue, green, idle",)


def test_all_traffic_off_is_refused(sagemaker: SageMaker, churn: str) -> None:
    with pytest.raises(Unsupported):
        sagemaker.shift(sagemaker.describe(churn), Traffic({}), {})


@pytest.mark.usefixtures("churn")
def test_an_unknown_endpoint_comes_with_near_names(sagemaker: SageMaker) -> None:
    with pytest.raises(NotFound, match="no endpoint 'chrun' in us-east-1") as caught:
        sagemaker.describe("chrun")

    assert caught.value.hints == ("did you mean 'churn'?",)


@pytest.mark.usefixtures("churn")
def test_near_names_that_may_not_be_listed_are_left_out(
    sagemaker: SageMaker, server: Server
) -> None:
    server.fault("ListEndpoints", "denied")

    with pytest.raises(NotFound) as caught:
        sagemaker.describe("chrun")

    assert caught.value.hints == ("check the region",)


@pytest.mark.parametrize("status", ["Failed", "OutOfService"])
def test_an_endpoint_that_does_not_serve_has_no_version_in_service(
    sagemaker: SageMaker, server: Server, churn: str, status: str
) -> None:
    server.control("change", {"endpoint": churn, "status": status})

    seen = sagemaker.describe(churn)

    assert not any(version.in_service for version in seen.versions)
    assert seen.unfit


@pytest.mark.parametrize(
    ("config", "serves"), [({}, False), ({"AsyncInferenceConfig": {"OutputConfig": {}}}, True)]
)
def test_a_variant_without_instances_serves_only_where_requests_can_queue(
    sagemaker: SageMaker, server: Server, config: Any, *, serves: bool
) -> None:
    server.endpoint("churn", {"blue": 1}, config=config)
    server.control("change", {"endpoint": "churn", "counts": {"blue": 0}})

    assert sagemaker.describe("churn").serves("blue") is serves


def test_an_endpoint_without_variants_yet_can_be_looked_at(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    config = server.control("state", {"endpoint": churn})["EndpointConfigName"]
    somebody = botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")
    somebody.create_endpoint(EndpointName="new", EndpointConfigName=config)

    seen = sagemaker.describe("new")

    assert seen.status == "Creating"
    assert not seen.settled
    assert seen.traffic.live == ()


def test_details_name_models_and_machines_and_stay(sagemaker: SageMaker, server: Server) -> None:
    way = {"weight": 1, "instances": 2, "model": "fraud-v41"}
    server.endpoint("churn", {"blue": way})

    found = sagemaker.details("churn").versions[0]
    sagemaker.details("churn")
    later = sagemaker.describe("churn").versions[0]

    assert (found.model, found.detail, found.instances) == ("fraud-v41", "2 × ml.m5.xlarge", 2)
    assert later == found
    assert len(server.calls("DescribeEndpointConfig")) == 1


def test_the_model_finds_its_version(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("churn", {"blue": {"model": "fraud-v41"}, "green": {"model": "fraud-v42"}})

    found = sagemaker.details("churn").find("fraud-v42")

    assert [version.name for version in found] == ["green"]


@pytest.mark.parametrize(
    ("variants", "more", "why"),
    [
        ({"blue": {"serverless": True}}, {}, "serverless"),
        ({"blue": {"component": True}}, {}, "inference components"),
        ({"blue": 1}, {"shadow": {"dark": {"weight": 0.5}}}, "shadow variant"),
    ],
    ids=["serverless", "components", "shadow"],
)
def test_what_shares_cannot_release_says_why(
    sagemaker: SageMaker, server: Server, variants: Any, more: Any, why: str
) -> None:
    server.endpoint("churn", variants, **more)

    assert why in sagemaker.details("churn").unfit


def test_a_shadow_stands_beside_the_live_split(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("churn", {"blue": 1}, shadow={"dark": {"weight": 0.25}})

    traffic = sagemaker.describe("churn").traffic

    assert traffic.shares == {"blue": 100}
    assert traffic.shadow == {"dark": 25}


def test_the_plain_command_can_be_pasted(sagemaker: SageMaker) -> None:
    line = sagemaker.plain_command("churn", Traffic.split("blue", "green", 0))

    assert line == (
        "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name churn "
        "--desired-weights-and-capacities VariantName=blue,DesiredWeight=100 "
        "VariantName=green,DesiredWeight=0 --region us-east-1"
    )


def test_the_audit_log_shows_that_it_was_canary(
    sagemaker: SageMaker, churn: str, server: Server
) -> None:
    sagemaker.describe(churn)

    assert all(f"canarycli/{__version__}" in call["agent"] for call in server.calls())


def test_a_shift_hands_on_the_id_that_aws_knows_it_by(
    sagemaker: SageMaker, churn: str, server: Server
) -> None:
    request = sagemaker.shift(sagemaker.describe(churn), Traffic.all_to("blue"), {})

    assert request == server.calls(SHIFT)[-1]["request_id"]
