"""Opens the store that a word stands for: a folder, or the URL of a bucket or a database."""

from pathlib import Path

from canarycli.errors import UsageError
from canarycli.store.contract import UNHURRIED, Patience, Store

BUCKETS = ("s3", "gs", "az")
DATABASES = ("postgresql", "postgres")


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
    if scheme in BUCKETS:
        from canarycli.store.bucket import BucketStore

        return BucketStore(location, patience)
    if scheme in DATABASES:
        from canarycli.store.postgres import PostgresStore

        return PostgresStore(location, patience)
    raise UsageError(
        f"records can't be kept in {scheme}://",
        hint="there are a folder, s3://, gs://, az:// and postgresql://",
    )
