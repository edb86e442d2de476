"""The Python API: what a notebook, a pipeline step or a task needs, in plain arguments and values.

Each function means what the command of its name means: the same canary.yaml, records, variables
and errors. `docs/python.md` has examples that are run by the tests.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from canarycli.engine.status import release_status
from canarycli.journal import Event
from canarycli.judge.finding import Finding, Verdict
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.anyhow import open_anyhow
from canarycli.operations.check import Asked, check_live
from canarycli.operations.engines import engine_of
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.history import history as past_releases
from canarycli.operations.history import one_release
from canarycli.operations.live_release import LiveRelease, rolled_back, unheard
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.start import Wanted, intend
from canarycli.operations.status import status as standing
from canarycli.operations.target import Target, find_target
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import open_store, work_on


def start(
    endpoint: str | None = None,
    *,
    new_model: str,
    percent: float | str | None = None,
    plan: str | None = None,
    stages: str | None = None,
    bake: str | None = None,
    baseline: str | None = None,
    skip: Collection[str] = (),
    note: str = "",
    ref: str = "",
    override_freeze: str = "",
    accept_risks: bool = False,
    engine: str | None = None,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> LiveRelease:
    """Record a canary release of a new model version; `follow` or `wait` drives it.

    No traffic has moved when this returns. Who does not drive it within 90 seconds has given the
    endpoint free.

    Args:
        endpoint: in canary.yaml, or the cloud's name with `provider`; None for the only one.
        new_model: a version already on the endpoint, else a model, or files of one, to deploy.
        percent: one stage at that share, then hold; short for a plan.
        plan: a plan's name in canary.yaml, or a plan file.
        stages: such as `5,25,50,100`.
        bake: least time per stage, such as `15m`.
        baseline: the version to compare with; else the one with most traffic.
        skip: checks to leave out.
        note: kept in history.
        ref: a link kept in history.
        override_freeze: why it goes up in a change freeze; kept in history.
        accept_risks: start although a check can never tell, as `--yes` does.
        engine: `temporal` leaves it to its workers, and `follow` tells what they do; else what
            canary.yaml says.
        provider: which cloud; needed only without a config.
        config: the config file; else canary.yaml here or above.
        **settings: the cloud's own options: region, project, subscription and so on.

    Raises:
        Busy: the endpoint is in a release.
        CanaryError: anything else that stands against it; nothing has moved.
    """
    address = _address(endpoint, provider, config, settings)
    share = None if percent is None else f"{percent:g}" if not isinstance(percent, str) else percent
    wanted = Wanted(
        new_model, share, plan, stages, bake, baseline, tuple(skip), note, ref, override_freeze
    )
    intent = intend(address, wanted, os.environ)
    if refuse_busy(intent):
        intent = intend(address, wanted, os.environ)
    intent.refuse_blocked()
    intent = foreseen(intent, foresee(intent, insist=True))
    if not accept_risks:
        intent.refuse_risks()
    left_to = engine_of(engine, address.config, os.environ)
    if left_to is not None:
        left_to.check()
    heard: list[Event] = []
    record_start(intent, heard.append)
    release = intent.release
    if left_to is not None:
        intent.work.controller(unheard).let_go(intent.work.key)
        left_to.begin(release)
    return LiveRelease(release.id, release.endpoint, intent.work, tuple(heard), left_to is not None)


def find(
    release: str | None = None,
    *,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> LiveRelease:
    """A release that is known here: by its id, the newest of an endpoint, or the only open one.

    Raises:
        NotFound: there is none.
    """
    address = _address(release, provider, config, settings)
    store = open_store(os.environ)
    record = None
    if provider is None:
        record = one_release(store, address, os.environ)
        found = record.release
        target = Target(found.endpoint, found.provider, found.settings, None, record)
    else:
        target = find_target(address, store, os.environ)
    work = work_on(target, store, os.environ)
    known = record or work.open_record()
    return LiveRelease(known.release.id, known.release.endpoint, work)


def status(
    endpoint: str | None = None,
    *,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Where an endpoint stands now, with its live traffic, as `canary.status/1`.

    Raises:
        CanaryError: nothing is known of it here, and its cloud does not answer.
    """
    return dict(standing(_address(endpoint, provider, config, settings), os.environ).document)


def rollback(
    endpoint: str | None = None,
    *,
    reason: str = "",
    to: str | None = None,
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Send all traffic back to the baseline, now; its status once the traffic is there.

    Needs no record, no plan and no metrics, and wins over whoever drives.

    Raises:
        Unsafe: nobody can tell that it is; its hints have the cloud's own command.
        CanaryError: the cloud refused.
    """
    address = _address(endpoint, provider, config, settings)
    return rolled_back(open_anyhow(address, os.environ, _unsaid), to, reason)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a window shows.

    Attributes:
        verdict: the worst of all gates.
        findings: one a check, each with its numbers and one sentence.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]


def check(
    endpoint: str | None = None,
    *,
    since: str = "30m",
    at: str | None = None,
    baseline: str | None = None,
    candidate: str | None = None,
    skip: Collection[str] = (),
    provider: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> CheckResult:
    """Judge candidate against baseline once; nothing is moved.

    Raises:
        CanaryError: arms, checks or window make no sense, or the cloud does not answer.
    """
    asked = Asked(baseline, candidate, since, at, tuple(skip))
    checked = check_live(_address(endpoint, provider, config, settings), asked, os.environ)
    return CheckResult(checked.found.verdict, tuple(checked.found.findings))


def history(endpoint: str | None = None, *, limit: int = 20) -> tuple[dict[str, Any], ...]:
    """Past and open releases known here as `canary.status/1`, the youngest first."""
    from canarycli.clock import SystemClock

    now = SystemClock().now()
    records = past_releases(os.environ, endpoint=endpoint, limit=limit)
    return tuple(release_status(record, None, now) for record in records)


def _unsaid(_: str) -> None:
    """Hears what could not be had, for a program that has nobody to tell."""


def _address(
    word: str | None,
    provider: str | None,
    config: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
) -> Address:
    path = None if config is None else Path(config)
    return Address(None, word, provider, path, settings)
