"""Files that only the holder of a key can read, and that cannot be shortened, reordered or exchanged.

A stream of chunks, each AES-256-GCM under a key of the file's own, with its number and whether it is the last
in the nonce (the STREAM construction). ASVS v5.0.0-11.3.2, 11.3.3, 11.3.4.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongback.encryption import DecryptionError, bound
from strongback.keys import KeyRing
from strongback.seams import Randomness

__all__ = ["key_of", "seal_file", "unseal_file"]

_MAGIC = b"sbf1"
_PURPOSE = "sealed file v1"
_SALT, _TAG = 32, 16
_CHUNK = 64 * 1024
_LAST = b"\x01"


def _engine(keys: KeyRing, key_id: str, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(keys.derive(_PURPOSE, key_id), salt, "sha256"))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (_LAST if last else b"\x00")


def _rechunked(source: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of one size, and whether each is the last; an empty source is one empty chunk."""
    waiting = bytearray()
    for part in source:
        waiting += part
        while len(waiting) > _CHUNK:
            yield bytes(waiting[:_CHUNK]), False
            del waiting[:_CHUNK]
    yield bytes(waiting), True


def seal_file(
    path: str | Path, source: Iterable[bytes], *context: str, keys: KeyRing, rng: Randomness
) -> int:
    """Write `source` to a new file of mode 0600, sealed for `context`; return the bytes that went in.

    The file appears whole or not at all, also when the machine stops meanwhile. Raises FileExistsError rather
    than replace one.
    """
    target = Path(path)
    key_id, salt = keys.current_id.encode(), rng.token(_SALT)
    head = _MAGIC + bytes([len(key_id)]) + key_id + salt
    engine, bound_to, size = _engine(keys, keys.current_id, salt), head + bound(context), 0
    part = target.with_name(f"{target.name}.{rng.token(8).hex()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(head)
            for number, (chunk, last) in enumerate(_rechunked(source)):
                stream.write(engine.encrypt(_nonce(number, last), chunk, bound_to))
                size += len(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(part, target)  # unlike a renaming, it does not replace
    finally:
        part.unlink(missing_ok=True)
    _keep_name(target.parent)
    return size


def _keep_name(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _head(stream: BinaryIO, keys: KeyRing) -> tuple[str, bytes]:
    """The key's id and the whole head. Raises DecryptionError."""
    start = stream.read(len(_MAGIC) + 1)
    if len(start) != len(_MAGIC) + 1 or start[:-1] != _MAGIC:
        raise DecryptionError("not a sealed file")
    rest = stream.read(start[-1] + _SALT)
    key_id = rest[: start[-1]].decode("ascii", "replace")
    if len(rest) != start[-1] + _SALT or key_id not in keys.ids:
        raise DecryptionError("not a sealed file of ours")
    return key_id, start + rest


def _opened(stream: BinaryIO, context: tuple[str, ...], keys: KeyRing) -> Iterator[bytes]:
    key_id, head = _head(stream, keys)
    engine, bound_to = _engine(keys, key_id, head[-_SALT:]), head + bound(context)
    number, sealed = 0, stream.read(_CHUNK + _TAG)
    while True:
        following = stream.read(_CHUNK + _TAG)
        try:
            yield engine.decrypt(_nonce(number, not following), sealed, bound_to)
        except InvalidTag:
            raise DecryptionError("altered, cut short, or from another place") from None
        if not following:
            return
        number, sealed = number + 1, following


def unseal_file(path: str | Path, *context: str, keys: KeyRing) -> Iterator[bytes]:
    """The contents, chunk by chunk, after the whole file was found genuine. Raises DecryptionError, OSError.

    It is read twice, so that nobody acts on the beginning of a file that was cut short.
    """
    with Path(path).open("rb") as stream:
        for _ in _opened(stream, context, keys):
            pass
        stream.seek(0)
        yield from _opened(stream, context, keys)


def key_of(path: str | Path, *, keys: KeyRing) -> str:
    """The id of the key a file is sealed under. Raises DecryptionError, OSError."""
    with Path(path).open("rb") as stream:
        return _head(stream, keys)[0]
