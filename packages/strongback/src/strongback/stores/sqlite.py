"""A store in one SQLite file: durable, shared by the processes of one machine, no server.

Every operation is one transaction (`BEGIN IMMEDIATE`) on one worker thread, so the event loop never
waits for a disk, and writers of all processes are serialised by SQLite itself.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

from strongback.errors import ConfigurationError, StoreUnavailableError
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
from strongback.stores.protocols import Admission, Entry, Head, Sealed

__all__ = ["SqliteStore"]

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sb_values (
  key BLOB PRIMARY KEY, value BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sb_values_until ON sb_values (until);
CREATE TABLE IF NOT EXISTS sb_rates (key BLOB PRIMARY KEY, tat INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sb_logs (
  key BLOB PRIMARY KEY, times TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sb_members (
  id INTEGER PRIMARY KEY AUTOINCREMENT, owner BLOB NOT NULL, member BLOB NOT NULL, until INTEGER NOT NULL,
  UNIQUE (owner, member));
CREATE TABLE IF NOT EXISTS sb_epochs (owner BLOB PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sb_ledger (
  stream TEXT NOT NULL, seq INTEGER NOT NULL, previous BLOB NOT NULL, body BLOB NOT NULL, link BLOB NOT NULL,
  PRIMARY KEY (stream, seq), UNIQUE (stream, previous)) WITHOUT ROWID;
"""


class SqliteStore:
    """All four protocols over one file, created with mode 0600.

    `synchronous="FULL"` (default) survives power loss; "NORMAL" is faster and may then lose the newest
    transactions, which would un-revoke a token. `busy_timeout` bounds how long a writer waits, in seconds.
    """

    shared = True
    plaintext = False

    def __init__(
        self,
        path: str | Path,
        *,
        clock: Clock | None = None,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        busy_timeout: float = 5.0,
    ) -> None:
        if str(path) in {"", ":memory:"}:
            raise ConfigurationError("SqliteStore needs a file; use MemoryStore for memory")
        self._path = Path(path)
        self._clock = clock or SystemClock()
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Create the file and tables if missing. Raises StoreUnavailableError."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="strongback-sqlite")
            try:
                await self._submit(self._connect)
            except StoreUnavailableError:
                await self.close()
                raise

    def _connect(self) -> None:
        # The file exists with tight permissions before SQLite writes the first secret into it.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, timeout=self._busy_timeout, isolation_level=None)
        self._connection = connection
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._synchronous == 'FULL' else 'NORMAL'}")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.executescript(_SCHEMA)

    async def close(self) -> None:
        """Close the file and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            connection, self._connection = self._connection, None
            if connection is not None:
                await asyncio.get_running_loop().run_in_executor(thread, connection.close)
            thread.shutdown(wait=True)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def weaknesses(self) -> tuple[str, ...]:
        """A file that others may read."""
        mode = await asyncio.to_thread(lambda: self._path.stat().st_mode & 0o077)
        if mode:
            return (f"{self._path.name} can be read by other users of this machine: chmod 600 it",)
        return ()

    async def _submit(self, job: Callable[[], T]) -> T:
        if self._thread is None:
            raise StoreUnavailableError("SqliteStore is not open")
        try:
            # shield: a cancelled request must not leave the worker's transaction half observed.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, job))
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailableError(f"sqlite: {type(error).__name__}") from error

    async def _write(self, job: Callable[[sqlite3.Connection, int], T]) -> T:
        def transaction() -> T:
            connection = self._connection
            if connection is None:
                raise StoreUnavailableError("SqliteStore is not open")
            connection.execute("BEGIN IMMEDIATE")
            try:
                # The time is read under the lock, so that it can not fall behind an earlier writer's.
                result = job(connection, micros(self._clock.now()))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._submit(transaction)

    async def _read(self, query: str, parameters: tuple[object, ...]) -> list[tuple[object, ...]]:
        def fetch() -> list[tuple[object, ...]]:
            if self._connection is None:
                raise StoreUnavailableError("SqliteStore is not open")
            return self._connection.execute(query, parameters).fetchall()

        return await self._submit(fetch)

    async def purge(self) -> int:
        """Delete expired rows."""

        def job(db: sqlite3.Connection, now: int) -> int:
            statements = (
                "DELETE FROM sb_values WHERE until <= ?",
                "DELETE FROM sb_rates WHERE tat <= ?",
                "DELETE FROM sb_logs WHERE until <= ?",
                "DELETE FROM sb_members WHERE until <= ?",
            )
            return sum(db.execute(statement, (now,)).rowcount for statement in statements)

        return await self._write(job)

    async def get(self, key: bytes) -> bytes | None:
        """See `KV.get`."""
        check_item(key)
        now = micros(self._clock.now())
        rows = await self._read("SELECT value FROM sb_values WHERE key = ? AND until > ?", (key, now))
        return _bytes(rows[0][0]) if rows else None

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        """See `KV.put`."""
        check_item(key, value, ttl)

        def job(db: sqlite3.Connection, now: int) -> bool:
            cursor = db.execute(
                "INSERT INTO sb_values VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET value = excluded.value, until = excluded.until WHERE ? OR until <= ?",
                (key, value, now + micros(ttl), not only_if_absent, now),
            )
            return cursor.rowcount == 1

        return await self._write(job)

    async def take(self, key: bytes) -> bytes | None:
        """See `KV.take`."""
        check_item(key)

        def job(db: sqlite3.Connection, now: int) -> bytes | None:
            rows = db.execute("DELETE FROM sb_values WHERE key = ? RETURNING value, until", (key,)).fetchall()
            return _bytes(rows[0][0]) if rows and rows[0][1] > now else None

        return await self._write(job)

    async def swap(self, key: bytes, expected: bytes, value: bytes, *, ttl: float) -> bool:
        """See `KV.swap`."""
        check_item(key, value, ttl)

        def job(db: sqlite3.Connection, now: int) -> bool:
            cursor = db.execute(
                "UPDATE sb_values SET value = ?, until = ? WHERE key = ? AND value = ? AND until > ?",
                (value, now + micros(ttl), key, expected, now),
            )
            return cursor.rowcount == 1

        return await self._write(job)

    async def delete(self, key: bytes) -> bool:
        """See `KV.delete`."""
        return await self.take(key) is not None

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        """See `Counter.hit`."""
        check_counter(key, limit, window, cost)
        span = micros(window)

        def job(db: sqlite3.Connection, now: int) -> Admission:
            row = db.execute("SELECT tat FROM sb_rates WHERE key = ?", (key,)).fetchone()
            admitted, tat = gcra(row[0] if row else None, now, limit, span, cost)
            if admitted:
                db.execute("INSERT OR REPLACE INTO sb_rates VALUES (?, ?)", (key, tat))
            return gcra_admission(admitted, tat, now, limit, span, cost)

        return await self._write(job)

    async def admit(self, key: bytes, *, limit: int, window: float) -> Admission:
        """See `Counter.admit`."""
        check_counter(key, limit, window)
        span = micros(window)

        def job(db: sqlite3.Connection, now: int) -> Admission:
            row = db.execute("SELECT times FROM sb_logs WHERE key = ?", (key,)).fetchone()
            times = [int(t) for t in row[0].split(",")] if row else []
            admitted, kept = sliding_log(times, now, limit, span)
            if admitted:
                text = ",".join(map(str, kept))
                db.execute("INSERT OR REPLACE INTO sb_logs VALUES (?, ?, ?)", (key, text, kept[-1] + span))
            return log_admission(admitted, kept, now, limit, span)

        return await self._write(job)

    async def reset(self, key: bytes) -> None:
        """See `Counter.reset`."""
        check_item(key)

        def job(db: sqlite3.Connection, now: int) -> None:
            db.execute("DELETE FROM sb_rates WHERE key = ?", (key,))
            db.execute("DELETE FROM sb_logs WHERE key = ?", (key,))

        await self._write(job)

    async def add(self, owner: bytes, member: bytes, *, ttl: float, cap: int | None = None) -> list[bytes]:
        """See `Index.add`."""
        check_item(owner, member, ttl)

        def job(db: sqlite3.Connection, now: int) -> list[bytes]:
            db.execute("DELETE FROM sb_members WHERE owner = ? AND until <= ?", (owner, now))
            db.execute(
                "INSERT INTO sb_members (owner, member, until) VALUES (?, ?, ?) "
                "ON CONFLICT (owner, member) DO UPDATE SET until = excluded.until",
                (owner, member, now + micros(ttl)),
            )
            rows = db.execute(
                "SELECT id, member FROM sb_members WHERE owner = ? ORDER BY id", (owner,)
            ).fetchall()
            dropped = rows[: max(0, len(rows) - cap)] if cap is not None else []
            db.executemany("DELETE FROM sb_members WHERE id = ?", [(row[0],) for row in dropped])
            return [_bytes(row[1]) for row in dropped]

        return await self._write(job)

    async def members(self, owner: bytes) -> list[bytes]:
        """See `Index.members`."""
        check_item(owner)
        now = micros(self._clock.now())
        rows = await self._read(
            "SELECT member FROM sb_members WHERE owner = ? AND until > ? ORDER BY id", (owner, now)
        )
        return [_bytes(row[0]) for row in rows]

    async def remove(self, owner: bytes, member: bytes) -> bool:
        """See `Index.remove`."""
        check_item(owner)

        def job(db: sqlite3.Connection, now: int) -> bool:
            query = "DELETE FROM sb_members WHERE owner = ? AND member = ? RETURNING until"
            rows = db.execute(query, (owner, member)).fetchall()
            return bool(rows and rows[0][0] > now)

        return await self._write(job)

    async def revoke(self, owner: bytes) -> list[bytes]:
        """See `Index.revoke`."""
        check_item(owner)

        def job(db: sqlite3.Connection, now: int) -> list[bytes]:
            query = "SELECT member FROM sb_members WHERE owner = ? AND until > ? ORDER BY id"
            rows = db.execute(query, (owner, now)).fetchall()
            db.execute("DELETE FROM sb_members WHERE owner = ?", (owner,))
            db.execute(
                "INSERT INTO sb_epochs VALUES (?, 1) ON CONFLICT (owner) DO UPDATE SET epoch = epoch + 1",
                (owner,),
            )
            return [_bytes(row[0]) for row in rows]

        return await self._write(job)

    async def epoch(self, owner: bytes) -> int:
        """See `Index.epoch`."""
        check_item(owner)
        rows = await self._read("SELECT epoch FROM sb_epochs WHERE owner = ?", (owner,))
        return int(str(rows[0][0])) if rows else 0

    async def append(self, stream: str, seal: Callable[[Head], Sealed]) -> Entry:
        """See `Ledger.append`."""

        def job(db: sqlite3.Connection, now: int) -> Entry:
            query = "SELECT seq, link FROM sb_ledger WHERE stream = ? ORDER BY seq DESC LIMIT 1"
            row = db.execute(query, (stream,)).fetchone()
            head = Head(row[0], _bytes(row[1])) if row else Head(0, b"")
            sealed = seal(head)
            entry = Entry(head.seq + 1, head.link, sealed.body, sealed.link)
            db.execute(
                "INSERT INTO sb_ledger VALUES (?, ?, ?, ?, ?)",
                (stream, entry.seq, entry.previous, entry.body, entry.link),
            )
            return entry

        return await self._write(job)

    async def head(self, stream: str) -> Head:
        """See `Ledger.head`."""
        rows = await self._read(
            "SELECT seq, link FROM sb_ledger WHERE stream = ? ORDER BY seq DESC LIMIT 1", (stream,)
        )
        return Head(int(str(rows[0][0])), _bytes(rows[0][1])) if rows else Head(0, b"")

    async def read(self, stream: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `Ledger.read`."""
        query = (
            "SELECT seq, previous, body, link FROM sb_ledger WHERE stream = ? AND seq > ? "
            "ORDER BY seq LIMIT 500"
        )
        while rows := await self._read(query, (stream, after)):
            for row in rows:
                after = int(str(row[0]))
                yield Entry(after, _bytes(row[1]), _bytes(row[2]), _bytes(row[3]))

    async def trim(self, stream: str, *, through: int) -> int:
        """See `Ledger.trim`."""

        def job(db: sqlite3.Connection, now: int) -> int:
            query = (
                "DELETE FROM sb_ledger WHERE stream = ? AND seq <= ? "
                "AND seq < (SELECT max(seq) FROM sb_ledger WHERE stream = ?)"
            )
            return db.execute(query, (stream, through, stream)).rowcount

        return await self._write(job)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise StoreUnavailableError("sqlite: a stored value is not bytes")
    return value
