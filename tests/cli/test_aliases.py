"""One model has many names; whichever is said, what it means is known before anything moves."""

import pytest
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("word", ["500@champion", "models/500@champion", "churn@champion"])
def test_an_alias_of_the_live_version_is_the_baseline(vertex: OnVertex, word: str) -> None:
    vertex.server.cloud.models["500"][0]["versionAliases"].append("champion")

    result = vertex.ann.run("start", *VERTEX, "-m", word, "-p", "10", "-y")

    assert result.code == 2, result.out + result.err
    assert f"{word} is 11, the baseline already" in result.err
    assert "deployModel" not in vertex.calls


def test_an_alias_of_an_idle_version_is_not_deployed(vertex: OnVertex) -> None:
    vertex.server.cloud.models["500"][1]["versionAliases"].append("challenger")

    plan = vertex.ann.run("plan", *VERTEX, "-m", "churn@challenger", "-p", "10")
    start = vertex.ann.run("start", *VERTEX, "-m", "churn@challenger", "-p", "10", "-y", "--detach")

    assert start.code == 0, start.out + start.err
    assert "to be deployed" not in plan.out
    assert "deploying" not in start.out
    assert vertex.split == {"11": 90, "22": 10}
    assert "deployModel" not in vertex.calls


def test_an_alias_is_recorded_as_the_version_it_meant(vertex: OnVertex) -> None:
    result = vertex.ann.run("start", *VERTEX, "-m", "500@golden", "-p", "10", "-y", "--detach")

    assert result.code == 0, result.out + result.err
    assert "models/500@3" in result.out
    made = vertex.server.cloud.endpoints["1000"]["deployedModels"][-1]
    assert made["modelVersionId"] == "3"


def test_the_newest_version_on_azure_is_recorded_by_its_number(azure: OnAzure) -> None:
    for version in ("4", "5"):
        azure.server.control(
            "asset",
            name="eta",
            version=version,
            created=f"2026-11-0{version}",
            properties={"modelType": "mlflow_model"},
        )

    result = azure.ann.run("start", *AZURE, "-m", "eta@latest", "-p", "10", "-y", "--detach")

    assert result.code == 0, result.out + result.err
    assert "eta:5" in result.out
    assert azure.server.deployment("eta", "eta-5")["properties"]["model"].endswith(
        "/eta/versions/5"
    )


@pytest.mark.parametrize("state", ["Failed", "Canceled", "Deleting"])
def test_a_dead_deployment_is_told_by_its_state_and_never_waited_for(
    azure: OnAzure, state: str
) -> None:
    azure.server.control("state", endpoint="eta", deployment="teal", state=state)

    result = azure.ann.run("start", *AZURE, "-m", "teal", "-p", "10", "-y")

    assert result.code == 10, result.out + result.err
    assert f"it is {state}" in result.err
    assert "no waiting helps" in result.err
    assert "wait until" not in result.err


@pytest.mark.parametrize("state", ["Updating", "Creating", "Scaling"])
def test_one_that_is_on_its_way_is_waited_for(azure: OnAzure, state: str) -> None:
    azure.server.control("state", endpoint="eta", deployment="teal", state=state)

    result = azure.ann.run("start", *AZURE, "-m", "teal", "-p", "10", "-y")

    assert result.code == 10, result.out + result.err
    assert f"it is {state}" in result.err
    assert "wait until it is" in result.err


def test_a_failed_deployment_is_made_anew_from_any_machine(azure: OnAzure) -> None:
    azure.server.control("asset", name="eta", version="3", properties={"modelType": "mlflow_model"})
    azure.server.control("fail_next", name="eta-3", log="no")
    first = azure.ann.run("start", *AZURE, "-m", "eta:3", "-p", "10", "-y", "--detach")
    assert first.code == 10, first.out + first.err

    bob = azure.ann.elsewhere("bob")
    again = bob.run("start", *AZURE, "-m", "eta:3", "-p", "10", "-y", "--detach")

    assert again.code == 0, again.out + again.err
    assert azure.split == {"blue": 90, "eta-3": 10}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("OutOfQuota", "Not enough quota available for Standard_DS3_v2"),
        ("ImageBuildFailure", "pip could not find xgboost"),
    ],
)
def test_a_deployment_that_failed_tells_the_operations_reason(
    azure: OnAzure, code: str, said: str
) -> None:
    azure.server.control("asset", name="eta", version="3", properties={"modelType": "mlflow_model"})
    log = "InferenceServer: Succeeded, eta-3: ready"
    azure.server.control("fail_next", name="eta-3", log=log, code=code, message=said)

    result = azure.ann.run("start", *AZURE, "-m", "eta:3", "-p", "10", "-y", "--timeout", "60s")

    assert result.code == 10, result.out + result.err
    assert said in result.out + result.err
    assert "ready" not in result.out + result.err


def test_two_endpoints_of_one_display_name_are_told_apart_in_the_hint(vertex: OnVertex) -> None:
    vertex.server.control("PUT", "endpoints/2000", displayName="churn", deployedModels=[])
    flags = (*VERTEX[:-1], "churn")

    result = vertex.ann.elsewhere("bob").run("rollback", *flags, "-y")

    assert result.code == 2, result.out + result.err
    assert "1000  churn" in result.err
    assert "2000  churn" in result.err
    assert "endpoints list" not in result.err


def test_a_cloud_that_azure_has_not_is_a_mistake_in_the_file(azure: OnAzure) -> None:
    text = (azure.ann.folder / "canary.yaml").read_text()
    azure.ann.write(text.replace("provider: azureml\n", "provider: azureml\n    cloud: germany\n"))

    result = azure.ann.run("lint")

    assert result.code == 2
    assert '"germany" is none of public, usgov, china' in result.out


def test_a_job_that_runs_again_may_count_what_is_live_already_as_0(azure: OnAzure) -> None:
    again = ("start", *AZURE, "-m", "blue", "-p", "10")
    refused = azure.ann.run(*again)
    assert refused.code == 2, refused.err
    assert "'blue' is the baseline already, with 100% of the traffic" in refused.err
    assert "in a job that runs again: --ok-on unchanged" in refused.err

    told = azure.ann.run(*again, "--ok-on", "paused,unchanged")

    assert told.code == 0, told.err
    assert "nothing to do" in told.err
    assert "endpoint.put" not in azure.calls


def test_a_split_that_nobody_ended_is_not_taken_for_live_already(azure: OnAzure) -> None:
    azure.somebody_sets(blue=60, teal=40)

    refused = azure.ann.run("start", *AZURE, "-m", "blue", "-p", "50", "--ok-on", "unchanged")

    assert refused.code == 2, refused.out + refused.err
