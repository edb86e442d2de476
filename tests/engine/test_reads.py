"""What a read asks the cloud for: watched limits each fifth time, their last finding in between."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from engine.rehearsal import PLAN, RELATIVE, Rehearsal, seconds

from canarycli.metrics import Measurements, Metric, Window
from canarycli.plan import Check, Role, Stage
from canarycli.simulator import Simulator

CPU = Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH)


@dataclass
class Noted:
    """A simulator that notes what it was asked to measure."""

    provider: Simulator
    asked: list[set[str]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        self.asked.append({metric.name for metric in metrics})
        return self.provider.measure(endpoint, versions, metrics, window)


def test_a_gauge_that_is_watched_costs_a_call_in_five_reads_and_keeps_its_finding() -> None:
    plan = replace(
        PLAN,
        stages=(Stage(5, seconds(600)), Stage(100, seconds(0))),
        checks=(CPU, RELATIVE),
        unclear_after=seconds(3600),
    )
    rehearsal = Rehearsal(plan)
    rehearsal.start()
    controller = rehearsal.controller()
    rehearsal.confirm(controller)
    noted = Noted(controller.provider)  # type: ignore[arg-type]  # the simulator is behind it
    controller = replace(controller, provider=noted)
    names = set()
    for _ in range(30):
        rehearsal.tick(controller)
        record = rehearsal.store.load(rehearsal.key)
        assert record is not None
        names.add(tuple(f.check for f in record.release.findings))
    reads = len(noted.asked)
    gauges = sum("cpu" in metrics for metrics in noted.asked)
    assert reads >= 20
    assert all("errors_5xx" in metrics for metrics in noted.asked)
    assert reads / 6 <= gauges <= reads / 3
    assert {found[:2] for found in names if found} == {("cpu", "errors_5xx")}
