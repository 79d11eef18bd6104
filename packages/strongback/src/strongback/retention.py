"""How long a trail is kept, and where: old entries in encrypted segments, told apart from entries that
somebody removed.

ASVS v5.0.0-16.4.2 (protected from change), 16.4.3 (a copy elsewhere), 14.2.4 (retention).
"""

import asyncio
import hashlib
import re
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from strongback.audit import AuditLedger, AuditReport, Breach, BreachKind, Retired, moment_of
from strongback.encryption import DecryptionError
from strongback.errors import ConfigurationError, StoreUnavailableError, StrongbackError
from strongback.keys import KeyRing
from strongback.sealed_files import seal_file, unseal_file
from strongback.seams import Randomness
from strongback.stores import Entry

__all__ = ["BrokenTrailError", "Retention", "Segments"]

T = TypeVar("T")

_CONTEXT = "audit segment"
_ROW = struct.Struct(">QIII")
_NAME = re.compile(r"(?P<stream>[0-9a-f]{16})-(?P<first>\d{12})-(?P<last>\d{12})\.segment\Z")


class BrokenTrailError(StrongbackError):
    """What was to be moved to a segment is not as it was written: look at it before anything of it goes."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        self.breaches = breaches
        super().__init__(f"{len(breaches)} breaches: nothing was moved")


@dataclass(frozen=True, slots=True)
class _Segment:
    first: int
    last: int
    path: Path


def _packed(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        sizes = (len(part) for part in (entry.previous, entry.body, entry.link))
        yield _ROW.pack(entry.seq, *sizes) + entry.previous + entry.body + entry.link


def _unpacked(data: bytes) -> list[Entry]:
    found, at = [], 0
    while at < len(data):
        seq, *sizes = _ROW.unpack_from(data, at)
        at += _ROW.size
        parts = []
        for size in sizes:
            parts.append(data[at : at + size])
            at += size
        found.append(Entry(seq, parts[0], parts[1], parts[2]))
    return found


class Segments:
    """Encrypted files of one directory, each with a run of a stream's entries.

    Put it on other storage than the store's. `keys` may be another ring than the ledger's, so that who
    verifies the trail cannot read what was archived.
    """

    def __init__(self, directory: str | Path, *, keys: KeyRing, rng: Randomness) -> None:
        self._directory = Path(directory)
        self._keys = keys
        self._rng = rng

    @staticmethod
    def _tag(stream: str) -> str:
        return hashlib.sha256(stream.encode()).hexdigest()[:16]

    def of(self, stream: str) -> tuple[_Segment, ...]:
        """The segments of a stream, oldest first."""
        found = []
        for path in self._directory.iterdir() if self._directory.is_dir() else ():
            match = _NAME.match(path.name)
            if match is not None and match["stream"] == self._tag(stream):
                found.append(_Segment(int(match["first"]), int(match["last"]), path))
        return tuple(sorted(found, key=lambda segment: segment.first))

    def write(self, stream: str, entries: Sequence[Entry]) -> Path:
        """Write a segment and read it back. A file that is there already must hold the same."""
        first, last = entries[0].seq, entries[-1].seq
        path = self._directory / f"{self._tag(stream)}-{first:012}-{last:012}.segment"
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        context = (_CONTEXT, stream, f"{first}-{last}")
        if not path.exists():
            seal_file(path, _packed(entries), *context, keys=self._keys, rng=self._rng)
        if self.read(stream, _Segment(first, last, path)) != list(entries):
            raise StoreUnavailableError(f"segment {path.name} does not hold what was to be written")
        return path

    def read(self, stream: str, segment: _Segment) -> list[Entry]:
        """The entries of a segment. Raises DecryptionError, OSError."""
        context = (_CONTEXT, stream, f"{segment.first}-{segment.last}")
        return _unpacked(b"".join(unseal_file(segment.path, *context, keys=self._keys)))


class Retention:
    """Moves what is older than `live` seconds from the store into segments, and ends segments after `keep`.

    Each step is announced at the ledger's anchor before the store is shortened, authenticated as checkpoints
    are: entries that are absent without such a line are still a gap. Run it from one place at a time, say
    once a day.
    """

    def __init__(
        self,
        ledger: AuditLedger,
        segments: Segments,
        *,
        live: float,
        keep: float | None = None,
        at_most: int = 10_000,
    ) -> None:
        if ledger.anchor is None:
            raise ConfigurationError(
                "Retention: without an anchor nobody can tell entries that were retired from entries removed"
            )
        if live <= 0 or at_most < 1 or (keep is not None and keep < live):
            raise ConfigurationError("Retention: live > 0, keep at least as long as live")
        self._ledger = ledger
        self._segments = segments
        self._live = live
        self._keep = keep
        self._at_most = at_most

    async def run(self) -> int:
        """Move what is due, a segment at a time; return how many entries left the store.

        Raises BrokenTrailError, before anything is moved, if what is due was tampered with;
        StoreUnavailableError when store, anchor or directory fail. The next run finishes what was begun.
        """
        stream, store = self._ledger.stream, self._ledger.store
        done = max((each.seq for each in await self._ledger.statements()), default=0)
        moved = await store.trim(stream, through=done)
        while entries := await self._due(done):
            await self._check(entries)
            await _blocking(partial(self._segments.write, stream, entries))
            newest = entries[-1]
            await self._ledger.announce(Retired("retired", newest.seq, newest.link, entries[0].seq))
            moved += await store.trim(stream, through=newest.seq)
            done = newest.seq
        if self._keep is not None:
            await self._end(self._keep)
        return moved

    async def _due(self, done: int) -> list[Entry]:
        """The oldest entries that are old enough, never the newest of the stream."""
        stream, store = self._ledger.stream, self._ledger.store
        before = self._ledger.now() - round(self._live * 1_000_000)
        begun = [each for each in await _blocking(partial(self._segments.of, stream)) if each.first > done]
        head = await store.head(stream)
        found: list[Entry] = []
        async for entry in store.read(stream, after=done):
            moment = moment_of(entry.body)
            young = moment is not None and moment >= before
            if young or entry.seq >= head.seq or len(found) >= self._at_most:
                break
            found.append(entry)
            if begun and entry.seq == begun[0].last:
                break
        # A segment without an announcement: of a run that ended between the two, or the anchor lost its line.
        if begun and (not found or (found[0].seq, found[-1].seq) != (begun[0].first, begun[0].last)):
            name = begun[0].path.name
            raise BrokenTrailError((Breach(BreachKind.ANCHOR, begun[0].first, f"{name} was not announced"),))
        return found

    async def _check(self, entries: list[Entry]) -> None:
        report = await self._ledger.verify_entries(_each(entries), part=True)
        if report.breaches:
            raise BrokenTrailError(report.breaches)

    async def _end(self, keep: float) -> None:
        """Delete segments whose newest entry is older than `keep`."""
        before = self._ledger.now() - round(keep * 1_000_000)
        for segment in await _blocking(partial(self._segments.of, self._ledger.stream)):
            entries = await _blocking(partial(self._segments.read, self._ledger.stream, segment))
            newest = entries[-1]
            moment = moment_of(newest.body)
            if moment is None or moment >= before:
                return
            await self._ledger.announce(Retired("erased", newest.seq, newest.link, segment.first))
            await _blocking(segment.path.unlink)

    async def verify(self) -> AuditReport:
        """Verify archive and store as one chain: what neither holds must have been erased when it was due."""
        unreadable: list[Breach] = []
        report = await self._ledger.verify_entries(self._everything(unreadable), archived=True)
        return replace(report, breaches=(*unreadable, *report.breaches))

    async def _everything(self, unreadable: list[Breach]) -> AsyncIterator[Entry]:
        stream, newest = self._ledger.stream, 0
        for segment in await _blocking(partial(self._segments.of, stream)):
            try:
                entries = await _blocking(partial(self._segments.read, stream, segment))
            except DecryptionError as error:
                unreadable.append(Breach(BreachKind.EDIT, segment.first, f"segment: {error.reason}"))
                continue
            for entry in entries:
                yield entry
                newest = entry.seq
        # A run that ended between its steps leaves entries in both places.
        async for entry in self._ledger.store.read(stream, after=newest):
            yield entry


async def _each(entries: Iterable[Entry]) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


async def _blocking(job: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(job)
    except OSError as error:
        raise StoreUnavailableError(f"segments: {type(error).__name__}") from error
