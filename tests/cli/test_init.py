"""From nothing to a canary.yaml: the endpoints there are, stages from traffic, the CI job."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import OnVertex
from servers.sagemaker import Server, running

VARIANTS = {
    "v41": {"weight": 1, "model": "m41", "instances": 4, "type": "ml.m5.xlarge"},
    "v42": {"weight": 0, "model": "m42", "instances": 2, "type": "ml.m5.xlarge"},
}
VERTEX = ("--provider", "vertex", "--project", "acme-ml", "--region", "europe-west4")


@pytest.fixture(scope="module")
def aws() -> Iterator[Server]:
    with running() as server:
        for name in ("fraud-scorer", "ranker"):
            server.endpoint(name, VARIANTS)
        traffic = {"endpoint": "fraud-scorer", "rate": 300, "backfill_seconds": 300}
        server.control("traffic", {**traffic, "variants": {"v41": {"errors_5xx": 0.002}}})
        yield server


@pytest.fixture
def ann(aws: Server, tmp_path: Path) -> Canary:
    return Canary(tmp_path / "ann", {**aws.environment, "AWS_REGION": "us-east-1"})


def written(canary: Canary) -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(
        (canary.folder / "canary.yaml").read_text()
    )
    return found


def test_on_sagemaker_it_writes_a_config_that_plans_and_the_job(ann: Canary) -> None:
    made = ann.run("init", "--provider", "sagemaker", "-e", "fraud-scorer", "--ci", "github")

    assert made.code == 0, made.err
    entry = written(ann)["endpoints"]["fraud-scorer"]
    assert entry == {"provider": "sagemaker", "region": "us-east-1", "plan": "standard"}
    job = ann.folder / ".github/workflows/canary-fraud-scorer.yml"
    assert job.read_text().startswith("# Printed by: canary ci github\nname: release fraud-scorer")
    planned = ann.run("plan", "-m", "v42", "--yes")
    assert planned.code == 0, planned.err
    assert "plan standard" in planned.out


def test_the_stages_are_made_from_the_traffic(tmp_path: Path) -> None:
    ann = Canary(tmp_path / "ann")

    made = ann.run("init", "--provider", "simulator")

    assert made.code == 0, made.err
    assert "# stages made for about" in (ann.folder / "canary.yaml").read_text()
    assert ann.run("lint").code == 0


def test_what_is_there_is_not_replaced_unasked(ann: Canary) -> None:
    ann.write("version: 1\n")

    refused = ann.run("init", "--provider", "sagemaker", "-e", "fraud-scorer")

    assert (refused.code, "--force" in refused.err) == (2, True)
    assert (ann.folder / "canary.yaml").read_text() == "version: 1\n"


def test_of_several_endpoints_a_person_picks_one_and_a_job_is_told_them_all(ann: Canary) -> None:
    told = ann.run("init", "--provider", "sagemaker")
    assert told.code == 2
    assert "fraud-scorer  sagemaker  us-east-1  v41 100%" in told.err
    assert "ranker  sagemaker  us-east-1  v41 100%" in told.err

    made = ann.at_terminal("init", typed="1\n2\n\n")
    assert made.code == 0, made.err
    assert list(written(ann)["endpoints"]) == ["ranker"]
    assert "stages the usual ones" in (ann.folder / "canary.yaml").read_text()


def test_on_vertex_the_endpoint_is_called_by_its_display_name(vertex: OnVertex) -> None:
    bob = vertex.ann.elsewhere("bob")

    made = bob.run("init", *VERTEX, "-e", "churn")

    assert made.code == 0, made.err
    assert written(bob)["endpoints"]["churn"] == {
        "provider": "vertex",
        "project": "acme-ml",
        "region": "europe-west4",
        "endpoint": "1000",
        "plan": "standard",
    }
    assert bob.run("plan", "-m", "22", "--yes").code == 0


def test_on_azure_the_only_endpoint_is_the_one(azure: OnAzure) -> None:
    bob = azure.ann.elsewhere("bob")
    place = (*AZURE[:2], *AZURE[4:])

    made = bob.run("init", *place)

    assert made.code == 0, made.err
    assert written(bob)["endpoints"]["eta"]["provider"] == "azureml"
    assert bob.run("plan", "-m", "teal", "--yes").code == 0


def test_start_without_a_config_offers_what_can_be_seen(ann: Canary) -> None:
    shown = ann.at_terminal("start", "-m", "v42", "--percent", "5", "--dry-run", typed="1\n")

    assert "fraud-scorer  sagemaker  us-east-1  v41 100%" in shown.err
    assert "-e fraud-scorer --provider sagemaker --region us-east-1" in shown.err
    assert "fraud-scorer  v41 → v42" in shown.out, shown.err


def test_without_a_person_one_error_says_all_that_is_missing(ann: Canary) -> None:
    refused = ann.run("start", "-m", "v42", "--percent", "5")

    assert refused.code == 2
    for word in ("canary init", "--provider vertex --project ID", "--workspace NAME"):
        assert word in refused.err


@pytest.mark.parametrize("world", ["vertex", "azure"])
def test_a_person_is_asked_where_the_endpoints_are(
    world: str, request: pytest.FixtureRequest
) -> None:
    bob = request.getfixturevalue(world).ann.elsewhere("bob")
    place = {"vertex": ("2", "europe-west4"), "azure": ("3", *AZURE[5:10:2])}[world]

    made = bob.at_terminal("init", typed="\n".join((*place, "", "")))

    assert made.code == 0, made.err
    assert "Which region?" in made.err or "Which resource group?" in made.err
    (entry,) = written(bob)["endpoints"].values()
    assert set(place[1:]) <= set(entry.values())


def test_whoever_says_no_place_leaves_nothing(azure: OnAzure) -> None:
    bob = azure.ann.elsewhere("bob")

    left = bob.at_terminal("init", typed="3\n\n")

    assert (left.code, "declined, nothing was changed" in left.err) == (6, True)
    assert not (bob.folder / "canary.yaml").exists()
