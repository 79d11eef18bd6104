"""One harness per engine: open another instance over the same data, restart the engine, cut it off midway."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from strongback.seams import Clock
from strongback.stores import MemoryStore, SqliteStore, Store
from strongback.stores.postgres import PostgresStore
from strongback.stores.redis import RedisStore

ENGINES = ("memory", "sqlite", "postgres", "valkey")


class Server(Protocol):
    def restart(self) -> None: ...

    def sever(self) -> None: ...


@dataclass
class Harness:
    """Engine-specific hooks behind one face."""

    engine: str
    target: str
    server: Server | None = None
    memory: dict[object, MemoryStore] = field(default_factory=dict)
    space: bytes = field(default_factory=lambda: uuid.uuid4().bytes)

    @property
    def durable(self) -> bool:
        return self.engine != "memory"

    def key(self, name: str) -> bytes:
        """A key that no other test uses."""
        return self.space + name.encode()

    def stream(self, name: str) -> str:
        return self.space.hex() + name

    def make(self, clock: Clock | None = None) -> Store:
        """A fresh, unopened instance over the same data (memory: the same object per clock)."""
        if self.engine == "memory":
            return self.memory.setdefault(clock, MemoryStore(clock=clock))
        if self.engine == "sqlite":
            return SqliteStore(Path(self.target), clock=clock, busy_timeout=20.0)
        if self.engine == "postgres":
            return PostgresStore(self.target, clock=clock, pool_size=4)
        return RedisStore(self.target, clock=clock)

    @asynccontextmanager
    async def several(self, count: int, clock: Clock | None = None) -> AsyncIterator[list[Store]]:
        """`count` open instances, as as many processes would have."""
        stores = [self.make(clock) for _ in range(count)]
        for store in stores:
            await store.open()
        try:
            yield stores
        finally:
            for store in stores:
                await store.close()

    async def restart(self) -> None:
        if self.server is not None:
            await asyncio.to_thread(self.server.restart)
        self.memory.clear()

    def sever(self) -> None:
        if self.server is not None:
            self.server.sever()


def harness_for(engine: str, request: Any, directory: Path) -> Harness:
    """Build the harness; servers start on first use and live for the session."""
    if engine == "postgres":
        server = request.getfixturevalue("postgres")
        return Harness(engine, server.dsn, server)
    if engine == "valkey":
        server = request.getfixturevalue("valkey")
        return Harness(engine, server.url, server)
    return Harness(engine, str(directory / "store.db"))
