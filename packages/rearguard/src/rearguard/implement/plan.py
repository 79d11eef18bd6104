"""What `add` will do: files it writes, places it changes, packages it needs, and what stays with a person."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["File", "Package", "Plan", "PresentError", "RefusedError", "diff"]


class RefusedError(Exception):
    """There is no safe place, or something has to be decided first; the message says what."""


class PresentError(Exception):
    """The control is there already; the message says where."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that the application will depend on."""

    name: str
    version: str
    """As its manifest writes ranges: `^8.3.0`, `>=5.8,<6`."""
    why: str
    """Why this one."""
    dev: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file, before and after."""

    path: str
    """Relative to the reviewed folder."""
    before: bytes | None
    """What was read; `None` for a file that is not there yet."""
    after: bytes
    why: str

    @property
    def is_new(self) -> bool:
        """Whether the file is written for the first time."""
        return self.before is None


@dataclass(frozen=True, slots=True)
class Plan:
    """One control put into one application."""

    control: str
    application: str
    seen: tuple[str, ...]
    """What was read in the application and decided how the control is put in."""
    files: tuple[File, ...]
    packages: tuple[Package, ...] = ()
    commands: tuple[str, ...] = ()
    """What to run afterwards: installation, then the new test."""
    left: tuple[str, ...] = ()
    """What remains for a person, or is not done and why."""
    brings: frozenset[str] = field(default_factory=frozenset)
    """Endpoints that the control adds on purpose, as `POST /auth/refresh`."""

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is as it should be already."""
        return all(file.before == file.after for file in self.files)


def diff(files: Sequence[File], *, context: int = 3) -> Mapping[str, str]:
    """Unified diff of each file that changes, by path."""
    found: dict[str, str] = {}
    for file in files:
        if file.before == file.after:
            continue
        old = (file.before or b"").decode("utf-8", "replace").splitlines(keepends=True)
        new = file.after.decode("utf-8", "replace").splitlines(keepends=True)
        names = ("/dev/null" if file.is_new else f"a/{file.path}", f"b/{file.path}")
        lines = difflib.unified_diff(old, new, *names, n=context)
        found[file.path] = "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )
    return found
