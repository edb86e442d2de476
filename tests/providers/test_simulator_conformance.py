"""The simulator keeps the contract it is the example of."""

from pathlib import Path

import pytest
from providers.simulator_world import SimulatorWorld

from canarycli.testing.kit import DeployerKit, ProviderKit, ShadowKit


@pytest.mark.parametrize("world", ["memory", "file"], indirect=True)
class TestSimulator(ProviderKit, ShadowKit, DeployerKit):
    @pytest.fixture
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> SimulatorWorld:
        kept = {"memory": ":memory:", "file": str(tmp_path / "simulator.json")}
        return SimulatorWorld(kept[request.param])
