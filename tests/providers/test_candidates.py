"""`canary lint` refuses a wrong `candidate:`, and notes files that are not there yet."""

from pathlib import Path

import pytest

from canarycli.config import lint, remarks

PLACES = {
    "sagemaker": "region: us-east-1",
    "vertex": "project: acme-ml, region: us-central1",
    "azureml": "subscription: s, resource_group: g, workspace: w",
}
BATCH = "$schema: https://example.com/batchDeployment.schema.json\nname: b\n"


def said(folder: Path, cloud: str, candidate: str) -> tuple[str, str]:
    """What is refused, and what is only noted."""
    file = folder / "canary.yaml"
    entry = f"{{provider: {cloud}, {PLACES[cloud]}, candidate: {candidate}}}"
    file.write_text(f"version: 1\nendpoints:\n  churn: {entry}\n")
    found, noted = lint(file), remarks(file)
    assert {problem.path for problem in (*found, *noted)} <= {"endpoints.churn"}
    refused, remarked = ("; ".join(p.sentence for p in problems) for problems in (found, noted))
    return refused, remarked


@pytest.mark.parametrize(
    ("cloud", "candidate", "sentence"),
    [
        ("sagemaker", "{colour: red}", "candidate has no option 'colour' on SageMaker"),
        ("vertex", "{colour: red}", "a candidate on Vertex AI has no 'colour'"),
        ("azureml", "{colour: red}", "azureml has no option 'colour' for a candidate"),
        *((cloud, "{file: ftp://models/churn}", "from 'ftp://models/churn'") for cloud in PLACES),
        ("sagemaker", "{instances: 2, upload_to: s3://models}", ""),
        ("vertex", "{file: gs://models/churn, min_replicas: 1}", ""),
        ("azureml", "{file: runs:/7f3a/model, name: autumn}", ""),
        ("azureml", "{}", ""),
    ],
)
def test_each_cloud_knows_what_a_candidate_may_be(
    tmp_path: Path, cloud: str, candidate: str, sentence: str
) -> None:
    refused, noted = said(tmp_path, cloud, candidate)

    assert sentence in refused
    assert (bool(refused), noted) == (bool(sentence), "")


@pytest.mark.parametrize(
    ("cloud", "candidate", "sentence"),
    [
        *((cloud, "{file: ./gone}", "no file or folder './gone'") for cloud in PLACES),
        ("azureml", "{file: ./gone.yml}", "there is no file './gone.yml' to deploy"),
    ],
)
def test_files_that_may_come_later_are_noted(
    tmp_path: Path, cloud: str, candidate: str, sentence: str
) -> None:
    refused, noted = said(tmp_path, cloud, candidate)

    assert (refused, sentence in noted) == ("", True)


def test_a_yaml_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "dep.yml").write_text(BATCH)

    refused, _ = said(tmp_path, "azureml", f"{{file: {tmp_path / 'dep.yml'}}}")

    assert "'batchDeployment'" in refused
