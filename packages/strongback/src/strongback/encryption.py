"""Encryption of fields at rest: AES-256-GCM under keys that rotate, bound to the place they belong.

ASVS v5.0.0-11.2.2, 11.3.2, 11.3.3 (authenticated encryption), 11.3.4 (nonces), 14.2.4; NIST SP 800-38D.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongback.errors import ConfigurationError, DeniedError
from strongback.keys import KeyRing
from strongback.seams import Randomness

__all__ = ["DecryptionError", "FieldCipher"]

_MAGIC = b"sb1"
_SALT, _NONCE, _TAG = 16, 12, 16
_FIELD = "field encryption v1"
_INDEX = "blind index v1"


class DecryptionError(DeniedError):
    """The value was altered, moved from another place, or its key is no longer in the ring."""

    status = 500


def bound(context: tuple[str, ...]) -> bytes:
    """A context as bytes, unambiguously."""
    if not context or not all(context):
        raise ConfigurationError("name the place a value belongs to, such as ('patients', 'note', '42')")
    parts = [part.encode() for part in context]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class FieldCipher:
    """Encrypts values for one place each: table, column and row, or whatever names it.

    Every value gets its own key, derived from the ring's with a random salt, so that the birthday bound of
    random nonces does not limit how much is written. A value moved to another row does not decrypt.
    Its length is visible.
    """

    def __init__(self, keys: KeyRing, *, rng: Randomness) -> None:
        self._keys = keys
        self._rng = rng

    def _engine(self, key_id: str, salt: bytes) -> AESGCM:
        return AESGCM(hmac.digest(self._keys.derive(_FIELD, key_id), salt, "sha256"))

    def encrypt(self, plain: bytes, *context: str) -> bytes:
        """`sb1`, key id, salt, nonce, ciphertext and tag, under the newest key."""
        key_id = self._keys.current_id.encode()
        salt, nonce = self._rng.token(_SALT), self._rng.token(_NONCE)
        head = _MAGIC + bytes([len(key_id)]) + key_id + salt
        sealed = self._engine(self._keys.current_id, salt).encrypt(nonce, plain, head + bound(context))
        return head + nonce + sealed

    def _parse(self, blob: bytes) -> tuple[str, int]:
        """Key id and the length of everything before the salt. Raises DecryptionError."""
        size = blob[3] if len(blob) > 3 else 0
        start = 4 + size
        key_id = blob[4:start].decode("ascii", "replace")
        if blob[:3] != _MAGIC or len(blob) < start + _SALT + _NONCE + _TAG or key_id not in self._keys.ids:
            raise DecryptionError("not a value of ours")
        return key_id, start

    def decrypt(self, blob: bytes, *context: str) -> bytes:
        """The value, if it was encrypted for this place. Raises DecryptionError."""
        key_id, start = self._parse(blob)
        salted = start + _SALT
        engine = self._engine(key_id, blob[start:salted])
        try:
            return engine.decrypt(
                blob[salted : salted + _NONCE], blob[salted + _NONCE :], blob[:salted] + bound(context)
            )
        except InvalidTag:
            raise DecryptionError("altered, or from another place") from None

    def outdated(self, blob: bytes) -> bool:
        """Whether the value is under an older key. Raises DecryptionError."""
        return self._parse(blob)[0] != self._keys.current_id

    def renew(self, blob: bytes, *context: str) -> bytes:
        """The same value under the newest key. Raises DecryptionError."""
        return self.encrypt(self.decrypt(blob, *context), *context)

    def blind_index(self, value: bytes, *context: str) -> bytes:
        """16 bytes for finding rows with an equal value, under the oldest key of the ring.

        It tells which rows are equal, and lets someone with the key test guesses: only for values with many
        possibilities. Rebuild the column before the oldest key is dropped.
        """
        return self._keys.mac(_INDEX, bound(context) + value, self._keys.ids[-1])[:16]
