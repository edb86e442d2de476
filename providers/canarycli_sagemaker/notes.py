"""Canary's notes on an endpoint: its tags that start with `canary-`."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from canarycli.errors import Rejected
from canarycli.provider import RAISED_NOTE, Notes
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients

PREFIX = "canary-"
MOST = 50
"""Tags of one resource."""


class Tags:
    """The notes on endpoints; remembers what this process last read or wrote."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._known: dict[str, dict[str, str]] = {}
        self._counted: dict[str, set[str]] = {}

    def read(self, arn: str) -> dict[str, str]:
        """The notes on an endpoint."""
        tags = self._all(arn)
        self._counted[arn] = {tag["Key"] for tag in tags}
        found = self._known[arn] = _notes(tags)
        return dict(found)

    def no_room(self, arn: str, notes: Notes) -> str:
        """Why notes can't be written, "" if they can, by the tags that were just read."""
        there = self._counted.pop(arn, None)
        if there is None:
            there = {tag["Key"] for tag in self._all(arn)}
        new = set(notes) - there
        if len(there) + len(new) <= MOST:
            return ""
        return f"{len(there)} of {MOST} tags are taken, canary needs {len(new)}"

    def try_out(self, arn: str) -> None:
        """Ask whether an endpoint may be tagged, with no tag; AWS looks at permissions first.

        A policy that is about a tag's key or value shows only at the first one.

        Raises:
            Denied: it may not.
        """
        with suppress(Rejected), self._clients.asking(f"tag {arn}"):
            self._clients.sagemaker.add_tags(ResourceArn=arn, Tags=[])

    def _all(self, arn: str) -> list[Any]:
        doing = f"read the tags of {arn}"
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:
            with self._clients.asking(doing):
                answer = self._clients.sagemaker.list_tags(ResourceArn=arn, **token)
            answer = checked(answer, doing, "Tags")
            found += answer["Tags"]
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def write(self, arn: str, notes: Notes) -> None:
        """Put notes on an endpoint, the share only where there is room for it."""
        try:
            self._write(arn, notes)
        except Rejected:
            if RAISED_NOTE not in notes:
                raise
            self._write(arn, {k: v for k, v in notes.items() if k != RAISED_NOTE})

    def _write(self, arn: str, notes: Notes) -> None:
        """Makes no call for notes that are known to be there."""
        known = self._known.get(arn, {})
        new = {key: value for key, value in notes.items() if known.get(key) != value}
        if not new:
            return
        doing = f"tag {arn}"
        tags = [{"Key": key, "Value": value} for key, value in new.items()]
        with self._clients.asking(doing):
            answer = self._clients.sagemaker.add_tags(ResourceArn=arn, Tags=tags)
        checked(answer, doing, "Tags")
        self._known[arn] = {**known, **new}

    def known(self, arn: str) -> Mapping[str, str]:
        """The notes this process last read or wrote, {} if it did neither."""
        return self._known.get(arn, {})


def _notes(tags: list[Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"].startswith(PREFIX)}
