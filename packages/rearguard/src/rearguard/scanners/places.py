"""What a scanner is pointed at, and where the files that it wants lie."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NEVER", "Place"]

NEVER = (
    *(".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", "site-packages", ".eggs"),
    *(".tox", ".nox", ".venv", "venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache"),
    *(".next", ".nuxt", ".svelte-kit", ".yarn", "rearguard-report"),
)
"""Folders that hold nobody's own code."""
_DEPTH = 12
_FOLDERS = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """What is reviewed."""

    root: Path
    """A folder or a file."""
    timeout: float
    """Seconds that one tool may take."""
    rules: tuple[Path, ...] = ()
    """The user's own rules for Semgrep."""
    is_wanted: Callable[[str], bool] = lambda path: True
    """Whether a path, relative to the root, is part of the review."""

    @property
    def folder(self) -> Path:
        """Where tools are started."""
        return self.root if self.root.is_dir() else self.root.parent

    @property
    def target(self) -> str:
        """What they are told to read, from there."""
        return "." if self.root.is_dir() else f"./{self.root.name}"

    def files(self, names: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
        """Files of these names below the root, in order of path; links are not followed."""
        if not self.root.is_dir():
            if names(self.root.name):
                yield self.root.name, self.root
            return
        seen = 0
        for folder, folders, files in os.walk(self.root):
            seen += 1
            here = Path(folder).relative_to(self.root)
            if seen > _FOLDERS or len(here.parts) > _DEPTH:
                folders.clear()
                continue
            folders[:] = sorted(one for one in folders if one not in NEVER)
            for name in sorted(files):
                file = Path(folder) / name
                path = (here / name).as_posix()
                if names(name) and not file.is_symlink() and self.is_wanted(path):
                    yield path, file
