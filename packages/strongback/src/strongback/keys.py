"""Key rings: the newest key signs and encrypts, all verify and decrypt, every use derives its own key.

ASVS v5.0.0-11.2.2 (agility), 13.3.1 and 13.3.4 (secret storage, rotation), 11.5.1 (entropy).
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongback.errors import ConfigurationError
from strongback.seams import Randomness, SystemRandomness

__all__ = ["Key", "KeyRing", "new_key_text"]

_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}\Z")
_PLACEHOLDER = re.compile(
    rb"change.?me|secret|passw|example|default|dummy|placeholder|insecure|your.?key|test.?key|abcdef|012345|qwerty",
    re.IGNORECASE,
)
_MIN_BYTES = 32
_MAX_BYTES = 1024


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One root key. Raises ConfigurationError for a key that is short, repetitive or a placeholder."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise ConfigurationError("a key id holds 1 to 32 letters, digits, '_', '.' or '-'")
        if not _MIN_BYTES <= len(self.secret) <= _MAX_BYTES:
            raise ConfigurationError(
                f"key {self.id}: needs 32 random bytes; make one with 'strongback new-key'"
            )
        # 32 random bytes hold fewer than 18 distinct values with probability below 2**-40.
        if len(set(self.secret)) < 18 or _PLACEHOLDER.search(self.secret):
            raise ConfigurationError(
                f"key {self.id}: is a placeholder or not random; use 'strongback new-key'"
            )

    def __repr__(self) -> str:
        return f"Key(id={self.id!r}, secret=[redacted])"


def new_key_text(key_id: str, rng: Randomness | None = None) -> str:
    """A fresh key in the text form that `KeyRing.from_text` reads."""
    return f"{key_id}:{base64.b64encode((rng or SystemRandomness()).token(_MIN_BYTES)).decode()}"


class KeyRing:
    """Root keys, newest first. Purposes get independent keys by HKDF-SHA-256 (RFC 5869)."""

    def __init__(self, keys: Iterable[Key]) -> None:
        ring = tuple(keys)
        self._keys = {key.id: key for key in ring}
        if not ring or len(self._keys) != len(ring):
            raise ConfigurationError("a key ring needs at least one key, and every id once")
        self.current_id = ring[0].id
        self._derived: dict[tuple[str, str], bytes] = {}

    @classmethod
    def from_text(cls, text: str) -> "KeyRing":
        """Read `id:base64[,id:base64…]`, newest first. Raises ConfigurationError without quoting the text."""
        keys = []
        for part in filter(None, (p.strip() for p in text.replace("\n", ",").split(","))):
            key_id, colon, encoded = part.partition(":")
            try:
                secret = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise ConfigurationError("a key must be written as id:base64") from None
            if not colon:
                raise ConfigurationError("a key must be written as id:base64")
            keys.append(Key(key_id, secret))
        return cls(keys)

    @classmethod
    def from_environment(cls, name: str, environment: Mapping[str, str] | None = None) -> "KeyRing":
        """Read the variable `name`, or the file that `name_FILE` points at. Raises ConfigurationError."""
        source = os.environ if environment is None else environment
        text, path = source.get(name), source.get(f"{name}_FILE")
        if text is None and path is not None:
            try:
                text = Path(path).read_text("ascii")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{name}_FILE: {type(error).__name__}") from None
        if not text:
            raise ConfigurationError(f"set {name} or {name}_FILE to a key from 'strongback new-key'")
        return cls.from_text(text)

    @property
    def ids(self) -> tuple[str, ...]:
        """Key ids, newest first."""
        return tuple(self._keys)

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        """32 bytes for `purpose` from the key `key_id` (the newest by default).

        Raises KeyError for an unknown id.
        """
        key = self._keys[key_id or self.current_id]
        slot = (key.id, purpose)
        if slot not in self._derived:
            kdf = HKDF(hashes.SHA256(), 32, salt=b"strongback", info=purpose.encode())
            self._derived[slot] = kdf.derive(key.secret)
        return self._derived[slot]

    def mac(self, purpose: str, data: bytes, key_id: str | None = None) -> bytes:
        """HMAC-SHA-256 of `data` under the derived key."""
        return hmac.digest(self.derive(purpose, key_id), data, "sha256")

    def verifies(self, purpose: str, data: bytes, tag: bytes) -> bool:
        """Whether `tag` is `data`'s MAC under any key of the ring, in time independent of which."""
        results = [hmac.compare_digest(self.mac(purpose, data, key_id), tag) for key_id in self._keys]
        return any(results)
