"""Unpacking within a budget: no way out of the directory, no links, no bombs.

ASVS v5.0.0-5.2.3 (size and count before unpacking), 5.2.5 (links), 5.3.3 (path traversal).
"""

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, cast

from strongback.errors import LimitExceededError
from strongback.inputs.files import FileRefusedError, SafeDir

__all__ = ["ArchiveBudget", "unpack_tar", "unpack_zip"]

_CHUNK = 65_536
_MAX_HEADER = 16_384
_CONTENT = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE})


@dataclass(frozen=True, slots=True)
class ArchiveBudget:
    """What an archive may unfold to."""

    max_files: int = 1_000
    max_bytes: int = 100 * 1024 * 1024
    max_ratio: int = 100
    """Unpacked to packed size, of the whole archive."""
    max_depth: int = 16


class _Writer:
    """Writes members while counting what really comes out, whatever the headers promised."""

    def __init__(self, directory: SafeDir, budget: ArchiveBudget, packed: int) -> None:
        self._directory = directory
        self._budget = budget
        self.limit = min(budget.max_bytes, max(1, packed) * budget.max_ratio)
        self._seen: set[str] = set()
        self._size = 0
        self.names: list[str] = []

    def claim(self, name: str) -> None:
        folded = name.casefold()
        if folded in self._seen:
            raise FileRefusedError("two members have one name")
        self._seen.add(folded)
        if len(self._seen) > self._budget.max_files or name.count("/") >= self._budget.max_depth:
            raise LimitExceededError("too many members, or nested too deeply")

    def write(self, name: str, opened: IO[bytes] | None) -> None:
        if opened is None:
            raise FileRefusedError("a member has no content")
        with opened as stream, self._directory.create(name) as target:
            while chunk := stream.read(_CHUNK):
                self._size += len(chunk)
                if self._size > self.limit:
                    raise LimitExceededError("the archive unfolds to too much")
                target.write(chunk)
        self.names.append(name)


def unpack_zip(data: bytes, directory: SafeDir, budget: ArchiveBudget | None = None) -> list[str]:
    """Unpack regular files into `directory` and return their names.

    Raises LimitExceededError beyond the budget, FileRefusedError for links, encryption, absolute or climbing
    names, repeated names and damage. What was written before the refusal stays: use a fresh directory.
    """
    budget = budget or ArchiveBudget()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            promised = sum(member.file_size for member in members)
            if len(members) > budget.max_files or promised > min(
                budget.max_bytes, len(data) * budget.max_ratio
            ):
                raise LimitExceededError("the archive promises too much")
            writer = _Writer(directory, budget, len(data))
            for member in members:
                mode = member.external_attr >> 16
                if member.flag_bits & 1 or stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
                    raise FileRefusedError("only plain files are unpacked")
                writer.claim(member.filename.rstrip("/"))
                if not member.is_dir():
                    writer.write(member.filename, archive.open(member))
            return writer.names
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        if isinstance(error, FileRefusedError | LimitExceededError):
            raise
        raise FileRefusedError("not a readable zip archive") from None


class _Bounded(io.RawIOBase):
    """What comes out of the compression, all of it counted: headers and what is skipped too."""

    def __init__(self, inner: IO[bytes], limit: int) -> None:
        self._inner = inner
        self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise LimitExceededError("the archive unfolds to too much")
        return data


class _Member(tarfile.TarInfo):
    """A header; the library reads those that hold names or attributes into memory, whatever their size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        found = super().frombuf(buf, encoding, errors)
        if found.type not in _CONTENT and found.size > _MAX_HEADER:
            raise LimitExceededError("a header of the archive is too large")
        return found


def unpack_tar(data: bytes, directory: SafeDir, budget: ArchiveBudget | None = None) -> list[str]:
    """The same for tar, plain or compressed with gzip."""
    budget = budget or ArchiveBudget()
    writer = _Writer(directory, budget, len(data))
    plain: IO[bytes] = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=plain))
    # Every member may have three headers, which come in blocks.
    whole = _Bounded(plain, writer.limit + budget.max_files * 4 * (_MAX_HEADER + 512) + 20 * 512)
    try:
        with tarfile.open(fileobj=whole, mode="r|", tarinfo=_Member) as archive:
            for member in archive:
                if not (member.isreg() or member.isdir()):
                    raise FileRefusedError("only plain files are unpacked")
                writer.claim(member.name.rstrip("/"))
                if member.isreg():
                    writer.write(member.name, archive.extractfile(member))
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError):
        raise FileRefusedError("not a readable tar archive") from None
    return writer.names
