"""A store in PostgreSQL, through psycopg 3.

Counters and values are single statements on one row (`INSERT ... ON CONFLICT`), so that row locks make
them atomic; indexes and ledgers take a transaction-scoped advisory lock, which a pooled connection cannot
leak. Without an injected clock the server's clock decides, so that application hosts need not agree.
"""

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, LiteralString, Self

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from psycopg_pool import AsyncConnectionPool
except ImportError as error:  # pragma: no cover
    raise ImportError("PostgresStore needs the extra: pip install 'strongback[postgres]'") from error

from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.seams import Clock
from strongback.stores.arithmetic import check_counter, check_item, gcra_admission, log_admission, micros
from strongback.stores.protocols import Admission, Entry, Head, Sealed

__all__ = ["PostgresStore"]

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]

_SCHEMA: LiteralString = """
CREATE TABLE IF NOT EXISTS sb_values (
  key bytea PRIMARY KEY, value bytea NOT NULL, until bigint NOT NULL);
CREATE INDEX IF NOT EXISTS sb_values_until ON sb_values (until);
CREATE TABLE IF NOT EXISTS sb_rates (key bytea PRIMARY KEY, tat bigint NOT NULL, seen bigint NOT NULL);
CREATE TABLE IF NOT EXISTS sb_logs (
  key bytea PRIMARY KEY, times bigint[] NOT NULL, seen bigint NOT NULL, until bigint NOT NULL);
CREATE TABLE IF NOT EXISTS sb_members (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner bytea NOT NULL, member bytea NOT NULL,
  until bigint NOT NULL, UNIQUE (owner, member));
CREATE TABLE IF NOT EXISTS sb_epochs (owner bytea PRIMARY KEY, epoch bigint NOT NULL);
CREATE TABLE IF NOT EXISTS sb_ledger (
  stream text NOT NULL, seq bigint NOT NULL, previous bytea NOT NULL, body bytea NOT NULL,
  link bytea NOT NULL, PRIMARY KEY (stream, seq), UNIQUE (stream, previous))
"""
_NOW: LiteralString = (
    "COALESCE(%(now)s::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
)
_PUT: LiteralString = (
    f"INSERT INTO sb_values AS v SELECT %(key)s, %(value)s, {_NOW} + %(ttl)s "
    "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, until = EXCLUDED.until "
    "WHERE NOT %(absent)s OR v.until <= EXCLUDED.until - %(ttl)s RETURNING 1"
)
_START: LiteralString = "LEAST(GREATEST(r.tat, EXCLUDED.seen), EXCLUDED.seen + %(burst)s)"
_HIT: LiteralString = (
    f"INSERT INTO sb_rates AS r SELECT %(key)s, t.now + %(increment)s, t.now FROM (SELECT {_NOW} AS now) t "
    f"WHERE %(increment)s <= %(burst)s ON CONFLICT (key) DO UPDATE "
    f"SET tat = {_START} + %(increment)s, seen = EXCLUDED.seen "
    f"WHERE {_START} + %(increment)s - EXCLUDED.seen <= %(burst)s RETURNING tat, seen"
)
_PEEK: LiteralString = (
    f"SELECT LEAST(GREATEST(COALESCE((SELECT tat FROM sb_rates WHERE key = %(key)s), t.now), t.now),"
    f" t.now + %(burst)s), t.now FROM (SELECT {_NOW} AS now) t"
)
_MOMENT: LiteralString = "GREATEST(EXCLUDED.seen, l.times[cardinality(l.times)])"
_KEPT: LiteralString = f"ARRAY(SELECT x FROM unnest(l.times) x WHERE x > {_MOMENT} - %(window)s ORDER BY x)"
_ADMIT: LiteralString = (
    f"INSERT INTO sb_logs AS l SELECT %(key)s, ARRAY[t.now], t.now, t.now + %(window)s "
    f"FROM (SELECT {_NOW} AS now) t ON CONFLICT (key) DO UPDATE "
    f"SET times = {_KEPT} || {_MOMENT}, seen = EXCLUDED.seen, until = {_MOMENT} + %(window)s "
    f"WHERE cardinality({_KEPT}) < %(limit)s RETURNING times, seen"
)
_LOCAL_HOSTS = frozenset({"localhost", ""})


def _crosses_network(host: str) -> bool:
    for part in host.split(","):
        if part.startswith(("/", "@")) or part in _LOCAL_HOSTS:
            continue
        try:
            if ipaddress.ip_address(part).is_loopback:
                continue
        except ValueError:
            pass
        return True
    return False


class PostgresStore:
    """All four protocols over a small pool of its own.

    `conninfo` is a libpq URL or keyword string. `statement_timeout` in seconds bounds every statement and
    every wait for a lock; `pool_size` bounds connections.
    """

    shared = True

    def __init__(
        self,
        conninfo: str,
        *,
        clock: Clock | None = None,
        pool_size: int = 8,
        statement_timeout: float = 5.0,
    ) -> None:
        try:
            parts = conninfo_to_dict(conninfo)
        except psycopg.Error:
            # The parser's message quotes the string, password included.
            raise ConfigurationError("PostgresStore: the connection string cannot be parsed") from None
        self._remote = _crosses_network(str(parts.get("host") or parts.get("hostaddr") or ""))
        self._sslmode = str(parts.get("sslmode") or "prefer")
        self._conninfo = conninfo
        self._clock = clock
        self._pool_size = pool_size
        self._timeout = statement_timeout
        self._pool: AsyncConnectionPool[Connection] | None = None

    @property
    def plaintext(self) -> bool:
        """True unless the connection stays on this machine or `sslmode` demands TLS (libpq's default does
        not).
        """
        return self._remote and self._sslmode not in {"require", "verify-ca", "verify-full"}

    async def open(self) -> None:
        """Connect and create tables. Raises StoreUnavailableError."""
        if self._pool is not None:
            return
        limit = int(self._timeout * 1000)  # in milliseconds
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._conninfo,
            kwargs={
                "autocommit": True,
                "application_name": "strongback",
                "options": f"-c statement_timeout={limit} -c idle_in_transaction_session_timeout={limit}",
            },
            min_size=1,
            max_size=self._pool_size,
            open=False,
            timeout=self._timeout,
            check=AsyncConnectionPool.check_connection,
        )
        try:
            await pool.open(wait=True, timeout=self._timeout)
            self._pool = pool
            async with self._transaction() as db:
                await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('strongback schema', 0))")
                await db.execute(_SCHEMA)
        except (psycopg.Error, OSError, StoreUnavailableError) as error:
            self._pool = None
            await pool.close()
            raise StoreUnavailableError(f"postgres: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the pool."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise StoreUnavailableError("PostgresStore is not open")
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.Error, OSError) as error:
            raise StoreUnavailableError(f"postgres: {type(error).__name__}") from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection

    def _now(self) -> int | None:
        return None if self._clock is None else micros(self._clock.now())

    async def _rows(self, query: LiteralString, **parameters: object) -> list[Row]:
        async with self._connection() as db:
            cursor = await db.execute(query, {"now": self._now(), **parameters})
            return await cursor.fetchall()

    async def weaknesses(self) -> tuple[str, ...]:
        """A superuser role, TLS without verification, commits that may be lost."""
        found = []
        rows = await self._rows(
            "SELECT rolsuper OR rolbypassrls, current_setting('synchronous_commit'), "
            "current_setting('fsync') "
            "FROM pg_roles WHERE rolname = current_user"
        )
        elevated, synchronous, fsync = rows[0]
        if elevated:
            found.append(
                "the database role is a superuser or bypasses row security: "
                "connect as a role that owns only its own schema"
            )
        if synchronous == "off" or fsync == "off":
            found.append("PostgreSQL may lose committed revocations (synchronous_commit or fsync is off)")
        if self._remote and self._sslmode != "verify-full":
            found.append("the database's certificate is not verified: use sslmode=verify-full")
        return tuple(found)

    async def purge(self) -> int:
        """Delete expired rows."""
        total = 0
        async with self._transaction() as db:
            for query in (
                f"DELETE FROM sb_values WHERE until <= {_NOW}",
                f"DELETE FROM sb_rates WHERE tat <= {_NOW}",
                f"DELETE FROM sb_logs WHERE until <= {_NOW}",
                f"DELETE FROM sb_members WHERE until <= {_NOW}",
            ):
                total += (await db.execute(query, {"now": self._now()})).rowcount
        return total

    async def get(self, key: bytes) -> bytes | None:
        """See `KV.get`."""
        check_item(key)
        rows = await self._rows(
            f"SELECT value FROM sb_values WHERE key = %(key)s AND until > {_NOW}", key=key
        )
        return bytes(rows[0][0]) if rows else None

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        """See `KV.put`."""
        check_item(key, value, ttl)
        return bool(await self._rows(_PUT, key=key, value=value, ttl=micros(ttl), absent=only_if_absent))

    async def take(self, key: bytes) -> bytes | None:
        """See `KV.take`."""
        check_item(key)
        rows = await self._rows(
            f"DELETE FROM sb_values WHERE key = %(key)s RETURNING value, until > {_NOW}", key=key
        )
        return bytes(rows[0][0]) if rows and rows[0][1] else None

    async def swap(self, key: bytes, expected: bytes, value: bytes, *, ttl: float) -> bool:
        """See `KV.swap`."""
        check_item(key, value, ttl)
        rows = await self._rows(
            f"UPDATE sb_values SET value = %(value)s, until = {_NOW} + %(ttl)s "
            f"WHERE key = %(key)s AND value = %(expected)s AND until > {_NOW} RETURNING 1",
            key=key,
            value=value,
            expected=expected,
            ttl=micros(ttl),
        )
        return bool(rows)

    async def delete(self, key: bytes) -> bool:
        """See `KV.delete`."""
        return await self.take(key) is not None

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        """See `Counter.hit`."""
        check_counter(key, limit, window, cost)
        span = micros(window)
        step = max(1, span // limit)
        arguments = {"key": key, "increment": step * cost, "burst": step * limit}
        rows = await self._rows(_HIT, **arguments)
        admitted = bool(rows)
        tat, now = (rows or await self._rows(_PEEK, **arguments))[0]
        return gcra_admission(admitted, tat, now, limit, span, cost)

    async def admit(self, key: bytes, *, limit: int, window: float) -> Admission:
        """See `Counter.admit`."""
        check_counter(key, limit, window)
        span = micros(window)
        rows = await self._rows(_ADMIT, key=key, limit=limit, window=span)
        if rows:
            times, now = rows[0]
            return log_admission(True, times, now, limit, span)
        rows = await self._rows(
            f"SELECT COALESCE((SELECT times FROM sb_logs WHERE key = %(key)s), '{{}}'), {_NOW}", key=key
        )
        times, now = rows[0]
        moment = max([now, *times[-1:]])
        kept = [t for t in times if t > moment - span]
        # Between the two statements an admission may have expired: the refusal stands, the wait is then
        # minimal.
        return (
            log_admission(False, kept, now, limit, span)
            if len(kept) >= limit
            else Admission(False, 0, 1e-6, 0.0)
        )

    async def reset(self, key: bytes) -> None:
        """See `Counter.reset`."""
        check_item(key)
        async with self._transaction() as db:
            await db.execute("DELETE FROM sb_rates WHERE key = %s", (key,))
            await db.execute("DELETE FROM sb_logs WHERE key = %s", (key,))

    @asynccontextmanager
    async def _owner(self, owner: bytes) -> AsyncIterator[Connection]:
        check_item(owner)
        async with self._transaction() as db:
            await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (owner.hex(),))
            yield db

    async def add(self, owner: bytes, member: bytes, *, ttl: float, cap: int | None = None) -> list[bytes]:
        """See `Index.add`."""
        check_item(owner, member, ttl)
        values = {"owner": owner, "member": member, "ttl": micros(ttl), "now": self._now(), "cap": cap}
        async with self._owner(owner) as db:
            await db.execute(f"DELETE FROM sb_members WHERE owner = %(owner)s AND until <= {_NOW}", values)
            await db.execute(
                f"INSERT INTO sb_members (owner, member, until) VALUES (%(owner)s, %(member)s, {_NOW} + "
                f"%(ttl)s) "
                "ON CONFLICT (owner, member) DO UPDATE SET until = EXCLUDED.until",
                values,
            )
            if cap is None:
                return []
            cursor = await db.execute(
                "WITH excess AS (SELECT id FROM sb_members WHERE owner = %(owner)s ORDER BY id DESC "
                "OFFSET %(cap)s) "
                "DELETE FROM sb_members m USING excess e WHERE m.id = e.id RETURNING m.id, m.member",
                values,
            )
            return [bytes(row[1]) for row in sorted(await cursor.fetchall(), key=lambda row: int(row[0]))]

    async def members(self, owner: bytes) -> list[bytes]:
        """See `Index.members`."""
        check_item(owner)
        rows = await self._rows(
            f"SELECT member FROM sb_members WHERE owner = %(owner)s AND until > {_NOW} ORDER BY id",
            owner=owner,
        )
        return [bytes(row[0]) for row in rows]

    async def remove(self, owner: bytes, member: bytes) -> bool:
        """See `Index.remove`."""
        check_item(owner)
        rows = await self._rows(
            f"DELETE FROM sb_members WHERE owner = %(owner)s AND member = %(member)s RETURNING until > "
            f"{_NOW}",
            owner=owner,
            member=member,
        )
        return bool(rows and rows[0][0])

    async def revoke(self, owner: bytes) -> list[bytes]:
        """See `Index.revoke`."""
        values = {"owner": owner, "now": self._now()}
        async with self._owner(owner) as db:
            cursor = await db.execute(
                f"DELETE FROM sb_members WHERE owner = %(owner)s RETURNING id, member, until > {_NOW}", values
            )
            rows = sorted(await cursor.fetchall(), key=lambda row: int(row[0]))
            await db.execute(
                "INSERT INTO sb_epochs AS e VALUES (%(owner)s, 1) "
                "ON CONFLICT (owner) DO UPDATE SET epoch = e.epoch + 1",
                values,
            )
        return [bytes(row[1]) for row in rows if row[2]]

    async def epoch(self, owner: bytes) -> int:
        """See `Index.epoch`."""
        check_item(owner)
        rows = await self._rows("SELECT epoch FROM sb_epochs WHERE owner = %(owner)s", owner=owner)
        return int(rows[0][0]) if rows else 0

    async def append(self, stream: str, seal: Callable[[Head], Sealed]) -> Entry:
        """See `Ledger.append`.

        Writers of one stream queue on an advisory lock held to the end of the transaction.
        """
        async with self._transaction() as db:
            await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", (stream,))
            cursor = await db.execute(
                "SELECT seq, link FROM sb_ledger WHERE stream = %s ORDER BY seq DESC LIMIT 1", (stream,)
            )
            row = await cursor.fetchone()
            head = Head(int(row[0]), bytes(row[1])) if row else Head(0, b"")
            sealed = seal(head)
            entry = Entry(head.seq + 1, head.link, sealed.body, sealed.link)
            await db.execute(
                "INSERT INTO sb_ledger VALUES (%s, %s, %s, %s, %s)",
                (stream, entry.seq, entry.previous, entry.body, entry.link),
            )
        return entry

    async def head(self, stream: str) -> Head:
        """See `Ledger.head`."""
        rows = await self._rows(
            "SELECT seq, link FROM sb_ledger WHERE stream = %(stream)s ORDER BY seq DESC LIMIT 1",
            stream=stream,
        )
        return Head(int(rows[0][0]), bytes(rows[0][1])) if rows else Head(0, b"")

    async def read(self, stream: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `Ledger.read`."""
        query: LiteralString = (
            "SELECT seq, previous, body, link FROM sb_ledger WHERE stream = %(stream)s AND seq > %(after)s "
            "ORDER BY seq LIMIT 500"
        )
        while rows := await self._rows(query, stream=stream, after=after):
            for row in rows:
                after = int(row[0])
                yield Entry(after, bytes(row[1]), bytes(row[2]), bytes(row[3]))

    async def trim(self, stream: str, *, through: int) -> int:
        """See `Ledger.trim`."""
        async with self._transaction() as db:
            cursor = await db.execute(
                "DELETE FROM sb_ledger WHERE stream = %(stream)s AND seq <= %(through)s "
                "AND seq < (SELECT max(seq) FROM sb_ledger WHERE stream = %(stream)s)",
                {"stream": stream, "through": through},
            )
            return cursor.rowcount
