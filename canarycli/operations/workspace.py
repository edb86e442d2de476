"""What one command works on: the endpoint a person means, its provider, the records, the time."""

import getpass
import os
import socket
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from canarycli.clock import Clock, SystemClock
from canarycli.config.discover import here
from canarycli.config.records import records_place as place_in_file
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.retries import Patient, patient_with
from canarycli.errors import CanaryError, Denied, NotFound, Unavailable
from canarycli.folders import state_folder
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.engines import poke
from canarycli.operations.notify import Hearer, hearers
from canarycli.operations.settings import made_with
from canarycli.operations.target import Target, find_target
from canarycli.provider import Naming, Warming
from canarycli.registry import load_provider
from canarycli.release.record import Release, endpoint_key
from canarycli.store import Patience, Record, Store
from canarycli.store.contract import UNHURRIED
from canarycli.store.nowhere import Nowhere
from canarycli.store.opening import open_at
from canarycli.verbs import offers


def open_store(
    env: Mapping[str, str], config: Path | None = None, patience: Patience = UNHURRIED
) -> Store:
    """The records: opened once a process, and read when they are asked for.

    They are where `CANARY_STATE` says, else `state:` in canary.yaml, else in this user's folder.
    Where that can't be told, the store says so to whoever asks it for anything.
    """
    try:
        return _opened(records_place(env, config), patience)
    except CanaryError as error:
        return Nowhere(error)


def records_place(env: Mapping[str, str], config: Path | None = None) -> str:
    """The folder or the URL where the records are.

    Raises:
        CanaryError: nobody can tell.
    """
    given = env.get("CANARY_STATE", "")
    if "://" in given:
        return given
    return ("" if given else place_in_file(config, cwd=here(), env=env)) or state_folder(env)


@cache
def _opened(place: str, patience: Patience) -> Store:
    return open_at(place, patience)


def hurried(say: Callable[[str], None] = UNHURRIED.say) -> Patience:
    """How a rollback waits for the records: hardly, and aloud."""
    return Patience(1.0, say)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A target with everything it takes to look at it and to drive it.

    Attributes:
        kept_as: what its records are kept under, "" for its own name.
        told: who else hears of its releases.
        poke: tells the engine that has a release that somebody asked for something.
    """

    target: Target
    store: Store
    provider: Patient
    clock: Clock
    driver: Driver
    actor: str
    kept_as: str = ""
    told: tuple[Hearer, ...] = ()
    poke: Callable[[Release], None] = lambda _: None

    @property
    def key(self) -> str:
        """The endpoint's key in the store."""
        return endpoint_key(
            self.target.provider, self.provider.place, self.kept_as or self.target.name
        )

    def controller(self, listen: Callable[[Event], None]) -> Controller:
        """What drives releases here."""
        return Controller(self.store, self.provider, self.clock, self.driver, self._telling(listen))

    def _telling(self, listen: Callable[[Event], None]) -> Callable[[Event], None]:
        """The same, with those told elsewhere who asked for it."""
        told = self.told
        if not told:
            return listen

        def all_of_them(event: Event) -> None:
            listen(event)
            for one in told:
                one.hear(event)

        return all_of_them

    def record(self) -> Record | None:
        """The endpoint's newest record."""
        return self.store.load(self.key)

    def let_cool(self, version: str) -> str:
        """Let an idle version follow its load again; what to say of it, "" for nothing."""
        if not offers(self.provider.provider, Warming):
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


def work_on(
    target: Target, store: Store, env: Mapping[str, str], config: Path | None = None
) -> Workspace:
    """Load the target's provider, and nothing else of any cloud."""
    target = target.placed(env)
    provider = load_provider(target.provider, made_with(target.provider, target.settings, env))
    clock: Clock = getattr(provider, "clock", None) or SystemClock()
    patient = patient_with(target.provider, provider, clock)
    return work_with(patient, clock, target, store, env, config=config)


def work_with(
    patient: Patient,
    clock: Clock,
    target: Target,
    store: Store,
    env: Mapping[str, str],
    *,
    config: Path | None = None,
) -> Workspace:
    """The same with a provider that there is, for a target that says where it is."""
    kept_as = _kept_as(target, patient, store)
    key = endpoint_key(target.provider, patient.place, kept_as or target.name)

    def newest() -> Release | None:
        record = store.load(key)
        return record.release if record else None

    me = driver(env)

    def beside() -> bool:
        record = store.load(key)
        return record is not None and record.driven_by_another(me.name, clock.wall())

    told, asked = hearers(config, here(), env, newest, beside), partial(poke, config, env)
    return Workspace(target, store, patient, clock, me, actor(env), kept_as, told, asked)


def _kept_as(target: Target, patient: Patient, store: Store) -> str:
    """What the endpoint's records are kept under, however it is called; "" if it has one name."""
    if target.record is not None:
        return target.record.release.kept_as
    provider = patient.provider
    if not offers(provider, Naming):
        return ""
    try:
        return patient.ask(lambda: provider.one_name(target.name))
    except (Denied, Unavailable):
        return _kept_before(target, patient.place, store)


def _kept_before(target: Target, place: str, store: Store) -> str:
    """The same from the records, where the cloud can't be asked."""
    try:
        known = [record.release for record in store.newest()]
    except CanaryError:
        return ""
    same = (
        r
        for r in known
        if (r.endpoint, r.provider, r.place) == (target.name, target.provider, place)
    )
    return next((release.kept_as for release in same), "")


def open_workspace(
    address: Address,
    env: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
    patience: Patience = UNHURRIED,
) -> Workspace:
    """The endpoint of that address, ready to be worked on; `say` hears what is not meant."""
    store = open_store(env, address.config, patience)
    return work_on(find_target(address, store, env, say), store, env, address.config)


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
    """This process as a driver; unique, so that two on one machine, or in two containers, are two.

    In a container the process is number 1, and its actor may be the same as in another one.
    """
    return Driver(f"{actor(env)}/{os.getpid()}-{_mark()}", ci_url(env))


@cache
def _mark() -> str:
    """A few letters of this process alone."""
    return os.urandom(2).hex()


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
