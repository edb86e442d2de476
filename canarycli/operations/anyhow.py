"""Finds what a rollback works on with whatever can be read; the rest is dropped, aloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from canarycli.config.discover import discover, here
from canarycli.config.values import EndpointConfig
from canarycli.errors import CanaryError, MissingExtra, StoreError, UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, Target
from canarycli.operations.workspace import Workspace, hurried, open_store, work_on
from canarycli.store import Record, Store
from canarycli.store.memory import MemoryStore

NEEDLESS = ("metric_delay", "metric_period", "monitoring_url", "failures")
"""Settings that moving traffic has no use for."""


@dataclass(slots=True)
class Aloud:
    """Says each thing that is dropped once, however often it is stumbled over."""

    say: Callable[[str], None]
    said: set[str] = field(default_factory=set)

    def dropped(self, error: CanaryError, then: str) -> None:
        """Say what could not be had, and what happens all the same."""
        if error.message not in self.said:
            self.said.add(error.message)
            self.say(f"warning: {error.message}; {then}")


def open_anyhow(address: Address, env: Mapping[str, str], say: Callable[[str], None]) -> Workspace:
    """The endpoint of that address, with the records there are, the config there is.

    Raises:
        Ambiguous: several endpoints may be meant.
        CanaryError: neither flags, config nor records say which endpoint, or where it is.
    """
    aloud = Aloud(say)
    store = open_store(env, address.config, hurried(say))
    finder = Finder(address, store, _entries(address, env, aloud))
    target = _target(finder, aloud)
    return _with_record(_work_on(target, store, env, aloud, address.config), aloud)


def _entries(
    address: Address, env: Mapping[str, str], aloud: Aloud
) -> Mapping[str, EndpointConfig]:
    """The endpoints of canary.yaml as far as it can be read."""
    try:
        file = discover(address.config, cwd=here(), env=env)
    except CanaryError as error:
        aloud.dropped(error, "going on without it")
        return {}
    if file is None:
        return {}
    from canarycli.config.quick import settings_anyhow

    entries, problem = settings_anyhow(file)
    if problem:
        aloud.dropped(CanaryError(problem), "going by what can be read")
    return entries


def _target(finder: Finder, aloud: Aloud) -> Target:
    """What is meant; canary.yaml's only endpoint where the records can't say which release is."""
    word = finder.address.word
    try:
        return finder.named(word) if word else finder.meant(aloud.say)
    except StoreError as error:
        only = finder.only_entry()
        if only is None and not finder.entries:
            raise
        if only is None:
            raise finder.several() from error
        aloud.dropped(error, "going by canary.yaml")
        return replace(only, asked=word or "")


def _work_on(
    target: Target, store: Store, env: Mapping[str, str], aloud: Aloud, config: Path | None
) -> Workspace:
    """The provider; without settings that it refuses and a rollback has no use for."""
    try:
        return work_on(target, store, env, config)
    except MissingExtra:
        raise
    except UsageError as error:
        settings = {key: v for key, v in target.settings.items() if key not in NEEDLESS}
        if settings == target.settings:
            raise
        work = work_on(replace(target, settings=settings), store, env, config)
        aloud.dropped(error, "done without")
        return work


def _with_record(work: Workspace, aloud: Aloud) -> Workspace:
    """With its record; where that can't be read, with records in memory from now on."""
    if work.target.record is not None:
        return work
    try:
        record = work.record()
        if record is None:
            return work
        _refuse_headless(record)
    except CanaryError as error:
        aloud.dropped(error, "going by the endpoint alone")
        return replace(work, store=MemoryStore())
    return replace(work, target=replace(work.target, record=record))


def _refuse_headless(record: Record) -> None:
    if not record.release.over and not record.release.baseline:
        raise CanaryError(f"the record of {record.release.id} names no baseline")
