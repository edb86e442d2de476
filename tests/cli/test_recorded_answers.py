"""A release on Vertex AI or Azure ML is decided on what its versions say, as it is kept there."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cli.answered import LOG
from cli.blackbox import Canary, Result
from cli.on_azureml import on_azure
from cli.on_vertex import on_vertex
from servers.azureml.running import PLACE, Server

from canarycli.errors import Exit

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)
MINUTES, EACH = 30, 240
USUAL, OFTEN = 5, 20
"""Per cent of the answers that say fraud."""

LATE = {100_000: timedelta(hours=6, minutes=15), 200_000: timedelta(hours=5, minutes=45)}
"""How long ago the answers of another hour were given, by their first number: half of it has all
its labels by now."""

PLAN = """
    plan: answers
    predictions: {each: predictions, class: label, delay: 1m}
plans:
  labelled:
    stages: [{percent: 50, bake: 10m}, {percent: 100}]
    checks: [{metric: accuracy, no_worse_by: 6pp}]
  answers:
    stages: [{percent: 50, bake: 10m}, {percent: 100}]
    checks:
      - {metric: class_share(fraud), differs_by: 6pp}
      - {metric: answer_empty, no_worse_by: 4pp}
"""
VERTEX = (
    """
version: 1
sources: {warehouse: {bigquery: {project: acme-ml}}}
endpoints:
  churn:
    provider: vertex
    project: acme-ml
    region: europe-west4
    endpoint: "1000"
    labels:
      from: warehouse
      query: SELECT key, label FROM `acme-ml.shop.truth` WHERE key IN UNNEST(:keys)
      mature_after: 6h"""
    + PLAN
)
AZURE = f"""
version: 1
endpoints:
  eta:
    provider: azureml
    subscription: {PLACE["subscription"]}
    resource_group: {PLACE["resource_group"]}
    workspace: {PLACE["workspace"]}{PLAN}""".replace("{each: predictions, ", "{")


def answers(often: int) -> Iterator[tuple[datetime, int, str]]:
    """Half an hour of answers, so many of a hundred of them `fraud`."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    for number in range(MINUTES * EACH):
        label = "fraud" if number * 37 % 100 < often else "ok"
        yield end - (number // EACH + 1) * MINUTE, number, json.dumps({"label": label})


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """Models 11 and 33 say the same, 22 says fraud 15 points more often."""
    with on_vertex(tmp_path_factory.mktemp("vertex")) as world:
        server, table = world.server, "acme-ml.logs.answers"
        config = {"enabled": True, "bigqueryDestination": {"outputUri": f"bq://{table}"}}
        models = server.cloud.endpoints["1000"]["deployedModels"]
        third = {**models[1], "id": "33"}
        server.control(
            "PUT",
            "endpoints/1000",
            deployedModels=[*models, third],
            predictRequestResponseLoggingConfig=config,
        )
        rows = [
            (model, at, number, [said], None)
            for model, often in (("11", USUAL), ("22", OFTEN), ("33", USUAL))
            for at, number, said in answers(often)
        ]
        late = [
            (model, at - ago, first + n, *rest)
            for first, ago in LATE.items()
            for model, at, n, *rest in rows
        ]
        server.warehouse.put(table, LOG, [*rows, *late])
        truth = [
            (str(first + n), json.loads(said)["label"])
            for first in LATE
            for _, n, said in answers(USUAL)
        ]
        known = {"key": "STRING", "label": "STRING"}
        server.warehouse.put("acme-ml.shop.truth", known, truth)
        ann = Canary(world.ann.folder, {**world.ann.env, "CANARY_BIGQUERY_ENDPOINT": server.url})
        ann.write(VERTEX)
        yield ann


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """Blue and green say the same, teal fraud 15 points more often; gray collects nothing."""
    with on_azure(tmp_path_factory.mktemp("azureml")) as world:
        server: Server = world.server
        for name, often in (("blue", USUAL), ("teal", OFTEN), ("green", USUAL), ("gray", 0)):
            on = {"dataCollectionMode": "Enabled" if often else "Disabled"}
            collector = {"collections": {"model_outputs": on}, "rollingRate": "Hour"}
            server.control(
                "deployment", endpoint="eta", name=name, properties={"dataCollector": collector}
            )
            for hour, text in by_hour(often).items():
                folder = f"azureml-blobstore/modelDataCollector/eta/{name}/model_outputs/{hour}"
                now = datetime.now(UTC).timestamp()
                server.control("blob", name=f"{folder}/a.jsonl", text=text, at=now)
        world.ann.write(AZURE)
        yield world.ann


def by_hour(often: int) -> dict[str, str]:
    """The events of a deployment by the folder they lie in, ten answers in a line."""
    found: dict[str, str] = {}
    lines: dict[tuple[datetime, int], list[Any]] = {}
    for at, number, said in answers(often):
        lines.setdefault((at, number // 10), []).append(json.loads(said))
    for (at, number), data in lines.items():
        event = {"id": str(number), "time": at.isoformat(), "data": data}
        hour = f"{at:%Y/%m/%d/%H}"
        found[hour] = found.get(hour, "") + json.dumps(event) + "\n"
    return found


def judged(canary: Canary, endpoint: str, baseline: str, candidate: str) -> Result:
    arms = ("--baseline", baseline, "--candidate", candidate)
    return canary.run("check", endpoint, *arms, "--since", "20m", "-o", "json")


@pytest.mark.parametrize(
    ("cloud", "endpoint", "arms"),
    [("google", "churn", ("11", "22")), ("azure", "eta", ("blue", "teal"))],
)
def test_a_candidate_that_says_fraud_more_often_fails(
    request: pytest.FixtureRequest, cloud: str, endpoint: str, arms: tuple[str, str]
) -> None:
    ran = judged(request.getfixturevalue(cloud), endpoint, *arms)

    assert ran.code == Exit.ROLLED_BACK, ran.out + ran.err
    failed = [check for check in ran.json["checks"] if check["verdict"] == "fail"]
    assert [check["name"] for check in failed] == ["class_share(fraud)"]
    assert failed[0]["baseline"] == pytest.approx(USUAL / 100, abs=0.005)
    assert failed[0]["candidate"] == pytest.approx(OFTEN / 100, abs=0.01)


@pytest.mark.parametrize(
    ("cloud", "endpoint", "arms"),
    [("google", "churn", ("11", "33")), ("azure", "eta", ("blue", "green"))],
)
def test_one_that_says_the_same_passes(
    request: pytest.FixtureRequest, cloud: str, endpoint: str, arms: tuple[str, str]
) -> None:
    ran = judged(request.getfixturevalue(cloud), endpoint, *arms)

    assert ran.code == 0, ran.out + ran.err
    assert {check["verdict"] for check in ran.json["checks"]} == {"pass"}


@pytest.mark.parametrize(
    ("candidate", "limit", "verdict", "right"),
    [("22", "1pp", "fail", 0.85), ("33", "6pp", "pass", 1)],
)
def test_labels_of_a_query_decide_when_they_are_six_hours_old(
    google: Canary, candidate: str, limit: str, verdict: str, right: float
) -> None:
    bob = google.elsewhere("bob")
    config = VERTEX.replace("plan: answers", "plan: labelled")
    bob.write(config.replace("accuracy, no_worse_by: 6pp", f"accuracy, no_worse_by: {limit}"))
    arms = ("--baseline", "11", "--candidate", candidate)

    ran = bob.run("check", "churn", *arms, "--since", "8h", "-o", "json")

    (check,) = ran.json["checks"]
    assert (check["name"], check["verdict"]) == ("accuracy", verdict), ran.out + ran.err
    assert check["candidate"] == pytest.approx(right, abs=0.01)


def test_a_candidate_that_collects_nothing_is_told_before_it_gets_traffic(azure: Canary) -> None:
    ran = azure.run("start", "eta", "--new-model", "gray", "--yes")

    assert ran.code == Exit.CLOUD_FAILED, ran.out + ran.err
    assert "no answers of 'gray' are kept" in ran.err
