"""What Temporal sees of a release: a workflow that replays old histories, and one look."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canarycli.config import lint
from canarycli.config.records import records_place
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.looks import Hands, Looks, Noting
from canarycli.engine.wakes import Lane
from canarycli.errors import CanaryError, StoreError, UsageError
from canarycli.ids import new_id
from canarycli.operations.engine_kind import EngineKind
from canarycli.operations.engines import Engine, engine_of
from canarycli.operations.temporal.place import Place
from canarycli.plan import Plan, Stage
from canarycli.release import orders
from canarycli.release.record import Release
from canarycli.release.request import Request, prepare
from canarycli.simulator import Simulator
from canarycli.store import Record
from canarycli.store.around import Around
from canarycli.store.memory import MemoryStore
from canarycli.testing import FakeClock

pytest.importorskip("temporalio", reason="pip install 'canarycli[temporal]'")

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from canarycli.operations.temporal.client import workflow_id
from canarycli.operations.temporal.worker import AT_IT, Hand, Scout
from canarycli.operations.temporal.workflow import Aim, ReleaseWorkflow, Seen

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
"""Of releases that ran before; tests/cli/test_temporal.py says how one comes about."""


PLAN = Plan(
    stages=(Stage(5, timedelta(seconds=20)), Stage(100, timedelta(0))),
    read_every=timedelta(seconds=10),
)


def replay(kind: type, file: Path) -> None:
    history = WorkflowHistory.from_json("canary/r", json.loads(file.read_text()))
    replayer = Replayer(workflows=[kind], workflow_runner=UnsandboxedWorkflowRunner())
    asyncio.run(replayer.replay_workflow(history))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
def test_a_release_that_began_before_goes_on_with_this_workflow(file: Path) -> None:
    replay(ReleaseWorkflow, file)


@workflow.defn(name="canary-release")
class Hasty:
    """A workflow that does something else than the one that wrote the history."""

    @workflow.run
    async def run(self, _aim: Any) -> None:
        await workflow.sleep(1)


def test_another_workflow_would_be_found_out() -> None:
    with pytest.raises(NondeterminismError):
        replay(Hasty, HISTORIES[0])


class Bench:
    """One endpoint under a clock of its own, and a worker's hand on it."""

    def __init__(self, attributes: frozenset[str] = frozenset()) -> None:
        self.clock = FakeClock()
        settings = {"state": ":memory:", "endpoints": ["demo", "else"], "settle": 0, "delay": 0}
        self.simulator = Simulator(settings, clock=self.clock)
        self.store = MemoryStore()
        store = Noting(self.store)

        def hands(_record: Record) -> Hands:
            return Hands(self.controller("worker/1"), Lane())

        self.looks = Looks(store, hands, lambda _release, _event: None)
        self.hand = Hand(self.looks, attributes)
        self.release = self.start()

    def controller(self, name: str) -> Controller:
        return Controller(self.looks.store, self.simulator, self.clock, Driver(name))

    def start(self, model: str = "v42", endpoint_name: str = "demo") -> Release:
        request = Request("simulator", "local", model, PLAN, "ann", deploy={})
        endpoint = self.simulator.describe(endpoint_name)
        made = prepare(request, endpoint, release_id=new_id(), now=self.clock.now())
        known = self.store.load(made.key)
        return self.store.save(Record(made, None, known.version if known else 0)).release

    @property
    def aim(self) -> Aim:
        return Aim(self.release.key, self.release.id)

    def to_the_end(self) -> list[Seen]:
        """Look, and wait as long as the hand says."""
        seen = [self.hand.look(self.aim)]
        while (wake := seen[-1].wake) is not None:
            self.clock.sleep(max(wake, 0.1))
            seen.append(self.hand.look(self.aim))
        return seen


def test_looks_lead_to_the_end_and_tell_what_can_be_searched_for() -> None:
    bench = Bench(frozenset({"CanaryState", "CanaryShare"}))

    seen = bench.to_the_end()

    assert {"CanaryState": "running", "CanaryShare": "5%"} in [one.attributes for one in seen]
    assert seen[-1] == Seen(None, {"CanaryState": "promoted", "CanaryShare": "100%"})


def test_what_the_namespace_does_not_know_is_not_told() -> None:
    assert {len(one.attributes) for one in Bench().to_the_end()} == {0}


def test_the_next_release_of_the_endpoint_has_a_workflow_of_its_own() -> None:
    bench = Bench()
    bench.to_the_end()
    old, bench.release = bench.aim, bench.start("v41")

    assert bench.hand.look(old).wake is None
    assert bench.hand.look(bench.aim).wake is not None


def test_where_another_thread_is_at_it_the_look_comes_again_soon() -> None:
    bench = Bench()
    with bench.hand.at(bench.aim.key):
        assert bench.hand.look(bench.aim) == Seen(AT_IT)

    assert bench.hand.look(bench.aim) != Seen(AT_IT)


def test_a_worker_that_is_stopped_begins_no_more_looks() -> None:
    bench = Bench()
    hand = Hand(bench.looks, enough=lambda: True)

    assert hand.look(bench.aim) == Seen(AT_IT)
    assert bench.looks.members == {}


class Told:
    """Stands where Temporal's client does, and notes what it is told."""

    def __init__(self, *, known: bool = True) -> None:
        self.begun: list[str] = []
        self.poked: list[str] = []
        self.open: list[str] = []
        self.known = known
        self.error: CanaryError | None = None

    async def running(self) -> list[str]:
        return list(self.open)

    async def begin(self, release: Release) -> None:
        if self.error is not None:
            raise self.error
        self.begun.append(release.id)
        self.open.append(workflow_id(release))

    async def poke(self, release: Release) -> bool:
        self.poked.append(release.id)
        return self.known


def test_an_open_release_is_told_of_once_and_again_after_a_fault() -> None:
    bench, told = Bench(), Told()
    scout = Scout(bench.looks, told)
    told.error = CanaryError("no answer")
    asyncio.run(scout.go())
    told.error = None

    asyncio.run(scout.go())
    asyncio.run(scout.go())

    assert told.begun == [bench.release.id]
    assert bench.looks.figures.counted()["faults", "CanaryError"] == 1


def test_what_temporal_knows_already_is_not_told() -> None:
    bench, told = Bench(), Told()
    told.open.append(workflow_id(bench.release))

    asyncio.run(Scout(bench.looks, told).go())

    assert told.begun == []


def test_a_workflow_that_is_gone_is_begun_anew_at_the_next_question() -> None:
    bench, told = Bench(), Told()
    scout = Scout(bench.looks, told, known_for=0)
    asyncio.run(scout.go())
    asyncio.run(scout.go())
    assert told.begun == [bench.release.id]
    told.open.clear()  # somebody terminated it

    asyncio.run(scout.go())

    assert told.begun == [bench.release.id] * 2


def test_the_next_release_of_an_endpoint_is_told_of_at_the_next_question() -> None:
    bench, told = Bench(), Told()
    scout = Scout(bench.looks, told, known_for=0)
    asyncio.run(scout.go())
    bench.to_the_end()
    told.open.clear()
    second = bench.start("v41")

    asyncio.run(scout.go())

    assert told.begun[1:] == [second.id]


class OneDamaged(Around):
    """A store of which one endpoint's record makes no sense."""

    def load(self, key: str) -> Record | None:
        if key.endswith("/demo"):
            raise StoreError("a release record makes no sense")
        return self._store.load(key)


def test_a_record_that_makes_no_sense_hides_no_other() -> None:
    bench, told = Bench(), Told()
    other = bench.start(endpoint_name="else")
    store = Noting(OneDamaged(bench.store))
    looks = Looks(store, bench.looks.hands, lambda _release, _event: None)

    asyncio.run(Scout(looks, told).go())

    assert told.begun == [other.id]
    assert looks.figures.counted()["faults", "StoreError"] == 1


def test_several_are_told_of_at_the_same_time() -> None:
    bench, both = Bench(), asyncio.Event()
    bench.start(endpoint_name="else")

    class Waiting(Told):
        async def begin(self, release: Release) -> None:
            await super().begin(release)
            if len(self.begun) == 2:
                both.set()
            await asyncio.wait_for(both.wait(), 60)

    told = Waiting()
    asyncio.run(Scout(bench.looks, told).go())

    assert len(told.begun) == 2


def test_what_somebody_asked_for_pokes_the_workflow_once() -> None:
    bench, told = Bench(), Told()
    scout = Scout(bench.looks, told)
    bench.hand.look(bench.aim)
    asyncio.run(scout.go())
    assert told.poked == []
    other = Controller(bench.store, bench.simulator, bench.clock, Driver("bob/1"))
    other.change(bench.release.key, lambda release: orders.promote(release, "bob"))

    asyncio.run(scout.go())
    asyncio.run(scout.go())

    assert told.poked == [bench.release.id]


def test_a_worker_that_is_stopped_begins_no_more_workflows() -> None:
    bench, told = Bench(), Told()

    asyncio.run(Scout(bench.looks, told, enough=lambda: True).go())

    assert told.begun == []


def test_what_has_no_workflow_any_more_is_left() -> None:
    bench, told = Bench(), Told(known=False)
    bench.hand.look(bench.aim)
    other = Controller(bench.store, bench.simulator, bench.clock, Driver("bob/1"))
    other.change(bench.release.key, lambda release: orders.promote(release, "bob"))

    asyncio.run(Scout(bench.looks, told).go())

    assert bench.looks.members == {}


def test_the_file_names_the_engine_and_where_it_is_and_a_flag_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "canary.yaml"
    file.write_text("version: 1\nstate: {engine: temporal, address: t:7233, namespace: ml}\n")

    found = engine_of(None, file, {})

    assert found is not None
    assert found.place == Place("t:7233", "ml", "canary")
    assert engine_of(EngineKind.EMBEDDED, file, {}) is None


def test_a_place_alone_is_that_of_the_records_and_this_process_drives(tmp_path: Path) -> None:
    file = tmp_path / "canary.yaml"
    file.write_text("version: 1\nstate: s3://acme/canary\n")

    assert engine_of(None, file, {}) is None
    assert records_place(file, cwd=tmp_path, env={}) == "s3://acme/canary"
    file.write_text("version: 1\nstate: {records: s3://acme/canary, engine: temporal}\n")
    assert records_place(file, cwd=tmp_path, env={}) == "s3://acme/canary"


def test_an_engine_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "canary.yaml"
    file.write_text("version: 1\nstate: {engine: temporel}\n")

    with pytest.raises(UsageError, match="there is no engine 'temporel'"):
        engine_of(None, file, {})
    [problem] = lint(file)
    assert "temporel" in problem.message


def test_a_server_that_does_not_answer_is_an_error_that_says_where(tmp_path: Path) -> None:
    env = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_CONFIG_FILE": str(tmp_path / "none.toml")}

    with pytest.raises(CanaryError, match=r"does not answer at 127\.0\.0\.1:1"):
        Engine(Place(), env).check()
