"""Candidates made like the baseline, and idle deployments taken away."""

from typing import Any

import pytest
from servers.azureml.running import PLACE, Server

from canarycli.errors import CanaryError, Conflict, NotFound, UsageError
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

WORKSPACE = (
    f"/subscriptions/{PLACE['subscription']}/resourceGroups/{PLACE['resource_group']}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{PLACE['workspace']}"
)
REGISTRY = "azureml://registries/acme/models/fraud/versions/9"


@pytest.fixture(autouse=True)
def models(server: Server) -> None:
    """fraud:7 and fraud:12, the newest; flow:3 is an MLflow model."""
    server.control("asset", name="fraud", version="7", created="2026-03-01T00:00:00Z")
    server.control("asset", name="fraud", version="12", created="2026-09-01T00:00:00Z")
    server.control("asset", name="flow", version="3", properties={"modelType": "mlflow_model"})


def deploy(provider: AzureML, model: str, release: str = "r-7k2f", **options: Any) -> str:
    return provider.deploy(provider.describe("churn"), model, "blue", options, release)


@pytest.mark.parametrize(
    ("spec", "model", "name"),
    [
        ("fraud:7", f"{WORKSPACE}/models/fraud/versions/7", "fraud-7"),
        ("azureml:fraud:7", f"{WORKSPACE}/models/fraud/versions/7", "fraud-7"),
        ("fraud@latest", f"{WORKSPACE}/models/fraud/versions/12", "fraud-12"),
        ("azureml:fraud@latest", f"{WORKSPACE}/models/fraud/versions/12", "fraud-12"),
        (
            f"{WORKSPACE}/models/fraud/versions/7",
            f"{WORKSPACE}/models/fraud/versions/7",
            "fraud-7",
        ),
        (REGISTRY, REGISTRY, "fraud-9"),
    ],
    ids=["name:version", "with azureml:", "@latest", "azureml: and @latest", "id", "registry"],
)
def test_a_model_is_named_in_any_of_azures_ways(
    server: Server, azureml: AzureML, spec: str, model: str, name: str
) -> None:
    found = deploy(azureml, spec)

    assert found == name
    assert server.deployment("churn", name)["properties"]["model"] == model


def test_the_latest_version_is_the_newest_in_whatever_order_they_are_listed(
    server: Server, azureml: AzureML
) -> None:
    server.control("settings", newest_first=False)

    assert deploy(azureml, "fraud@latest") == "fraud-12"


@pytest.mark.parametrize(
    ("spec", "error", "why"),
    [
        ("fraud:8", NotFound, "no model 'fraud:8'"),
        ("fruad@latest", NotFound, "no model 'fruad'"),
        ("fraud@production", NotFound, "no registered model's name and version"),
        ("fraud", NotFound, "no registered model's name and version"),
        ("azureml://registries/acme/models/fraud/labels/latest", UsageError, "does not name"),
        ("./model.pkl", NotFound, "no registered model's name and version"),
    ],
)
def test_a_model_that_cannot_be_found_is_told_before_anything_is_made(
    server: Server, azureml: AzureML, spec: str, error: type[CanaryError], why: str
) -> None:
    with pytest.raises(error, match=why) as refused:
        deploy(azureml, spec)

    assert refused.value.hints or error is NotFound
    assert not server.calls("deployment.put")


def test_a_candidate_has_everything_of_its_baseline_but_the_model(
    server: Server, azureml: AzureML
) -> None:
    like = {
        "environmentId": f"{WORKSPACE}/environments/sklearn/versions/5",
        "codeConfiguration": {"codeId": f"{WORKSPACE}/codes/c/versions/1", "scoringScript": "s.py"},
        "environmentVariables": {"THREADS": "4"},
        "instanceType": "Standard_F8s_v2",
        "requestSettings": {"maxConcurrentRequestsPerInstance": 4, "requestTimeout": "PT30S"},
        "livenessProbe": {"initialDelay": "PT30S"},
        "readinessProbe": {"period": "PT10S"},
        "scaleSettings": {"scaleType": "Default"},
        "appInsightsEnabled": True,
        "egressPublicNetworkAccess": "Disabled",
        "dataCollector": {
            "collections": {
                "model_inputs": {"dataCollectionMode": "Enabled", "dataId": "/data/of-blue"}
            },
            "rollingRate": "Hour",
        },
        "properties": {"AzureAsyncOperationUri": "https://management.azure.com/x?s=secret"},
    }
    server.control("deployment", endpoint="churn", name="blue", capacity=3, properties=like)

    deploy(azureml, "fraud:7")

    (put,) = server.calls("deployment.put")
    collected = {"collections": {"model_inputs": {"dataCollectionMode": "Enabled"}}}
    expected = {key: value for key, value in like.items() if key != "properties"}
    expected["dataCollector"] = {**collected, "rollingRate": "Hour"}
    expected["endpointComputeType"] = "Managed"
    expected["model"] = f"{WORKSPACE}/models/fraud/versions/7"
    assert put["body"]["properties"] == expected
    assert put["body"]["sku"] == {"name": "Default", "capacity": 3}
    assert put["body"]["tags"] == {"canary-release": "r-7k2f"}


def test_options_change_name_machines_their_number_and_environment(
    server: Server, azureml: AzureML
) -> None:
    name = deploy(
        azureml,
        "fraud:7",
        name="Green",
        instances=1,
        instance_type="Standard_E4s_v3",
        environment="torch:2",
    )

    made = server.deployment("churn", name)
    assert name == "green"
    assert made["sku"]["capacity"] == 1
    assert made["properties"]["instanceType"] == "Standard_E4s_v3"
    assert made["properties"]["environmentId"] == f"{WORKSPACE}/environments/torch/versions/2"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"machine_type": "x"}, "no option 'machine_type'"),
        ({"instances": 0}, "from 1 to 50"),
        ({"instances": "two"}, "from 1 to 50"),
        ({"environment": "torch"}, "has no version"),
    ],
    ids=["unknown", "none", "words", "no version"],
)
def test_an_option_that_makes_no_sense_is_refused(
    server: Server, azureml: AzureML, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        deploy(azureml, "fraud:7", **options)

    assert not server.calls("deployment.put")


def test_an_mlflow_model_is_deployed_without_the_baselines_environment(
    server: Server, azureml: AzureML
) -> None:
    name = deploy(azureml, "flow:3")

    (put,) = server.calls("deployment.put")
    assert name == "flow-3"
    assert put["status"] == 201
    assert "environmentId" not in put["body"]["properties"]


def test_an_mlflow_model_with_the_baselines_own_code_keeps_its_environment(
    server: Server, azureml: AzureML
) -> None:
    code = {"codeConfiguration": {"codeId": "c", "scoringScript": "score.py"}}
    server.control("deployment", endpoint="churn", name="blue", properties=code)

    deploy(azureml, "flow:3")

    (put,) = server.calls("deployment.put")
    assert put["body"]["properties"]["environmentId"]
    assert put["body"]["properties"]["codeConfiguration"] == code["codeConfiguration"]


def test_another_model_than_mlflow_needs_an_environment_to_be_found(
    server: Server, azureml: AzureML
) -> None:
    server.control("deployment", endpoint="churn", name="blue", properties={"environmentId": None})

    with pytest.raises(UsageError, match="no environment") as refused:
        deploy(azureml, "fraud:7")

    assert any("environment:" in hint for hint in refused.value.hints)


def test_a_name_is_made_to_azures_rules_and_free(server: Server, azureml: AzureML) -> None:
    server.control("asset", name="9_lives.of-a_very.long_model_name", version="2026.11")

    first = deploy(azureml, "9_lives.of-a_very.long_model_name:2026.11", "r-1")
    server.control("advance", seconds=1)
    second = deploy(azureml, "9_lives.of-a_very.long_model_name:2026.11", "r-2")

    assert first == "m-9-lives-of-a-very-long-model-n"
    assert second == "m-9-lives-of-a-very-long-model-2"
    assert max(map(len, (first, second))) <= 32


@pytest.mark.parametrize("name", ["ab", "1x1", "x" * 33, "a--b", "abc-", "my_model", "été"])
def test_a_name_that_no_deployment_can_have_is_refused_and_not_mended(
    server: Server, azureml: AzureML, name: str
) -> None:
    with pytest.raises(UsageError, match="no deployment can be called"):
        deploy(azureml, "fraud:7", name=name)
    with pytest.raises(UsageError, match="no deployment can be called"):
        azureml.check_candidate({"name": name})

    assert not server.calls("deployment.put")


def test_a_model_of_another_workspace_is_refused_by_name(server: Server, azureml: AzureML) -> None:
    other = "/subscriptions/s/resourceGroups/g/providers/x/workspaces/w/models/fraud/versions/7"

    with pytest.raises(UsageError, match="is in another workspace than the endpoint") as refused:
        azureml.preview(azureml.describe("churn"), other, "blue", {})

    assert "az ml model share" in refused.value.hints[0]
    assert not server.calls("model.get")


def test_a_baseline_that_is_not_there_is_not_found(azureml: AzureML) -> None:
    seen = azureml.describe("churn")

    with pytest.raises(NotFound, match="no version 'green' to deploy like"):
        azureml.deploy(seen, "fraud:7", "green", {}, "r-7k2f")


def test_an_endpoint_that_is_changing_takes_no_deployment(server: Server, azureml: AzureML) -> None:
    server.control("state", endpoint="churn", state="Updating")

    with pytest.raises(Conflict) as refused:
        deploy(azureml, "fraud:7")

    assert any("Updating provisioning state" in fact for fact in refused.value.facts)


def test_a_deployment_under_way_is_shown_and_leaves_the_traffic_alone(
    server: Server, azureml: AzureML
) -> None:
    server.control("settings", deployment_seconds=582)
    name = deploy(azureml, "fraud:7")

    coming = azureml.describe("churn")
    under_way = azureml.progress(coming)
    azureml.shift(coming, Traffic.split("blue", "teal", 5), {})
    server.control("advance", seconds=583)

    version = coming.version(name)
    assert version
    assert "creating" in version.detail
    assert under_way == "fraud-7 creating"
    assert not coming.serves(name)
    assert azureml.describe("churn").serves(name)
    assert azureml.progress(coming) == ""


def test_a_deployment_that_failed_shows_the_end_of_its_log(
    server: Server, azureml: AzureML
) -> None:
    server.control("fail_next", name="fraud-7")
    name = deploy(azureml, "fraud:7")
    lines = [f"line {n}" for n in range(30)] + ["ModuleNotFoundError: No module named 'lightgbm'"]
    server.control("log", endpoint="churn", deployment=name, text="\n".join(lines))
    server.control("advance", seconds=5)

    seen = azureml.describe("churn")
    azureml.describe("churn")

    assert "'fraud-7' failed" in seen.failure
    assert seen.failure.endswith("No module named 'lightgbm'")
    assert "line 5" not in seen.failure
    assert seen.settled
    assert len(server.calls("deployment.log")) == 1


def test_a_failed_deployment_whose_log_is_denied_is_still_told(
    server: Server, azureml: AzureML
) -> None:
    server.control("fail_next", name="fraud-7")
    deploy(azureml, "fraud:7")
    server.control("advance", seconds=5)
    server.fault("deployment.log", "denied")

    assert azureml.describe("churn").failure == "deployment 'fraud-7' failed: It did not start."


def test_a_deployment_that_failed_before_the_last_change_is_no_news(
    server: Server, azureml: AzureML
) -> None:
    server.control("state", endpoint="churn", deployment="teal", state="Failed")
    server.control("change", endpoint="churn", tags={"owner": "dana"})

    seen = azureml.describe("churn")

    assert not seen.failure
    assert not seen.serves("teal")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"traffic": {"blue": 99, "teal": 1}}, "still has traffic"),
        ({"mirrorTraffic": {"TEAL": 10}}, "still has shadow traffic"),
    ],
    ids=["live", "mirror"],
)
def test_a_version_with_any_traffic_now_is_not_deleted_whatever_was_seen(
    server: Server, azureml: AzureML, change: dict[str, Any], what: str
) -> None:
    seen = azureml.describe("churn")
    server.control("change", endpoint="churn", **change)

    with pytest.raises(Conflict, match=what):
        azureml.retire(seen, "Teal")

    assert not server.calls("deployment.delete")


def test_a_version_that_is_gone_already_is_no_error(server: Server, azureml: AzureML) -> None:
    seen = azureml.describe("churn")
    azureml.retire(seen, "teal")
    server.control("advance", seconds=5)

    azureml.retire(seen, "teal")

    assert azureml.describe("churn").version("teal") is None


def test_a_version_that_is_being_made_is_not_deleted(server: Server, azureml: AzureML) -> None:
    server.control("settings", deployment_seconds=600)
    name = deploy(azureml, "fraud:7")

    with pytest.raises(Conflict):
        azureml.retire(azureml.describe("churn"), name)
