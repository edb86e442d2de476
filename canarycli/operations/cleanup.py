"""Deletes what finished releases left deployed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from canarycli.config.values import KEEP_BASELINE
from canarycli.engine.cleanup import Cleaning, Leftover
from canarycli.errors import Busy, CanaryError, Conflict, Exit, NotFound, Stopped, UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.occupied import refuse_noted
from canarycli.operations.start import found_on
from canarycli.operations.target import Finder, entries_of, find_target
from canarycli.operations.workspace import open_store, work_on
from canarycli.provider import RELEASE_NOTE
from canarycli.release.record import Release
from canarycli.release.request import find_version
from canarycli.release.rescue import left_by_somebody
from canarycli.store import Query, Store

Agree = Callable[[Leftover, datetime], bool]
"""Whether a leftover is to be removed now; raises `Stopped` where a person declined."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one release's leftover: removed, kept, nothing (there was none), refused."""

    release: Release
    version: str
    verdict: str
    detail: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cleanup:
    """Removes leftovers, one at a time.

    Attributes:
        address: a release or an endpoint; says nothing for the only one with something to clean.
        env: says where the records are.
        agree: whether a leftover is to go now.
        say: hears how it goes.
        version: what is to go, whoever left it; "" for what the release left.
    """

    address: Address
    env: Mapping[str, str]
    agree: Agree
    say: Callable[[str], None]
    version: str = ""

    def one(self) -> Row:
        """Delete what the release a person means left deployed.

        Raises:
            CanaryError: there is no such release, or its cloud refuses.
        """
        store = open_store(self.env, self.address.config)
        if self.version:
            return self._named(store)
        return self._of(store, self._meant(store))

    def all(self) -> tuple[tuple[Row, ...], Exit]:
        """Each finished release with a leftover; one that can't be cleaned does not stop the rest.

        Raises:
            UsageError: an endpoint or a release is named too.
            Stopped: the person declined.
        """
        if self.address.word or self.version:
            what = "--version" if self.version else "a release"
            raise UsageError(f"--all and {what} do not go together", hint="leave one of them out")
        store, rows, failed = open_store(self.env, self.address.config), [], Exit.OK
        for release in _with_leftovers(store):
            try:
                rows.append(self._of(store, release))
            except Stopped:
                raise
            except CanaryError as error:
                rows.append(Row(release, release.leaves, "refused", error.message))
                if not isinstance(error, Busy | Conflict):
                    failed = failed or error.exit
        return tuple(rows), failed

    def _meant(self, store: Store) -> Release:
        """The release that is meant: by id, the newest of an endpoint, or the only one to clean."""
        if self.address.word is None:
            finder = Finder(self.address, store, entries_of(self.address, self.env))
            return _only(finder.here(_with_leftovers(store)))
        target = find_target(self.address, store, self.env)
        record = target.record or work_on(target, store, self.env).record()
        if record is None:
            raise NotFound(
                f"no release of {self.address.word!r} is known here",
                hint=("canary history", f"or name what is to go: {_by_version(target.name)}"),
            )
        return record.release

    def _named(self, store: Store) -> Row:
        """Delete one version, from any machine: no record is needed, and no release has it.

        Raises:
            Busy: the endpoint is in a release, here or by what its own notes say.
            NotFound: there is no such version.
            Conflict: it has traffic.
        """
        target = find_target(self.address, store, self.env)
        work = work_on(target, store, self.env)
        seen = work.provider.details(target.name)
        name = find_version(seen, self.version)
        notes = found_on(work, seen) or {}
        refuse_noted(seen, notes, work.record())
        release = left_by_somebody(
            seen,
            name,
            release=notes.get(RELEASE_NOTE, ""),
            provider=target.provider,
            place=work.provider.place,
            now=work.clock.now(),
        )
        release = replace(release, kept_as=work.kept_as)
        return self._remove(Cleaning(store, work.provider, work.clock, timedelta(0)), release)

    def _of(self, store: Store, release: Release) -> Row:
        named = replace(self.address, release=release.id, endpoint=None)
        target = find_target(named, store, self.env)
        work = work_on(target, store, self.env)
        keep = target.config.keep_baseline if target.config else KEEP_BASELINE
        return self._remove(Cleaning(store, work.provider, work.clock, keep), release)

    def _remove(self, cleaning: Cleaning, release: Release) -> Row:
        leftover = cleaning.leftover(release)
        if leftover is None:
            return Row(release, release.leaves, "nothing", _nothing(release))
        if not self.agree(leftover, cleaning.clock.now()):
            until = leftover.until
            return Row(release, leftover.version.name, "kept", _kept(leftover), until)
        cleaning.remove(leftover, self.say)
        return Row(release, leftover.version.name, "removed", f"it had {size(leftover)}")


def _by_version(endpoint: str) -> str:
    return f"canary cleanup -e {endpoint} --version VERSION"


def _with_leftovers(store: Store) -> list[Release]:
    return [record.release for record in store.history(Query(leftover=True))]


def _only(left: Sequence[Release]) -> Release:
    if not left:
        raise NotFound("no finished release known here left anything", hint="canary history")
    if len(left) > 1:
        raise UsageError(
            "several releases left something",
            facts=[f"{r.id}  {r.endpoint}  {r.leaves}" for r in left],
            hint="name one of them, or take --all",
        )
    return left[0]


def _kept(leftover: Leftover) -> str:
    return (
        f"{size(leftover)} cost money until it is removed; kept for a rollback until "
        f"{at_clock(leftover.until)}, --yes removes it now"
    )


def _nothing(release: Release) -> str:
    if release.leaves:
        return f"{release.leaves} is gone, or a later release has to do with it"
    if release.cleaned_at is not None:
        return "what it left is gone"
    return "it left nothing that canary brought in"


def size(leftover: Leftover) -> str:
    """What a leftover runs on, in words."""
    version = leftover.version
    return version.detail or f"{version.instances or 'some'} instances"


def at_clock(at: datetime | None) -> str:
    """A time of day for people, "" for none."""
    return "" if at is None else at.astimezone().strftime("%H:%M")
