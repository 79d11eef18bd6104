"""Strongback: the security controls a hardened Python backend stands on.

Each control is usable alone and takes its clock, randomness, store and event sink as constructor
arguments. Each denies when its store is down.
"""

from strongback.authorization import Authorization, Fields, Guarded, Policy, Public, Requires, Roles, Rules
from strongback.errors import (
    AuditRefusedError,
    ConfigurationError,
    DeniedError,
    LimitExceededError,
    StoreUnavailableError,
    StrongbackError,
)
from strongback.events import Event, EventName, JsonFormatter, LogSink, Severity
from strongback.identity import Principal
from strongback.keys import Key, KeyRing, new_key_text
from strongback.profile import Off, Profile, off
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
    # the profile
    "Off",
    "Profile",
    "off",
    # who may do what
    "Authorization",
    "Fields",
    "Guarded",
    "Policy",
    "Principal",
    "Public",
    "Requires",
    "Roles",
    "Rules",
    # keys
    "Key",
    "KeyRing",
    "new_key_text",
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
