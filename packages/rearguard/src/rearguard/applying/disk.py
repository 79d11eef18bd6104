"""Repaired files on disk: each whole at every moment, and all as they were on request.

Every text is written beside its file and takes its place by a rename, once all of them are complete. A
file that is no longer what was reviewed, or has become a link, is not touched.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from rearguard.program import Source

__all__ = ["Disk", "DiskError"]

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class DiskError(Exception):
    """A file that cannot be changed; the text says which and why. Nothing was written."""


class Disk:
    """The files of one reviewed tree."""

    def __init__(self, files: Mapping[str, Path], sources: Mapping[str, Source]) -> None:
        """`files` says where each source lies, `sources` what was read from there."""
        self._files = files
        self._original = {path: source.text for path, source in sources.items()}
        self._current: dict[str, bytes] = {}
        """What we wrote, by path."""

    def put(self, sources: Mapping[str, Source]) -> None:
        """Make the files read as `sources`; those that are not among them read as they were found.

        Raises DiskError.
        """
        texts = {path: source.text for path, source in sources.items()}
        for path in self._current:
            texts.setdefault(path, self._original[path])
        changes = {
            path: text
            for path, text in texts.items()
            if text != self._current.get(path, self._original[path])
        }
        waiting: list[tuple[Path, str]] = []
        try:
            for path, text in changes.items():
                waiting.append((self._written(path, text), path))
            while waiting:
                temporary, path = waiting[0]
                os.replace(temporary, self._files[path])
                self._current[path] = changes[path]
                waiting.pop(0)
        except OSError as error:
            raise DiskError(f"{error.filename}: {error.strerror}") from error
        finally:
            for temporary, _ in waiting:
                with contextlib.suppress(OSError):
                    temporary.unlink()

    def restore(self) -> None:
        """All files as they were found. Raises DiskError."""
        self.put({})

    def _written(self, path: str, text: bytes) -> Path:
        """A complete file beside the one at `path`, with its permissions."""
        file = self._files[path]
        mode = file.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise DiskError(f"{path} is no plain file any more")
        if file.read_bytes() != self._current.get(path, self._original[path]):
            raise DiskError(f"{path} was changed by someone else since it was read")
        temporary = file.with_name(f".{file.name.lstrip('.')}.{secrets.token_hex(8)}.tmp")
        descriptor = os.open(temporary, _FLAGS, stat.S_IMODE(mode))
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(temporary, stat.S_IMODE(mode))  # the user's mask took bits away
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        return temporary
