"""A release as a text for people, pipelines and programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.clock import SystemClock
from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.artifacts import document_of
from canarycli.operations.history import one_release
from canarycli.operations.links import links_of
from canarycli.operations.workspace import open_store
from canarycli.private_file import open_private
from canarycli.release.record import Release
from canarycli.report import WRITERS, Story, told


@dataclass(frozen=True, slots=True)
class Report:
    """One release, ready to be written down."""

    story: Story
    document: dict[str, Any]

    @property
    def release(self) -> Release:
        """Which."""
        return self.story.release

    def text(self, form: str) -> str:
        """All of it as html, markdown, json or junit."""
        return WRITERS[form](self.story, self.document)


def report(address: Address, env: Mapping[str, str]) -> Report:
    """A release from its record and its journal; no cloud is asked.

    Args:
        address: a release id or an endpoint, nothing for the one open or the newest.
        env: says where the records are.

    Raises:
        NotFound: there is no such release.
    """
    store = open_store(env, address.config)
    record = one_release(store, address, env)
    release = record.release
    events, now = store.events(release.id), SystemClock().now()
    story = told(release, events, now, links_of(release))
    return Report(story, document_of(story, record))


def write_report(path: Path, text: str) -> None:
    """Write a report to its file.

    Raises:
        UsageError: it can't be written.
    """
    try:
        with open_private(path) as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{str(path)!r} can't be written: {error.strerror}", hint="choose another with --out"
        ) from error
