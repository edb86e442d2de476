"""Which words mean files, and what becomes of the options about them."""

import pytest

from canarycli.errors import UsageError
from canarycli.files import means_files, same_image, with_files, without_files


@pytest.mark.parametrize(
    "word",
    [
        "./model",
        "../out/model.tar.gz",
        "~/model",
        "/data/saved_model",
        "model.tar.gz",
        "dep.yml",
        "deploy/green.YAML",
        "s3://bucket/model.tar.gz",
        "gs://bucket/model/",
        "C:\\models\\42",
    ],
)
def test_a_path_or_an_address_means_files(word: str) -> None:
    assert means_files(word)


@pytest.mark.parametrize(
    "word",
    [
        "v42",
        "fraud:7",
        "fraud@latest",
        "models/500@2",
        "projects/p/locations/l/models/500",
        "churn v2.1",
        "azureml://registries/r/models/m/versions/1",
        "/subscriptions/s/resourceGroups/g/providers/x/workspaces/w/models/m/versions/1",
        "arn:aws:sagemaker:us-east-1:123456789012:model/m1",
    ],
)
def test_a_name_an_id_or_an_alias_does_not(word: str) -> None:
    assert not means_files(word)


def test_the_word_of_the_command_is_the_file_of_the_options() -> None:
    assert with_files("./m", {"instances": 1}) == {"instances": 1, "file": "./m"}
    assert with_files("./m", {"file": "./m"}) == {"file": "./m"}
    assert with_files("v42", {"file": "./m"}) == {"file": "./m"}


def test_two_words_for_the_files_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--new-model is './m', and candidate.file is './n'"):
        with_files("./m", {"file": "./n"})


def test_what_is_left_for_the_deployment_is_not_about_files() -> None:
    assert without_files({"file": "./m", "container": "c", "instances": 2}) == {"instances": 2}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("serving", "serving:2", True),
        ("repo:5000/serving", "repo:5000/serving@sha256:1f", True),
        ("repo:5000/serving:1", "repo:5000/serving:2", True),
        ("repo:5000/serving:1", "repo:5000/other:1", False),
        ("repo:5000/serving", "repo:6000/serving", False),
    ],
)
def test_another_tag_is_the_same_image(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a case of a table
    assert same_image(one, other) is same
