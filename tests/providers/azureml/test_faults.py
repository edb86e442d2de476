"""Every call with everything that can go wrong with it: our own errors, and never a wrong state."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from servers.azureml.faults import KINDS
from servers.azureml.running import Server

from canarycli.errors import Conflict, Denied, ProviderError, Unavailable
from canarycli.metrics import Metric, Window
from canarycli.provider import BASELINE_NOTE, RELEASE_NOTE, Endpoint
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML

NOTES = {RELEASE_NOTE: "r-7k2f", BASELINE_NOTE: "blue"}
FIVE, HOME = Traffic.split("blue", "teal", 5), Traffic.all_to("blue")
MODEL = "churn@latest"

EXPECTED: dict[str, type[ProviderError]] = {
    "denied": Denied,
    "expired": Denied,
    "conflict": Conflict,
    "canceled": Conflict,
}
"""What each kind of trouble is told as; every other one is `Unavailable`."""

Call = Callable[[AzureML, Endpoint], object]


def measure(provider: AzureML, metric: str) -> object:
    end = datetime.now(UTC)
    window = Window(end - timedelta(minutes=5), end)
    return provider.measure("churn", ["blue"], [Metric(metric)], window)


READS: dict[str, tuple[str, Call]] = {
    "look: endpoint": ("endpoint.get", lambda p, _: p.describe("churn")),
    "look: deployments": ("deployment.list", lambda p, _: p.describe("churn")),
    "shift: look": ("endpoint.get", lambda p, seen: p.shift(seen, FIVE, NOTES)),
    "requests": ("metrics", lambda p, _: measure(p, "errors_5xx")),
    "latency": ("metrics", lambda p, _: measure(p, "latency_p99")),
    "gauges": ("deployment.metrics", lambda p, _: measure(p, "cpu")),
    "deploy: look": ("deployment.list", lambda p, seen: p.deploy(seen, MODEL, "blue", {}, "r")),
    "deploy: model": ("asset.versions", lambda p, seen: p.deploy(seen, MODEL, "blue", {}, "r")),
    "retire: look": ("endpoint.get", lambda p, seen: p.retire(seen, "teal")),
}
WRITES: dict[str, tuple[str, Call]] = {
    "shift": ("endpoint.put", lambda p, seen: p.shift(seen, FIVE, NOTES)),
    "deploy": ("deployment.put", lambda p, seen: p.deploy(seen, MODEL, "blue", {}, "r")),
    "retire": ("deployment.delete", lambda p, seen: p.retire(seen, "teal")),
}
REFUSED = [kind for kind in KINDS if kind != "drop_after"]


@pytest.fixture(autouse=True)
def model(server: Server) -> None:
    """A registered model to deploy."""
    server.control("asset", name="churn", version="8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("operation", "call"), READS.values(), ids=READS.keys())
def test_a_read_in_trouble_is_an_error_of_ours_and_changes_nothing(
    server: Server, azureml: AzureML, operation: str, call: Call, kind: str
) -> None:
    seen = azureml.describe("churn")
    server.fault(operation, kind)

    with pytest.raises(EXPECTED.get(kind, Unavailable)):
        call(azureml, seen)

    server.control("clear")
    assert azureml.describe("churn") == seen


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize(("operation", "call"), WRITES.values(), ids=WRITES.keys())
def test_a_write_that_is_not_carried_out_is_an_error_of_ours_and_can_be_repeated(
    server: Server, azureml: AzureML, operation: str, call: Call, kind: str
) -> None:
    seen = azureml.describe("churn")
    server.fault(operation, kind, times=1)

    with pytest.raises(EXPECTED.get(kind, Unavailable)):
        call(azureml, seen)

    assert azureml.describe("churn") == seen
    call(azureml, seen)
    server.control("advance", seconds=5)
    assert azureml.describe("churn") != seen


@pytest.mark.parametrize("answer", ["nothing", "lost again"])
@pytest.mark.parametrize(("operation", "call"), WRITES.values(), ids=WRITES.keys())
def test_a_write_whose_answer_is_lost_is_found_again_or_repeated_without_harm(
    server: Server, azureml: AzureML, operation: str, call: Call, answer: str
) -> None:
    seen = azureml.describe("churn")
    server.fault(operation, "drop_after", times=2 if answer == "lost again" else 1)

    call(azureml, seen)
    server.control("advance", seconds=5)
    call(azureml, azureml.describe("churn"))

    server.control("advance", seconds=5)
    after = azureml.describe("churn")
    assert after.settled
    assert after != seen
    assert len(after.versions) <= 3


PASSING = ["error", "unavailable", "throttle", "bad_gateway", "drop_before", "html", "garbage"]


@pytest.mark.parametrize("kind", PASSING)
def test_entra_in_trouble_is_unavailable(server: Server, newcomer: AzureML, kind: str) -> None:
    server.fault("token", kind)

    with pytest.raises(Unavailable):
        newcomer.describe("churn")

    asked = [call for call in server.calls("token") if call["path"].endswith("/token")]
    assert len(asked) == 1


def test_a_refusal_of_entras_is_denied(server: Server, newcomer: AzureML) -> None:
    server.fault("token", "denied")

    with pytest.raises(Denied) as refused:
        newcomer.describe("churn")

    assert any("AADSTS700016" in fact for fact in refused.value.facts)


def test_every_call_is_made_once_and_never_repeated_by_itself(
    server: Server, azureml: AzureML
) -> None:
    azureml.describe("churn")
    server.control("clear")
    server.fault("*", "unavailable", retry_after="1")

    with pytest.raises(Unavailable) as refused:
        azureml.describe("churn")

    assert refused.value.after == 1
    assert server.operations() == ["endpoint.get"]


def test_a_rollback_needs_three_rights_and_no_metrics(server: Server, azureml: AzureML) -> None:
    server.control("change", endpoint="churn", traffic={"blue": 50, "teal": 50})
    online = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    rights = [f"{online}/read", f"{online}/write", f"{online}/deployments/read"]
    server.control("settings", granted=rights)

    azureml.shift(azureml.describe("churn"), HOME, {})

    server.control("advance", seconds=1)
    assert azureml.describe("churn").traffic.same_as(HOME)
