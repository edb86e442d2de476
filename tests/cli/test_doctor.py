"""`canary doctor`: what a release depends on, and the permissions it needs."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary, Result, simulated
from servers.sagemaker import Server

FRAUD = """
version: 1
defaults: {region: us-east-1}
endpoints:
  fraud-scorer:
    provider: sagemaker
    metric_delay: 0s
    metric_period: 10s
    plan: quick
plans:
  quick:
    stages:
      - {percent: 5, bake: 4m}
      - {percent: 100}
    checks:
      - {metric: errors_5xx, never_above: 5%}
      - {metric: latency_p99, no_worse_by: 20%}
"""


def probes(result: Result) -> dict[str, dict[str, Any]]:
    return {probe["name"]: probe for group in result.json["groups"] for probe in group["probes"]}


def titles(result: Result) -> list[str]:
    return [group["title"] for group in result.json["groups"]]


@pytest.fixture
def server(bare_aws: Server) -> Server:
    bare_aws.control("settings", {"metric_resolution_seconds": 10})
    bare_aws.endpoint(
        "fraud-scorer",
        {
            "v41": {"weight": 1, "model": "m41", "instances": 4, "type": "ml.m5.xlarge"},
            "v42": {"weight": 0, "model": "m42", "instances": 2, "type": "ml.m5.xlarge"},
        },
    )
    body = {"endpoint": "fraud-scorer", "rate": 300, "backfill_seconds": 120, "variants": {}}
    body["variants"] = {"v41": {"errors_5xx": 0.002}}
    bare_aws.control("traffic", body)
    return bare_aws


@pytest.fixture
def fraud(server: Server, tmp_path: Path) -> Canary:
    canary = Canary(tmp_path / "ann", dict(server.environment))
    canary.write(FRAUD)
    return canary


def test_a_healthy_endpoint_has_no_problem(tmp_path: Path) -> None:
    result = simulated(tmp_path).run("doctor")

    assert (result.code, result.err) == (0, "")
    assert "  ✔ plan quick" in result.out
    assert "demo in service, v41 100%" in result.out
    assert result.out.splitlines()[-1].startswith(" 0 problems, ")


def test_every_group_comes_as_json_too(tmp_path: Path) -> None:
    result = simulated(tmp_path).run("doctor", "demo", "-o", "json")

    assert result.json["schema"] == "canary.doctor/1"
    config, cloud, metrics, here = titles(result)
    assert (config, metrics, here) == ("Config", "Metrics", "This machine")
    assert cloud.startswith("simulator local-")
    assert probes(result)["errors_5xx of v41"]["verdict"] == "ok"
    assert result.json["problems"] == 0


def test_a_setting_is_shown_with_where_it_comes_from(fraud: Canary) -> None:
    of_file = probes(fraud.run("doctor", "-o", "json"))
    of_flag = probes(fraud.run("doctor", "--region", "us-east-1", "-o", "json"))

    assert of_file["region"]["detail"] == "us-east-1, from defaults: in canary.yaml"
    assert of_file["metric_period"]["detail"] == "10s, from canary.yaml"
    assert of_flag["region"]["detail"] == "us-east-1, from --region"


def test_a_broken_config_is_a_problem_and_the_endpoint_is_looked_at_all_the_same(
    tmp_path: Path,
) -> None:
    canary = simulated(tmp_path, plan="    fails_afterr: 3\n")

    result = canary.run("doctor", "-o", "json")

    assert result.code == 1
    assert "fails_afterr" in probes(result)["canary.yaml"]["detail"]
    assert probes(result)["endpoint"]["verdict"] == "ok"


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    canary = simulated(tmp_path)
    (tmp_path / "file").write_text("")
    canary.env["CANARY_STATE"] = str(tmp_path / "file")

    result = canary.run("doctor", "-o", "json")

    assert (result.code, probes(result)["records"]["verdict"]) == (1, "problem")


def test_an_endpoint_that_is_not_named_is_a_problem_with_a_way_on(tmp_path: Path) -> None:
    result = Canary(tmp_path / "ann").run("doctor")

    assert result.code == 1
    assert "✖ endpoint" in result.out
    assert "fix: or name it: -e ENDPOINT with --provider sagemaker" in result.out


def test_only_the_metrics_are_looked_at_when_they_are_asked_for(tmp_path: Path) -> None:
    canary = simulated(tmp_path)

    every = canary.run("doctor", "demo", "--metrics", "-o", "json")
    one = canary.run("doctor", "demo", "--metrics", "errors_5xx", "-o", "json")
    unknown = canary.run("doctor", "demo", "--metrics", "errors")

    assert titles(every) == titles(one) == ["Metrics"]
    assert list(probes(one)) == ["errors_5xx of v41"]
    assert (unknown.code, "it has errors_5xx" in unknown.err) == (2, True)


def test_a_metric_without_points_is_a_problem(tmp_path: Path) -> None:
    canary = simulated(tmp_path, versions="{v41: {percent: 100, silent: true}, v42: {}}")

    result = canary.run("doctor", "--metrics")

    assert result.code == 1
    assert "✖ errors_5xx of v41   no points for simulator errors_5xx" in result.out


def test_a_gate_the_cloud_cannot_measure_is_a_problem(tmp_path: Path) -> None:
    canary = simulated(tmp_path, plan="      - {metric: gpu, never_above: 90}\n")

    found = probes(canary.run("doctor", "-o", "json"))["gpu"]

    assert (found["verdict"], "--skip gpu" in found["hints"][0]) == ("problem", True)


def test_sagemaker_is_asked_who_we_are_and_what_we_may(fraud: Canary, server: Server) -> None:
    before = len(server.calls())
    result = fraud.run("doctor", "--deploys", "-o", "json")

    found = probes(result)
    assert result.code == 0, result.out
    assert found["identity"]["detail"].startswith("arn:aws:")
    assert found["endpoint"]["detail"].startswith("fraud-scorer InService, v41 100% (4 × ml.m5")
    assert found["sagemaker:UpdateEndpointWeightsAndCapacities"]["verdict"] == "ok"
    assert found["sagemaker:CreateEndpointConfig"]["verdict"] == "ok"
    assert found["latency_p99 of v41"]["detail"].startswith("newest point")
    assert found["clock"]["detail"].endswith("off AWS's")
    assert len(server.calls()) - before < 25
    assert server.weights("fraud-scorer") == {"v41": 1, "v42": 0}


def test_a_missing_permission_is_a_problem_and_the_rest_is_still_tried(
    fraud: Canary, server: Server
) -> None:
    server.control("faults", [{"operation": "GetMetricData", "kind": "denied", "times": 99}])

    result = fraud.run("doctor")

    assert result.code == 1, result.out
    assert "✖ cloudwatch:GetMetricData" in result.out
    assert "✔ sagemaker:UpdateEndpointWeightsAndCapacities" in result.out


def test_without_credentials_nothing_else_is_tried_and_the_exit_code_says_so(
    fraud: Canary,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        fraud.env.pop(name, None)
    fraud.env["AWS_EC2_METADATA_DISABLED"] = "true"

    result = fraud.run("doctor", "-o", "json")

    assert result.code == 8
    assert probes(result)["permissions"]["verdict"] == "not_tried"


@pytest.mark.parametrize(
    ("cloud", "first"),
    [
        ("aws", "sagemaker:DescribeEndpoint"),
        ("gcp", "aiplatform.endpoints.get"),
        ("azure", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read"),
    ],
)
def test_a_policy_needs_neither_config_nor_credentials_nor_network(
    tmp_path: Path, cloud: str, first: str
) -> None:
    canary = Canary(tmp_path / "ann", {"HTTPS_PROXY": "http://127.0.0.1:9"})

    result = canary.run("doctor", "--print-policy", cloud)

    assert (result.code, first in result.out) == (0, True), result.err
    assert json.loads(result.out)


ELSEWHERE = """
version: 1
sources:
  lake: {athena: {region: us-east-1}}
  big: {bigquery: {project: acme}}
  logs: {azure_logs: {workspace: 5f0e1d2c-0000-4000-8000-000000000001}}
  shop: {postgres: {dsn_env: SHOP_DSN}}
endpoints:
  aws:
    provider: sagemaker
    region: us-east-1
    plan: all
    predictions: {class: label}
    labels: {files: "s3://captured/truth", mature_after: 6h}
  gcp: {provider: vertex, project: acme, region: us-east1, endpoint: "1000", plan: figures}
  azure: {provider: azureml, subscription: s, resource_group: g, workspace: w, plan: figures}
plans:
  figures:
    stages: [{percent: 5}, {percent: 100}]
    checks:
      - {metric: {name: a, from: lake, query: SELECT 1}, no_worse_by: 1pp}
      - {metric: {name: b, from: big, query: SELECT 1}, no_worse_by: 1pp}
      - {metric: {name: c, from: logs, query: AppTraces}, no_worse_by: 1pp}
      - {metric: {name: d, from: shop, query: SELECT 1}, no_worse_by: 1pp}
  all:
    stages: [{percent: 5}, {percent: 100}]
    checks:
      - {metric: accuracy, no_worse_by: 1pp}
      - {metric: {name: a, from: lake, query: SELECT 1}, no_worse_by: 1pp}
      - {metric: {name: d, from: shop, query: SELECT 1}, no_worse_by: 1pp}
"""


def test_a_policy_has_what_labels_and_sources_of_its_cloud_take(tmp_path: Path) -> None:
    canary = Canary(tmp_path / "ann", {"HTTPS_PROXY": "http://127.0.0.1:9"})
    canary.write(ELSEWHERE)

    aws = canary.run("doctor", "aws", "--print-policy")
    of = {row["Sid"]: row for row in aws.json["Statement"]}
    gcp = canary.run("doctor", "gcp", "--print-policy").json
    azure = canary.run("doctor", "azure", "--print-policy").json

    assert of["ReadLabels"]["Resource"] == "arn:aws:s3:::captured/truth/*"
    assert of["FindLabels"]["Resource"] == "arn:aws:s3:::captured"
    assert "athena:StartQueryExecution" in of["AskAthena"]["Action"]
    assert "postgres: grant a role SELECT" in aws.err
    assert "bigquery.tables.getData" in gcp["includedPermissions"]
    assert "Microsoft.OperationalInsights/workspaces/query/*/read" in azure["Actions"]


def test_the_policy_of_an_endpoint_names_it_and_no_other(fraud: Canary) -> None:
    plain = fraud.run("doctor", "fraud-scorer", "--print-policy").json["Statement"]
    whole = fraud.run("doctor", "fraud-scorer", "--print-policy", "--deploys").json["Statement"]

    assert plain[0]["Resource"] == "arn:aws:sagemaker:us-east-1:*:endpoint/fraud-scorer"
    assert {row["Sid"] for row in whole} - {row["Sid"] for row in plain} == {
        "AddOrRemoveTheCandidate",
        "Autoscaling",
        "AlarmsOfScalingPolicies",
        "RoleOfScalingPolicies",
    }


def test_a_candidate_in_canary_yaml_is_to_be_deployed(fraud: Canary) -> None:
    fraud.write(FRAUD.replace("    plan: quick\n", "    plan: quick\n    candidate: {}\n", 1))
    without = fraud.run("doctor", "--print-policy").json["Statement"]
    given = "    plan: quick\n    candidate: {instances: 2}\n"
    fraud.write(FRAUD.replace("    plan: quick\n", given, 1))

    statements = fraud.run("doctor", "--print-policy").json["Statement"]

    assert len(statements) > len(without)


def test_a_pretend_cloud_has_no_policy(tmp_path: Path) -> None:
    result = simulated(tmp_path).run("doctor", "--print-policy")

    assert (result.code, "has no permissions to write down" in result.err) == (2, True)
    assert list((tmp_path / "ann" / "home").iterdir()) == []
