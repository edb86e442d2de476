"""Deletes what finished releases left deployed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from canarycli.config.values import KEEP_BASELINE
from canarycli.engine.cleanup import Cleaning, Leftover
from canarycli.errors import Busy, CanaryError, Conflict, Exit, NotFound, Stopped, UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, entries_of, find_target
from canarycli.operations.workspace import open_store, work_on
from canarycli.release.record import Release
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
    """

    address: Address
    env: Mapping[str, str]
    agree: Agree
    say: Callable[[str], None]

    def one(self) -> Row:
        """Delete what the release a person means left deployed.

        Raises:
            CanaryError: there is no such release, or its cloud refuses.
        """
        store = open_store(self.env, self.address.config)
        return self._of(store, self._meant(store))

    def all(self) -> tuple[tuple[Row, ...], Exit]:
        """Each finished release with a leftover; one that can't be cleaned does not stop the rest.

        Raises:
            UsageError: an endpoint or a release is named too.
            Stopped: the person declined.
        """
        if self.address.word:
            raise UsageError("--all and a release do not go together", hint="leave one of them out")
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
                f"no release of {self.address.word!r} is known here", hint="canary history"
            )
        return record.release

    def _of(self, store: Store, release: Release) -> Row:
        named = replace(self.address, release=release.id, endpoint=None)
        target = find_target(named, store, self.env)
        work = work_on(target, store, self.env)
        keep = target.config.keep_baseline if target.config else KEEP_BASELINE
        cleaning = Cleaning(store, work.provider, work.clock, keep)
        leftover = cleaning.leftover(release)
        if leftover is None:
            return Row(release, release.leaves, "nothing", _nothing(release))
        if not self.agree(leftover, work.clock.now()):
            until = leftover.until
            return Row(release, leftover.version.name, "kept", _kept(leftover), until)
        cleaning.remove(leftover, self.say)
        return Row(release, leftover.version.name, "removed", f"it had {size(leftover)}")


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
