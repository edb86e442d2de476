"""`canary cleanup`: delete what a finished release left deployed."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.prompt import ask
from canarycli.cli.options.common import Common
from canarycli.config.values import KEEP_BASELINE
from canarycli.engine.cleanup import Cleaning, Leftover
from canarycli.errors import Busy, CanaryError, Conflict, Exit, NotFound, Stopped, UsageError
from canarycli.operations.workspace import find_target, open_store, work_on
from canarycli.release.record import Release
from canarycli.store import Store

SCHEMA = "canary.cleanup/1"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one release's leftover: removed, kept, nothing (there was none), refused."""

    release: Release
    version: str
    verdict: str
    detail: str
    until: datetime | None = None


def cleanup(
    common: Common,
    *,
    every: Annotated[
        bool, Option("--all", help="Of every finished release known here, for cron")
    ] = False,
    yes: Annotated[
        bool,
        Option("--yes", "-y", help="Do not ask, and do not keep an old baseline any longer"),
    ] = False,
) -> Exit:
    """Delete what a finished release left deployed."""
    with Output(common) as output:
        store = open_store(os.environ)
        if every:
            return _all(common, output, store, yes=yes)
        row = _one(common, output, store, _release(common, store), yes=yes)
        output.result(_document([row]), _lines([row]))
        return Exit.OK


def _all(common: Common, output: Output, store: Store, *, yes: bool) -> Exit:
    """Each finished release with a leftover; one that can't be cleaned does not stop the rest."""
    if common.release or common.endpoint:
        raise UsageError("--all and a release do not go together", hint="leave one of them out")
    rows, failed = [], Exit.OK
    for record in store.history():
        release = record.release
        if not release.leaves:
            continue
        try:
            rows.append(_one(common, output, store, release, yes=yes))
        except (Busy, Conflict) as error:
            rows.append(Row(release, release.leaves, "refused", error.message))
        except Stopped:
            raise
        except CanaryError as error:
            rows.append(Row(release, release.leaves, "refused", error.message))
            failed = failed or error.exit
    output.result(_document(rows), _lines(rows))
    return failed


def _release(common: Common, store: Store) -> Release:
    """The release a person means: by id, the newest of an endpoint, or the only one to clean."""
    word = common.release or common.endpoint
    if word is None:
        return _only([r.release for r in store.history() if r.release.leaves])
    target = find_target(common, store, os.environ)
    record = target.record or work_on(target, store, os.environ).record()
    if record is None:
        raise NotFound(f"no release of {word!r} is known here", hint="canary history")
    return record.release


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


def _one(common: Common, output: Output, store: Store, release: Release, *, yes: bool) -> Row:
    named = replace(common, release=release.id, endpoint=None)
    target = find_target(named, store, os.environ)
    work = work_on(target, store, os.environ)
    keep = target.config.keep_baseline if target.config else KEEP_BASELINE
    cleaning = Cleaning(store, work.provider, work.clock, keep)
    leftover = cleaning.leftover(release)
    if leftover is None:
        return Row(release, release.leaves, "nothing", _nothing(release))
    if not yes and not _agreed(common, leftover, work.clock.now()):
        until = leftover.until
        return Row(release, leftover.version.name, "kept", _kept(leftover), until)
    cleaning.remove(leftover, output.say)
    return Row(release, leftover.version.name, "removed", f"it had {_size(leftover)}")


def _agreed(common: Common, leftover: Leftover, now: datetime) -> bool:
    """Whether to remove it now. Without a person the time it is kept decides.

    Raises:
        Stopped: they declined.
    """
    kept, name = leftover.kept(now), leftover.version.name
    if not common.may_ask:
        return not kept
    warning = f"; it is kept for a rollback until {_clock(leftover.until)}" if kept else ""
    question = f"Remove {name} ({_size(leftover)}) from {leftover.release.endpoint}{warning}?"
    if not ask(question, default=not kept, choice=common.color):
        raise Stopped("declined, nothing was changed")
    return True


def _kept(leftover: Leftover) -> str:
    return (
        f"{_size(leftover)} cost money until it is removed; kept for a rollback until "
        f"{_clock(leftover.until)}, --yes removes it now"
    )


def _nothing(release: Release) -> str:
    if release.leaves:
        return f"{release.leaves} is gone, or a later release has to do with it"
    if release.cleaned_at is not None:
        return "what it left is gone"
    return "it left nothing that canary brought in"


def _size(leftover: Leftover) -> str:
    version = leftover.version
    return version.detail or f"{version.instances or 'some'} instances"


def _clock(at: datetime | None) -> str:
    return "" if at is None else at.astimezone().strftime("%H:%M")


def _document(rows: Sequence[Row]) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "releases": [
            {
                "release": row.release.id,
                "endpoint": row.release.endpoint,
                "version": row.version or None,
                "verdict": row.verdict,
                "detail": row.detail,
                "until": row.until,
            }
            for row in rows
        ],
    }


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    symbols = {"removed": "✔", "kept": "◔", "nothing": "✔", "refused": "✖"}
    for row in rows:
        what = f"{row.version} {row.verdict}" if row.version else row.verdict
        where = f"{row.release.id}  {row.release.endpoint}"
        yield f"{symbols[row.verdict]} {where}  {what}: {row.detail}"
    if not rows:
        yield "nothing is left of any release known here"
