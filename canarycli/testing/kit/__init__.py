"""What every provider must pass, as pytest classes to inherit from.

Write a provider, then a `World`: one endpoint of yours with two versions, on a server on this
machine (or in a real cloud, if you dare), with the few things a test must be able to make happen.
Then let the kit at it:

    import pytest

    from canarycli.testing.kit import ProviderKit, ShadowKit, Trouble, World

    class MyWorld(World):
        endpoint, baseline, candidate = "churn", "blue", "teal"

        def __init__(self) -> None:
            self.provider = MyProvider({...})   # a fresh endpoint: blue 100 %, teal idle

        def settle(self) -> None: ...           # let the change under way come into force
        def drive(self, minutes: int) -> Window: ...               # each arm its load
        def foreign(self, to: Traffic) -> None: ...                # somebody else's hand
        def trouble(self, kind: Trouble) -> AbstractContextManager[None]: ...

    class TestMine(ProviderKit, ShadowKit):     # and DeployerKit, DoctorKit, ... where it can
        @pytest.fixture
        def world(self) -> World:
            return MyWorld()

Every test gets a world of its own. `World` says what each part must do; the simulator's own world
in `tests/providers/test_simulator_conformance.py` is the shortest example. A provider that passes
can be driven by canary; what the classes do not ask is left to it. A test that does not fit a
cloud is overridden in the subclass, with the reason, and the limit belongs in `Limits`.
"""

from canarycli.testing.kit.deploy import DeployerKit
from canarycli.testing.kit.doctor import DoctorKit, PolicyKit, SmokerKit, WarmingKit
from canarycli.testing.kit.faults import FaultKit
from canarycli.testing.kit.metrics import MetricsKit
from canarycli.testing.kit.shadow import ShadowKit
from canarycli.testing.kit.sources import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.traffic import TrafficKit
from canarycli.testing.kit.world import (
    BASELINE_LOAD,
    CANDIDATE_LOAD,
    NOTES,
    Custom,
    DeployWorld,
    Load,
    SmokeWorld,
    Trouble,
    World,
)

__all__ = [
    "BASELINE_LOAD",
    "CANDIDATE_LOAD",
    "NOTES",
    "Custom",
    "DeployWorld",
    "DeployerKit",
    "DoctorKit",
    "FaultKit",
    "Load",
    "MetricsKit",
    "PolicyKit",
    "ProviderKit",
    "ShadowKit",
    "SmokeWorld",
    "SmokerKit",
    "SourceKit",
    "SourceTrouble",
    "SourceWorld",
    "TrafficKit",
    "Trouble",
    "WarmingKit",
    "World",
]


class ProviderKit(TrafficKit, MetricsKit, FaultKit):
    """The whole contract of `canarycli.provider.Provider`."""
