"""Where releases stand, once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from canarycli.clock import SystemClock
from canarycli.engine.status import endpoint_status, release_status
from canarycli.errors import CanaryError, Exit, StoreError
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.target import Ambiguous, find_target
from canarycli.operations.workspace import Workspace, open_store, work_on
from canarycli.provider import Endpoint
from canarycli.store import Record


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one endpoint stands.

    Attributes:
        document: `canary.status/1`.
        record: its release, None where none is known here, or none that makes sense.
        events: what was noted of the release.
        warning: why the live traffic is not in it, "" where it is.
        unread: whether there is a record, and it can't be read.
    """

    document: Mapping[str, Any]
    record: Record | None
    events: tuple[Event, ...]
    now: datetime
    warning: str = ""
    unread: bool = False

    @property
    def exit(self) -> Exit:
        """The outcome's exit code, RUNNING while the release goes on, ERROR if nobody can tell."""
        if self.unread:
            return Exit.ERROR
        return self.record.release.exit if self.record else Exit.OK


def status(
    address: Address, env: Mapping[str, str], say: Callable[[str], None] = lambda _: None
) -> Standing:
    """One endpoint with its live traffic; without its record, or that alone, if need be.

    `say` hears of open releases that are not meant, and of a record that can't be read.

    Raises:
        CanaryError: nothing is known of it here, and its cloud does not answer.
    """
    store = open_store(env, address.config)
    target = find_target(address, store, env, say)
    work = work_on(target, store, env)
    unread, warning, endpoint = False, "", None
    try:
        record = target.record or work.record()
    except StoreError as error:
        say(f"warning: {error.message}; going by the endpoint alone")
        record, unread = None, True
    try:
        endpoint = work.provider.describe(work.target.name)
    except CanaryError as error:
        if record is None:
            raise
        warning = f"warning: {error.message}; this is what was last seen"
    now = work.clock.now()
    if record is None:
        return Standing(_of_endpoint(work, endpoint), None, (), now, unread=unread)
    events = store.events(record.release.id)
    return Standing(release_status(record, endpoint, now), record, events, now, warning)


def statuses(env: Mapping[str, str], *, ended: bool) -> list[dict[str, Any]]:
    """The newest release of every endpoint known here.

    Args:
        env: says where the records are.
        ended: releases that are over too.
    """
    now = SystemClock().now()
    records = open_store(env).newest(still_open=not ended)
    return [release_status(record, None, now) for record in records]


def several(address: Address, env: Mapping[str, str]) -> Ambiguous | None:
    """Which ones may be meant, where nobody said which and there is more than one."""
    if address.word:
        return None
    try:
        find_target(address, open_store(env, address.config), env)
    except Ambiguous as error:
        return error
    except CanaryError:
        return None
    return None


def each(
    names: Sequence[str], address: Address, env: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Several endpoints of canary.yaml with their live traffic, and what some would not tell."""
    found, failures = [], []
    with ThreadPoolExecutor(max_workers=8) as pool:
        looks = {n: pool.submit(status, replace(address, endpoint=n), env) for n in names}
    for name, look in looks.items():
        try:
            found.append(dict(look.result().document))
        except CanaryError as error:
            failures.append(f"warning: {name}: {error.message}")
    return found, failures


def _of_endpoint(work: Workspace, endpoint: Endpoint | None) -> dict[str, Any]:
    assert endpoint is not None
    notes = work.provider.notes(endpoint)
    return endpoint_status(endpoint, notes, work.target.provider, work.provider.place)
