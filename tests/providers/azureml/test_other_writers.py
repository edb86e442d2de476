"""Somebody else changes the endpoint, or an answer is lost: nobody's change is undone blindly."""

from collections.abc import Iterator

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import Conflict, NotFound, Rejected, Unavailable
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

NOTES = {BASELINE_NOTE: "blue", CANDIDATE_NOTE: "teal"}
FIVE, HOME = Traffic.split("blue", "teal", 5), Traffic.all_to("blue")


@pytest.fixture
def another(server: Server) -> Iterator[AzureML]:
    """The same provider in another process's place: it remembers nothing."""
    assert server.url
    provider = AzureML(PLACE)
    yield provider
    provider.close()


def test_a_raise_after_somebody_changed_a_tag_is_refused(server: Server, azureml: AzureML) -> None:
    seen = azureml.describe("churn")
    server.control("change", endpoint="churn", tags={"owner": "dana"})

    with pytest.raises(Conflict, match="has changed since"):
        azureml.shift(seen, FIVE, NOTES)

    assert not server.calls("endpoint.put")


def test_a_raise_after_somebody_changed_something_and_changed_it_back_is_refused(
    server: Server, azureml: AzureML
) -> None:
    seen = azureml.describe("churn")
    server.control("change", endpoint="churn", traffic={"blue": 90, "teal": 10})
    server.control("change", endpoint="churn", traffic={"blue": 100})

    with pytest.raises(Conflict, match="has changed since"):
        azureml.shift(seen, FIVE, NOTES)


def test_more_shadow_traffic_on_an_old_look_is_a_raise(server: Server, azureml: AzureML) -> None:
    seen = azureml.describe("churn")
    server.control("change", endpoint="churn", tags={"owner": "dana"})

    with pytest.raises(Conflict, match="has changed since"):
        azureml.shift(seen, Traffic({"blue": 100}, {"teal": 5}), {})


def test_a_raise_is_refused_when_only_the_body_tells_of_the_change(
    server: Server, azureml: AzureML
) -> None:
    server.control("settings", system_data=False)
    server.control(
        "endpoint", name="bare", traffic={"blue": 100}, deployments={"blue": {}, "t": {}}
    )
    seen = azureml.describe("bare")
    server.control("change", endpoint="bare", properties={"description": "new"})

    with pytest.raises(Conflict, match="has changed since"):
        azureml.shift(seen, Traffic.split("blue", "t", 5), NOTES)


def test_a_lowering_goes_through_on_an_old_look_and_keeps_what_changed_since(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 25), NOTES)
    server.control("advance", seconds=1)
    seen = another.describe("churn")
    changes = {"tags": {"owner": "dana"}, "properties": {"publicNetworkAccess": "Disabled"}}
    server.control("change", endpoint="churn", **changes)

    azureml.shift(seen, HOME, {})

    server.control("advance", seconds=1)
    after = server.look("churn")
    assert after["properties"]["traffic"] == {"blue": 100}
    assert after["properties"]["publicNetworkAccess"] == "Disabled"
    assert after["tags"] == {"owner": "dana", **NOTES}


def test_a_lowering_goes_through_on_an_old_look_whatever_baseline_the_tags_name(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    tags = {BASELINE_NOTE: "gone"}
    server.control("change", endpoint="churn", traffic={"blue": 75, "teal": 25}, tags=tags)
    seen = another.describe("churn")
    server.control("change", endpoint="churn", tags={"owner": "dana"})

    azureml.shift(seen, HOME, {})

    server.control("advance", seconds=1)
    assert azureml.describe("churn").traffic.same_as(HOME)


def test_a_lowering_on_a_look_just_taken_is_refused_while_somebody_elses_change_is_under_way(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    server.control("change", endpoint="churn", traffic={"blue": 75, "teal": 25})
    server.control("settings", endpoint_seconds=20)
    theirs = another.describe("churn")
    seen = azureml.describe("churn")
    another.shift(theirs, Traffic.split("blue", "teal", 20), {"canary-owner": "dana"})

    with pytest.raises(Conflict, match="is being changed"):
        azureml.shift(seen, HOME, {})

    server.control("advance", seconds=21)
    assert server.look("churn")["tags"] == {"canary-owner": "dana"}


def test_a_rollback_undoes_what_somebody_raised_since_the_look(
    server: Server, azureml: AzureML
) -> None:
    azureml.shift(azureml.describe("churn"), FIVE, NOTES)
    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    server.control("change", endpoint="churn", traffic={"blue": 20, "teal": 80})

    azureml.shift(seen, HOME, {})

    server.control("advance", seconds=1)
    assert azureml.describe("churn").traffic.same_as(HOME)


def test_somebody_elses_operation_is_not_taken_for_ours(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    server.control("settings", endpoint_seconds=600)
    seen = azureml.describe("churn")
    another.shift(another.describe("churn"), Traffic.split("blue", "teal", 50), {})

    with pytest.raises(Conflict, match="is being changed"):
        azureml.shift(seen, HOME, {})


def test_an_operation_after_ours_was_over_is_not_taken_for_ours(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    azureml.shift(azureml.describe("churn"), FIVE, NOTES)
    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    server.control("settings", endpoint_seconds=600)
    another.shift(another.describe("churn"), Traffic.split("blue", "teal", 50), {})

    with pytest.raises(Conflict, match="is being changed"):
        azureml.shift(seen, FIVE, NOTES)


def test_a_rollback_is_written_once_even_where_it_reads_as_in_force(
    server: Server, azureml: AzureML
) -> None:
    azureml.shift(azureml.describe("churn"), HOME, {})

    assert len(server.calls("endpoint.put")) == 1


def test_a_raise_that_is_in_force_with_its_notes_is_not_written_again(
    server: Server, azureml: AzureML
) -> None:
    azureml.shift(azureml.describe("churn"), FIVE, NOTES)
    server.control("advance", seconds=1)

    azureml.shift(azureml.describe("churn"), FIVE, NOTES)

    assert len(server.calls("endpoint.put")) == 1


def test_a_split_in_force_is_recognised_in_another_spelling_of_its_names(
    server: Server, azureml: AzureML
) -> None:
    server.control(
        "endpoint",
        name="mixed",
        traffic={"blue": 95, "teal": 5},
        tags=NOTES,
        deployments={"Blue": {}, "Teal": {}},
    )

    azureml.shift(azureml.describe("mixed"), Traffic.split("Blue", "Teal", 5), NOTES)

    assert not server.calls("endpoint.put")


@pytest.mark.parametrize("seconds", [0, 600], ids=["done at once", "takes its time"])
def test_a_write_whose_answer_was_lost_is_recognised_as_ours(
    server: Server, azureml: AzureML, seconds: float
) -> None:
    server.control("settings", endpoint_seconds=seconds)
    server.fault("endpoint.put", "drop_after", times=1)

    azureml.shift(azureml.describe("churn"), FIVE, NOTES)
    azureml.shift(azureml.describe("churn"), FIVE, NOTES)

    server.control("advance", seconds=seconds)
    assert len(server.calls("endpoint.put")) == 1
    assert azureml.describe("churn").traffic.same_as(FIVE)


@pytest.mark.parametrize("kind", ["drop_before", "error", "garbage", "html", "bad_gateway"])
def test_a_write_that_was_not_carried_out_is_told_apart_from_one_whose_answer_was_lost(
    server: Server, azureml: AzureML, kind: str
) -> None:
    server.fault("endpoint.put", kind, times=1)
    seen = azureml.describe("churn")

    with pytest.raises(Unavailable):
        azureml.shift(seen, FIVE, NOTES)
    azureml.shift(seen, FIVE, NOTES)

    server.control("advance", seconds=1)
    assert azureml.describe("churn").traffic.same_as(FIVE)


def test_a_throttled_write_is_not_looked_after(server: Server, azureml: AzureML) -> None:
    server.fault("endpoint.put", "throttle", retry_after="17")
    seen = azureml.describe("churn")

    with pytest.raises(Unavailable) as refused:
        azureml.shift(seen, FIVE, NOTES)

    assert refused.value.after == 17
    assert server.operations()[-1] == "endpoint.put"


def test_when_the_look_after_a_lost_answer_fails_too_the_first_error_is_told(
    server: Server, azureml: AzureML
) -> None:
    seen = azureml.describe("churn")
    server.fault("endpoint.put", "drop_after", times=1)
    server.fault("endpoint.get", "denied", skip=1)

    with pytest.raises(Unavailable, match="shifting"):
        azureml.shift(seen, FIVE, NOTES)


@pytest.mark.parametrize(
    ("state", "refusal"), [("Creating", Rejected), ("Failed", Rejected)], ids=str
)
def test_traffic_to_a_version_that_is_not_ready_is_left_to_azure(
    server: Server, azureml: AzureML, state: str, refusal: type[Exception]
) -> None:
    server.control("settings", unready_traffic="reject")
    server.control("state", endpoint="churn", deployment="teal", state=state)
    seen = azureml.describe("churn")

    with pytest.raises(refusal, match="not in Succeeded state"):
        azureml.shift(seen, FIVE, NOTES)

    assert not seen.serves("teal")


def test_a_deployment_under_way_that_blocks_the_endpoint_is_a_conflict(
    server: Server, azureml: AzureML
) -> None:
    server.control("settings", deployment_blocks_endpoint=True)
    server.control("state", endpoint="churn", deployment="teal", state="Updating")
    seen = azureml.describe("churn")

    with pytest.raises(Conflict, match="is being changed") as refused:
        azureml.shift(seen, HOME, {})

    assert any("deployment in Updating" in fact for fact in refused.value.facts)


def test_an_operation_that_gives_way_to_another_is_a_conflict(
    server: Server, azureml: AzureML
) -> None:
    server.fault("endpoint.put", "canceled", times=1)

    with pytest.raises(Conflict):
        azureml.shift(azureml.describe("churn"), FIVE, NOTES)


def test_a_version_deleted_since_the_look_gets_nothing(server: Server, azureml: AzureML) -> None:
    seen = azureml.describe("churn")
    azureml.retire(seen, "teal")
    server.control("advance", seconds=1)

    with pytest.raises((Conflict, Rejected, NotFound)):
        azureml.shift(seen, FIVE, NOTES)

    assert azureml.describe("churn").traffic.same_as(HOME)


def test_an_endpoint_deleted_since_the_look_is_not_made_anew(
    server: Server, azureml: AzureML, another: AzureML
) -> None:
    seen, older = azureml.describe("churn"), another.describe("churn")
    server.control("reset")

    with pytest.raises(Rejected, match="when the endpoint is created"):
        azureml.shift(seen, HOME, {})
    with pytest.raises(NotFound):
        azureml.shift(older, HOME, {})
