"""Stores: the protocols and the two embedded ones. `stores.postgres` and `stores.redis` need their extras."""

from strongback.stores.memory import MemoryStore
from strongback.stores.protocols import KV, Admission, Counter, Entry, Head, Index, Ledger, Sealed, Store
from strongback.stores.sqlite import SqliteStore

__all__ = [
    "KV",
    "Admission",
    "Counter",
    "Entry",
    "Head",
    "Index",
    "Ledger",
    "MemoryStore",
    "Sealed",
    "SqliteStore",
    "Store",
]
