"""Backups that only their owner can read, that are known to be whole, and that are tried.

What makes the data, `pg_dump` or SQLite's own copy, is run by the application; this keeps what they say:
encrypted, complete, in order of age, with an alert when the newest is too old. ASVS v5.0.0-11.3.2, 13.3.1;
NIST SP 800-53 CP-9.
"""

import re
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.events import Event, EventName
from strongback.keys import KeyRing
from strongback.sealed_files import seal_file, unseal_file
from strongback.seams import Clock, EventSink, Randomness

__all__ = ["Backup", "Backups", "program_output", "sqlite_copy"]

_CONTEXT = "backup"
_NAME = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,40})-(?P<at>\d{14})\.backup\Z")
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup."""

    name: str
    at: float
    """When it was begun, seconds since the epoch."""
    path: Path


class Backups:
    """Backups of one thing in one directory, which lies on other storage than what it backs up.

    `keep` counts backups, `fresh` says in seconds how old the newest may be.
    """

    def __init__(
        self,
        name: str,
        directory: str | Path,
        *,
        keys: KeyRing,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
        keep: int = 14,
        fresh: float = 26 * 3600,
    ) -> None:
        if not _NAME.match(f"{name}-{0:014}.backup") or keep < 1 or fresh <= 0:
            raise ConfigurationError("Backups: a lower-case name, keep >= 1, fresh > 0")
        self.name = name
        self._directory = Path(directory)
        self._keys = keys
        self._clock = clock
        self._rng = rng
        self._events = events
        self._keep = keep
        self._fresh = fresh

    def all(self) -> tuple[Backup, ...]:
        """What is there, oldest first."""
        found = []
        for path in self._directory.iterdir() if self._directory.is_dir() else ():
            match = _NAME.match(path.name)
            if match is not None and match["name"] == self.name:
                found.append(Backup(self.name, int(match["at"]) / 1000, path))
        return tuple(sorted(found, key=lambda backup: backup.at))

    def make(self, source: Iterable[bytes]) -> Backup:
        """Write a backup, read it back, and end those beyond `keep`.

        What `source` raises, such as a program that failed, leaves no backup. Raises OSError.
        """
        moment = round(self._clock.now() * 1000)
        path = self._directory / f"{self.name}-{moment:014}.backup"
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = seal_file(path, source, *self._context(path), keys=self._keys, rng=self._rng)
        made = Backup(self.name, moment / 1000, path)
        if not size or sum(map(len, self.read(made))) != size:
            path.unlink()
            raise StoreUnavailableError(f"backup {self.name}: nothing was written, or not all of it")
        for old in self.all()[: -self._keep]:
            old.path.unlink()
        return made

    def _context(self, path: Path) -> tuple[str, str]:
        # Bound to its name, so that an old backup does not pass for the newest.
        return _CONTEXT, path.name

    def read(self, backup: Backup) -> Iterator[bytes]:
        """What a backup holds, once the whole was found genuine. Raises DecryptionError, OSError."""
        return unseal_file(backup.path, *self._context(backup.path), keys=self._keys)

    def check(self, restores: Callable[[Iterator[bytes]], bool]) -> bool:
        """Try the newest backup: `restores` puts it into something empty and says whether it is right.

        A backup that nobody has restored is a hope. Tells when there is none fresh, and when it fails.
        """
        newest = self.all()[-1:]
        if not newest or self._clock.now() - newest[0].at > self._fresh:
            self._tell("no fresh backup")
            return False
        try:
            sound = restores(self.read(newest[0]))
        except Exception as error:
            self._tell(type(error).__name__)
            return False
        if not sound:
            self._tell("restored to something else")
        return sound

    def _tell(self, reason: str) -> None:
        detail = {"backup": self.name, "reason": reason}
        self._events.emit(Event(EventName.BACKUP_FAILED, self._clock.now(), detail=detail))


def program_output(
    program: Path, *arguments: str, environment: Mapping[str, str] | None = None, timeout: float = 3600
) -> Iterator[bytes]:
    """What a program writes, such as `pg_dump --format=custom`, without a shell and with nothing of our own
    environment. Raises StoreUnavailableError unless it ends well: half a dump is no backup.

    Credentials belong into `environment`, `PGPASSFILE` for one: every user of the machine sees arguments.
    """
    if not program.is_absolute():
        raise ConfigurationError("program_output: give the program's absolute path, not a name to search for")
    late = threading.Event()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={"LC_ALL": "C.UTF-8", **(environment or {})},
            start_new_session=True,
        )

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout, end)
        timer.daemon = True
        timer.start()
        try:
            while process.stdout is not None and (chunk := process.stdout.read(_CHUNK)):
                yield chunk
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    if late.is_set():
        raise StoreUnavailableError(f"{program.name} does not end")
    if status != 0:
        raise StoreUnavailableError(f"{program.name} ended with status {status}")


def sqlite_copy(path: str | Path) -> Iterator[bytes]:
    """A consistent copy of an SQLite file that others write to meanwhile."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "copy.db"
        source = sqlite3.connect(f"file:{Path(path).absolute()}?mode=ro", uri=True)
        target = sqlite3.connect(copy)
        try:
            source.backup(target)
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"sqlite: {type(error).__name__}") from error
        finally:
            target.close()
            source.close()
        with copy.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
