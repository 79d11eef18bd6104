"""Reports on disk: whole or not at all, and only where they belong.

Every file is written to a temporary name in the folder it belongs to, and takes its place by a rename
(POSIX `rename`, atomic within a file system) after all of them are complete: an interruption leaves the
previous report. A folder or file that is a symbolic link is refused, since the reviewed tree may have put it
there to have another file overwritten.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

__all__ = [
    "REPORT_FOLDER",
    "ReportPathError",
    "write_engagement",
    "write_file",
    "write_files",
    "write_report",
]

REPORT_FOLDER = "rearguard-report"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class ReportPathError(Exception):
    """The place for a report is not a plain folder or file, or its name is not allowed."""


def write_report(parent: Path, files: Mapping[str, str]) -> Path:
    """Write `files` (name to text) to `rearguard-report` in `parent`, which exists.

    The folder tells git to ignore it, and is returned. Raises `ReportPathError` for a link in the way,
    `OSError` when writing fails.
    """
    folder = parent / REPORT_FOLDER
    write_files(folder, {".gitignore": "*\n", **files})
    return folder


def write_engagement(parent: Path, engagement: str, topic: str, text: str) -> Path:
    """Write `output/<engagement>/eng-backend-<topic>.md` in `parent`, which exists, and return its path.

    Raises `ReportPathError` when a name is not letters, digits, `.`, `_`, `-`, or a link is in the way.
    """
    for name in (engagement, topic):
        if not _NAME.fullmatch(name):
            raise ReportPathError(f"not a name for a report: {name!r} (letters, digits, '.', '_' and '-')")
    _make_folder(parent / "output")
    folder = parent / "output" / engagement
    file = f"eng-backend-{topic}.md"
    write_files(folder, {file: text})
    return folder / file


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` (name to text) to `folder`, which is made if its parent exists.

    Raises `ReportPathError` for a link in the way or a name with a folder in it, `OSError` when writing
    fails.
    """
    _make_folder(folder)
    for name in files:
        if Path(name).name != name:
            raise ReportPathError(f"not a file name: {name!r}")
        _refuse_link(folder / name)
    _replace({folder / name: text for name, text in files.items()})


def write_file(path: Path, text: str) -> None:
    """Write one file that the user named: whole or not at all, or straight into a device or pipe.

    Raises `ReportPathError` for a link to a file, `OSError` when writing fails.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(_bytes(text))
        return
    _refuse_link(path)
    _replace({path: text})


def _replace(files: Mapping[Path, str]) -> None:
    """Put every file in its place, once all of them are written beside it."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, text in files.items():
            temporary = path.with_name(f".{path.name.lstrip('.')}.{secrets.token_hex(8)}.tmp")
            waiting.append((temporary, path))
            _write(temporary, _bytes(text))
        while waiting:
            temporary, target = waiting[0]
            os.replace(temporary, target)
            waiting.pop(0)
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, _FLAGS, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        mode = folder.lstat().st_mode
        if not stat.S_ISDIR(mode):  # a link to a folder is a link here
            raise ReportPathError(f"{folder} exists and is not a plain folder") from None


def _refuse_link(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ReportPathError(f"{path} exists and is not a plain file")
