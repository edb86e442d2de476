"""Releases in a PostgreSQL database that a team has already."""

from canarycli.store.contract import UNHURRIED, Patience
from canarycli.store.postgresql import PostgreSQL
from canarycli.store.sql import SqlStore


class PostgresStore(SqlStore):
    """A `Store` that many machines share, in a schema of its own.

    Args:
        url: `postgresql://user@host/database`; the password comes from `PGPASSWORD` or ~/.pgpass.
        patience: how long a call may take.
    """

    def __init__(self, url: str, patience: Patience = UNHURRIED) -> None:
        super().__init__(PostgreSQL(url, patience), patience.say)
