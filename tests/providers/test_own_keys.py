"""Our own clouds declare their settings as anybody's provider does, and nowhere else."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from canarycli.cli.completion.words import FINDERS
from canarycli.config import config_schema, endpoint_settings, lint, load
from canarycli.errors import UsageError
from canarycli.operations.settings import check_said, made_with
from canarycli.registry import DECLARED, own_keys, provider_class

CLOUDS = tuple(DECLARED)
VALUES: Mapping[str, Any] = {"cloud": "usgov", "failures": ["5xx", "429"]}


def valued(cloud: str) -> dict[str, Any]:
    """A value for each setting; addresses are this machine's."""
    return {
        key: "http://127.0.0.1:1" if key.endswith("_url") else VALUES.get(key, f"a-{key}")
        for key in own_keys(cloud) or {}
    }


def written(folder: Path, cloud: str, settings: Mapping[str, Any]) -> Path:
    import yaml

    file = folder / "canary.yaml"
    entry = {"provider": cloud, **settings}
    file.write_text(yaml.safe_dump({"version": 1, "endpoints": {"churn": entry}}))
    return file


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_class_says_what_is_read_without_its_packages(cloud: str) -> None:
    assert provider_class(cloud).keys() is own_keys(cloud)


def test_that_loads_no_packages_of_a_cloud() -> None:
    import subprocess

    code = (
        "import sys; from canarycli.registry import own_keys\n"
        f"[own_keys(cloud) for cloud in {CLOUDS!r}]\n"
        "print([m for m in ('botocore', 'google.auth', 'azure.core', 'requests') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_all_of_it_is_taken_by_lint_schema_and_both_readers(tmp_path: Path, cloud: str) -> None:
    import yaml

    settings = valued(cloud)
    file = written(tmp_path, cloud, settings)

    assert lint(file) == ()
    jsonschema.Draft7Validator(config_schema()).validate(yaml.safe_load(file.read_text()))
    for read in (
        load(file, cwd=tmp_path, env={}).endpoints,
        endpoint_settings(file, cwd=tmp_path, env={}),
    ):
        assert read["churn"].settings == settings


@pytest.mark.parametrize("cloud", CLOUDS)
def test_defaults_take_it_but_for_where_credentials_go(tmp_path: Path, cloud: str) -> None:
    import yaml

    settings = valued(cloud)
    addresses = {key for key in settings if key.endswith("_url")}
    usual = {key: value for key, value in settings.items() if key not in addresses}
    file = tmp_path / "canary.yaml"
    entry = {"provider": cloud}
    file.write_text(yaml.safe_dump({"defaults": usual, "endpoints": {"churn": entry}}))

    assert lint(file) == ()
    assert load(file, cwd=tmp_path, env={}).endpoints["churn"].settings == usual
    assert endpoint_settings(file, cwd=tmp_path, env={})["churn"].settings == usual
    file.write_text(yaml.safe_dump({"defaults": settings, "endpoints": {"churn": entry}}))
    assert len(lint(file)) == len(addresses)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_word_beside_it_is_named_with_the_nearest(tmp_path: Path, cloud: str) -> None:
    first = next(iter(own_keys(cloud) or {}))
    file = written(tmp_path, cloud, {f"{first}x": "y"})

    [problem] = lint(file)

    assert f"unknown key {first}x, did you mean {first}?" in str(problem)
    with pytest.raises(UsageError, match=f"did you mean {first}"):
        check_said(cloud, {f"{first}x": "y"})


@pytest.mark.parametrize(
    ("cloud", "key", "value", "said"),
    [
        ("azureml", "cloud", "mars", "is none of public, usgov, china"),
        ("azureml", "failures", {"a": 1}, "a mapping where a list of words is expected"),
        ("vertex", "region", None, "it is empty"),
        ("sagemaker", "profile", True, "put it in quotes"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_the_file_and_on_the_command_line(
    tmp_path: Path, cloud: str, key: str, value: Any, said: str
) -> None:
    [problem] = lint(written(tmp_path, cloud, {key: value}))

    assert said in str(problem)
    with pytest.raises(UsageError, match=said):
        made_with(cloud, {key: value}, {})


def test_a_list_is_said_with_commas_on_the_command_line() -> None:
    assert made_with("azureml", {"failures": "5xx, 429"}, {}) == {"failures": ["5xx", "429"]}


def test_completion_offers_those_that_have_no_option_of_their_own() -> None:
    offered = dict(FINDERS["settings"]("", {}))

    assert {"cloud=", "failures=", "impersonate=", "monitoring_url="} <= offered.keys()
    assert not {"region=", "workspace="} & offered.keys()
