"""API keys: recognisable, hashed at rest, scoped, expiring, replaceable without a gap.

ASVS v5.0.0-13.2.1 (service authentication), 13.3.4 (expiry), 11.5.1.
"""

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.http.asgi import ASGIApp, Receive, Scope, Send, headers_named
from strongback.http.problems import refuse
from strongback.identity import Principal
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV, Index
from strongback.tokens.jws import TokenRejectedError

__all__ = ["ApiKeyInfo", "ApiKeys", "IssuedKey"]

_DAY = 86_400.0
_SEEN_EVERY = 3600.0


class ApiKeyStore(KV, Index, Protocol):
    """What API keys need of a store."""


@dataclass(frozen=True, slots=True)
class ApiKeyInfo:
    """What is known of a key; no part of its secret."""

    id: str
    subject: str
    label: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    created: float
    expires: float
    last_used: float | None
    epoch: int


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key; `text` is shown once."""

    info: ApiKeyInfo
    text: str


class ApiKeys:
    """Issues and checks keys of the form `prefix_id_secret`, 256 random bits, findable by secret scanners.

    `prefix` names the product, so that a leaked key is recognised. Every key expires, after a year at most.
    The last use is noted to the hour.
    """

    def __init__(
        self,
        *,
        prefix: str,
        store: ApiKeyStore,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        header: str = "x-api-key",
        cap: int = 20,
    ) -> None:
        if not re.match(r"[a-z][a-z0-9]{1,11}\Z", prefix) or cap < 1:
            raise ConfigurationError(
                "ApiKeys: a prefix is 2 to 12 lower-case letters and digits, and cap >= 1"
            )
        self._prefix = prefix
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events
        self._header = header.lower().encode()
        self._cap = cap
        self._form = re.compile(prefix + r"_([0-9a-f]{16})_([0-9a-f]{64})\Z")

    @staticmethod
    def _key(key_id: str) -> bytes:
        return b"apikey:" + key_id.encode()

    @staticmethod
    def _owner(subject: str) -> bytes:
        return b"apikeys:" + hashlib.sha256(subject.encode()).digest()

    async def issue(
        self,
        subject: str,
        *,
        scopes: frozenset[str],
        roles: frozenset[str] = frozenset(),
        label: str = "",
        lifetime: float = 90 * _DAY,
    ) -> IssuedKey:
        """A new key. Raises ConfigurationError without scopes, or for more than 366 days or `cap` keys."""
        epoch = await self._store.epoch(self._owner(subject))
        return await self._issue(
            subject, scopes=scopes, roles=roles, label=label, lifetime=lifetime, epoch=epoch
        )

    async def _issue(
        self,
        subject: str,
        *,
        scopes: frozenset[str],
        roles: frozenset[str],
        label: str,
        lifetime: float,
        epoch: int,
    ) -> IssuedKey:
        if not scopes or not 0 < lifetime <= 366 * _DAY:
            raise ConfigurationError("an API key needs scopes and a lifetime of at most 366 days")
        if len(await self._store.members(self._owner(subject))) >= self._cap:
            raise ConfigurationError("too many keys: end one first")
        now, key_id, secret = self._clock.now(), self._rng.token(8).hex(), self._rng.token(32).hex()
        info = ApiKeyInfo(
            key_id,
            subject,
            label[:80],
            tuple(sorted(scopes)),
            tuple(sorted(roles)),
            now,
            now + lifetime,
            None,
            epoch,
        )
        await self._store.put(self._key(key_id), self._encode(info, secret), ttl=lifetime)
        await self._store.add(self._owner(subject), key_id.encode(), ttl=lifetime)
        return IssuedKey(info, f"{self._prefix}_{key_id}_{secret}")

    @staticmethod
    def _encode(info: ApiKeyInfo, secret: str) -> bytes:
        return json.dumps({"hash": hashlib.sha256(secret.encode()).hexdigest(), **asdict(info)}).encode()

    @staticmethod
    def _decode(raw: bytes) -> tuple[str, ApiKeyInfo]:
        fields = json.loads(raw)
        digest = fields.pop("hash")
        return digest, ApiKeyInfo(
            **{**fields, "scopes": tuple(fields["scopes"]), "roles": tuple(fields["roles"])}
        )

    async def authenticate(self, text: str) -> Principal:
        """The principal of a key, limited to its scopes. Raises TokenRejectedError."""
        match = self._form.match(text)
        if match is None:
            raise TokenRejectedError("malformed")
        raw = await self._store.get(self._key(match[1]))
        digest, info = self._decode(raw) if raw is not None else ("", None)
        presented = hashlib.sha256(match[2].encode()).hexdigest()
        if raw is None or info is None or not hmac.compare_digest(digest, presented):
            raise TokenRejectedError("unknown")
        now = self._clock.now()
        if now >= info.expires or info.epoch != await self._store.epoch(self._owner(info.subject)):
            raise TokenRejectedError("expired or revoked")
        if info.last_used is None or now - info.last_used >= _SEEN_EVERY:
            seen = self._encode(replace(info, last_used=now), match[2])
            await self._store.swap(self._key(info.id), raw, seen, ttl=info.expires - now)
        return Principal(
            subject=info.subject,
            roles=frozenset(info.roles),
            scopes=frozenset(info.scopes),
            attributes={"api_key": info.id},
        )

    async def list(self, subject: str) -> list[ApiKeyInfo]:
        """Live keys of a subject, oldest first."""
        found = []
        for key_id in await self._store.members(self._owner(subject)):
            raw = await self._store.get(self._key(key_id.decode()))
            if raw is not None:
                found.append(self._decode(raw)[1])
        return found

    async def rotate(
        self, subject: str, key_id: str, *, overlap: float = _DAY, lifetime: float = 90 * _DAY
    ) -> IssuedKey:
        """A successor with the same rights; the old key works for `overlap` seconds more.

        Raises TokenRejectedError.
        """
        raw = await self._store.get(self._key(key_id))
        if raw is None or not 0 <= overlap <= 30 * _DAY:
            raise TokenRejectedError("no such key")
        digest, info = self._decode(raw)
        now = self._clock.now()
        live = now < info.expires and info.epoch == await self._store.epoch(self._owner(subject))
        if info.subject != subject or not live:
            raise TokenRejectedError("no such key")
        ends = min(info.expires, now + max(overlap, 0.001))
        ending = json.dumps({"hash": digest, **asdict(replace(info, expires=ends))}).encode()
        if not await self._store.swap(self._key(key_id), raw, ending, ttl=ends - now):
            raise TokenRejectedError("the key changed meanwhile")
        await self._store.add(self._owner(subject), key_id.encode(), ttl=ends - now)
        return await self._issue(
            subject,
            scopes=frozenset(info.scopes),
            roles=frozenset(info.roles),
            label=info.label,
            lifetime=lifetime,
            # Of before: what ends all keys meanwhile ends this one too.
            epoch=info.epoch,
        )

    async def end(self, subject: str, key_id: str) -> bool:
        """End one key of a subject; another subject's finds nothing."""
        if not await self._store.remove(self._owner(subject), key_id.encode()):
            return False
        return await self._store.delete(self._key(key_id))

    async def end_all(self, subject: str) -> int:
        """End every key of a subject."""
        gone = await self._store.revoke(self._owner(subject))
        for key_id in gone:
            await self._store.delete(self._key(key_id.decode()))
        return len(gone)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`: a key in the header sets the principal, a bad one is 401, none is nobody."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in {"http", "websocket"}:
                values = headers_named(scope, self._header)
                if values:
                    try:
                        if len(values) != 1:
                            raise TokenRejectedError("several keys")
                        scope["strongback.principal"] = await self.authenticate(values[0].decode("latin-1"))
                    except TokenRejectedError as error:
                        detail = {"reason": error.reason, "path": scope["path"]}
                        self._events.emit(Event(EventName.API_KEY_REJECTED, self._clock.now(), detail=detail))
                        await refuse(scope, send, 401)
                        return
            await app(scope, receive, send)

        return guarded
