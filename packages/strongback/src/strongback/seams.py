"""The seams of every control: time, randomness and the place events go.

A control takes these as constructor arguments and touches nothing else of the outside world but its
store, which makes every decision reproducible in a test.
"""

import secrets
import time
from typing import Protocol

from strongback.events import Event

__all__ = ["Clock", "EventSink", "Randomness", "SystemClock", "SystemRandomness"]


class Clock(Protocol):
    """Wall-clock time, in seconds since 1970-01-01 UTC."""

    def now(self) -> float:
        """Seconds since the epoch, with at least microsecond resolution."""
        ...


class Randomness(Protocol):
    """A cryptographically secure source of bytes (ASVS v5.0.0-11.5.1)."""

    def token(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        ...


class EventSink(Protocol):
    """Where security events go. Must neither block nor raise: a lost event must not turn a denial into an
    error.
    """

    def emit(self, event: Event) -> None:
        """Take one event."""
        ...


class SystemClock:
    """The operating system's clock."""

    __slots__ = ()

    now = staticmethod(time.time)
    """Seconds since the epoch."""


class SystemRandomness:
    """The operating system's random generator, through `secrets`."""

    __slots__ = ()

    def token(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        return secrets.token_bytes(size)
