"""A canary.yaml of a stranger ends in a clear error, sends nothing anywhere, and takes no time."""

import os
from pathlib import Path

import pytest

from canarycli.config import lint, load
from canarycli.config.addresses import foreign
from canarycli.config.discover import discover
from canarycli.config.document import read_document
from canarycli.config.quick import endpoint_settings
from canarycli.errors import PlanError

BOMB = "a0: &a0 {k: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10)
)
HOSTILE = {
    "a bomb of merge keys": BOMB,
    "a number that is none": "version: !!int abc\n",
    "a fraction that is none": "version: !!float abc\n",
    "brackets in brackets": "x: " + "[" * 5000 + "]" * 5000 + "\n",
    "ten megabytes of comment": "# " + "x" * 10_000_000 + "\nversion: 1\n",
    "a timestamp that is none": "version: !!timestamp abc\n",
    "something to be run": "version: !!python/object/apply:os.system [true]\n",
    "an alias in itself": "a: &a [*a]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_is_a_problem_with_a_place_and_no_fault(tmp_path: Path, text: str) -> None:
    file = tmp_path / "canary.yaml"
    file.write_text(text, encoding="utf-8")

    problems = lint(file, cwd=tmp_path)

    assert problems
    assert all("canary.yaml" in str(problem) for problem in problems)
    with pytest.raises(PlanError):
        load(file, cwd=tmp_path, env={})
    assert endpoint_settings(file, cwd=tmp_path, env={}) == {}


def test_toml_in_toml_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.canary]\nx = " + "[" * 3000 + "]" * 3000, encoding="utf-8")

    assert lint(file, cwd=tmp_path)
    assert discover(None, cwd=tmp_path, env={}) is None


def test_an_honest_merge_is_still_read() -> None:
    text = "base: &base {a: 1, b: 2}\nmine: {<<: *base, b: 3}\n"

    assert read_document(text, "f").data["mine"] == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("vertex", "https://evil.example"),
        ("vertex", "https://googleapis.com.evil.example"),
        ("azureml", "https://evil.example"),
        ("azureml", "http://management.azure.com"),
        ("sagemaker", "http://amazonaws.com"),
        ("sagemaker", "https://notamazonaws.com"),
        ("vertex", "https://127.0.0.1.evil.example"),
        ("vertex", "https://evil.example#.googleapis.com"),
        ("vertex", "https://us-central1-aiplatform.googleapis.com@evil.example"),
    ],
)
def test_a_file_sends_no_credentials_elsewhere(tmp_path: Path, provider: str, url: str) -> None:
    file = tmp_path / "canary.yaml"
    entry = f"{{provider: {provider}, endpoint_url: '{url}'}}"
    file.write_text(f"version: 1\nendpoints:\n  fraud: {entry}\n", encoding="utf-8")

    assert foreign(url, provider)
    assert any("endpoint_url" in str(problem) for problem in lint(file, cwd=tmp_path))


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("vertex", "https://us-central1-aiplatform.googleapis.com"),
        ("azureml", "https://management.azure.com"),
        ("azureml", "https://management.usgovcloudapi.net/"),
        ("sagemaker", "https://vpce-1.api.sagemaker.us-east-1.vpce.amazonaws.com"),
        ("sagemaker", "http://127.0.0.1:5000"),
        ("vertex", "http://localhost:8080"),
        ("azureml", "http://[::1]:99"),
        ("kong", "https://evil.example"),
        ("sagemaker", ""),
    ],
)
def test_the_clouds_own_hosts_and_this_machine_are_fine(provider: str, url: str) -> None:
    assert foreign(url, provider) == ""


@pytest.mark.parametrize("named", ["/etc/passwd", "../secret", "~/.aws/credentials", "link"])
def test_a_smoke_test_sends_only_files_of_its_own_folder(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "secret").write_text("S", encoding="utf-8")
    (folder / "link").symlink_to(tmp_path / "secret")
    file = folder / "canary.yaml"
    file.write_text(
        "version: 1\nplans:\n  p:\n    stages: [{percent: 100}]\n"
        f"    smoke: [{{file: '{named}'}}]\n",
        encoding="utf-8",
    )

    with pytest.raises(PlanError, match="below"):
        load(file, cwd=folder, env={})


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_above_that_another_user_owns_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    file = tmp_path / "canary.yaml"
    file.write_text("version: 1\n", encoding="utf-8")
    assert discover(None, cwd=below, env={}) == file

    os.chown(file, 12345, 12345)

    with pytest.raises(PlanError, match="another user's"):
        discover(None, cwd=below, env={})
    assert discover(file, cwd=below, env={}) == file


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_read_has_no_file(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    (locked / "canary.yaml").write_text("version: 1\n", encoding="utf-8")

    os.seteuid(65534)
    try:
        assert discover(None, cwd=locked, env={}) is None
    finally:
        os.seteuid(0)
