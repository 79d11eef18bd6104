"""Password login that can be neither guessed fast, nor used to find accounts, nor to lock their owners out.

ASVS v5.0.0-6.3.1 (throttling), 6.3.8 (enumeration); NIST SP 800-63B-4 §3.2.2 (at most 100 failures).
"""

import base64
import binascii
import unicodedata
from dataclasses import dataclass

from strongback.errors import DeniedError
from strongback.events import Event, EventName
from strongback.http.proxies import address_key
from strongback.keys import KeyRing
from strongback.passwords import Passwords
from strongback.seams import Clock, EventSink
from strongback.stores import Counter

__all__ = ["LoginResult", "LoginThrottledError", "PasswordLogin", "StoredAccount"]

_DEVICE = "login device v1"
_NAME = "login name v1"
_DAY = 86_400.0


class LoginThrottledError(DeniedError):
    """Too many attempts from here or at this name. The same for names that exist and names that do not."""

    status = 429

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        """Seconds."""
        super().__init__("login throttled")


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """What the application knows of an account."""

    subject: str
    password_hash: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LoginResult:
    """A successful login."""

    subject: str
    replacement_hash: str | None
    """Store this in place of the old hash, if given."""
    device: str
    """Put this in a long-lived cookie: attempts from this device are counted apart from strangers'."""


class PasswordLogin:
    """Checks name and password. Every failure is None: wrong, unknown, disabled look and take the same.

    Attempts are charged before the password is looked at: 5 in 5 minutes per name and network, 50 in 10
    minutes per network, 30 in an hour per name, and 100 per name in 30 days without a success. A device that
    has logged in before is charged on its own account only, so that a stranger's guessing does not lock the
    owner out.
    """

    def __init__(
        self, passwords: Passwords, *, store: Counter, keys: KeyRing, clock: Clock, events: EventSink
    ) -> None:
        self._passwords = passwords
        self._store = store
        self._keys = keys
        self._clock = clock
        self._events = events

    def _name_key(self, name: str) -> bytes:
        folded = unicodedata.normalize("NFKC", name).casefold().strip()
        # Under a fixed key of the ring, so that counting survives a rotation; the store learns no names.
        return self._keys.mac(_NAME, folded.encode("utf-8", "surrogatepass"), self._keys.ids[-1])

    def _device_token(self, name_key: bytes) -> str:
        return base64.urlsafe_b64encode(self._keys.mac(_DEVICE, name_key)).decode()

    def _device_known(self, device: str | None, name_key: bytes) -> bool:
        try:
            tag = base64.urlsafe_b64decode((device or "").encode("ascii"))
        except (binascii.Error, UnicodeEncodeError):
            return False
        return self._keys.verifies(_DEVICE, name_key, tag)

    def _charges(self, name_key: bytes, network: bytes, known: bool) -> list[tuple[bytes, int, float]]:
        if known:
            return [
                (b"login:device:" + name_key, 10, 300.0),
                (b"login:device-failures:" + name_key, 100, 30 * _DAY),
            ]
        return [
            (b"login:pair:" + name_key + network, 5, 300.0),
            (b"login:network:" + network, 50, 600.0),
            (b"login:name:" + name_key, 30, 3600.0),
            (b"login:failures:" + name_key, 100, 30 * _DAY),
        ]

    async def attempt(
        self,
        name: str,
        password: str,
        *,
        account: StoredAccount | None,
        address: str | None,
        device: str | None = None,
    ) -> LoginResult | None:
        """Try to log in. `account` is what was found under `name`, None if nothing was.

        Raises LoginThrottledError, BusyError, StoreUnavailableError; each of them is a refusal.
        """
        name_key = self._name_key(name[:320])
        known = self._device_known(device, name_key)
        charges = self._charges(name_key, address_key(address), known)
        for key, limit, window in charges:
            admission = await self._store.hit(key, limit=limit, window=window)
            if not admission.admitted:
                self._emit(EventName.LOGIN_THROTTLED, account, address)
                raise LoginThrottledError(admission.retry_after)
        check = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or not check.valid or not account.enabled:
            self._emit(EventName.LOGIN_FAILED, account, address)
            return None
        for key, _, _ in charges:
            if not key.startswith(b"login:network:"):
                await self._store.reset(key)
        self._emit(EventName.LOGIN_SUCCEEDED, account, address)
        return LoginResult(account.subject, check.replacement, self._device_token(name_key))

    def _emit(self, name: EventName, account: StoredAccount | None, address: str | None) -> None:
        subject = account.subject if account else None
        self._events.emit(Event(name, self._clock.now(), subject=subject, detail={"address": address}))
