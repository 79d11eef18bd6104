"""What earlier runs worked out: lowered modules and results, by content, outside every tree that is reviewed.

The cache is one SQLite file in the user's cache folder. Its entries are MessagePack that is checked against
our types while it is decoded, so that nothing in it can execute, and whatever cannot be read is worked out
again. A key is a digest of the bytes that were read, and of the engine that read them: an entry is never
wrong, only old, and old ones are dropped.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

MAX_BYTES = 1_000_000_000
"""Size beyond which the entries that were not used for longest are dropped."""
VARIABLE = "REARGUARD_CACHE_DIR"
"""Environment variable that names the cache's folder; empty switches the cache off."""
_DAY = 86_400
_WAIT = 2.0
"""Seconds to wait for another run that writes; then this one goes on without."""
_SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, data BLOB NOT NULL, day INTEGER NOT NULL);
"""
_READERS = (
    "tree-sitter",
    "tree-sitter-python",
    "tree-sitter-javascript",
    "tree-sitter-typescript",
    "msgspec",
)


class Cache:
    """Bytes by key. Every failure of its file is a cache that holds nothing: it never stops a review."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` is made when something is kept; `None` for a cache that keeps nothing."""
        self._file = folder / "cache.sqlite" if folder is not None else None

    def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The entries that are there."""
        if self._file is None or not keys or not self._file.is_file():
            return {}
        wanted = "SELECT key, data FROM entries WHERE key IN (SELECT value FROM json_each(?))"
        found: dict[str, bytes] = {}
        with self._tolerant(), closing(sqlite3.connect(self._file, timeout=_WAIT)) as database:
            found.update(database.execute(wanted, (json.dumps(keys),)))
        return found

    def put(self, entries: Mapping[str, bytes], used: Iterable[str] = ()) -> None:
        """Keep entries, and note that those under `used` were of use today."""
        used = list(used)
        if self._file is None or not (entries or used):
            return
        today = int(time.time() // _DAY)
        with self._tolerant():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=_WAIT)) as database:
                database.executescript(_SCHEMA)
                with database:
                    database.executemany(
                        "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                        ((key, data, today) for key, data in entries.items()),
                    )
                    database.execute(
                        "UPDATE entries SET day = ? WHERE day < ? AND key IN"
                        " (SELECT value FROM json_each(?))",
                        (today, today, json.dumps(used)),
                    )
                if entries:
                    _shrink(database)

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        """What goes wrong with the file is no fault of the review; a damaged file is removed."""
        try:
            yield
        except (OSError, sqlite3.OperationalError):
            return
        except sqlite3.DatabaseError:
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.unlink()


def _shrink(database: sqlite3.Connection) -> None:
    """Drop the oldest days until what is left is within the bound."""
    before = _size(database)
    while _size(database) > MAX_BYTES:
        with database:
            gone = database.execute("DELETE FROM entries WHERE day = (SELECT min(day) FROM entries)")
        if gone.rowcount < 1:
            break
    if _size(database) < before:
        database.executescript("PRAGMA incremental_vacuum;")


def _size(database: sqlite3.Connection) -> int:
    """Bytes in use."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    return (int(pages) - int(free)) * int(size)


def user_cache() -> Cache:
    """The cache of whoever runs this, in the place that the system has for such."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Cache(Path(named) if named else None)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Cache(base / "rearguard")


def reader_digest() -> str:
    """What decides how a file is lowered: grammars, front ends and the form of programs."""
    state = hashlib.sha256()
    for name in _READERS:
        state.update(f"{name}={metadata.version(name)};".encode())
    for room in ("frontends", "program"):
        _feed(state, resources.files("rearguard").joinpath(room))
    return state.hexdigest()


def engine_digest() -> str:
    """What decides the result of a review: the whole engine, its data and what it reads files with."""
    state = hashlib.sha256(reader_digest().encode())
    _feed(state, resources.files("rearguard"))
    return state.hexdigest()


def _feed(state: "hashlib._Hash", folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir() and entry.name != "__pycache__":
            _feed(state, entry)
        elif entry.is_file() and not entry.name.endswith(".pyc"):
            state.update(f"{entry.name}:".encode() + hashlib.sha256(entry.read_bytes()).digest())


def key(*parts: str | bytes) -> str:
    """A digest of the parts, each told apart from the next."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(str(len(data)).encode() + b":" + data)
    return state.hexdigest()


__all__ = ["Cache", "engine_digest", "key", "reader_digest", "user_cache"]
