"""What the doctor finds, and that it leaves everything as it was."""

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers.vertex import Server
from servers.vertex.server import PERMISSIONS

from canarycli.errors import Denied
from canarycli.metrics import Metric
from canarycli.permissions import Needs, Permitted
from canarycli.provider import Inspector, Probe
from canarycli_vertex import Vertex
from canarycli_vertex.policy import policy

from .conftest import provider

ALL = (
    "aiplatform.endpoints.get",
    "clock",
    "aiplatform.endpoints.update",
    "aiplatform.endpoints.deploy",
    "aiplatform.endpoints.undeploy",
    "aiplatform.models.list",
)


def by_name(probes: list[Probe]) -> dict[str, Probe]:
    return {probe.name: probe for probe in probes}


def test_the_identity_is_the_account_and_its_token(vertex: Vertex) -> None:
    found = by_name(list(vertex.doctor.identity()))

    assert found["identity"].detail == "canary@acme-ml.iam.gserviceaccount.com"
    assert found["credentials"].detail == "60 minutes left, renewed by itself"


def test_no_credentials_are_a_finding_and_no_crash(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))

    found = list(provider(server).doctor.identity())

    assert [(probe.name, probe.ok) for probe in found] == [("identity", False)]
    assert "gcloud auth application-default login" in found[0].hints[0]


def test_every_permission_is_tried_and_nothing_changes(vertex: Vertex, server: Server) -> None:
    before = deepcopy(server.cloud.endpoints)

    found = by_name(list(vertex.doctor.permissions("1000", deploys=True)))

    assert tuple(found) == ALL
    assert all(probe.ok for probe in found.values())
    assert server.cloud.endpoints == before
    assert server.cloud.operations == {}


@pytest.mark.parametrize("permission", [name for name in ALL if "." in name][1:])
def test_a_missing_permission_is_the_one_that_is_named(
    vertex: Vertex, server: Server, permission: str
) -> None:
    server.control("POST", "settings", denied=[permission])

    found = list(vertex.doctor.permissions("1000", deploys=True))

    bad = [probe for probe in found if not probe.ok]
    assert [probe.name for probe in bad] == [permission]
    assert bad[0].hints[0] == f"grant {permission}"


def test_an_endpoint_that_can_not_be_looked_at_ends_it(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", denied=["aiplatform.endpoints.get"])

    with pytest.raises(Denied):
        list(vertex.doctor.permissions("1000"))


def test_a_wrong_clock_is_told(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", date="Tue, 24 Nov 2020 12:00:00 GMT")

    found = by_name(list(vertex.doctor.permissions("1000")))

    assert not found["clock"].ok


def test_each_metric_shows_its_newest_point(vertex: Vertex, server: Server) -> None:
    server.control("POST", "requests", endpoint="1000", model="11", minutes_ago=2, count=3)
    metrics = [Metric("errors_5xx"), Metric("cpu")]

    found = by_name(list(vertex.doctor.metrics("1000", ["11"], metrics, datetime.now(UTC))))

    assert found["errors_5xx of 11"].detail.startswith("newest point ")
    assert found["cpu of 11"].detail == "no points"
    assert "cpu/utilization" in found["cpu of 11"].hints[0]


def test_metrics_without_permission_are_one_finding(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", denied=["monitoring.timeSeries.list"])

    found = list(vertex.doctor.metrics("1000", ["11"], [Metric("cpu")], datetime.now(UTC)))

    assert [(probe.name, probe.ok) for probe in found] == [("monitoring.timeSeries.list", False)]


def test_the_least_role_for_a_rollback_is_two_permissions() -> None:
    role = policy(Needs(watches=False), finds_by_name=False)

    assert role["includedPermissions"] == [
        "aiplatform.endpoints.get",
        "aiplatform.endpoints.update",
    ]


def test_the_role_is_enough_for_a_whole_release_with_an_upload() -> None:
    granted = set(policy(Needs(uploads=True, answers=True))["includedPermissions"])

    others = {"aiplatform.endpoints.predict", "storage.buckets.get"}
    assert set(PERMISSIONS.values()) - others <= granted


@pytest.mark.parametrize(
    ("endpoint", "listed"), [("1000", False), ("churn", True)], ids=["an id", "a name"]
)
def test_the_least_role_for_an_endpoint_knows_how_it_is_called(
    endpoint: str, *, listed: bool
) -> None:
    role = Vertex.least_policy({}, endpoint, Needs())

    assert ("aiplatform.endpoints.list" in role["includedPermissions"]) is listed


def test_canary_finds_the_doctor_and_the_role(vertex: Vertex) -> None:
    assert isinstance(vertex, Inspector)
    assert isinstance(vertex, Permitted)
