"""An audit trail that shows what was done to it: a keyed chain in the store, checkpoints outside of it.

ASVS v5.0.0-16.2.1, 16.4.2 (tamper evidence), 16.4.3 (a copy elsewhere). What it proves, and what someone who
holds the key can still do, stands in docs/strongback/audit-ledger.md.
"""

import asyncio
import enum
import hmac
import json
import os
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from strongback.errors import StoreUnavailableError
from strongback.keys import KeyRing
from strongback.redaction import redact, redact_text
from strongback.seams import Clock
from strongback.stores import Entry, Head, Ledger, Sealed

__all__ = [
    "Anchor",
    "AuditLedger",
    "AuditReport",
    "Breach",
    "BreachKind",
    "Checkpoint",
    "FileAnchor",
    "verify_chain",
]

_LINK = "audit link v1"
_CHECKPOINT = "audit checkpoint v1"
_TAG = 32
_TOLERANCE_MICROS = 5_000_000


class BreachKind(enum.Enum):
    """What can be wrong with a trail."""

    EDIT = "edit"
    """An entry is not as it was written."""
    GAP = "gap"
    """Entries between two others are missing."""
    FORK = "fork"
    """Two genuine entries claim one place: a second writer, or a restored copy that went on."""
    TRUNCATION = "truncation"
    """The newest entries, or all, are missing, which a checkpoint outside remembers."""
    REWRITE = "rewrite"
    """The chain is intact but not the one that a checkpoint saw: written anew with the key."""
    TIME = "time"
    """Time goes backwards."""
    ANCHOR = "anchor"
    """A checkpoint is not genuine, or checkpoints contradict each other."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One finding, at a position of the stream (0 for the stream as a whole)."""

    kind: BreachKind
    seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The result of a verification."""

    entries: int
    checkpoints: int
    unanchored: int
    """Newest entries that no checkpoint covers: their loss would not be noticed."""
    breaches: tuple[Breach, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.breaches


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a stream stood at a moment, authenticated under the key ring."""

    stream: str
    seq: int
    link: bytes
    at: int
    """Microseconds since the epoch."""

    def _body(self) -> bytes:
        fields = {"stream": self.stream, "seq": self.seq, "link": self.link.hex(), "at": self.at}
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    def sign(self, keys: KeyRing) -> str:
        """One line of text."""
        body = self._body()
        return f"{keys.current_id} {keys.mac(_CHECKPOINT, body).hex()} {body.decode()}"

    @classmethod
    def parse(cls, line: str, keys: KeyRing) -> "Checkpoint | None":
        """The checkpoint of a line, or None if it is not genuine."""
        key_id, _, rest = line.partition(" ")
        tag, _, body = rest.partition(" ")
        try:
            genuine = key_id in keys.ids and hmac.compare_digest(
                keys.mac(_CHECKPOINT, body.encode(), key_id), bytes.fromhex(tag)
            )
            fields = json.loads(body) if genuine else {}
            return cls(fields["stream"], fields["seq"], bytes.fromhex(fields["link"]), fields["at"])
        except (ValueError, KeyError, TypeError):
            return None


class Anchor(Protocol):
    """A place outside the store that keeps checkpoints: another volume, a log host, an object lock."""

    async def publish(self, line: str) -> None:
        """Keep a line for good. Raises StoreUnavailableError when it cannot."""
        ...

    async def lines(self) -> list[str]:
        """Every line kept, oldest first."""
        ...


class FileAnchor:
    """Checkpoints in an append-only file; put it where the application's database role cannot write."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    async def publish(self, line: str) -> None:
        """Append and sync. Raises StoreUnavailableError."""
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise StoreUnavailableError(f"anchor: {type(error).__name__}") from error

    def _append(self, line: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    async def lines(self) -> list[str]:
        """Read all lines. Raises StoreUnavailableError, also when the file is missing."""
        try:
            text = await asyncio.to_thread(self._path.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreUnavailableError(f"anchor: {type(error).__name__}") from error
        return text.splitlines()


def _chained(stream: str, seq: int, previous: bytes, body: bytes) -> bytes:
    """Everything a link vouches for, unambiguously: lengths first."""
    name = stream.encode()
    sizes = b"".join(len(part).to_bytes(4, "big") for part in (name, previous, body))
    return seq.to_bytes(8, "big") + sizes + name + previous + body


class AuditLedger:
    """Records and verifies one stream.

    `record` returns only when the entry is durable, and raises StoreUnavailableError otherwise: do what must
    not happen unrecorded after it. Every `checkpoint_every` entries a checkpoint goes to the anchor.
    """

    def __init__(
        self,
        stream: str,
        *,
        store: Ledger,
        keys: KeyRing,
        clock: Clock,
        anchor: Anchor | None = None,
        checkpoint_every: int = 100,
    ) -> None:
        self.stream = stream
        self._store = store
        self._keys = keys
        self._clock = clock
        self._anchor = anchor
        self._every = max(1, checkpoint_every)

    async def record(
        self, action: str, *, actor: str | None, detail: Mapping[str, object] | None = None
    ) -> Entry:
        """Append one entry; text is redacted and neutralised like an event's."""
        fields = {
            "action": redact_text(action),
            "actor": None if actor is None else redact_text(actor),
            "at": round(self._clock.now() * 1_000_000),
            "detail": redact(dict(detail or {})),
        }
        body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

        def seal(head: Head) -> Sealed:
            tag = self._keys.mac(_LINK, _chained(self.stream, head.seq + 1, head.link, body))
            return Sealed(body, self._keys.current_id.encode() + b":" + tag)

        entry = await self._store.append(self.stream, seal)
        if self._anchor is not None and entry.seq % self._every == 0:
            await self._publish(Head(entry.seq, entry.link))
        return entry

    async def heartbeat(self) -> Entry:
        """An entry that says the writer is alive, so that silence is noticed."""
        return await self.record("heartbeat", actor=None)

    async def checkpoint(self) -> None:
        """Publish where the stream stands now; nothing for an empty stream."""
        head = await self._store.head(self.stream)
        if head.seq:
            await self._publish(head)

    async def _publish(self, head: Head) -> None:
        if self._anchor is not None:
            moment = round(self._clock.now() * 1_000_000)
            await self._anchor.publish(Checkpoint(self.stream, head.seq, head.link, moment).sign(self._keys))

    async def verify(self) -> AuditReport:
        """Read the whole stream and compare it with itself, the keys and the anchor."""
        lines = await self._anchor.lines() if self._anchor is not None else []
        return await verify_chain(self.stream, self._store.read(self.stream), lines, self._keys)


class _Chain:
    """The state of a verification."""

    def __init__(self, stream: str, keys: KeyRing, wanted: Mapping[int, bytes]) -> None:
        self._stream = stream
        self._keys = keys
        self._wanted = wanted
        self.breaches: list[Breach] = []
        self.count = 0
        self.last: Entry | None = None
        self._moment = 0

    def add(self, kind: BreachKind, seq: int, detail: str) -> None:
        self.breaches.append(Breach(kind, seq, detail))

    def genuine(self, entry: Entry) -> bool:
        key_id, tag = entry.link[: -_TAG - 1], entry.link[-_TAG:]
        name = key_id.decode("ascii", "replace")
        if name not in self._keys.ids or entry.link[-_TAG - 1 : -_TAG] != b":" or entry.seq < 0:
            return False
        chained = _chained(self._stream, entry.seq, entry.previous, entry.body)
        return hmac.compare_digest(self._keys.mac(_LINK, chained, name), tag)

    def take(self, entry: Entry) -> None:
        self.count += 1
        expected_seq = self.last.seq + 1 if self.last else 1
        expected_link = self.last.link if self.last else b""
        genuine = self.genuine(entry)
        if not genuine:
            self.add(BreachKind.EDIT, entry.seq, "the entry does not match its link")
        if entry.seq > expected_seq:
            self.add(BreachKind.GAP, expected_seq, f"{entry.seq - expected_seq} missing")
        elif entry.seq < expected_seq:
            kind = BreachKind.FORK if genuine else BreachKind.EDIT
            self.add(kind, entry.seq, "a second entry at this position")
            return
        elif genuine and entry.previous != expected_link:
            self.add(BreachKind.FORK, entry.seq, "it continues another entry than the one before it")
        moment = _moment(entry.body) if genuine else None
        if moment is not None:
            if moment + _TOLERANCE_MICROS < self._moment:
                self.add(BreachKind.TIME, entry.seq, "earlier than the entry before it")
            self._moment = max(self._moment, moment)
        if genuine and self._wanted.get(entry.seq, entry.link) != entry.link:
            self.add(BreachKind.REWRITE, entry.seq, "a checkpoint saw another entry here")
        self.last = entry


async def verify_chain(
    stream: str, entries: AsyncIterable[Entry], anchor_lines: Iterable[str], keys: KeyRing
) -> AuditReport:
    """Verify entries in the order given against checkpoints. Never raises for what the entries contain."""
    seen: dict[int, bytes] = {}
    problems: list[Breach] = []
    genuine = 0
    for number, line in enumerate(anchor_lines, 1):
        point = Checkpoint.parse(line, keys)
        if point is None:
            problems.append(Breach(BreachKind.ANCHOR, 0, f"line {number} is not a genuine checkpoint"))
        elif point.stream == stream:
            genuine += 1
            if seen.setdefault(point.seq, point.link) != point.link:
                problems.append(Breach(BreachKind.ANCHOR, point.seq, "two checkpoints differ"))
    chain = _Chain(stream, keys, seen)
    async for entry in entries:
        chain.take(entry)
    newest, anchored = chain.last.seq if chain.last else 0, max(seen, default=0)
    if anchored > newest:
        missing = anchored - newest
        chain.add(BreachKind.TRUNCATION, newest + 1, f"at least {missing} missing at the end")
    return AuditReport(chain.count, genuine, max(0, newest - anchored), (*problems, *chain.breaches))


def _moment(body: bytes) -> int | None:
    try:
        value = json.loads(body)["at"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, int) else None
