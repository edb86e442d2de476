"""Shadow first on Azure ML: a mirror before any live traffic, exchanged in one change."""

import signal

import pytest
from cli.on_azureml import CONFIG, FLAGS, OnAzure

pytestmark = pytest.mark.slow

SHADOWED = CONFIG.replace("  quick:\n", "  quick:\n    shadow: {percent: 20, bake: 2s}\n", 1)


def mirror(azure: OnAzure) -> dict[str, int]:
    found = azure.server.look("eta")["properties"].get("mirrorTraffic") or {}
    return {name: share for name, share in found.items() if share}


def test_a_mirror_comes_first_and_is_exchanged_for_the_first_stage(azure: OnAzure) -> None:
    azure.ann.write(SHADOWED)
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal a copy of 20% confirmed")
    assert (mirror(azure), azure.split) == ({"teal": 20}, {"blue": 100})
    result = driving.end()
    assert result.code == 0, result.out + result.err
    assert (mirror(azure), azure.split) == ({}, {"teal": 100})
    assert azure.shares() == [0, 5, 50, 100]


def test_a_rollback_takes_the_mirror_away_from_anywhere(azure: OnAzure) -> None:
    azure.ann.write(SHADOWED.replace("percent: 20, bake: 2s", "percent: 20, bake: 10m"))
    driving = azure.ann.begin("start", "-m", "teal", "--yes")
    driving.wait_for("teal a copy of 20% confirmed")
    driving.send(signal.SIGKILL)
    driving.end()
    phone = azure.ann.elsewhere("phone")
    result = phone.run("rollback", *FLAGS, "-y")
    assert result.code == 0, result.out + result.err
    assert (mirror(azure), azure.split) == ({}, {"blue": 100})


def test_more_than_azure_mirrors_is_refused_before_anything_moves(azure: OnAzure) -> None:
    azure.ann.write(SHADOWED.replace("percent: 20, bake", "percent: 60, bake"))
    result = azure.ann.run("start", "-m", "teal", "--yes")
    assert result.code == 2, result.out + result.err
    assert "50%" in result.err
    assert mirror(azure) == {}
