"""What can be known before a release, by calls that change nothing."""

from datetime import UTC, datetime

import pytest
from servers.azureml.running import CLIENT, PLACE, Server

from canarycli.errors import Denied, NotFound
from canarycli.metrics import Metric
from canarycli.permissions import Needs
from canarycli_azureml import AzureML
from canarycli_azureml.policy import DEPLOY, ROLLBACK, WATCH

WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"


def test_the_identity_is_named_with_the_time_it_has_left(azureml: AzureML) -> None:
    (probe,) = azureml.doctor.identity()

    assert probe.ok
    assert CLIENT in probe.detail
    assert "min left" in probe.detail


def test_a_wrong_secret_is_a_finding_and_no_error(server: Server, azureml: AzureML) -> None:
    server.control("settings", secret="another")

    (probe,) = azureml.doctor.identity()

    assert probe.ok is False
    assert "AADSTS7000215" in probe.detail


def test_every_action_is_allowed_for_an_owner(azureml: AzureML) -> None:
    probes = list(azureml.doctor.permissions("churn", deploys=True))

    assert [probe.name for probe in probes] == ["clock", *ROLLBACK, *WATCH, *DEPLOY]
    assert all(probe.ok for probe in probes)


def test_a_reader_may_look_and_not_shift(server: Server, azureml: AzureML) -> None:
    server.control("settings", granted=["*/read"])

    probes = {probe.name: probe for probe in azureml.doctor.permissions("churn")}

    assert [name for name, probe in probes.items() if not probe.ok] == [WRITE]
    assert "/onlineEndpoints/churn" in probes[WRITE].detail
    assert "print-policy" in probes[WRITE].hints[0]
    assert all(call["method"] in {"GET", "POST"} for call in server.calls())


def test_permissions_that_cannot_be_read_are_neither_there_nor_missing(
    server: Server, azureml: AzureML
) -> None:
    server.fault("permissions", "denied")

    probes = list(azureml.doctor.permissions("churn"))

    assert {probe.ok for probe in probes if probe.name in ROLLBACK} == {None}


def test_an_endpoint_that_is_not_there_is_told_first(azureml: AzureML) -> None:
    with pytest.raises(NotFound):
        list(azureml.doctor.permissions("nowhere"))


def test_an_endpoint_that_may_not_be_seen_is_denied(server: Server, azureml: AzureML) -> None:
    server.control("settings", granted=[])

    with pytest.raises(Denied):
        list(azureml.doctor.permissions("churn"))


def test_each_metric_tells_its_newest_point_or_what_was_asked(
    server: Server, azureml: AzureML
) -> None:
    now = server.control("now")["now"]
    requests = [["blue", now - 300, "200", "200", 0.1]]
    server.control("requests", endpoint="churn", requests=requests)
    metrics = [Metric("errors_5xx")]

    probes = list(azureml.doctor.metrics("churn", ["blue", "teal"], metrics, datetime.now(UTC)))

    assert [probe.ok for probe in probes] == [True, True, False]
    assert probes[1].detail.startswith("newest point")
    assert "RequestsPerMinute" in probes[2].hints[0]


def test_metrics_that_may_not_be_read_are_one_finding(server: Server, azureml: AzureML) -> None:
    server.fault("metrics", "denied")

    (probe,) = azureml.doctor.metrics("churn", ["blue"], [Metric("errors_5xx")], datetime.now(UTC))

    assert probe.ok is False
    assert "Microsoft.Insights/metrics/read" in probe.detail


def test_the_role_begins_with_the_four_actions_of_a_rollback() -> None:
    role = AzureML.least_policy(PLACE, "churn", Needs())

    assert role["Actions"] == [*ROLLBACK, *WATCH]
    assert len(role["Actions"]) == 4
    assert role["Actions"][1] == WRITE
    assert role["AssignableScopes"][0].endswith("/resourceGroups/ml-prod")


def test_a_role_for_deploying_has_what_every_call_of_it_needs(
    server: Server, azureml: AzureML
) -> None:
    server.control("asset", name="churn", version="8")
    role = AzureML.least_policy(PLACE, "churn", Needs(deploys=True))
    server.control("settings", granted=role["Actions"])

    name = azureml.deploy(azureml.describe("churn"), "churn@latest", "blue", {}, "r-7k2f")
    server.control("advance", seconds=5)
    azureml.retire(azureml.describe("churn"), name)

    server.control("advance", seconds=5)
    assert azureml.describe("churn").version(name) is None


def test_a_role_that_neither_watches_nor_deploys_is_a_rollbacks(azureml: AzureML) -> None:
    role = AzureML.least_policy({}, "churn", Needs(watches=False))

    assert len(role["Actions"]) == 3
    assert role["AssignableScopes"][0].endswith("/resourceGroups/RESOURCE-GROUP")
    assert azureml.limits.smokes
