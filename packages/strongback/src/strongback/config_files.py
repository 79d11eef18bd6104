"""Settings in a file that may lie in a repository: names readable, values encrypted, the whole authenticated.

ASVS v5.0.0-13.3.1 (secrets not in code), 13.3.4 (rotation), 11.3.2.
"""

import asyncio
import base64
import binascii
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path

from strongback.encryption import DecryptionError, FieldCipher
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.keys import KeyRing
from strongback.redaction import Secret
from strongback.seams import Randomness, SystemRandomness
from strongback.secrets import check_secret, checked_name

__all__ = ["EncryptedConfig"]

_CONTEXT = "configuration file"
_PURPOSE = "configuration file v1"
_FORMAT = "strongback-config-1"
_MAX_BYTES = 1024 * 1024


class EncryptedConfig:
    """A file of encrypted values, and a `SecretSource`.

    Each value is bound to its name and to `environment`, so that a value of tests does not serve in
    production; a MAC over all of them shows that one was left out or put back from an older file that it was
    not part of. `keys` come from outside: an environment variable, a mounted file.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        keys: KeyRing,
        environment: str = "production",
        rng: Randomness | None = None,
    ) -> None:
        self._path = Path(path)
        self._keys = keys
        self._environment = environment
        self._cipher = FieldCipher(keys, rng=rng or SystemRandomness())
        self._rng = rng or SystemRandomness()

    def _tag(self, values: Mapping[str, str], key_id: str) -> str:
        named = json.dumps([self._environment, sorted(values.items())], separators=(",", ":")).encode()
        return self._keys.mac(_PURPOSE, named, key_id).hex()

    def _load(self) -> dict[str, str]:
        """The encrypted values. Raises ConfigurationError for a file that is not as it was written."""
        try:
            with self._path.open("rb") as stream:
                text = stream.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            raise ConfigurationError(f"{self._path.name} is missing") from None
        except OSError as error:
            raise StoreUnavailableError(f"{self._path.name}: {type(error).__name__}") from None
        try:
            document = json.loads(text if len(text) <= _MAX_BYTES else b"")
            values, key_id, tag = document["values"], document["key"], document["mac"]
            sound = document["format"] == _FORMAT and key_id in self._keys.ids
            sound = sound and all(isinstance(each, str) for pair in values.items() for each in pair)
            genuine = sound and hmac.compare_digest(tag.encode(), self._tag(values, key_id).encode())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            genuine, values = False, {}
        if not genuine:
            raise ConfigurationError(
                f"{self._path.name} is not as it was written, or for another environment or another key"
            )
        return dict(values)

    def _open(self, name: str, blob: str) -> str:
        try:
            raw = base64.b64decode(blob, validate=True)
            return self._cipher.decrypt(raw, _CONTEXT, self._environment, name).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, DecryptionError):
            raise ConfigurationError(f"{name} of {self._path.name} cannot be decrypted") from None

    def names(self) -> tuple[str, ...]:
        """What the file holds, sorted."""
        return tuple(sorted(self._load()))

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        values = await asyncio.to_thread(self._load)
        if checked_name(name) not in values:
            raise ConfigurationError(f"secret {name} is missing")
        return check_secret(name, self._open(name, values[name]))

    def all(self) -> dict[str, Secret]:
        """Every value, for the start of an application."""
        return {name: check_secret(name, self._open(name, blob)) for name, blob in self._load().items()}

    def set(self, name: str, value: str | None) -> None:
        """Write a value, or remove one; the file is made if it is missing. Placeholders are refused."""
        values = self._load() if self._path.exists() else {}
        if value is None:
            values.pop(checked_name(name), None)
        else:
            plain = check_secret(checked_name(name), value).reveal().encode()
            sealed = self._cipher.encrypt(plain, _CONTEXT, self._environment, name)
            values[name] = base64.b64encode(sealed).decode()
        self._write(values)

    def rotate(self) -> int:
        """Bring every value under the newest key; return how many were under an older one."""
        values = self._load()
        moved = 0
        for name, blob in values.items():
            raw = base64.b64decode(blob)
            if self._cipher.outdated(raw):
                renewed = self._cipher.renew(raw, _CONTEXT, self._environment, name)
                values[name] = base64.b64encode(renewed).decode()
                moved += 1
        self._write(values)
        return moved

    def _write(self, values: Mapping[str, str]) -> None:
        key_id = self._keys.current_id
        document = {
            "format": _FORMAT,
            "key": key_id,
            "mac": self._tag(values, key_id),
            "values": dict(sorted(values.items())),
        }
        # Whole or not at all: a writer that is stopped leaves the old file.
        part = self._path.with_name(f"{self._path.name}.{self._rng.token(8).hex()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(part, flags, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(document, indent=2) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)
