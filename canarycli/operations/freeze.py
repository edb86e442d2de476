"""Takes the change freezes of canary.yaml, as they are now, into releases under way."""

from collections.abc import Callable, Iterator, Mapping

from canarycli.config import load
from canarycli.config.discover import here
from canarycli.errors import CanaryError, UsageError
from canarycli.freeze import Freeze, in_force
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, Target, entries_of
from canarycli.operations.workspace import Workspace, open_store, open_workspace, work_on
from canarycli.release import orders
from canarycli.release.record import Release


@dataclass(frozen=True, slots=True)
class Frozen:
    """What became of one release.

    Attributes:
        now: the freeze that keeps it from going up at this time, in words; "" for none.
        failure: why its record could not be changed.
    """

    release: Release
    now: str = ""
    failure: CanaryError | None = None


def freeze(
    address: Address, env: Mapping[str, str], listen: Callable[[str, Event], None]
) -> tuple[Frozen, ...]:
    """Give them to the release that is named, else to every open one of canary.yaml's endpoints.

    Raises:
        UsageError: there is no canary.yaml.
    """
    config = load(address.config, cwd=here(), env=env)
    if config.path is None:
        raise UsageError(
            "no canary.yaml here says when nothing goes up",
            hint=("name the file: --config FILE", "to stop one release: canary pause RELEASE"),
        )
    return tuple(_given(work, config.freeze, listen) for work in _meant(address, env))


def _meant(address: Address, env: Mapping[str, str]) -> Iterator[Workspace]:
    if address.word:
        yield open_workspace(address, env)
        return
    store = open_store(env, address.config)
    known = {record.release.id: record for record in store.newest(still_open=True)}
    finder = Finder(address, store, entries_of(address, env))
    for release in finder.here(record.release for record in known.values()):
        record = known[release.id]
        target = Target(release.endpoint, release.provider, release.settings, None, record)
        yield work_on(target, store, env, address.config)


def _given(
    work: Workspace, freezes: tuple[Freeze, ...], listen: Callable[[str, Event], None]
) -> Frozen:
    release, now, who = work.open_record().release, work.clock.now(), work.actor
    said = in_force(freezes, now)
    message = f"{who} took the freezes of canary.yaml along: {said or 'none of them is now'}"
    try:
        record = work.controller(lambda event: listen(release.id, event)).change(
            work.key,
            lambda known: orders.freeze(known, freezes),
            Event("freezes_changed", now, message, fields={"by": who, "freezes": len(freezes)}),
        )
    except CanaryError as error:
        return Frozen(release, failure=error)
    work.poke(record.release)
    return Frozen(record.release, in_force(record.release.plan.freeze, now))
