"""Which file counts."""

from datetime import timedelta
from pathlib import Path

import pytest

from canarycli.config import Config, lint, load
from canarycli.errors import Exit, PlanError


def write(path: Path, endpoint: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"endpoints: {{{endpoint}: {{provider: demo}}}}\n", encoding="utf-8")
    return path


def write_toml(path: Path, endpoint: str, more: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f'[project]\nname = "x"\n\n[tool.canary.endpoints.{endpoint}]\nprovider = "vertex"\n'
    path.write_text(text + more, encoding="utf-8")
    return path


def names(config: Config) -> list[str]:
    return list(config.endpoints)


def test_no_file_is_an_empty_config(tmp_path: Path) -> None:
    assert load(None, cwd=tmp_path, env={}) == Config()


def test_an_empty_file_is_an_empty_config_with_a_path(tmp_path: Path) -> None:
    (tmp_path / "canary.yaml").write_text("# later\n", encoding="utf-8")

    assert load(None, cwd=tmp_path, env={}) == Config(path=tmp_path / "canary.yaml")


def test_a_named_file_wins_over_the_environment_and_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "canary.yaml", "folder")
    write(tmp_path / "env.yaml", "env")
    write(tmp_path / "flag.yaml", "flag")
    env = {"CANARY_CONFIG": "env.yaml"}

    by_flag = load(Path("flag.yaml"), cwd=tmp_path, env=env)
    by_env = load(None, cwd=tmp_path, env=env)

    assert (names(by_flag), names(by_env)) == (["flag"], ["env"])


def test_the_file_is_looked_for_upward_to_the_repository_root(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    write(tmp_path / "repo" / "canary.yaml", "root")
    deep = tmp_path / "repo" / "models" / "fraud"
    deep.mkdir(parents=True)

    assert names(load(None, cwd=deep, env={})) == ["root"]


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path / "canary.yaml", "root")
    write(tmp_path / "models" / "canary.yml", "near")

    assert names(load(None, cwd=tmp_path / "models", env={})) == ["near"]


def test_a_file_above_the_repository_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "canary.yaml", "outside")
    (tmp_path / "repo" / ".git").mkdir(parents=True)

    assert load(None, cwd=tmp_path / "repo", env={}) == Config()


def test_outside_of_a_repository_only_the_folder_counts(tmp_path: Path) -> None:
    write(tmp_path / "canary.yaml", "above")
    (tmp_path / "below").mkdir()

    assert load(None, cwd=tmp_path / "below", env={}) == Config()


def test_a_table_in_pyproject_toml_counts_where_there_is_no_canary_yaml(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write_toml(tmp_path / "pyproject.toml", "table")
    (tmp_path / "models").mkdir()

    by_table = load(None, cwd=tmp_path / "models", env={})
    write(tmp_path / "canary.yaml", "file")
    by_file = load(None, cwd=tmp_path / "models", env={})

    assert (names(by_table), names(by_file)) == (["table"], ["file"])


def test_a_pyproject_toml_without_the_table_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")

    assert load(None, cwd=tmp_path, env={}) == Config()


def test_a_mistake_in_pyproject_toml_names_the_table(tmp_path: Path) -> None:
    plan = "[[tool.canary.plans.p.stages]]\npercent = 5\nbake = 15:00:00\n"
    write_toml(tmp_path / "pyproject.toml", "table", plan)

    (problem,) = lint(Path("pyproject.toml"), cwd=tmp_path)

    assert str(problem) == (
        'pyproject.toml:4: bake: "15:00:00" is a clock time, write a duration such as 15m or '
        "1h30m   (plans.p.stages[0])"
    )


def test_broken_toml_that_was_named_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool", encoding="utf-8")

    with pytest.raises(PlanError, match=r"^pyproject.toml: this is not TOML"):
        load(Path("pyproject.toml"), cwd=tmp_path, env={})


@pytest.mark.parametrize(
    ("path", "env", "source"),
    [
        (Path("none.yaml"), {}, "--config"),
        (None, {"CANARY_CONFIG": "none.yaml"}, "CANARY_CONFIG"),
    ],
    ids=["flag", "environment"],
)
def test_a_named_file_that_is_not_there_is_refused(
    tmp_path: Path, path: Path | None, env: dict[str, str], source: str
) -> None:
    with pytest.raises(PlanError) as caught:
        load(path, cwd=tmp_path, env=env)

    assert str(caught.value) == f"{source}: there is no file 'none.yaml'"
    assert caught.value.exit is Exit.USAGE


def test_defaults_fill_what_an_endpoint_leaves_out_and_its_provider_knows(tmp_path: Path) -> None:
    text = """
defaults: {region: eu-west-1, project: acme, keep_baseline: 30m, metric_delay: 3m}
endpoints:
  a: {provider: sagemaker}
  b: {provider: vertex, region: europe-west4, keep_baseline: 0s}
  c: {provider: acme, region_of_mine: x}
  d: {provider: demo}
"""
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    config = load(None, cwd=tmp_path, env={})

    late = timedelta(minutes=3)
    assert {name: entry.settings for name, entry in config.endpoints.items()} == {
        "a": {"region": "eu-west-1", "metric_delay": late},
        "b": {"region": "europe-west4", "project": "acme", "metric_delay": late},
        "c": {"region_of_mine": "x", "metric_delay": late},
        "d": {"endpoints": ["d"]},
    }
    assert [entry.keep_baseline for entry in config.endpoints.values()] == [
        timedelta(minutes=30),
        timedelta(0),
        timedelta(minutes=30),
        timedelta(minutes=30),
    ]
    assert config.defaults_for("sagemaker") == {"region": "eu-west-1", "metric_delay": late}
    assert config.defaults_for("demo") == {}


def test_a_provider_that_is_installed_is_no_misspelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "sagemaker2-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Name: sagemaker2\nVersion: 1\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(
        "[canarycli.providers]\nsagemaker2 = somewhere:SageMaker2\n", encoding="utf-8"
    )
    (tmp_path / "canary.yaml").write_text(
        "endpoints: {a: {provider: sagemaker2, knob: 1}}\n", encoding="utf-8"
    )
    refused = lint(tmp_path / "canary.yaml")

    monkeypatch.syspath_prepend(tmp_path / "site")
    entry = load(None, cwd=tmp_path, env={}).endpoints["a"]

    assert [problem.message for problem in refused] == [
        'provider: "sagemaker2" is not a provider, did you mean sagemaker?'
    ]
    assert (entry.provider, entry.settings) == ("sagemaker2", {"knob": 1})


def test_the_simulator_gets_what_it_takes(tmp_path: Path) -> None:
    text = """
endpoints:
  churn:
    provider: demo
    endpoint: churn-1
    state: state/churn.json
    scenario: failing
    speed: 30x
    seed: 7
    settle: 1m30s
    versions: {blue: {percent: 100}, green: {}}
"""
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    entry = load(None, cwd=tmp_path, env={}).endpoints["churn"]

    assert (entry.provider, entry.cloud_name) == ("simulator", "churn-1")
    assert entry.settings == {
        "state": str(tmp_path / "state" / "churn.json"),
        "scenario": "failing",
        "speed": 30.0,
        "seed": "7",
        "settle": 90.0,
        "versions": {"blue": {"percent": 100}, "green": {}},
        "endpoints": ["churn-1"],
    }
