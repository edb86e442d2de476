"""An alarm in the store of somebody's own provider stops a release, and lets it pass when quiet."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from engine.rehearsal import ERRORS, PLAN, Rehearsal, seconds

from canarycli.config.alarms import alarm_check
from canarycli.metrics import Measurements, Metric, Series, Value, Window
from canarycli.plan import Role
from canarycli.release.record import Outcome
from canarycli.simulator import Simulator

PAGER = alarm_check({"gateway": "p1-open"}, name=None, role=Role.GATE, critical=False)


class WithAlarms(Simulator):
    """Pretend endpoints beside a store of alarms, which `{alarm: {gateway: p1-open}}` names."""

    rings_at: datetime | None = None
    """When the alarm begins to ring, None for never."""

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        own = [metric for metric in metrics if "gateway" in metric.source]
        others = [metric for metric in metrics if metric not in own]
        series = {
            metric.key: self._states(metric.source["gateway"]["alarm"], window) for metric in own
        }
        rung = Measurements(window, self.clock.now(), dict.fromkeys(versions, series))
        return super().measure(endpoint, versions, others, window).joined(rung)

    def _states(self, name: str, window: Window) -> Series:
        assert name == "p1-open"
        period, points, at = timedelta(seconds=10), [], window.start
        while at + period <= min(window.end, self.clock.now()):
            rings = self.rings_at is not None and at >= self.rings_at
            points.append(Value(at, float(rings), 1))
            at += period
        return Series(tuple(points), period)


class OnAlarms(Rehearsal):
    """A release on them, with such a check besides."""

    cloud = WithAlarms

    def __init__(self, rings_after: timedelta | None = None) -> None:
        super().__init__(replace(PLAN, checks=(ERRORS, PAGER)))
        assert isinstance(self.simulator, WithAlarms)
        if rings_after is not None:
            self.simulator.rings_at = self.clock.now() + rings_after
        self.start()


def test_a_quiet_alarm_lets_the_candidate_through() -> None:
    assert OnAlarms().finish().outcome is Outcome.PROMOTED


def test_an_alarm_that_begins_to_ring_takes_the_candidate_back() -> None:
    release = OnAlarms(rings_after=seconds(20)).finish()

    assert release.outcome is Outcome.ROLLED_BACK
    assert release.reached == 5
    assert "alarm p1-open" in release.why
