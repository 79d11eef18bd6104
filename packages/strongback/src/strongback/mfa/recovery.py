"""Recovery codes: 120 random bits each, hashed, once, and new ones end the old.

ASVS v5.0.0-6.5.1, 6.5.2 (112 bits, so a fast hash is enough), 6.6.3.
"""

import base64
import hashlib
from typing import Protocol

from strongback.events import Event, EventName
from strongback.mfa.totp import TooManyCodesError
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import Counter, Index

__all__ = ["RecoveryCodes"]

_COUNT = 10
_BYTES = 15
_LIFETIME = 10 * 365 * 86_400.0


class RecoveryStore(Index, Counter, Protocol):
    """What recovery codes need of a store."""


def _owner(subject: str) -> bytes:
    return b"recovery:" + hashlib.sha256(subject.encode()).digest()


def _digest(code: str) -> bytes:
    plain = "".join(c for c in code.upper() if c not in "- ")
    return hashlib.sha256(b"recovery code " + plain.encode("utf-8", "replace")).digest()


class RecoveryCodes:
    """Ten codes per account, for when every other factor is lost."""

    def __init__(self, *, store: RecoveryStore, clock: Clock, rng: Randomness, events: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events

    async def regenerate(self, subject: str) -> tuple[str, ...]:
        """New codes, shown once; all earlier ones end first."""
        await self._store.revoke(_owner(subject))
        codes = []
        for _ in range(_COUNT):
            text = base64.b32encode(self._rng.token(_BYTES)).decode()
            codes.append("-".join(text[i : i + 4] for i in range(0, len(text), 4)))
            await self._store.add(_owner(subject), _digest(codes[-1]), ttl=_LIFETIME, cap=_COUNT)
        return tuple(codes)

    async def remaining(self, subject: str) -> int:
        """How many are left."""
        return len(await self._store.members(_owner(subject)))

    async def redeem(self, subject: str, code: str) -> bool:
        """Use a code up; of racing attempts one succeeds.

        Raises TooManyCodesError after 5 tries in 15 minutes.
        """
        tries = await self._store.hit(_owner(subject) + b":tries", limit=5, window=900)
        if not tries.admitted:
            raise TooManyCodesError("too many recovery codes")
        used = await self._store.remove(_owner(subject), _digest(code))
        name = EventName.MFA_SUCCEEDED if used else EventName.MFA_FAILED
        self._events.emit(Event(name, self._clock.now(), subject=subject, detail={"factor": "recovery"}))
        return used
