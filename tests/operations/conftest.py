"""A folder with one pretend endpoint in its canary.yaml, and records of its own."""

from pathlib import Path

import pytest

CONFIG = """\
version: 1
endpoints:
  fraud-scorer:
    provider: simulator
    plan: quick
    state: {state}
    speed: 60x
    period: 10s
    settle: 3s
    delay: 0s
    day: 0
plans:
  quick:
    read_every: 5s
    stages:
      - {{percent: 5, bake: 20s}}
      - {{percent: 100}}
    checks:
      - {{metric: errors_5xx, never_above: 3%}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder a person works in."""
    folder = tmp_path / "project"
    folder.mkdir()
    state = tmp_path / "simulator.json"
    (folder / "canary.yaml").write_text(CONFIG.format(state=state), encoding="utf-8")
    for name in ("CANARY_ENDPOINT", "CANARY_RELEASE", "CANARY_PROVIDER", "CANARY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CANARY_STATE", str(tmp_path / "records"))
    monkeypatch.setenv("CANARY_ACTOR", "ann")
    monkeypatch.chdir(folder)
    return folder
