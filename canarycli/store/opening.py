"""Opens the store that a word stands for: a folder, or the URL of a bucket or a database."""

from pathlib import Path

from canarycli.errors import UsageError
from canarycli.store.contract import UNHURRIED, Patience, Store


def open_at(location: str, patience: Patience = UNHURRIED) -> Store:
    """The store of that place; nothing is asked of it yet.

    Args:
        location: a folder, or a URL such as `s3://bucket/canary`.
        patience: how long it waits for others.

    Raises:
        UsageError: there is no such kind of store.
    """
    scheme, marked, _ = location.partition("://")
    if not marked:
        from canarycli.store.local import LocalStore

        return LocalStore(Path(location).expanduser(), patience)
    raise UsageError(
        f"records can't be kept in {scheme}://",
        hint="name a folder",
    )
