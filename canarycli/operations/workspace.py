"""What one command works on: the endpoint a person means, its provider, the records, the time."""

import getpass
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from canarycli.clock import Clock, SystemClock
from canarycli.config.discover import discover
from canarycli.config.values import EndpointConfig
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient
from canarycli.errors import CanaryError, NotFound, UsageError
from canarycli.folders import state_folder
from canarycli.journal import Event
from canarycli.operations.address import Address
from canarycli.provider import Warming
from canarycli.registry import ALIASES, load_provider
from canarycli.store import LocalStore, Record, Store


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint a command works on.

    Attributes:
        name: what the cloud knows it by.
        provider: the provider's name.
        settings: what the provider is made with.
        config: its entry in canary.yaml, if it has one.
        record: its newest record, if the person named a release or there is one open.
    """

    name: str
    provider: str
    settings: Mapping[str, Any]
    config: EndpointConfig | None = None
    record: Record | None = None


def open_store(env: Mapping[str, str]) -> Store:
    """The records of this user on this machine."""
    return LocalStore(Path(state_folder(env)))


def find_target(address: Address, store: Store, env: Mapping[str, str]) -> Target:
    """The endpoint that a release id, an endpoint's name, or nothing at all stands for.

    Raises:
        UsageError: nothing is named and there is not exactly one to choose.
        NotFound: there is no such release.
    """
    word = address.word
    entries = _entries(address, env)
    if address.provider is not None and word is not None:
        return _of_flags(word, address, entries)
    if word is None:
        return _only(address, store, entries)
    if word.startswith("r-"):
        return _of_record(_release(word, store), address, entries)
    if word in entries:
        return _of_entry(entries[word], address)
    called = [entry for entry in entries.values() if entry.cloud_name == word]
    if len(called) == 1:
        return _of_entry(called[0], address)
    known = [record for record in store.newest() if record.release.endpoint == word]
    if len(known) == 1:
        return _of_record(known[0], address, entries)
    near = get_close_matches(word, entries, n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    raise UsageError(
        f"nothing here says which cloud {word!r} is on",
        hint=(*hints, "name it with --provider, or put it into canary.yaml under endpoints:"),
    )


def _entries(address: Address, env: Mapping[str, str]) -> Mapping[str, EndpointConfig]:
    file = discover(address.config, cwd=Path.cwd(), env=env)
    if file is None:
        return {}
    # A rollback without a config does not wait for YAML.
    from canarycli.config import endpoint_settings

    return endpoint_settings(file, cwd=Path.cwd(), env=env)


def _release(word: str, store: Store) -> Record:
    record = store.find(word)
    if record is None:
        raise NotFound(f"no release {word!r} is known here", hint="canary history")
    return record


def _only(address: Address, store: Store, entries: Mapping[str, EndpointConfig]) -> Target:
    open_ones = [record for record in store.newest() if not record.release.over]
    if len(open_ones) == 1:
        return _of_record(open_ones[0], address, entries)
    if len(open_ones) > 1:
        rows = [
            f"{r.release.id}  {r.release.endpoint}  {r.release.baseline} → {r.release.candidate}"
            for r in open_ones
        ]
        raise UsageError("several releases are open", facts=rows, hint="name one of them")
    if len(entries) == 1:
        return _of_entry(next(iter(entries.values())), address)
    if entries:
        raise UsageError(
            "canary.yaml has several endpoints", hint=f"name one of {', '.join(entries)}"
        )
    raise UsageError(
        "no endpoint is named, and no release is open here",
        hint="name it: -e ENDPOINT --provider sagemaker",
    )


def _of_record(record: Record, address: Address, entries: Mapping[str, EndpointConfig]) -> Target:
    release = record.release
    settings = {**release.settings, **address.settings}
    same = (e for e in entries.values() if _is(e, release.endpoint, release.provider))
    return Target(release.endpoint, release.provider, settings, next(same, None), record)


def _of_entry(entry: EndpointConfig, address: Address) -> Target:
    settings = {**entry.settings, **address.settings}
    return Target(entry.cloud_name, ALIASES.get(entry.provider, entry.provider), settings, entry)


def _of_flags(word: str, address: Address, entries: Mapping[str, EndpointConfig]) -> Target:
    name = ALIASES.get(address.provider or "", address.provider or "")
    entry = entries.get(word)
    if entry is not None and ALIASES.get(entry.provider, entry.provider) == name:
        return _of_entry(entry, address)
    return Target(word, name, address.settings)


def _is(entry: EndpointConfig, endpoint: str, provider: str) -> bool:
    kind = ALIASES.get(entry.provider, entry.provider)
    return entry.cloud_name == endpoint and kind == provider


@dataclass(frozen=True, slots=True)
class Workspace:
    """A target with everything it takes to look at it and to drive it."""

    target: Target
    store: Store
    provider: Patient
    clock: Clock
    driver: Driver
    actor: str

    @property
    def key(self) -> str:
        """The endpoint's key in the store."""
        return f"{self.target.provider}/{self.provider.place}/{self.target.name}"

    def controller(self, listen: Callable[[Event], None]) -> Controller:
        """What drives releases here."""
        return Controller(self.store, self.provider, self.clock, self.driver, listen)

    def record(self) -> Record | None:
        """The endpoint's newest record."""
        return self.store.load(self.key)

    def let_cool(self, version: str) -> str:
        """Let an idle version follow its load again; what to say of it, "" for nothing."""
        if not isinstance(self.provider.provider, Warming):
            return ""
        from canarycli.engine.autoscaling import let_cool

        try:
            return let_cool(self.provider, self.provider.describe(self.target.name), version)
        except CanaryError:
            return ""  # the release is over, and nobody waits for this

    def open_record(self) -> Record:
        """The record of the endpoint's open release.

        Raises:
            NotFound: there is none.
        """
        record = self.target.record or self.record()
        if record is None or record.release.over:
            over = f"; {record.release.id} is over" if record else ""
            raise NotFound(
                f"no release is open on {self.target.name}{over}",
                hint=f"start one: canary start {self.target.name} --new-model MODEL",
            )
        return record


def work_on(target: Target, store: Store, env: Mapping[str, str]) -> Workspace:
    """Load the target's provider, and nothing else of any cloud."""
    provider = load_provider(target.provider, target.settings)
    clock: Clock = getattr(provider, "clock", None) or SystemClock()
    return Workspace(target, store, Patient(provider, clock), clock, driver(env), actor(env))


def open_workspace(address: Address, env: Mapping[str, str]) -> Workspace:
    """The endpoint of that address, ready to be worked on."""
    store = open_store(env)
    return work_on(find_target(address, store, env), store, env)


def actor(env: Mapping[str, str]) -> str:
    """Who acts: `CANARY_ACTOR`, else the CI run, else user@host."""
    if env.get("CANARY_ACTOR"):
        return env["CANARY_ACTOR"]
    run = _ci_run(env)
    if run:
        return run
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def driver(env: Mapping[str, str]) -> Driver:
    """This process as a driver; unique, so that two on one machine are two."""
    return Driver(f"{actor(env)}/{os.getpid()}", ci_url(env))


def ci_url(env: Mapping[str, str]) -> str:
    """A link to the CI run this process is part of, "" if it is none."""
    if env.get("GITHUB_RUN_ID"):
        server, repo = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
        return f"{server}/{repo}/actions/runs/{env['GITHUB_RUN_ID']}"
    return env.get("CI_JOB_URL") or env.get("BUILD_URL") or ""


def _ci_run(env: Mapping[str, str]) -> str:
    for prefix, name in (
        ("gha", "GITHUB_RUN_ID"),
        ("gitlab", "CI_JOB_ID"),
        ("azure", "BUILD_BUILDID"),
        ("jenkins", "BUILD_TAG"),
    ):
        if env.get(name):
            return f"{prefix}/{env[name]}"
    return ""
