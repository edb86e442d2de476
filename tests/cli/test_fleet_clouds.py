"""One fleet file over the three clouds, each with a server of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary
from cli.on_azureml import OnAzure, environment, on_azure
from cli.on_vertex import OnVertex, on_vertex
from cli.test_fleet import states
from servers.azureml.running import PLACE
from servers.sagemaker.running import Server, running

pytestmark = pytest.mark.slow

CONFIG = f"""\
version: 1
endpoints:
  on-aws:
    {{provider: sagemaker, region: us-east-1, metric_delay: 0s, metric_period: 1s, plan: quick}}
  on-google:
    {{provider: vertex, project: acme-ml, region: europe-west4, endpoint: "1000", metric_delay: 0s,
     metric_period: 1s, plan: quick}}
  on-azure:
    {{provider: azureml, subscription: {PLACE["subscription"]},
     resource_group: {PLACE["resource_group"]}, workspace: {PLACE["workspace"]}, endpoint: eta,
     metric_delay: 0s, plan: unread}}
plans:
  quick:
    read_every: 1s
    fails_after: 2
    stages: [{{percent: 5, bake: 2s}}, {{percent: 100}}]
    checks: [{{metric: errors_5xx, never_above: 5%}}]
  unread:
    stages: [{{percent: 5, bake: 2s}}, {{percent: 100}}]
    checks: []
"""
FLEET = """\
fleet: everywhere
model: v42
stop_after: 0
waves:
  - {name: first, endpoints: [on-aws, {endpoint: on-azure, model: teal}]}
  - {name: last, endpoints: [{endpoint: on-google, model: "22"}]}
"""


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[tuple[Server, OnVertex, OnAzure]]:
    for name in ("google", "azure"):
        (tmp_path / name).mkdir()
    with (
        running() as aws,
        on_vertex(tmp_path / "google") as google,
        on_azure(tmp_path / "azure") as azure,
    ):
        aws.control("settings", {"metric_resolution_seconds": 1})
        aws.endpoint("on-aws", {"v41": 1, "v42": 0})
        load: dict[str, Any] = {"rate": 300, "backfill_seconds": 120}
        aws.control("traffic", {"endpoint": "on-aws", **load})
        yield aws, google, azure


def test_a_fleet_goes_over_all_clouds_and_its_worst_release_is_its_exit_code(
    clouds: tuple[Server, OnVertex, OnAzure], tmp_path: Path
) -> None:
    aws, google, azure = clouds
    google.serve(error_rate=0.3)
    # Azure's is the one that is reached through a proxy.
    env = {**google.ann.env, **aws.environment, **environment(azure.server)}
    canary = Canary(tmp_path / "ann", env)
    canary.write(CONFIG)
    canary.write(FLEET, "fleet.yaml")

    ran = canary.run("fleet", "start", "fleet.yaml", "--yes", "-o", "json")

    assert ran.code == 3, ran.out + ran.err
    assert states(ran.json) == {
        "on-aws": "promoted",
        "on-azure": "promoted",
        "on-google": "rolled_back",
    }
    assert aws.weights("on-aws")["v41"] == 0
    assert (azure.split, google.split) == ({"teal": 100}, {"11": 100})
