"""What a provider can do besides is what it says it can, on every cloud."""

import json

import pytest

from canarycli.durations import parse_duration
from canarycli.engine.retries import Patient
from canarycli.errors import Unsupported
from canarycli.permissions import Needs, Permitted
from canarycli.plan import Plan, Smoke, Stage
from canarycli.provider import Deployer, Inspector, Provider, Smoker
from canarycli.registry import load_provider, provider_class
from canarycli.release.preflight import preflight
from canarycli.simulator import Simulator
from canarycli.testing import FakeClock, Fault, Faulty
from canarycli.verbs import offers
from canarycli_azureml import AzureML
from canarycli_sagemaker import SageMaker
from canarycli_vertex import Vertex

SETTINGS = {
    "sagemaker": {"region": "us-east-1"},
    "vertex": {"project": "acme-ml", "region": "europe-west4"},
    "azureml": {"subscription": "s", "resource_group": "g", "workspace": "w"},
    "simulator": {"state": ":memory:"},
}
CLOUDS = ("sagemaker", "vertex", "azureml")


@pytest.fixture(params=SETTINGS)
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each of our providers in turn; making one asks nobody."""
    return load_provider(request.param, SETTINGS[request.param])


def test_each_brings_candidates_in_and_has_a_doctor(provider: Provider) -> None:
    assert offers(provider, Deployer)
    assert offers(provider, Inspector)


def test_one_that_says_it_smokes_does_and_no_other(provider: Provider) -> None:
    assert provider.limits.smokes == offers(provider, Smoker)


@pytest.mark.parametrize("name", CLOUDS)
def test_each_cloud_writes_down_the_permissions_and_more_of_them_to_deploy(name: str) -> None:
    kind = provider_class(name)
    assert offers(kind, Permitted)

    least = json.dumps(kind.least_policy({}, "*", Needs()))
    more = json.dumps(kind.least_policy({}, "*", Needs(deploys=True)))

    assert len(least) < len(more)


def test_types_agree_with_the_protocols() -> None:
    """Nothing happens here: mypy reads it."""
    smokers: tuple[type[Smoker], ...] = (SageMaker, Simulator)
    inspectors: tuple[type[Inspector], ...] = (SageMaker, Vertex, AzureML, Simulator)
    permitted: tuple[type[Permitted], ...] = (SageMaker, Vertex, AzureML)

    assert len(smokers) < len(permitted) < len(inspectors)


def test_a_smoke_test_without_an_answer_is_sent_again() -> None:
    clock = FakeClock()
    faulty = Faulty(Simulator(SETTINGS["simulator"], clock=clock), {1: Fault.UNAVAILABLE})

    reply = Patient(faulty, clock).smoke("demo", "v42", b"{}")

    assert (reply.status, faulty.count("smoke")) == (200, 2)


def test_a_provider_that_cannot_ask_one_version_says_so() -> None:
    patient = Patient(load_provider("vertex", SETTINGS["vertex"]), FakeClock())

    with pytest.raises(Unsupported, match="can't ask version '22' of '1000' by itself"):
        patient.smoke("1000", "22", b"{}")


def test_a_plan_that_asks_is_refused_where_one_version_cannot_be_asked() -> None:
    plan = Plan((Stage(5, parse_duration("5m")),), smoke=(Smoke("a fraud", "{}"),))
    seen = Simulator(SETTINGS["simulator"]).describe("demo")
    limits = load_provider("vertex", SETTINGS["vertex"]).limits

    (blocking,) = [t for t in preflight(plan, limits, seen, "v41", "v42") if t.blocks]

    assert "this cloud can't ask one version by itself" in blocking.message


def test_a_provider_that_looks_no_closer_just_looks() -> None:
    clock = FakeClock()
    simulator = Simulator(SETTINGS["simulator"], clock=clock)

    assert Patient(simulator, clock).details("demo") == simulator.describe("demo")
