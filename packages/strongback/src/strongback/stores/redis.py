"""A store in Redis or Valkey.

Every operation is one Lua script, which the server runs alone; the two keys of an owner share a hash tag,
so that a cluster keeps them together. Without an injected clock the server's clock decides. Commands are
never retried by themselves: repeating a `take` or a `hit` whose answer was lost would act twice.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ImportError as error:  # pragma: no cover
    raise ImportError("RedisStore needs the extra: pip install 'strongback[redis]'") from error

from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.seams import Clock
from strongback.stores.arithmetic import check_counter, check_item, gcra_admission, log_admission, micros
from strongback.stores.protocols import Admission, Entry, Head, Sealed

__all__ = ["RedisStore"]

_APPEND_ATTEMPTS = 500
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", None})

# ARGV[1] is the injected time in microseconds, or -1 for the server's. `%.0f` keeps 16 digits exact.
_CLOCK = """
local now = tonumber(ARGV[1])
if now < 0 then local t = redis.call('TIME'); now = tonumber(t[1]) * 1000000 + tonumber(t[2]) end
local function text(n) return string.format('%.0f', n) end
local function keep(key, span) redis.call('PEXPIRE', key, math.ceil(span / 1000) + 1000) end
local function live(key)
  local v = redis.call('HMGET', key, 'v', 'u')
  if v[1] and tonumber(v[2]) > now then return v[1] end
  return false
end
local function write(key, value, ttl)
  redis.call('HSET', key, 'v', value, 'u', text(now + ttl)); keep(key, ttl)
end
"""
_SCRIPTS = {
    "get": "return live(KEYS[1])",
    "put": """
if ARGV[4] == '1' and live(KEYS[1]) then return 0 end
write(KEYS[1], ARGV[2], tonumber(ARGV[3])); return 1
""",
    "take": "local v = live(KEYS[1]); redis.call('DEL', KEYS[1]); return v",
    "swap": """
local v = live(KEYS[1])
if not v or v ~= ARGV[2] then return 0 end
write(KEYS[1], ARGV[3], tonumber(ARGV[4])); return 1
""",
    "hit": """
local increment, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
local start = math.min(math.max(tat, now), now + burst)
local ahead = start + increment
if ahead - now > burst then return {0, text(start), text(now)} end
redis.call('SET', KEYS[1], text(ahead)); keep(KEYS[1], ahead - now)
return {1, text(ahead), text(now)}
""",
    "admit": """
local limit, window = tonumber(ARGV[2]), tonumber(ARGV[3])
local times = redis.call('LRANGE', KEYS[1], 0, -1)
local moment = now
if #times > 0 then moment = math.max(now, tonumber(times[#times])) end
local kept = {}
for _, t in ipairs(times) do if tonumber(t) > moment - window then kept[#kept + 1] = t end end
if #kept >= limit then return {0, text(now), unpack(kept)} end
kept[#kept + 1] = text(moment)
redis.call('DEL', KEYS[1]); redis.call('RPUSH', KEYS[1], unpack(kept)); keep(KEYS[1], moment - now + window)
return {1, text(now), unpack(kept)}
""",
    "add": """
local members = redis.call('HGETALL', KEYS[1])
for i = 1, #members, 2 do
  local order, till = string.match(members[i + 1], '^(%d+):(%d+)$')
  if tonumber(till) <= now then redis.call('HDEL', KEYS[1], members[i]) end
end
local old = redis.call('HGET', KEYS[1], ARGV[2])
local order
if old then order = string.match(old, '^(%d+):') else order = redis.call('INCR', KEYS[2]) end
local till = now + tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[2], order .. ':' .. text(till))
local cap = tonumber(ARGV[4])
local rows = {}
local latest = till
members = redis.call('HGETALL', KEYS[1])
for i = 1, #members, 2 do
  local o, t = string.match(members[i + 1], '^(%d+):(%d+)$')
  rows[#rows + 1] = {tonumber(o), members[i]}
  latest = math.max(latest, tonumber(t))
end
keep(KEYS[1], latest - now)
table.sort(rows, function(a, b) return a[1] < b[1] end)
local dropped = {}
if cap >= 0 then
  for i = 1, #rows - cap do dropped[i] = rows[i][2]; redis.call('HDEL', KEYS[1], rows[i][2]) end
end
return dropped
""",
    "members": """
local members = redis.call('HGETALL', KEYS[1])
local rows, names = {}, {}
for i = 1, #members, 2 do
  local o, t = string.match(members[i + 1], '^(%d+):(%d+)$')
  if tonumber(t) > now then rows[#rows + 1] = {tonumber(o), members[i]} end
end
table.sort(rows, function(a, b) return a[1] < b[1] end)
for i = 1, #rows do names[i] = rows[i][2] end
if ARGV[2] == '1' then redis.call('DEL', KEYS[1]); redis.call('INCR', KEYS[2]) end
return names
""",
    "remove": """
local row = redis.call('HGET', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[2])
if row and tonumber(string.match(row, ':(%d+)$')) > now then return 1 end
return 0
""",
    "append": """
local newest = redis.call('LINDEX', KEYS[1], -1) or ''
if newest ~= ARGV[2] then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[3]); return 1
""",
    # Rows and the oldest at one moment: a place in the list means another row once the list was trimmed.
    "page": """
local rows = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[2] + 499)
return {redis.call('LINDEX', KEYS[1], 0) or '', rows}
""",
    "trim": """
local oldest = redis.call('LINDEX', KEYS[1], 0) or ''
if oldest ~= ARGV[2] then return -1 end
local count = math.min(tonumber(ARGV[3]), redis.call('LLEN', KEYS[1]) - 1)
redis.call('LTRIM', KEYS[1], count, -1); return count
""",
}


def _pack(previous: bytes, body: bytes, link: bytes, seq: int) -> bytes:
    return struct.pack(">QII", seq, len(previous), len(link)) + previous + link + body


def _unpack(row: bytes) -> Entry:
    try:
        seq, before, after = struct.unpack_from(">QII", row)
    except struct.error:
        raise StoreUnavailableError("redis: a ledger row is malformed") from None
    rest = row[16:]
    return Entry(seq, rest[:before], rest[before + after :], rest[before : before + after])


class RedisStore:
    """All four protocols over one client.

    `url` is `rediss://user:password@host:port/0` (TLS), `redis://` or `unix://`; `prefix` separates
    applications; `timeout` in seconds bounds connecting and every command.
    """

    shared = True

    def __init__(
        self, url: str, *, clock: Clock | None = None, prefix: str = "strongback", timeout: float = 5.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise ConfigurationError("RedisStore: the URL must start with redis://, rediss:// or unix://")
        self.plaintext = parts.scheme == "redis" and parts.hostname not in _LOCAL_HOSTS
        self._verified = "ssl_cert_reqs=none" not in parts.query.lower()
        self._url = url
        self._clock = clock
        self._prefix = prefix.encode()
        self._timeout = timeout
        self._client: Redis | None = None
        self._scripts: dict[str, Any] = {}
        self._streams: dict[str, asyncio.Lock] = {}

    async def open(self) -> None:
        """Connect. Raises StoreUnavailableError."""
        if self._client is not None:
            return
        client = Redis.from_url(
            self._url,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            retry=Retry(NoBackoff(), 0),
            client_name="strongback",
        )
        try:
            await client.ping()
        except (RedisError, OSError) as error:
            await client.aclose()
            raise StoreUnavailableError(f"redis: {type(error).__name__}") from error
        self._client = client
        self._scripts = {name: client.register_script(_CLOCK + body) for name, body in _SCRIPTS.items()}

    async def close(self) -> None:
        """Close every connection."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, name: str, keys: tuple[bytes, ...], *arguments: bytes | int) -> Any:
        if self._client is None:
            raise StoreUnavailableError("RedisStore is not open")
        now = -1 if self._clock is None else micros(self._clock.now())
        try:
            return await self._scripts[name](keys=keys, args=(now, *arguments))
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(f"redis: {type(error).__name__}") from error

    async def _command(self, *words: bytes | int | str) -> Any:
        if self._client is None:
            raise StoreUnavailableError("RedisStore is not open")
        try:
            return await self._client.execute_command(*words)  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(f"redis: {type(error).__name__}") from error

    def _key(self, kind: bytes, key: bytes) -> bytes:
        return b"%s:%s:{%s}" % (self._prefix, kind, key.hex().encode())

    async def weaknesses(self) -> tuple[str, ...]:
        """Eviction, missing persistence, unverified TLS, no password."""
        found = []
        if not self._verified:
            found.append("the store's certificate is not verified: remove ssl_cert_reqs=none")
        try:
            policy = await self._command("CONFIG", "GET", "maxmemory-policy")
            appendonly = await self._command("CONFIG", "GET", "appendonly")
        except StoreUnavailableError:
            found.append("CONFIG GET is refused, so eviction and persistence could not be checked")
            return tuple(found)
        if _setting(policy) != b"noeviction":
            found.append("the server may evict revocations and limits: set maxmemory-policy noeviction")
        if _setting(appendonly) != b"yes":
            found.append("the server may forget revocations at restart: set appendonly yes")
        return tuple(found)

    async def purge(self) -> int:
        """The server expires keys by itself."""
        return 0

    async def get(self, key: bytes) -> bytes | None:
        """See `KV.get`."""
        check_item(key)
        found: bytes | None = await self._run("get", (self._key(b"v", key),))
        return found

    async def put(self, key: bytes, value: bytes, *, ttl: float, only_if_absent: bool = False) -> bool:
        """See `KV.put`."""
        check_item(key, value, ttl)
        return bool(await self._run("put", (self._key(b"v", key),), value, micros(ttl), int(only_if_absent)))

    async def take(self, key: bytes) -> bytes | None:
        """See `KV.take`."""
        check_item(key)
        found: bytes | None = await self._run("take", (self._key(b"v", key),))
        return found

    async def swap(self, key: bytes, expected: bytes, value: bytes, *, ttl: float) -> bool:
        """See `KV.swap`."""
        check_item(key, value, ttl)
        return bool(await self._run("swap", (self._key(b"v", key),), expected, value, micros(ttl)))

    async def delete(self, key: bytes) -> bool:
        """See `KV.delete`."""
        return await self.take(key) is not None

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        """See `Counter.hit`."""
        check_counter(key, limit, window, cost)
        span = micros(window)
        step = max(1, span // limit)
        admitted, tat, now = await self._run("hit", (self._key(b"r", key),), step * cost, step * limit)
        return gcra_admission(bool(admitted), int(tat), int(now), limit, span, cost)

    async def admit(self, key: bytes, *, limit: int, window: float) -> Admission:
        """See `Counter.admit`."""
        check_counter(key, limit, window)
        if limit > 4096:
            raise ConfigurationError(
                "an exact log holds at most 4,096 admissions: use hit() for larger limits"
            )
        admitted, now, *kept = await self._run("admit", (self._key(b"w", key),), limit, micros(window))
        return log_admission(bool(admitted), [int(t) for t in kept], int(now), limit, micros(window))

    async def reset(self, key: bytes) -> None:
        """See `Counter.reset`."""
        check_item(key)
        await self._command("DEL", self._key(b"r", key))
        await self._command("DEL", self._key(b"w", key))

    def _owner(self, owner: bytes) -> tuple[bytes, bytes]:
        check_item(owner)
        return self._key(b"m", owner), self._key(b"e", owner)

    async def add(self, owner: bytes, member: bytes, *, ttl: float, cap: int | None = None) -> list[bytes]:
        """See `Index.add`."""
        check_item(owner, member, ttl)
        members, _ = self._owner(owner)
        limit = -1 if cap is None else cap
        return list(await self._run("add", (members, self._key(b"n", owner)), member, micros(ttl), limit))

    async def members(self, owner: bytes) -> list[bytes]:
        """See `Index.members`."""
        return list(await self._run("members", self._owner(owner), 0))

    async def remove(self, owner: bytes, member: bytes) -> bool:
        """See `Index.remove`."""
        return bool(await self._run("remove", self._owner(owner)[:1], member))

    async def revoke(self, owner: bytes) -> list[bytes]:
        """See `Index.revoke`."""
        return list(await self._run("members", self._owner(owner), 1))

    async def epoch(self, owner: bytes) -> int:
        """See `Index.epoch`."""
        found = await self._command("GET", self._owner(owner)[1])
        return int(found) if found else 0

    async def append(self, stream: str, seal: Callable[[Head], Sealed]) -> Entry:
        """See `Ledger.append`. Compare the newest row and append; on losing the race, read again."""
        key = self._key(b"l", stream.encode())
        async with self._streams.setdefault(stream, asyncio.Lock()):
            for _ in range(_APPEND_ATTEMPTS):
                newest: bytes = await self._command("LINDEX", key, -1) or b""
                last = _unpack(newest) if newest else None
                head = Head(last.seq, last.link) if last else Head(0, b"")
                sealed = seal(head)
                entry = Entry(head.seq + 1, head.link, sealed.body, sealed.link)
                row = _pack(entry.previous, entry.body, entry.link, entry.seq)
                if await self._run("append", (key,), newest, row):
                    return entry
        raise StoreUnavailableError("redis: the ledger stream is too contended")

    async def head(self, stream: str) -> Head:
        """See `Ledger.head`."""
        newest = await self._command("LINDEX", self._key(b"l", stream.encode()), -1)
        if not newest:
            return Head(0, b"")
        last = _unpack(newest)
        return Head(last.seq, last.link)

    async def read(self, stream: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `Ledger.read`."""
        key = self._key(b"l", stream.encode())
        begin, start = 0, 0
        while True:
            oldest, rows = await self._run("page", (key,), start)
            if not oldest:
                return
            first = _unpack(oldest).seq
            if first != begin:
                # The first page, or the list was trimmed: nothing of this page is sure to be the next.
                start = max(0, start + begin - first) if begin else max(0, after - first + 1)
                begin = first
                continue
            for row in rows:
                yield _unpack(row)
            start += len(rows)
            if not rows:
                return

    async def trim(self, stream: str, *, through: int) -> int:
        """See `Ledger.trim`."""
        key = self._key(b"l", stream.encode())
        for _ in range(_APPEND_ATTEMPTS):
            oldest: bytes = await self._command("LINDEX", key, 0) or b""
            count = through - _unpack(oldest).seq + 1 if oldest else 0
            if count <= 0:
                return 0
            removed: int = await self._run("trim", (key,), oldest, count)
            if removed >= 0:
                return removed
        raise StoreUnavailableError("redis: the ledger stream is too contended")


def _setting(answer: Any) -> bytes:
    if isinstance(answer, dict):
        value = next(iter(answer.values()), b"")
    else:
        value = answer[1] if answer and len(answer) > 1 else b""
    return value if isinstance(value, bytes) else str(value).encode()
