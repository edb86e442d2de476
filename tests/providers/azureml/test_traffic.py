"""What a shift sends to Azure ML, and what it leaves alone."""

import pytest
from servers.azureml.running import Server

from canarycli.errors import Conflict, NotFound, Rejected, Unsupported
from canarycli.provider import BASELINE_NOTE, RELEASE_NOTE
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

NOTES = {RELEASE_NOTE: "r-7k2f", BASELINE_NOTE: "blue"}
SOMEBODYS = "/subscriptions/s/resourceGroups/g/providers/x/userAssignedIdentities/scorer"


def rich_endpoint(server: Server) -> None:
    """An endpoint with everything a person can set."""
    server.control(
        "endpoint",
        name="rich",
        traffic={"blue": 100},
        mirror={"audit": 10},
        tags={"team": "risk"},
        kind="Managed",
        identity={"type": "UserAssigned", "userAssignedIdentities": {SOMEBODYS: {"clientId": "c"}}},
        properties={
            "authMode": "AMLToken",
            "description": "scores",
            "publicNetworkAccess": "Disabled",
            "properties": {"azureml.onlineendpointid": "42", "owner": "dana"},
        },
        deployments={"blue": {}, "teal": {}, "audit": {}},
    )


def test_a_put_carries_everything_a_person_set_and_nothing_the_service_owns(
    server: Server, azureml: AzureML
) -> None:
    rich_endpoint(server)

    azureml.shift(azureml.describe("rich"), Traffic.split("blue", "teal", 5), NOTES)

    (put,) = server.calls("endpoint.put")
    assert put["body"] == {
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"team": "risk", **NOTES},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {SOMEBODYS: {}}},
        "properties": {
            "authMode": "AMLToken",
            "description": "scores",
            "publicNetworkAccess": "Disabled",
            "properties": {"azureml.onlineendpointid": "42", "owner": "dana"},
            "traffic": {"blue": 95, "teal": 5},
            "mirrorTraffic": {"audit": 10},
        },
    }


def test_a_shift_hands_on_the_id_that_azure_knows_it_by(server: Server, azureml: AzureML) -> None:
    request = azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), {})

    assert request == f"request-{len(server.calls())}"


def test_after_a_release_and_its_rollback_only_the_notes_are_new(
    server: Server, azureml: AzureML
) -> None:
    rich_endpoint(server)
    before = server.look("rich")
    azureml.shift(azureml.describe("rich"), Traffic.split("blue", "teal", 25), NOTES)
    server.control("advance", seconds=1)

    azureml.shift(azureml.describe("rich"), Traffic.all_to("blue"), {})

    server.control("advance", seconds=1)
    after = server.look("rich")
    del before["systemData"], after["systemData"]
    assert after == {**before, "tags": {"team": "risk", **NOTES}}


def test_an_endpoint_without_an_identity_is_sent_the_one_that_is_demanded(
    server: Server, azureml: AzureML
) -> None:
    server.control("endpoint", name="old", traffic={"a": 100}, identity={}, deployments={"a": {}})

    azureml.shift(azureml.describe("old"), Traffic.all_to("a"), {})

    (put,) = server.calls("endpoint.put")
    assert put["status"] == 201
    assert put["body"]["identity"] == {"type": "None"}


def test_a_rollback_on_a_look_just_taken_takes_three_calls_until_it_is_accepted(
    server: Server, azureml: AzureML
) -> None:
    server.control("change", endpoint="churn", traffic={"blue": 75, "teal": 25})
    server.control("clear")

    azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 0), {})

    assert server.operations() == [
        "endpoint.get",
        "deployment.list",
        "endpoint.put",
    ]


def test_names_are_compared_without_case(server: Server, azureml: AzureML) -> None:
    server.control(
        "endpoint", name="mixed", traffic={"blue": 100}, deployments={"Blue": {}, "Teal": {}}
    )
    seen = azureml.describe("mixed")

    azureml.shift(seen, Traffic.split("BLUE", "teal", 5), {})

    (put,) = server.calls("endpoint.put")
    assert seen.traffic.shares == {"Blue": 100}
    assert put["body"]["properties"]["traffic"] == {"Blue": 95, "Teal": 5}


def test_absent_and_zero_are_the_same_split(server: Server, azureml: AzureML) -> None:
    before = azureml.describe("churn")
    server.control("change", endpoint="churn", traffic={"blue": 100, "teal": 0})

    after = azureml.describe("churn")

    assert after.traffic.same_as(before.traffic)
    assert after.traffic.live == ("blue",)


def test_an_endpoint_that_is_switched_off_has_no_traffic_and_can_be_given_some(
    server: Server, azureml: AzureML
) -> None:
    server.control("change", endpoint="churn", traffic={"blue": 0})
    seen = azureml.describe("churn")

    azureml.shift(seen, Traffic.all_to("blue"), {})

    server.control("advance", seconds=1)
    assert seen.traffic.live == ()
    assert not seen.unfit
    assert azureml.describe("churn").traffic.live == ("blue",)


def test_switching_an_endpoint_off_is_refused(azureml: AzureML) -> None:
    with pytest.raises(Rejected, match="can't be left without traffic"):
        azureml.shift(azureml.describe("churn"), Traffic({}), {})


def test_shares_are_sent_in_whole_percents_that_add_up(server: Server, azureml: AzureML) -> None:
    azureml.shift(azureml.describe("churn"), Traffic({"blue": 66.6, "teal": 33.4}), {})

    (put,) = server.calls("endpoint.put")
    assert put["body"]["properties"]["traffic"] == {"blue": 67, "teal": 33}


def test_shadow_traffic_becomes_live_traffic_in_one_write(server: Server, azureml: AzureML) -> None:
    azureml.shift(azureml.describe("churn"), Traffic({"blue": 100}, {"teal": 20}), NOTES)
    server.control("advance", seconds=1)
    shadowed = azureml.describe("churn")

    azureml.shift(shadowed, Traffic.split("blue", "teal", 5), NOTES)

    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    assert shadowed.traffic.shadow == {"teal": 20}
    assert len(server.calls("endpoint.put")) == 2
    assert seen.traffic.shadow == {}
    assert seen.traffic.of("teal") == 5
    assert server.look("churn")["tags"] == NOTES


def test_a_persons_own_mirror_outlives_a_release_and_is_named(
    server: Server, azureml: AzureML
) -> None:
    rich_endpoint(server)

    azureml.shift(azureml.describe("rich"), Traffic.split("blue", "teal", 5), NOTES)

    server.control("advance", seconds=1)
    seen = azureml.describe("rich")
    audit = seen.version("audit")
    assert server.look("rich")["properties"]["mirrorTraffic"] == {"audit": 10}
    assert seen.traffic.same_as(Traffic.split("blue", "teal", 5))
    assert audit
    assert "gets a copy of 10%" in audit.detail


def test_a_mirror_gives_way_when_its_version_gets_live_traffic(
    server: Server, azureml: AzureML
) -> None:
    rich_endpoint(server)

    azureml.shift(azureml.describe("rich"), Traffic.split("blue", "audit", 5), NOTES)

    (put,) = server.calls("endpoint.put")
    assert put["status"] == 201
    assert put["body"]["properties"]["mirrorTraffic"] == {}


@pytest.mark.parametrize(
    ("split", "why"),
    [
        (Traffic({"blue": 100}, {"teal": 51}), "at most 50%"),
        (Traffic({"blue": 95, "teal": 5}, {"teal": 5}), "has live traffic"),
        (Traffic({"blue": 100}, {"teal": 5, "blue": 5}), "only one version"),
    ],
    ids=["too much", "live too", "two at once"],
)
def test_shadow_traffic_that_azure_refuses_is_refused_without_a_call(
    server: Server, azureml: AzureML, split: Traffic, why: str
) -> None:
    seen = azureml.describe("churn")

    with pytest.raises(Rejected, match=why):
        azureml.shift(seen, split, {})

    assert not server.calls("endpoint.put")


def test_a_kubernetes_endpoint_has_no_shadow_traffic_whatever_its_kind_says(
    server: Server, azureml: AzureML
) -> None:
    server.control(
        "endpoint",
        name="onprem",
        kind="Managed",
        properties={"compute": "/subscriptions/s/computes/k8s"},
        traffic={"blue": 100},
        deployments={"blue": {}, "teal": {}},
    )

    with pytest.raises(Unsupported, match="Kubernetes"):
        azureml.shift(azureml.describe("onprem"), Traffic({"blue": 100}, {"teal": 5}), {})


def test_a_kubernetes_endpoint_is_shifted_without_a_mirror_in_the_body(
    server: Server, azureml: AzureML
) -> None:
    compute = {"compute": "/subscriptions/s/computes/k8s"}
    server.control(
        "endpoint",
        name="onprem",
        properties=compute,
        traffic={"blue": 100},
        deployments={"blue": {}, "teal": {}},
    )

    azureml.shift(azureml.describe("onprem"), Traffic.split("blue", "teal", 5), NOTES)

    (put,) = server.calls("endpoint.put")
    assert put["status"] == 201
    assert put["body"]["properties"]["compute"] == compute["compute"]
    assert "mirrorTraffic" not in put["body"]["properties"]


def test_a_change_that_fails_keeps_the_old_split_and_says_so(
    server: Server, azureml: AzureML
) -> None:
    server.control("fail_next", name="churn")

    azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), NOTES)

    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    assert seen.settled
    assert "Failed" in seen.failure
    assert seen.traffic.same_as(Traffic.all_to("blue"))


def test_a_change_that_was_canceled_says_so(server: Server, azureml: AzureML) -> None:
    server.control("state", endpoint="churn", state="Canceled")

    seen = azureml.describe("churn")

    assert seen.settled
    assert "Canceled" in seen.failure


def test_a_name_is_one_part_of_the_path_whatever_is_in_it(server: Server, azureml: AzureML) -> None:
    with pytest.raises(NotFound, match="churn/deployments/blue"):
        azureml.describe("churn/deployments/blue")

    assert server.operations() == ["endpoint.get", "endpoint.other", "endpoint.other"]


def test_a_failed_endpoint_can_be_written_again(server: Server, azureml: AzureML) -> None:
    server.control("state", endpoint="churn", state="Failed")

    azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), NOTES)

    server.control("advance", seconds=1)
    seen = azureml.describe("churn")
    assert not seen.failure
    assert seen.traffic.of("teal") == 5


@pytest.mark.parametrize("state", ["Creating", "Updating", "Deleting", "SomethingNew"])
def test_any_state_but_a_final_one_is_a_change_under_way(
    server: Server, azureml: AzureML, state: str
) -> None:
    server.control("state", endpoint="churn", state=state)
    seen = azureml.describe("churn")

    with pytest.raises(Conflict, match="is being changed") as refused:
        azureml.shift(seen, Traffic.all_to("blue"), {})

    assert not seen.settled
    assert seen.status == state
    assert any("20 s" in hint for hint in refused.value.hints)


def test_fifty_tags_leave_no_room_for_notes_and_a_rollback_goes_through(
    server: Server, azureml: AzureML
) -> None:
    server.control("change", endpoint="churn", tags={f"tag{n}": "x" for n in range(50)})

    with pytest.raises(Rejected, match="50"):
        azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), NOTES)
    azureml.shift(azureml.describe("churn"), Traffic.all_to("blue"), {})

    assert [put["status"] for put in server.calls("endpoint.put")] == [201]


def test_a_version_with_traffic_serves_on_while_it_is_updated_or_scaled(
    server: Server, azureml: AzureML
) -> None:
    server.control("state", endpoint="churn", deployment="blue", state="Scaling")
    server.control("state", endpoint="churn", deployment="teal", state="Scaling")

    seen = azureml.describe("churn")

    assert seen.serves("blue")
    assert not seen.serves("teal")
    assert seen.settled


def test_deployments_on_several_pages_are_all_seen(server: Server, azureml: AzureML) -> None:
    server.control("settings", page_size=2)
    for number in range(5):
        server.control("deployment", endpoint="churn", name=f"extra{number}")

    seen = azureml.describe("churn")

    assert len(seen.versions) == 7


def test_a_version_is_found_by_its_model(azureml: AzureML) -> None:
    seen = azureml.describe("churn")

    found = [seen.find(word) for word in ("teal-model:1", "azureml:teal-model:1", "TEAL")]

    assert [[v.name for v in versions] for versions in found] == [["teal"], ["teal"], ["teal"]]


@pytest.mark.parametrize("has", [True, False], ids=["stamped", "not stamped"])
def test_a_revision_changes_with_every_change_and_with_nothing_else(
    server: Server, azureml: AzureML, *, has: bool
) -> None:
    server.control("settings", system_data=has)
    server.control("endpoint", name="r", traffic={"a": 100}, deployments={"a": {}, "b": {}})
    first = azureml.describe("r").revision

    same = azureml.describe("r").revision
    server.control("change", endpoint="r", traffic={"a": 90, "b": 10})

    assert first == same
    assert azureml.describe("r").revision not in {"", first}


def test_the_plain_command_is_the_one_azures_own_tool_takes(azureml: AzureML) -> None:
    command = azureml.plain_command("churn", Traffic.split("blue", "green", 0))

    assert command.startswith(
        'az ml online-endpoint update --name churn --traffic "blue=100 green=0" '
        "-g ml-prod -w eta-ws"
    )
