"""The loopback Azure is as strict as the real one, and runs as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from servers.azureml.running import CLIENT, PLACE, TENANT, Server

MANAGER = "https://management.azure.com"
CHURN = (
    f"/subscriptions/{PLACE['subscription']}/resourceGroups/{PLACE['resource_group']}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{PLACE['workspace']}"
    "/onlineEndpoints/churn"
)
TESTS = Path(__file__).parents[2]
Rest = Callable[..., requests.Response]


@pytest.fixture
def rest(server: Server) -> Rest:
    """Calls of Resource Manager with a token of Entra's, by a client that is none of Azure's."""
    assert server.url
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": os.environ["AZURE_CLIENT_SECRET"],
        "scope": f"{MANAGER}/.default",
    }
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    token = requests.post(url, data=form, timeout=10).json()["access_token"]

    def call(method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(
            method,
            f"{MANAGER}{path}",
            headers={"Authorization": f"Bearer {token}"},
            params={"api-version": "2025-12-01", **more.pop("params", {})},
            timeout=10,
            **more,
        )

    return call


def good(**changes: Any) -> dict[str, Any]:
    """A body Azure ML takes, and then some."""
    properties = {
        "authMode": "Key",
        "properties": {"azureml.onlineendpointid": "churn"},
        "traffic": {"blue": 100},
    }
    properties |= changes.pop("properties", {})
    body = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, **changes}
    return {**body, "properties": properties}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no location": (good(location=""), "location"),
    "no identity": (good(identity=None), "Identity field is required"),
    "an identity's own ids": (
        good(identity={"type": "SystemAssigned", "principalId": "p"}),
        "identity.principalId is read-only",
    ),
    "no authMode": (good(properties={"authMode": None}), "AuthMode field is required"),
    "the state": (
        good(properties={"provisioningState": "Succeeded"}),
        "provisioningState is read-only",
    ),
    "the address": (good(properties={"scoringUri": "https://x"}), "scoringUri is read-only"),
    "keys": (good(properties={"keys": {"primaryKey": "k"}}), "keys is read-only"),
    "systemData": (good(systemData={}), "systemData is read-only"),
    "a property less": (good(properties={"properties": {}}), "not altered or removed"),
    "99 %": (good(properties={"traffic": {"blue": 99}}), "0 or 100"),
    "half a percent": (good(properties={"traffic": {"blue": 99.5, "teal": 0.5}}), "whole numbers"),
    "traffic to nobody": (good(properties={"traffic": {"green": 100}}), "does not exist"),
    "a mirror of the live one": (good(properties={"mirrorTraffic": {"blue": 5}}), "both live"),
    "51 % of a mirror": (good(properties={"mirrorTraffic": {"teal": 51}}), "at most 50"),
    "a mirror of nobody": (good(properties={"mirrorTraffic": {"green": 5}}), "does not exist"),
    "51 tags": (good(tags={f"t{n}": "x" for n in range(51)}), "exceeds 50"),
    "a long tag": (good(tags={"t": "x" * 257}), "not valid"),
}


@pytest.mark.parametrize(("body", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_azure_refuses_is_refused(rest: Rest, body: dict[str, Any], why: str) -> None:
    answer = rest("PUT", CHURN, json=body)

    assert answer.status_code == 400
    assert why in answer.text


def test_a_good_body_is_an_operation_that_ends(rest: Rest, server: Server) -> None:
    server.control("settings", endpoint_seconds=20)
    changed = good(properties={"traffic": {"blue": 90, "teal": 10}})

    put = rest("PUT", CHURN, json=changed)
    again = rest("PUT", CHURN, json=changed)
    coming = rest("GET", CHURN).json()["properties"]
    server.control("advance", seconds=21)
    there = rest("GET", CHURN).json()["properties"]

    assert put.status_code == 201
    assert "mfeOperationsStatus" in put.headers["Azure-AsyncOperation"]
    assert "Retry-After" not in put.headers
    assert again.status_code == 409
    assert (coming["provisioningState"], coming["traffic"]) == ("Updating", {"blue": 100})
    assert (there["provisioningState"], there["traffic"]) == ("Succeeded", {"blue": 90, "teal": 10})


def test_a_put_resets_what_it_leaves_out(rest: Rest, server: Server) -> None:
    server.control("change", endpoint="churn", mirrorTraffic={"teal": 5}, tags={"team": "risk"})

    rest("PUT", CHURN, json=good())

    server.control("advance", seconds=1)
    after = server.look("churn")
    assert "mirrorTraffic" not in after["properties"]
    assert "tags" not in after


@pytest.mark.parametrize(
    ("how", "status", "traffic"),
    [
        ("ignore", 202, {"blue": 100}),
        ("reject", 400, {"blue": 100}),
        ("apply", 202, {"teal": 100}),
    ],
)
def test_a_patch_of_properties_has_every_answer_nobody_confirmed(
    rest: Rest, server: Server, how: str, status: int, traffic: dict[str, int]
) -> None:
    server.control("settings", patch_properties=how)

    answer = rest("PATCH", CHURN, json={"properties": {"traffic": {"teal": 100}}})

    server.control("advance", seconds=1)
    assert answer.status_code == status
    assert server.look("churn")["properties"]["traffic"] == traffic


def test_a_deployment_with_traffic_is_not_deleted(rest: Rest) -> None:
    answer = rest("DELETE", f"{CHURN}/deployments/blue")

    assert answer.status_code == 400


def test_a_call_without_a_version_or_with_somebody_elses_token_is_refused(rest: Rest) -> None:
    assert rest("GET", CHURN, params={"api-version": ""}).status_code == 400
    assert requests.get(f"{MANAGER}{CHURN}", timeout=10).status_code == 401


def metrics(rest: Rest, **params: str) -> requests.Response:
    usual = {"api-version": "2024-02-01", "metricnames": "RequestsPerMinute"}
    return rest("GET", f"{CHURN}/providers/Microsoft.Insights/metrics", params=usual | params)


@pytest.mark.parametrize(
    "params",
    [
        {"metricnames": "Nonsense"},
        {"$filter": "nonsense"},
        {"$filter": "deployment eq 'a' or statusCode eq '200'"},
        {"$filter": "region eq 'x'"},
        {"timespan": "2026-01-01T00:00:00 00:00/2026-01-01T01:00:00Z"},
        {"aggregation": "Total"},
        {"interval": "PT7M"},
        {"top": "5"},
    ],
    ids=["name", "filter", "or", "dimension", "lost plus", "aggregation", "interval", "top"],
)
def test_monitor_refuses_what_it_does_not_understand_without_wrapping_the_error(
    rest: Rest, params: dict[str, str]
) -> None:
    answer = metrics(rest, **params)

    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


def test_monitor_cuts_series_after_ten_and_writes_dimensions_in_lower_case(
    rest: Rest, server: Server
) -> None:
    at = server.control("now")["now"] - 300
    made = [["blue", at, str(400 + n), "", 0.1] for n in range(20)]
    server.control("requests", endpoint="churn", requests=made)

    split = metrics(rest, **{"$filter": "statusCode eq '*'"}).json()
    whole = metrics(rest).json()

    series = split["value"][0]["timeseries"]
    assert len(series) == 10
    assert series[0]["metadatavalues"][0]["name"]["value"] == "statuscode"
    assert len(whole["value"][0]["timeseries"]) == 1
    assert max(point["average"] for point in whole["value"][0]["timeseries"][0]["data"]) == 1


def test_it_runs_as_a_process_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "servers.azureml", "--ca", str(tmp_path / "ca.pem")]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(f"{url}/__control/now", b"{}")) as answer:
            now = json.load(answer)["now"]
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=10)

    assert url.startswith("http://127.0.0.1:")
    assert now > 0
    assert code == 0
    assert (tmp_path / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
