"""A store in this process's memory: for tests and single-process tools.

The start-up audit refuses it with workers.
"""

from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from strongback.seams import Clock, SystemClock
from strongback.stores.arithmetic import (
    check_counter,
    check_item,
    gcra,
    gcra_admission,
    log_admission,
    micros,
    sliding_log,
)
from strongback.stores.protocols import Admission, Entry, Head, Meter, Sealed

__all__ = ["MemoryStore"]

_SWEEP_EVERY = 1024


class MemoryStore:
    """All four protocols over dictionaries.

    Atomic because no operation awaits: the event loop runs each to its end. Expired values are swept
    every 1,024 writes, so memory is bounded by what is alive.
    """

    shared = False
    plaintext = False

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._values: dict[bytes, tuple[bytes, int]] = {}
        self._rates: dict[bytes, int] = {}
        self._logs: dict[bytes, tuple[list[int], int]] = {}
        self._members: dict[bytes, dict[bytes, int]] = {}
        self._epochs: dict[bytes, int] = {}
        self._streams: dict[str, list[Entry]] = {}
        self._writes = 0

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to release."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def weaknesses(self) -> tuple[str, ...]:
        """Everything is lost at restart."""
        reason = "MemoryStore forgets sessions, limits and the audit ledger at restart"
        return (f"{reason}: use SqliteStore, PostgresStore or RedisStore",)

    def _now(self) -> int:
        return micros(self._clock.now())

    def _live(self, key: bytes) -> bytes | None:
        found = self._values.get(key)
        if found is None or found[1] <= self._now():
            return None
        return found[0]

    def _wrote(self) -> None:
        self._writes += 1
        if self._writes % _SWEEP_EVERY == 0:
            self._sweep()

    def _sweep(self) -> int:
        now = self._now()
        before = len(self._values) + len(self._rates) + len(self._logs)
        self._values = {k: v for k, v in self._values.items() if v[1] > now}
        # In place: meters hold on to it.
        for key in [k for k, v in self._rates.items() if v <= now]:
            del self._rates[key]
        self._logs = {k: v for k, v in self._logs.items() if v[1] > now}
        for owner in list(self._members):
            self._alive(owner)
        return before - len(self._values) - len(self._rates) - len(self._logs)

    async def purge(self) -> int:
        """Sweep now."""
        return self._sweep()

    async def get(self, key: bytes) -> bytes | None:
        """See `KV.get`."""
        check_item(key)
        return self._live(key)

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        """See `KV.put`."""
        check_item(key, value, ttl)
        if only_if_absent and self._live(key) is not None:
            return False
        self._values[key] = (value, self._now() + micros(ttl))
        self._wrote()
        return True

    async def take(self, key: bytes) -> bytes | None:
        """See `KV.take`."""
        check_item(key)
        value = self._live(key)
        self._values.pop(key, None)
        return value

    async def swap(self, key: bytes, expected: bytes, value: bytes, *, ttl: float) -> bool:
        """See `KV.swap`."""
        check_item(key, value, ttl)
        if self._live(key) != expected:
            return False
        self._values[key] = (value, self._now() + micros(ttl))
        return True

    async def delete(self, key: bytes) -> bool:
        """See `KV.delete`."""
        return await self.take(key) is not None

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        """See `Counter.hit`."""
        check_counter(key, limit, window, cost)
        now, span = self._now(), micros(window)
        admitted, tat = gcra(self._rates.get(key), now, limit, span, cost)
        if admitted:
            self._rates[key] = tat
            self._wrote()
        return gcra_admission(admitted, tat, now, limit, span, cost)

    def meter(self, *, limit: int, window: float) -> Meter:
        """`hit` for keys that share a limit, which is checked once, for callers that need not await."""
        check_counter(b"-", limit, window)
        span, now_of = micros(window), self._clock.now
        step = span // limit or 1
        full = step * limit
        unhurried = (full - step) // step, -(-step // 1_000_000)
        rates = self._rates

        # `gcra` and `gcra_admission` for a cost of one, without a call, since every request passes here.
        def hit(key: bytes) -> tuple[int, int] | Admission:
            now = round(now_of() * 1_000_000)
            tat = rates.get(key)
            if tat is None or tat <= now:
                if tat is None:
                    self._wrote()  # only new keys take memory
                rates[key] = now + step
                return unhurried
            used = tat - now + step
            if used > full:
                return gcra_admission(False, min(tat, now + full), now, limit, span, 1)
            rates[key] = now + used
            return (full - used) // step, -(-used // 1_000_000)

        return hit

    async def admit(self, key: bytes, *, limit: int, window: float) -> Admission:
        """See `Counter.admit`."""
        check_counter(key, limit, window)
        now, span = self._now(), micros(window)
        admitted, kept = sliding_log(self._logs.get(key, ([], 0))[0], now, limit, span)
        if admitted:
            self._logs[key] = (kept, kept[-1] + span)
            self._wrote()
        return log_admission(admitted, kept, now, limit, span)

    async def reset(self, key: bytes) -> None:
        """See `Counter.reset`."""
        check_item(key)
        self._rates.pop(key, None)
        self._logs.pop(key, None)

    def _alive(self, owner: bytes) -> dict[bytes, int]:
        now = self._now()
        alive = {m: until for m, until in self._members.get(owner, {}).items() if until > now}
        if alive:
            self._members[owner] = alive
        else:
            self._members.pop(owner, None)
        return alive

    async def add(self, owner: bytes, member: bytes, *, ttl: float, cap: int | None = None) -> list[bytes]:
        """See `Index.add`."""
        check_item(owner, member, ttl)
        alive = self._alive(owner)
        alive[member] = self._now() + micros(ttl)
        self._members[owner] = alive
        dropped = list(alive)[: max(0, len(alive) - cap)] if cap is not None else []
        for gone in dropped:
            del alive[gone]
        self._wrote()
        return dropped

    async def members(self, owner: bytes) -> list[bytes]:
        """See `Index.members`."""
        check_item(owner)
        return list(self._alive(owner))

    async def remove(self, owner: bytes, member: bytes) -> bool:
        """See `Index.remove`."""
        check_item(owner)
        return self._alive(owner).pop(member, None) is not None

    async def revoke(self, owner: bytes) -> list[bytes]:
        """See `Index.revoke`."""
        check_item(owner)
        gone = list(self._alive(owner))
        self._members.pop(owner, None)
        self._epochs[owner] = self._epochs.get(owner, 0) + 1
        return gone

    async def epoch(self, owner: bytes) -> int:
        """See `Index.epoch`."""
        check_item(owner)
        return self._epochs.get(owner, 0)

    async def append(self, stream: str, seal: Callable[[Head], Sealed]) -> Entry:
        """See `Ledger.append`."""
        head = await self.head(stream)
        sealed = seal(head)
        entry = Entry(head.seq + 1, head.link, sealed.body, sealed.link)
        self._streams.setdefault(stream, []).append(entry)
        return entry

    async def head(self, stream: str) -> Head:
        """See `Ledger.head`."""
        entries = self._streams.get(stream)
        return Head(entries[-1].seq, entries[-1].link) if entries else Head(0, b"")

    async def read(self, stream: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `Ledger.read`."""
        for entry in [entry for entry in self._streams.get(stream, ()) if entry.seq > after]:
            yield entry

    async def trim(self, stream: str, *, through: int) -> int:
        """See `Ledger.trim`."""
        entries = self._streams.get(stream, [])
        kept = [entry for entry in entries[:-1] if entry.seq > through] + entries[-1:]
        removed = len(entries) - len(kept)
        entries[:] = kept
        return removed
