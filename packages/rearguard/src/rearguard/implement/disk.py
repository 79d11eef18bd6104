"""Writing a plan: every file whole, all or none, never through a link, never over work unknown to git."""

import contextlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from rearguard.applying import refusal
from rearguard.implement.plan import File

__all__ = ["WriteError", "write"]

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class WriteError(Exception):
    """Why nothing was written."""


def write(root: Path, files: Sequence[File], *, allow_dirty: bool = False) -> None:
    """Write all files of a plan. Raises WriteError; then no file was changed."""
    if not allow_dirty:
        _refuse_dirty(root, files)
    waiting: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        for file in files:
            target = _checked(root, file, made)
            temporary = target.with_name(f".{target.name.lstrip('.')}.{secrets.token_hex(8)}.tmp")
            mode = stat.S_IMODE(target.stat().st_mode) if not file.is_new else 0o644
            descriptor = os.open(temporary, _FLAGS, mode)
            waiting.append((temporary, target))
            with os.fdopen(descriptor, "wb") as out:
                out.write(file.after)
        while waiting:
            os.replace(*waiting[0])
            waiting.pop(0)
        made.clear()
    except OSError as error:
        raise WriteError(f"{error.filename}: {error.strerror}; nothing was changed") from error
    finally:
        for temporary, _ in waiting:
            with contextlib.suppress(OSError):
                temporary.unlink()
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _checked(root: Path, file: File, made: list[Path]) -> Path:
    """The place of a file, its folder made if need be. Raises WriteError."""
    folder = root
    for part in Path(file.path).parts[:-1]:
        folder = folder / part
        if folder.is_symlink():
            raise WriteError(f"{folder} is a symbolic link; nothing was changed")
        if not folder.exists():
            folder.mkdir()
            made.append(folder)
    target = folder / Path(file.path).name
    if target.is_symlink():
        raise WriteError(f"{file.path} is a symbolic link; nothing was changed")
    if file.is_new and target.exists():
        raise WriteError(f"{file.path} has appeared since the plan was made; nothing was changed")
    if not file.is_new and target.read_bytes() != file.before:
        raise WriteError(f"{file.path} has changed since the plan was made; nothing was changed")
    return target


def _refuse_dirty(root: Path, files: Sequence[File]) -> None:
    """Raises WriteError for a git work tree that is not clean: what is ours could not be told from it."""
    reason, _ = refusal(root, [root / file.path for file in files if not file.is_new])
    if reason:
        raise WriteError(f"{reason}. Commit or stash first, or pass --allow-dirty; nothing was changed")
