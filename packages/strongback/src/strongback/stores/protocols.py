"""What a store is: four small protocols whose every operation is atomic.

Controls build on these and on nothing else. Atomic means: of any number of concurrent callers, in any
number of processes, each sees the effect of all earlier ones, and an operation that fails has had no
effect or its whole effect. `tests/stores/contract` is the definition; a new store passes it or is none.

Every operation raises `StoreUnavailableError` when the store cannot answer. Keys and values are bytes of at
most 1 KiB and 1 MiB. Times are seconds; stores keep integer microseconds, so that no engine rounds.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol, Self

__all__ = ["KV", "Admission", "Counter", "Entry", "Head", "Index", "Ledger", "Sealed", "Store"]


class Admission(NamedTuple):
    """The answer of a counter. A tuple, since one is made for every request."""

    admitted: bool
    remaining: int
    """How many more of cost 1 would be admitted at this moment."""
    retry_after: float
    """Seconds until the same request could be admitted; 0 when it was."""
    reset_after: float
    """Seconds until the full allowance is back."""


Meter = Callable[[bytes], tuple[int, int] | Admission]
"""Counts a hit under a key at once. Of one that is admitted: how many more would be, and in how many whole
seconds the full allowance is back; of one that is not: an `Admission`."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest position of a ledger stream; `seq` 0 and an empty `link` before the first entry."""

    seq: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal function makes of a head: the bytes to keep and the link the next entry will hang on."""

    body: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored ledger entry; the store adds `seq` and `previous`, and returns the bytes written."""

    seq: int
    previous: bytes
    body: bytes
    link: bytes


class KV(Protocol):
    """Values that expire: sessions, challenges, token ids."""

    async def get(self, key: bytes) -> bytes | None:
        """The live value, or None."""
        ...

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        """Write for `ttl` seconds.

        With `only_if_absent`, return False and write nothing if a live value exists.
        """
        ...

    async def take(self, key: bytes) -> bytes | None:
        """Remove and return the live value: of racing callers exactly one gets it."""
        ...

    async def swap(self, key: bytes, expected: bytes, value: bytes, *, ttl: float) -> bool:
        """Replace the live value if it equals `expected`: of racing callers exactly one succeeds."""
        ...

    async def delete(self, key: bytes) -> bool:
        """Remove the value; True if a live one existed."""
        ...


class Counter(Protocol):
    """Admission decisions; deciding and recording are one step."""

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        """GCRA: a burst of `limit`, refilled evenly over `window` seconds. A refused hit costs nothing."""
        ...

    async def admit(self, key: bytes, *, limit: int, window: float) -> Admission:
        """Exact sliding log: never more than `limit` admissions in any `window` seconds.

        A refusal costs nothing.
        """
        ...

    async def reset(self, key: bytes) -> None:
        """Forget the key in both forms."""
        ...


class Index(Protocol):
    """Members of an owner, oldest first, and a number per owner that only grows."""

    async def add(self, owner: bytes, member: bytes, *, ttl: float, cap: int | None = None) -> list[bytes]:
        """Add or renew a member; with `cap`, drop the oldest beyond it and return those dropped."""
        ...

    async def members(self, owner: bytes) -> list[bytes]:
        """Live members, oldest first."""
        ...

    async def remove(self, owner: bytes, member: bytes) -> bool:
        """Remove one; True if it was a live member."""
        ...

    async def revoke(self, owner: bytes) -> list[bytes]:
        """Remove all members and raise the epoch by one, in one step; return the members removed."""
        ...

    async def epoch(self, owner: bytes) -> int:
        """The owner's epoch, 0 at first. Never expires, never falls."""
        ...


class Ledger(Protocol):
    """Append-only streams with serialised writers."""

    async def append(self, stream: str, seal: Callable[[Head], Sealed]) -> Entry:
        """Append what `seal` makes of the current head. `seal` must be pure and quick: it may run more than
        once.
        """
        ...

    async def head(self, stream: str) -> Head:
        """The newest position."""
        ...

    def read(self, stream: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """Entries with `seq` above `after`, in order."""
        ...

    async def trim(self, stream: str, *, through: int) -> int:
        """Remove entries with `seq` up to `through`, but never the newest, which the next one hangs on.

        Returns how many. What must not be lost is kept elsewhere first.
        """
        ...


class Store(KV, Counter, Index, Ledger, Protocol):
    """All four over one backend, with a lifecycle."""

    @property
    def shared(self) -> bool:
        """Whether several processes see the same data."""
        ...

    @property
    def plaintext(self) -> bool:
        """Whether data crosses a network without TLS."""
        ...

    async def open(self) -> None:
        """Connect and create what is missing. Calling it again does nothing."""
        ...

    async def close(self) -> None:
        """Release every resource."""
        ...

    async def weaknesses(self) -> tuple[str, ...]:
        """What makes this store unfit for production, one sentence each, with the way out."""
        ...

    async def purge(self) -> int:
        """Delete expired rows where the engine does not by itself; return how many."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
