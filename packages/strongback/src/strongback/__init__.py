"""Strongback: the security controls a hardened Python backend stands on.

Each control is usable alone and takes its clock, randomness, store and event sink as constructor
arguments. Each denies when its store is down.
"""

from strongback.errors import (
    AuditRefusedError,
    ConfigurationError,
    DeniedError,
    LimitExceededError,
    StoreUnavailableError,
    StrongbackError,
)
from strongback.events import Event, EventName, JsonFormatter, LogSink, Severity
from strongback.redaction import Secret, redact
from strongback.seams import Clock, EventSink, Randomness, SystemClock, SystemRandomness
from strongback.stores import MemoryStore, SqliteStore, Store

__all__ = [
    # errors
    "AuditRefusedError",
    "ConfigurationError",
    "DeniedError",
    "LimitExceededError",
    "StoreUnavailableError",
    "StrongbackError",
    # events
    "Event",
    "EventName",
    "JsonFormatter",
    "LogSink",
    "Secret",
    "Severity",
    "redact",
    # seams
    "Clock",
    "EventSink",
    "Randomness",
    "SystemClock",
    "SystemRandomness",
    # stores
    "MemoryStore",
    "SqliteStore",
    "Store",
]
