"""A deployment's YAML is read before anything is asked of Azure."""

from pathlib import Path

import pytest

from canarycli.errors import UsageError
from canarycli_azureml.blueprint import Options
from canarycli_azureml.yaml_file import check_file

GOOD = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: green
endpoint_name: fraud
model: azureml:fraud:2
environment: azureml:torch:2
instance_type: Standard_DS3_v2
instance_count: 1
"""
SCHEMAS = "https://azuremlschemas.azureedge.net/latest"


def checked(folder: Path, text: str, wanted: str = "fraud:2") -> str:
    file = folder / "dep.yml"
    file.write_text(text)
    return check_file(Options(file=str(file)), wanted)


def test_a_deployment_deploys_the_model_it_names(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD) == "fraud:2"
    assert checked(tmp_path, GOOD, "green") == "fraud:2"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- a list", "it has no keys"),
        ("a: [", "can't be read as a deployment"),
        (f"$schema: {SCHEMAS}/batchDeployment.schema.json\nmodel: x", "'batchDeployment'"),
        (f"$schema: {SCHEMAS}/managedOnlineEndpoint.schema.json\nname: e", "OnlineEndpoint'"),
        ("name: e\nauth_mode: key\n", "'auth_mode' is an endpoint's"),
        ("model: azureml:m:1\nmini_batch_size: 10\n", "is a batch deployment's"),
        ("name: x\nsource: y\n", "neither model nor environment"),
        (GOOD.replace("azureml:fraud:2", "{path: nowhere}"), "model.path: there is no 'nowhere'"),
        (GOOD + "code_configuration: {code: src, scoring_script: score.py}", "there is no 'src'"),
        (
            GOOD.replace("azureml:torch:2", "{conda_file: env.yml}"),
            "environment.conda_file: there is no 'env.yml'",
        ),
    ],
)
def test_what_is_no_deployment_is_told_in_a_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(tmp_path, text)

    assert why in refused.value.message
    assert "\n" not in refused.value.message


def test_a_file_of_another_model_than_the_one_asked_for_names_both(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"deploys model 'fraud:2', and 'fraud:3' is asked for"):
        checked(tmp_path, GOOD, "fraud:3")


def test_paths_are_the_files_own_neighbours(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    text = GOOD.replace("azureml:fraud:2", "{name: m, version: 2, path: model}")

    assert checked(tmp_path, text, "m:2") == "m:2"


def test_addresses_are_left_to_azure(tmp_path: Path) -> None:
    text = GOOD.replace("azureml:fraud:2", "{path: azureml://datastores/d/paths/m}")

    assert checked(tmp_path, text, "anything") == "anything"


def test_the_file_may_be_the_word_for_the_model(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD, "./dep.yml") == "fraud:2"
