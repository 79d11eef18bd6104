"""Stand-ins for the seams, for tests of strongback and of applications built on it."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from strongback.errors import StoreUnavailableError
from strongback.events import Event, EventName

__all__ = ["BrokenStore", "EventRecorder", "FakeClock", "SeededRandomness"]


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.time = start

    def now(self) -> float:
        """The time it was set to."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Move, backwards too."""
        self.time += seconds


class SeededRandomness:
    """Reproducible bytes. Never use outside tests."""

    def __init__(self, seed: str = "test") -> None:
        self._seed = seed
        self._count = 0

    def token(self, size: int) -> bytes:
        """The next `size` bytes of a hash-based stream."""
        self._count += 1
        return hashlib.shake_256(f"{self._seed}:{self._count}".encode()).digest(size)


class EventRecorder:
    """An event sink that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Remember one event."""
        self.events.append(event)

    def names(self) -> list[EventName]:
        """The names in the order they came."""
        return [event.name for event in self.events]


class BrokenStore:
    """Wraps a store; after `allow` more operations every one fails with StoreUnavailableError.

    `allow=0` is a store that is down; higher values fail midway through a control's sequence.
    """

    def __init__(self, inner: Any, *, allow: int = 0) -> None:
        self._inner = inner
        self.allow = allow

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._inner, name)
        if name in {"shared", "plaintext", "open", "close"}:
            return target
        if name == "read":

            async def stream(*arguments: Any, **keywords: Any) -> AsyncIterator[Any]:
                self._spend()
                async for entry in target(*arguments, **keywords):
                    yield entry

            return stream

        async def operation(*arguments: Any, **keywords: Any) -> Any:
            self._spend()
            return await target(*arguments, **keywords)

        return operation

    def _spend(self) -> None:
        if self.allow <= 0:
            raise StoreUnavailableError("the store is down")
        self.allow -= 1
