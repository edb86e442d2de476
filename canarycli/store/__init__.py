"""Where releases are remembered: one document an endpoint, changed only by compare-and-swap."""

from canarycli.store.contract import Lease, Patience, Query, Record, Stale, Store
from canarycli.store.local import LocalStore

__all__ = ["Lease", "LocalStore", "Patience", "Query", "Record", "Stale", "Store"]
