"""Refresh tokens that rotate at every use; a second use of an old one ends the whole family.

ASVS v5.0.0-10.4.5 (rotation, reuse), 10.4.8 (absolute expiry), 10.4.9 (revocation); RFC 9700 §4.14.2.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.keys import KeyRing
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV, Index
from strongback.tokens.jws import TokenRejectedError

__all__ = ["RefreshTokens", "Rotation"]

_PURPOSE = "refresh token successor v1"


class RefreshStore(KV, Index, Protocol):
    """What refresh tokens need of a store."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The outcome of a refresh."""

    subject: str
    token: str
    """The successor, to be stored by the client in place of the one it presented."""
    family: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Family:
    subject: str
    created: float
    rotated: float
    epoch: int
    current: str
    previous: str = ""
    key_id: str = ""
    data: dict[str, object] = field(default_factory=dict)

    def encode(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True).encode()


def _hash(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class RefreshTokens:
    """Issues, rotates and revokes families of refresh tokens.

    `idle` seconds without use, and `absolute` seconds since login, end a family. A client that lost the
    answer may repeat the *same* token within `grace` seconds and gets the *same* successor, because the
    successor is derived from the token under a key of the ring: no honest retry looks like theft, and
    nothing but the immediate parent is ever accepted again. Only hashes are stored.
    """

    def __init__(
        self,
        *,
        store: RefreshStore,
        keys: KeyRing,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        idle: float = 14 * 86_400,
        absolute: float = 30 * 86_400,
        grace: float = 10,
        cap: int = 20,
    ) -> None:
        if not 0 < idle <= absolute or not 0 <= grace <= 10 or cap < 1:
            raise ConfigurationError("RefreshTokens: 0 < idle <= absolute, grace of at most 10 s, cap >= 1")
        self._store = store
        self._keys = keys
        self._clock = clock
        self._rng = rng
        self._events = events
        self._idle = idle
        self._absolute = absolute
        self._grace = grace
        self._cap = cap

    @staticmethod
    def _key(family: str) -> bytes:
        return b"refresh:" + family.encode()

    @staticmethod
    def _owner(subject: str) -> bytes:
        return b"refreshes:" + hashlib.sha256(subject.encode()).digest()

    def _ttl(self, family: _Family) -> float:
        # A millisecond at least, so that a family at its very end is still well-formed for the store.
        return max(0.001, min(self._idle, family.created + self._absolute - self._clock.now()))

    def _emit(self, name: EventName, subject: str | None, **detail: object) -> None:
        self._events.emit(Event(name, self._clock.now(), subject=subject, detail=detail))

    async def issue(self, subject: str, *, data: dict[str, object] | None = None) -> Rotation:
        """The first token of a new family, after a login. The oldest family beyond `cap` ends."""
        now = self._clock.now()
        owner = self._owner(subject)
        family_id, secret = _text(self._rng.token(16)), self._rng.token(32)
        epoch = await self._store.epoch(owner)
        family = _Family(subject, now, now, epoch, _hash(secret), data=data or {})
        await self._store.put(self._key(family_id), family.encode(), ttl=self._ttl(family))
        for evicted in await self._store.add(owner, family_id.encode(), ttl=self._absolute, cap=self._cap):
            await self._store.delete(self._key(evicted.decode()))
        return Rotation(subject, f"{family_id}.{_text(secret)}", family_id, family.data)

    async def rotate(self, token: str) -> Rotation:
        """Exchange a token for its successor. Raises TokenRejectedError; reuse has revoked the family."""
        family_id, secret = _split(token)
        for _ in range(3):
            raw = await self._store.get(self._key(family_id))
            if raw is None:
                raise TokenRejectedError("no such family")
            family = _Family(**json.loads(raw))
            await self._check_alive(family_id, family)
            presented = _hash(secret)
            if hmac.compare_digest(presented, family.previous) and self._in_grace(family):
                successor = self._successor(family_id, secret, family.key_id)
                # Only while the successor is itself unused: its hash is then still the current one.
                if hmac.compare_digest(_hash(successor), family.current):
                    return self._rotation(family_id, family, successor)
            if not hmac.compare_digest(presented, family.current):
                await self._reused(family_id, family)
            key_id = self._keys.current_id
            successor = self._successor(family_id, secret, key_id)
            moved = replace(
                family,
                current=_hash(successor),
                previous=presented,
                key_id=key_id,
                rotated=self._clock.now(),
            )
            if await self._store.swap(self._key(family_id), raw, moved.encode(), ttl=self._ttl(family)):
                self._emit(EventName.REFRESH_ROTATED, family.subject, family=family_id)
                return self._rotation(family_id, moved, successor)
        raise TokenRejectedError("the family keeps changing")

    def _rotation(self, family_id: str, family: _Family, secret: bytes) -> Rotation:
        return Rotation(family.subject, f"{family_id}.{_text(secret)}", family_id, family.data)

    def _in_grace(self, family: _Family) -> bool:
        return self._grace > 0 and 0 <= self._clock.now() - family.rotated <= self._grace

    def _successor(self, family_id: str, secret: bytes, key_id: str) -> bytes:
        if key_id not in self._keys.ids:
            return b""
        return self._keys.mac(_PURPOSE, family_id.encode() + b"\x00" + secret, key_id)

    async def _check_alive(self, family_id: str, family: _Family) -> None:
        now = self._clock.now()
        expired = now - family.rotated >= self._idle or now - family.created >= self._absolute
        if expired or family.epoch != await self._store.epoch(self._owner(family.subject)):
            await self._store.delete(self._key(family_id))
            raise TokenRejectedError("expired or revoked")

    async def _reused(self, family_id: str, family: _Family) -> None:
        # Family ids are random and travel only inside tokens: whoever knows one has held a token of it.
        await self.revoke(family_id)
        self._emit(EventName.REFRESH_REUSED, family.subject, family=family_id)
        raise TokenRejectedError("reused")

    async def revoke(self, family_id: str) -> bool:
        """End one family, by its id: logout on one device."""
        raw = await self._store.take(self._key(family_id))
        if raw is None:
            return False
        subject = _Family(**json.loads(raw)).subject
        await self._store.remove(self._owner(subject), family_id.encode())
        self._emit(EventName.FAMILY_REVOKED, subject, family=family_id)
        return True

    async def revoke_all(self, subject: str) -> int:
        """End every family of a subject: password change, disabled account. Return how many."""
        gone = await self._store.revoke(self._owner(subject))
        for family_id in gone:
            await self._store.delete(self._key(family_id.decode()))
        self._emit(EventName.FAMILY_REVOKED, subject, count=len(gone))
        return len(gone)


def _split(token: str) -> tuple[str, bytes]:
    family_id, dot, secret = token.partition(".")
    plain = token.replace("-", "").replace("_", "").replace(".", "")
    if not dot or len(family_id) != 22 or len(secret) != 43 or not (plain.isascii() and plain.isalnum()):
        raise TokenRejectedError("malformed")
    return family_id, base64.urlsafe_b64decode(secret + "=")
