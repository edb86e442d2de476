"""A whole release on SageMaker, with every call failing in every way and other people about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.sagemaker import Server

from canarycli.clock import FastClock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.engine.retries import Patient
from canarycli.errors import CanaryError
from canarycli.ids import new_id
from canarycli.metrics import Metric
from canarycli.plan import Check, Plan, Stage
from canarycli.release.record import Outcome, Release
from canarycli.release.request import Request, prepare
from canarycli.store.memory import MemoryStore
from canarycli.testing import Call, Faulty
from canarycli_sagemaker import SageMaker

ERRORS = Check("errors_5xx", Metric("errors_5xx"), never_above=0.02, min_requests=20)
PLAN = Plan(
    stages=(
        Stage(5, timedelta(minutes=2)),
        Stage(50, timedelta(minutes=2)),
        Stage(100, timedelta(0)),
    ),
    checks=(ERRORS,),
    read_every=timedelta(minutes=1),
    fails_after=2,
    settle_within=timedelta(minutes=10),
)
SPEED = 400
"""So many seconds of a release pass in one of the test's."""


class Rehearsal:
    """One release against the server; both run on the same fast clock."""

    def __init__(self, server: Server, *, errors: float = 0.0) -> None:
        self.server = server
        origin = datetime.now(UTC)
        server.control("clock", {"speed": SPEED, "origin": origin.timestamp()})
        server.control("settings", {"weights_seconds": 3, "update_seconds": 60})
        server.control("model", {"name": "fraud-v42"})
        server.endpoint("churn", {"blue": 1, "green": 0})
        load = {"endpoint": "churn", "rate": 10, "variants": {"green": {"errors_5xx": errors}}}
        server.control("traffic", load)
        client = SageMaker({}).clients.sagemaker
        theirs = {"VariantName": "blue", "ModelName": "model-blue", "InitialVariantWeight": 1.0}
        client.create_endpoint_config(EndpointConfigName="theirs", ProductionVariants=[theirs])
        self.clock = FastClock(SPEED, origin)
        self.sagemaker = SageMaker({"metric_delay": timedelta(0)})
        self.writer: tuple[int, dict[str, Any]] | None = None
        provider = Patient(Faulty(self.sagemaker, self._foreign), self.clock)
        self.store = MemoryStore()
        self.controller = Controller(self.store, provider, self.clock, Driver("ann"))

    def _foreign(self, call: Call) -> None:
        if self.writer is not None and call.number == self.writer[0]:
            self.server.control("change", {"endpoint": "churn", **self.writer[1]})

    def run(self, model: str = "green") -> Release:
        """Drive it to its end; an error that ends it is part of the record."""
        request = Request("sagemaker", "us-east-1", model, PLAN, "ann", deploy={})
        release = prepare(
            request, self.sagemaker.describe("churn"), release_id=new_id(), now=self.clock.now()
        )
        self.controller.create(release)
        try:
            return drive(self.controller, release.key)
        except CanaryError:
            record = self.store.load(release.key)
            assert record is not None
            return record.release

    def share(self) -> float:
        weights = self.server.weights("churn")
        return 100 * weights.get("green", 0) / sum(weights.values())

    def shares(self, version: str = "green") -> list[float]:
        """Every share the candidate ever had, in order."""
        splits = self.server.control("shares", {"endpoint": "churn"})
        return [round(shares[version], 2) for _, shares in splits if version in shares]


@pytest.fixture
def rehearsal(server: Server) -> Rehearsal:
    return Rehearsal(server)


def test_a_healthy_release_is_promoted(rehearsal: Rehearsal) -> None:
    release = rehearsal.run()

    assert release.outcome is Outcome.PROMOTED
    assert rehearsal.shares() == [0, 5, 50, 100]
    notes = rehearsal.sagemaker.notes(rehearsal.sagemaker.describe("churn"))
    assert notes == {**release.notes, "canary-raised": "100"}


def test_a_failing_release_is_rolled_back_from_its_first_stage(server: Server) -> None:
    rehearsal = Rehearsal(server, errors=0.2)

    release = rehearsal.run()

    assert release.outcome is Outcome.ROLLED_BACK
    assert rehearsal.share() == 0
    assert rehearsal.shares() == [0, 5, 0]


OPERATIONS = [
    "DescribeEndpoint",
    "AddTags",
    "UpdateEndpointWeightsAndCapacities",
    "GetMetricData",
]
NO_ANSWER = ["throttle", "error", "drop_before", "drop_after", "html", "truncated"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "skip"), [("throttle", 0), ("drop_after", 0), *((kind, 1) for kind in NO_ANSWER)]
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_release_comes_through_calls_without_an_answer(
    rehearsal: Rehearsal, server: Server, operation: str, fault: str, skip: int
) -> None:
    # The look that prepares the release comes before any driver that could be patient.
    first = skip + (operation == "DescribeEndpoint")
    server.fault(operation, fault, skip=first, times=2)

    release = rehearsal.run()

    assert release.outcome is Outcome.PROMOTED, release.why
    assert rehearsal.shares() == [0, 5, 50, 100]


@pytest.mark.parametrize("operation", ["AddTags", "UpdateEndpointWeightsAndCapacities"])
def test_a_release_that_may_not_begin_moves_nothing(
    rehearsal: Rehearsal, server: Server, operation: str
) -> None:
    server.fault(operation, "denied")

    release = rehearsal.run()

    assert release.outcome is Outcome.CLOUD_FAILED
    assert rehearsal.shares() == [0]


@pytest.mark.parametrize("fault", ["denied", "expired"])
@pytest.mark.parametrize(
    "operation", ["DescribeEndpoint", "UpdateEndpointWeightsAndCapacities", "GetMetricData"]
)
def test_credentials_that_go_and_come_back_do_not_end_a_release(
    rehearsal: Rehearsal, server: Server, operation: str, fault: str
) -> None:
    skip = {"DescribeEndpoint": 6}.get(operation, 1)
    # A change that stays refused is given up within seconds; a look and a read are waited for.
    times = 1 if operation == "UpdateEndpointWeightsAndCapacities" else 3
    server.fault(operation, fault, skip=skip, times=times)

    release = rehearsal.run()

    assert release.outcome is Outcome.PROMOTED, release.why
    assert rehearsal.shares() == [0, 5, 50, 100]


WRITERS: dict[str, dict[str, Any]] = {
    "lowers": {"weights": {"blue": 99, "green": 1}},
    "takes away": {"weights": {"blue": 100, "green": 0}},
    "raises": {"weights": {"blue": 10, "green": 90}},
    "runs their code again": {"config": "churn-config"},
    "replaces everything": {"config": "theirs"},
}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 20, 4))
@pytest.mark.parametrize("writer", WRITERS, ids=list(WRITERS))
def test_another_writer_at_any_moment_is_respected(
    rehearsal: Rehearsal, writer: str, number: int
) -> None:
    rehearsal.writer = (number, WRITERS[writer])
    theirs = WRITERS[writer].get("weights", {}).get("green", 0)

    release = rehearsal.run()

    ends = {
        Outcome.PROMOTED: 100,
        Outcome.STOPPED: 0,
        Outcome.ROLLED_BACK: 0,
        Outcome.DRIFT: theirs,
    }
    assert release.outcome in ends, release
    assert rehearsal.share() == pytest.approx(ends[release.outcome], abs=0.01)


def test_an_endpoint_that_breaks_mid_release_is_never_left_unsaid(
    rehearsal: Rehearsal, server: Server
) -> None:
    rehearsal.writer = (8, {"status": "Failed", "failure": "out of memory"})

    release = rehearsal.run()

    assert release.outcome is not Outcome.PROMOTED
    assert server.control("state", {"endpoint": "churn"})["EndpointStatus"] == "Failed"


def test_a_model_is_brought_in_and_released(rehearsal: Rehearsal) -> None:
    release = rehearsal.run("fraud-v42")

    assert (release.outcome, release.candidate) == (Outcome.PROMOTED, "fraud-v42")
    assert rehearsal.shares("fraud-v42") == [0, 5, 50, 100]
    assert rehearsal.shares("green") == [0] * 5


@pytest.mark.slow
@pytest.mark.parametrize("fault", NO_ANSWER)
@pytest.mark.parametrize(
    "operation", ["DescribeEndpointConfig", "CreateEndpointConfig", "UpdateEndpoint"]
)
def test_bringing_a_model_in_comes_through_calls_without_an_answer(
    rehearsal: Rehearsal, server: Server, operation: str, fault: str
) -> None:
    server.fault(operation, fault, times=2)

    release = rehearsal.run("fraud-v42")

    assert release.outcome is Outcome.PROMOTED, release.why
    assert rehearsal.shares("fraud-v42") == [0, 5, 50, 100]
    assert len(server.calls("UpdateEndpoint")) <= 3


@pytest.mark.parametrize("reason", ["", "no ml.m5 to be had"], ids=["in silence", "with a reason"])
def test_a_model_that_sagemaker_takes_back_ends_the_release(
    rehearsal: Rehearsal, server: Server, reason: str
) -> None:
    server.control("fail_next", {"endpoint": "churn", "reason": reason})

    release = rehearsal.run("fraud-v42")

    assert release.outcome is Outcome.CLOUD_FAILED
    assert "taken back" in release.why
    assert reason in release.why
    assert server.weights("churn") == {"blue": 1, "green": 0}


@pytest.mark.parametrize("number", range(2, 9, 2))
def test_bringing_a_model_in_keeps_what_somebody_else_set_meanwhile(
    rehearsal: Rehearsal, number: int
) -> None:
    rehearsal.server.control("settings", {"update_seconds": 400})
    rehearsal.writer = (number, {"weights": {"blue": 3, "green": 1}})

    rehearsal.run("fraud-v42")

    before, set_by_them, with_the_candidate = rehearsal.shares("green")[:3]
    assert (before, set_by_them, with_the_candidate) == (0, 25, 25)
