"""Reading and writing in a directory that belongs to somebody else: whole files, and never out of it."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["BlockedError", "checked_path", "digest", "read_bytes", "remove", "write_atomic"]

_MAX_BYTES = 4 * 1024 * 1024


class BlockedError(Exception):
    """The path cannot be used: a link leads elsewhere, or something that is no file is in the way."""


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def checked_path(base: Path, relative: str) -> Path:
    """`base / relative`, if the place stays below `base` once links are followed, and is a file or absent.

    A directory on the way may be a link as long as it leads to somewhere below `base`. Raises BlockedError.
    """
    path = base / relative
    try:
        parent = path.parent.resolve()
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
        raise BlockedError(f"{path.parent} cannot be resolved") from error
    if not parent.is_relative_to(base.resolve()):
        raise BlockedError(f"a link in {path.parent} leads out of {base}")
    if path.is_symlink():
        raise BlockedError("it is a symbolic link")
    if path.exists() and not path.is_file():
        raise BlockedError("it is not a file")
    return path


def read_bytes(path: Path) -> bytes | None:
    """The content of a file, or None if absent. Raises OSError, and BlockedError for an outsized file."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(data) > _MAX_BYTES:
        raise BlockedError("it is far larger than anything installed here")
    return data


def write_atomic(path: Path, data: bytes) -> None:
    """Write the whole file or nothing: a temporary file beside it takes its place. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def remove(path: Path, base: Path) -> None:
    """Remove the file, then each directory above it that is left empty, up to but not including `base`.

    Raises OSError if the file cannot be removed.
    """
    path.unlink(missing_ok=True)
    directory = path.parent
    while directory != base and base in directory.parents:
        try:
            directory.rmdir()
        except OSError:  # not empty, a link, or not ours to remove
            return
        directory = directory.parent
