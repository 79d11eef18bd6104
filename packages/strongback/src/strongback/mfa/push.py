"""Push with number matching: the user carries six digits from the login page to the device, which signs them.

At most 3 challenges in any 5 minutes per account, in every process and across restarts of a durable store.
ASVS v5.0.0-6.5.4 (20 bits), 6.5.5, 6.6.2 (bound to the login), 6.6.4 (push bombing); NIST SP 800-63B-4
§3.1.3 (the secret is transferred, not compared or approved).
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV, Counter

__all__ = ["Challenge", "Device", "PushBlockedError", "PushChallenges", "PushLimitedError", "signed_message"]

_LIMIT, _WINDOW = 3, 300.0
_DENIALS, _IGNORED, _HOUR = 2, 8, 3600.0
_DIGITS = 6

Outcome = Literal["pending", "approved", "refused"]


class PushStore(KV, Counter, Protocol):
    """What push challenges need of a store."""


class PushLimitedError(DeniedError):
    """Three challenges went out in the last five minutes."""

    status = 429

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        """Seconds until the next may go out."""
        super().__init__("push challenges limited")


class PushBlockedError(DeniedError):
    """Fatigue is suspected: push is off for this account; ask for another factor."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that was started."""

    id: str
    """Send this to the device; it is no secret and goes into the push payload alone."""
    number: str
    """Show this on the login page only. It never travels to the device but in the user's head."""


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device and its Ed25519 public key, 32 bytes."""

    subject: str
    public_key: bytes


def signed_message(challenge: str, *, origin: str, approve: bool, number: str) -> bytes:
    """What the device signs: the challenge, the site it shows to the user, the decision, the typed number."""
    fields = {"approve": approve, "challenge": challenge, "number": number, "origin": origin, "v": 1}
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _owner(kind: str, subject: str) -> bytes:
    return f"push-{kind}:".encode() + hashlib.sha256(subject.encode()).digest()


class PushChallenges:
    """Starts challenges, takes signed answers, tells the waiting login.

    A challenge takes one answer, right or wrong, so that six digits give one guess in a million. Two denials
    in an hour, or eight challenges in an hour without an approval, look like someone bombing the user: an
    alert goes out and push is blocked for an hour. Approval clears the counts but never the limit of three.
    """

    def __init__(
        self,
        *,
        origin: str,
        store: PushStore,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        lifetime: float = 120,
    ) -> None:
        if not 10 <= lifetime <= 600:
            raise ConfigurationError("PushChallenges: a challenge lives 10 seconds to 10 minutes")
        self._origin = origin
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events
        self._lifetime = lifetime

    def _emit(self, name: EventName, subject: str, **detail: object) -> None:
        self._events.emit(
            Event(name, self._clock.now(), subject=subject, detail={"factor": "push", **detail})
        )

    def _number(self) -> str:
        """Six uniformly distributed digits (rejection sampling, so no digit is likelier)."""
        top = (1 << 24) // 10**_DIGITS * 10**_DIGITS
        while (drawn := int.from_bytes(self._rng.token(3), "big")) >= top:
            continue
        return str(drawn % 10**_DIGITS).zfill(_DIGITS)

    async def start(self, subject: str, *, login: str) -> Challenge:
        """Begin a challenge for the login attempt `login` (an unguessable id held by the browser).

        Raises PushBlockedError, PushLimitedError, StoreUnavailableError; nothing was sent then.
        """
        if await self._store.get(_owner("block", subject)) is not None:
            raise PushBlockedError("push is blocked")
        admission = await self._store.admit(_owner("sent", subject), limit=_LIMIT, window=_WINDOW)
        if not admission.admitted:
            self._emit(EventName.MFA_CHALLENGE_LIMITED, subject)
            raise PushLimitedError(admission.retry_after)
        if not (
            await self._store.admit(_owner("unapproved", subject), limit=_IGNORED, window=_HOUR)
        ).admitted:
            await self._fatigue(subject, "ignored")
            raise PushBlockedError("push is blocked")
        challenge = Challenge(self._rng.token(16).hex(), self._number())
        record = {"subject": subject, "number": challenge.number, "login": _login(login)}
        value = json.dumps(record).encode()
        await self._store.put(b"push:" + challenge.id.encode(), value, ttl=self._lifetime)
        pending = json.dumps({"login": _login(login), "outcome": "pending"}).encode()
        await self._store.put(b"push-result:" + challenge.id.encode(), pending, ttl=self._lifetime)
        self._emit(EventName.MFA_CHALLENGED, subject)
        return challenge

    async def answer(
        self, device: Device, challenge: str, *, approve: bool, number: str, signature: bytes
    ) -> bool:
        """Take a device's answer; True if it approves. The first signed answer uses the challenge up.

        An answer that is not signed by the account's device is ignored and uses nothing up.
        """
        key = b"push:" + challenge.encode("utf-8", "replace")[:200]
        raw = await self._store.get(key)
        if raw is None:
            return False
        record = json.loads(raw)
        message = signed_message(challenge, origin=self._origin, approve=approve, number=number)
        if record["subject"] != device.subject or not _verifies(device.public_key, signature, message):
            self._emit(EventName.MFA_FAILED, device.subject, reason="signature")
            return False
        if await self._store.take(key) is None:
            return False
        matches = hmac.compare_digest(record["number"].encode(), number.encode("utf-8", "replace"))
        approved = approve and matches
        if approved:
            await self._clear(device.subject)
        outcome = json.dumps({"login": record["login"], "outcome": "approved" if approved else "refused"})
        await self._store.put(b"push-result:" + challenge.encode(), outcome.encode(), ttl=self._lifetime)
        self._emit(
            EventName.MFA_SUCCEEDED if approved else EventName.MFA_FAILED,
            device.subject,
            reason="approved" if approved else "number" if approve else "denied",
        )
        if not approve:
            denial = await self._store.admit(_owner("denied", device.subject), limit=_DENIALS, window=_HOUR)
            if denial.remaining == 0:
                await self._fatigue(device.subject, "denied")
        return approved

    async def collect(self, challenge: str, *, login: str) -> Outcome:
        """What became of a challenge, for the login that started it; `approved` is given out once."""
        key = b"push-result:" + challenge.encode("utf-8", "replace")[:200]
        raw = await self._store.get(key)
        if raw is None:
            return "refused"
        result = json.loads(raw)
        if not hmac.compare_digest(result["login"], _login(login)):
            return "refused"
        if result["outcome"] == "pending":
            return "pending"
        taken = await self._store.take(key)
        return "approved" if taken is not None and json.loads(taken)["outcome"] == "approved" else "refused"

    async def unblock(self, subject: str) -> None:
        """An administrator has spoken with the user."""
        await self._store.delete(_owner("block", subject))
        await self._clear(subject)

    async def _clear(self, subject: str) -> None:
        for kind in ("denied", "unapproved"):
            await self._store.reset(_owner(kind, subject))

    async def _fatigue(self, subject: str, reason: str) -> None:
        await self._store.put(_owner("block", subject), b"1", ttl=_HOUR)
        self._emit(EventName.MFA_FATIGUE, subject, reason=reason)


def _login(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()


def _verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
