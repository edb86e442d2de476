"""Everything a release asks of a cloud, and what may come of it when an answer is odd."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.clock import Clock
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.errors import CanaryError
from canarycli.ids import new_id
from canarycli.metrics import Metric, Window
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.provider import Detailed, Inspector
from canarycli.release.record import endpoint_key
from canarycli.release.request import Request, prepare
from canarycli.store.memory import MemoryStore
from canarycli.testing import FakeClock
from canarycli.traffic import Traffic
from canarycli.verbs import offers

PLAN = Plan(
    stages=(Stage(5, timedelta(0)), Stage(100, timedelta(0))),
    checks=tuple(
        Check(name, Metric(name), no_worse_by=Margin(0.5, absolute=name.startswith("errors")))
        for name in ("errors_5xx", "latency_p90")
    ),
)
NOTES = {"canary-release": "r-7k2f"}


def asked(provider: Any, endpoint: str, arms: tuple[str, str]) -> Iterator[Callable[[], object]]:
    """Each question by itself; whoever asks goes on with the next one after an error."""
    now = datetime.now(UTC)
    window = Window(now - timedelta(minutes=5), now)
    metrics = [Metric(name) for name in sorted(provider.limits.metrics - {"latency_over"})]
    yield lambda: provider.describe(endpoint)
    if offers(provider, Detailed):
        yield lambda: provider.details(endpoint)
    yield lambda: provider.notes(provider.describe(endpoint))
    yield lambda: provider.measure(endpoint, arms, metrics, window)
    yield lambda: provider.deploy(provider.describe(endpoint), "fraud:1", arms[0], {}, "r-1")
    yield lambda: provider.retire(provider.describe(endpoint), arms[1])
    guard = Patient(provider, FakeClock(now), timedelta(0), ours=True)
    if offers(provider, Inspector):
        yield lambda: guard.ask(lambda: list(provider.doctor.identity()))
        yield lambda: guard.ask(lambda: list(provider.doctor.permissions(endpoint, deploys=True)))
    for percent in (5, 0):
        to = Traffic.split(*arms, percent)
        yield lambda to=to, percent=percent: provider.shift(  # type: ignore[misc]  # mypy/15459
            provider.describe(endpoint), to, NOTES, raises=percent > 0
        )


def ask_everything(provider: Any, endpoint: str, arms: tuple[str, str]) -> list[str]:
    """What came of it that is no error of ours: nothing, if all is well."""
    found = []
    for ask in asked(provider, endpoint, arms):
        try:
            ask()
        except CanaryError as error:
            assert error.message  # noqa: PT017 - one of ours, and it says something
        except Exception as error:  # noqa: BLE001 - just this is looked for
            found.append(f"{type(error).__name__}: {error}")
    return found


def release_and_roll_back(provider: Any, endpoint: str, arms: tuple[str, str]) -> None:
    """Drive a release by such answers, some ticks long; only errors of ours may come out."""
    clock: Clock = FakeClock(datetime.now(UTC))
    patient = Patient(provider, clock, timedelta(0), ours=True)
    store = MemoryStore()
    controller = Controller(store, patient, clock, Driver("ann@laptop"), lambda _: None)
    with suppress(CanaryError):
        seen = patient.describe(endpoint)
        request = Request("cloud", provider.place, arms[1], PLAN, "ann", baseline=arms[0])
        controller.create(prepare(request, seen, release_id=new_id(), now=clock.now()))
    for _ in range(3):
        with suppress(CanaryError):
            controller.tick(endpoint_key("cloud", provider.place, endpoint))
        clock.sleep(60)
