"""Time-based one-time passwords (RFC 6238), each usable once.

ASVS v5.0.0-6.5.1 (once), 6.5.5 (lifetime), 6.6.3 (brute force).
"""

import base64
import hashlib
import hmac
from typing import Protocol
from urllib.parse import quote

from strongback.errors import DeniedError
from strongback.events import Event, EventName
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV, Counter

__all__ = ["TooManyCodesError", "Totp"]

_STEP = 30
_DIGITS = 6
_SECRET_BYTES = 20
_LONG = b"totp-failures:"
_TRIES = ((b"totp-tries:", 5, 300.0), (_LONG, 100, 30 * 86_400.0))


class TotpStore(KV, Counter, Protocol):
    """What TOTP needs of a store."""


class TooManyCodesError(DeniedError):
    """Too many codes were tried for this account."""

    status = 429


def code_at(secret: bytes, step: int) -> str:
    """HOTP (RFC 4226 §5.3) with SHA-1, which is what authenticator applications implement."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


class Totp:
    """Verifies codes with one step of tolerance either way.

    The last step used is kept per account and only ever raised, by compare-and-swap: a code, and any code
    older than it, is worthless after its first use, also to one who watched it being typed. At most 5 tries
    in 5 minutes per account, right or wrong, and 100 in 30 days without a right one, since three codes of a
    million are right at any time. The application keeps secrets, encrypted (see `FieldCipher`).
    """

    def __init__(self, *, store: TotpStore, clock: Clock, rng: Randomness, events: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events

    def new_secret(self) -> bytes:
        """160 random bits (RFC 4226 §4 R6)."""
        return self._rng.token(_SECRET_BYTES)

    @staticmethod
    def enrolment_uri(secret: bytes, *, issuer: str, account: str) -> str:
        """The `otpauth` address for a QR code. Show it once, to its owner; confirm with `verify` before
        use.
        """
        text = base64.b32encode(secret).decode().rstrip("=")
        maker = quote(issuer, safe="")
        label = f"{maker}:{quote(account, safe='')}"
        return f"otpauth://totp/{label}?secret={text}&issuer={maker}&digits={_DIGITS}&period={_STEP}"

    async def verify(self, subject: str, secret: bytes, code: str) -> bool:
        """Whether the code is right, now, and for the first time. Raises TooManyCodesError."""
        owner = hashlib.sha256(subject.encode()).digest()
        for kind, limit, window in _TRIES:
            if not (await self._store.hit(kind + owner, limit=limit, window=window)).admitted:
                self._emit(EventName.MFA_FAILED, subject, reason="throttled")
                raise TooManyCodesError("too many codes")
        typed = code.replace(" ", "")
        now = int(self._clock.now()) // _STEP
        # Every candidate is compared, so that time does not tell which step matched.
        matching = [
            step
            for step in (now - 1, now, now + 1)
            if hmac.compare_digest(code_at(secret, step).encode(), typed.encode("utf-8", "replace"))
        ]
        if not matching:
            self._emit(EventName.MFA_FAILED, subject, reason="wrong")
            return False
        if not await self._use(b"totp-step:" + owner, max(matching)):
            self._emit(EventName.MFA_REPLAYED, subject)
            return False
        await self._store.reset(_LONG + owner)
        self._emit(EventName.MFA_SUCCEEDED, subject)
        return True

    async def _use(self, key: bytes, step: int) -> bool:
        """Raise the last step to `step`; False if it is there already or beyond."""
        value = str(step).encode()
        last = await self._store.get(key)
        if last is None:
            return await self._store.put(key, value, ttl=10 * _STEP, only_if_absent=True)
        return step > int(last) and await self._store.swap(key, last, value, ttl=10 * _STEP)

    def _emit(self, name: EventName, subject: str, **detail: object) -> None:
        self._events.emit(
            Event(name, self._clock.now(), subject=subject, detail={"factor": "totp", **detail})
        )
