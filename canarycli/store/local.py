"""Releases in an SQLite file on this machine."""

from pathlib import Path

from canarycli.store.contract import UNHURRIED, Patience
from canarycli.store.sql import SqlStore
from canarycli.store.sqlite import SQLite


class LocalStore(SqlStore):
    """A `Store` in one file, safe for many processes on one machine and many threads in each.

    Args:
        folder: made, private to the user, when the first record is saved.
        patience: how long other processes are waited for.
    """

    def __init__(self, folder: Path, patience: Patience = UNHURRIED) -> None:
        self.path = folder / "canary.db"
        super().__init__(SQLite(self.path, patience), patience.say)
