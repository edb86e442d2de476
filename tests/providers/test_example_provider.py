"""The provider that docs/providers.md explains passes the kit, and releases through the command."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary
from servers.gateway import TOKEN, GatewayState, gateway

from canarycli.metrics import Window
from canarycli.testing.kit import CANDIDATE_LOAD, Custom, ProviderKit, Trouble, World
from canarycli.traffic import Traffic

EXAMPLE = Path(__file__).parents[2] / "docs" / "gateway_provider.py"


def example() -> Any:
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("gateway_provider", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gateway_provider"] = module
    spec.loader.exec_module(module)
    return module


class GatewayWorld(World):
    """The gateway's one endpoint."""

    endpoint, baseline, candidate = "churn", "blue", "teal"
    at_once = True
    custom = Custom({"gateway": {"status": 404}}, CANDIDATE_LOAD.errors_4xx)

    def __init__(self, state: GatewayState) -> None:
        self.state = state
        self.provider = example().Gateway({"admin_url": state.url, "token": TOKEN})

    def settle(self) -> None:
        """Everything is in force at once."""

    def drive(self, minutes: int) -> Window:
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        start = now - timedelta(minutes=minutes)
        self.state.drive(int(start.timestamp()), minutes)
        return Window(start, now)

    def foreign(self, to: Traffic) -> None:
        self.state.write({"blue": 0.0, "teal": 0.0, **to.shares})

    def splits(self) -> list[Traffic]:
        return [Traffic({"blue": 100.0}), *map(Traffic.from_weights, self.state.splits)]

    def sicken(self, version: str) -> bool:
        self.state.up[version] = False
        return True

    def trouble(self, kind: Trouble) -> AbstractContextManager[None]:
        return self._in_trouble(kind)

    @contextmanager
    def _in_trouble(self, kind: Trouble) -> Iterator[None]:
        self.state.trouble = kind
        yield
        self.state.trouble = None


@pytest.fixture
def state() -> Iterator[GatewayState]:
    with gateway() as found:
        yield found


class TestGateway(ProviderKit):
    @pytest.fixture
    def world(self, state: GatewayState) -> World:
        return GatewayWorld(state)


def installed(folder: Path) -> Path:
    """A distribution of its own with the example in it, made known by an entry point."""
    site = folder / "site"
    info = site / "canary_gateway-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: canary-gateway\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[canarycli.providers]\ngateway = gateway_provider:Gateway\n"
    )
    (site / "gateway_provider.py").write_text(EXAMPLE.read_text(encoding="utf-8"))
    return site


@pytest.fixture
def canary(tmp_path: Path, state: GatewayState) -> Canary:
    folder = tmp_path / "ann"
    folder.mkdir()
    found = Canary(folder)
    found.env |= {
        "PYTHONPATH": str(installed(tmp_path)),
        "GATEWAY_TOKEN": TOKEN,
        "GATEWAY_URL": state.url,
    }
    return found


PLAN = """\
version: 1
endpoints:
  churn: {provider: gateway, plan: quick}
plans:
  quick:
    settle_within: 20s
    stages: [{percent: 5, bake: 1s}, {percent: 50, bake: 1s}, {percent: 100}]
    checks: []
"""


def test_a_release_goes_through_on_a_provider_of_ones_own(
    canary: Canary, state: GatewayState
) -> None:
    canary.write(PLAN)

    result = canary.run("start", "-m", "teal", "--yes")

    assert result.code == 0, result.out + result.err
    assert [split["teal"] for split in state.splits] == [5.0, 50.0, 100.0]
    assert state.notes["canary-candidate"] == "teal"
    assert "cleanup" not in result.out + result.err  # it deploys nothing


def test_it_is_rolled_back_from_a_machine_that_knows_nothing(
    canary: Canary, state: GatewayState
) -> None:
    state.write({"blue": 90.0, "teal": 10.0}, {"canary-baseline": "blue"})

    result = canary.run("rollback", "churn", "-y", "--provider", "gateway")

    assert result.code == 0, result.out + result.err
    assert state.weights == {"blue": 100.0, "teal": 0.0}


def broken(canary: Canary, old: str, new: str) -> None:
    """The same provider with one mistake in it."""
    module = Path(canary.env["PYTHONPATH"]) / "gateway_provider.py"
    text = module.read_text(encoding="utf-8")
    assert old in text
    module.write_text(text.replace(old, new), encoding="utf-8")


def test_what_a_provider_raises_is_blamed_on_it_and_the_release_goes_on(
    canary: Canary, state: GatewayState
) -> None:
    canary.write(PLAN)
    once = (
        "import os\n"
        "        if not os.path.exists(os.environ['HOME'] + '/broke') and body:\n"
        "            open(os.environ['HOME'] + '/broke', 'w').close()\n"
        "            raise KeyError('data')\n"
        "        headers = {"
    )
    broken(canary, "headers = {", once)

    result = canary.run("start", "-m", "teal", "--yes")

    assert result.code == 0, result.out + result.err
    assert "provider 'gateway' (canary-gateway 0.1) broke: KeyError 'data'" in result.out
    assert state.weights["teal"] == 100.0


CHECKED = PLAN.replace(
    "checks: []",
    "on_no_metrics: {pause: 2s, then: hold}\n    checks: [{metric: errors_5xx, never_above: 50%}]",
)


@pytest.mark.usefixtures("state")
def test_a_fault_while_measuring_takes_the_numbers_only(canary: Canary) -> None:
    canary.write(CHECKED)
    broken(canary, "path = f", "raise IndexError('tuple') if versions else None\n        path = f")

    result = canary.run("check", "churn", "--candidate", "teal", "--since", "5m")

    assert result.code == 10, result.out + result.err
    assert "provider 'gateway' (canary-gateway 0.1) broke: IndexError tuple" in result.err
    assert "a fault in canary" not in result.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def notes(", "def tags(", "lacks notes"),
        ("    @property\n    def place", "    def place", "lacks place as a property"),
        ("class Gateway:", "class Gatehouse:", "has no 'Gateway' in gateway_provider"),
    ],
    ids=["a verb", "a property", "the class"],
)
def test_what_a_provider_lacks_is_named_at_load(
    canary: Canary, state: GatewayState, old: str, new: str, words: str
) -> None:
    del state
    broken(canary, old, new)

    result = canary.run("status", "churn", "--provider", "gateway")

    assert result.code == 2, result.out + result.err
    assert f"provider 'gateway' (canary-gateway 0.1) {words}" in result.err


def test_what_it_can_not_import_is_named_with_its_own_package(
    canary: Canary, state: GatewayState
) -> None:
    del state
    broken(canary, "import json\n", "import json\nimport kongimport\n")

    result = canary.run("status", "churn", "--provider", "gateway")

    assert result.code == 2
    assert "pip install canary-gateway" in result.err
