"""An audit trail that shows what was done to it: a keyed chain in the store, checkpoints outside of it.

ASVS v5.0.0-16.2.1, 16.4.2 (tamper evidence), 16.4.3 (a copy elsewhere). What it proves, and what someone who
holds the key can still do, stands in docs/strongback/audit-ledger.md.
"""

import asyncio
import base64
import enum
import hmac
import json
import os
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from strongback.encryption import DecryptionError, FieldCipher
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
    "Record",
    "Retired",
    "moment_of",
    "verify_chain",
]

_LINK = "audit link v1"
_CHECKPOINT = "audit checkpoint v1"
_RETIRED = "audit retirement v1"
_CONTEXT = "audit entry"
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
    retired: int = 0
    """Entries that are not there, and that the anchor says were retired."""

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

    def sign(self, keys: KeyRing) -> str:
        """One line of text."""
        fields = {"stream": self.stream, "seq": self.seq, "link": self.link.hex(), "at": self.at}
        return _signed(_CHECKPOINT, fields, keys)

    @classmethod
    def parse(cls, line: str, keys: KeyRing) -> "Checkpoint | None":
        """The checkpoint of a line, or None if it is not genuine."""
        fields = _genuine(_CHECKPOINT, line, keys)
        try:
            return cls(fields["stream"], fields["seq"], bytes.fromhex(fields["link"]), fields["at"])
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Retired:
    """That entries left the store, or an archive, on purpose: a checkpoint that explains an absence."""

    kind: Literal["retired", "erased"]
    """Moved to an archive; or deleted from it."""
    seq: int
    """The last of them."""
    link: bytes
    first: int
    at: int = 0
    stream: str = ""

    def sign(self, keys: KeyRing) -> str:
        """One line of text."""
        fields = {"kind": self.kind, "stream": self.stream, "first": self.first, "seq": self.seq}
        return _signed(_RETIRED, {**fields, "link": self.link.hex(), "at": self.at}, keys)

    @classmethod
    def parse(cls, line: str, keys: KeyRing) -> "Retired | None":
        """The statement of a line, or None if it is not genuine or something else."""
        fields = _genuine(_RETIRED, line, keys)
        try:
            link = bytes.fromhex(fields["link"])
            return cls(fields["kind"], fields["seq"], link, fields["first"], fields["at"], fields["stream"])
        except (ValueError, KeyError, TypeError):
            return None


def _signed(purpose: str, fields: Mapping[str, object], keys: KeyRing) -> str:
    body = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return f"{keys.current_id} {keys.mac(purpose, body).hex()} {body.decode()}"


def _genuine(purpose: str, line: str, keys: KeyRing) -> dict[str, Any]:
    """The fields of a line that was signed for this purpose; none of any other."""
    key_id, _, rest = line.partition(" ")
    tag, _, body = rest.partition(" ")
    try:
        if key_id not in keys.ids:
            return {}
        genuine = hmac.compare_digest(keys.mac(purpose, body.encode(), key_id), bytes.fromhex(tag))
        fields = json.loads(body) if genuine else {}
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


@dataclass(frozen=True, slots=True)
class Record:
    """What an entry says."""

    seq: int
    at: float
    """Seconds since the epoch."""
    action: str
    actor: str | None
    detail: Mapping[str, object]


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
    not happen unrecorded after it. Every `checkpoint_every` entries a checkpoint goes to the anchor. With a
    `cipher`, what entries say is encrypted, all but when: verifying needs `keys`, reading needs the cipher's.
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
        cipher: FieldCipher | None = None,
    ) -> None:
        self.stream = stream
        self.store = store
        self.anchor = anchor
        self._keys = keys
        self._clock = clock
        self._cipher = cipher
        self._every = max(1, checkpoint_every)

    async def record(
        self, action: str, *, actor: str | None, detail: Mapping[str, object] | None = None
    ) -> Entry:
        """Append one entry; text is redacted and neutralised like an event's."""
        said: dict[str, object] = {
            "action": redact_text(action),
            "actor": None if actor is None else redact_text(actor),
            "detail": redact(dict(detail or {})),
        }
        if self._cipher is not None:
            sealed = self._cipher.encrypt(_json(said), _CONTEXT, self.stream)
            said = {"sealed": base64.b64encode(sealed).decode()}
        body = _json({**said, "at": self.now()})

        def seal(head: Head) -> Sealed:
            tag = self._keys.mac(_LINK, _chained(self.stream, head.seq + 1, head.link, body))
            return Sealed(body, self._keys.current_id.encode() + b":" + tag)

        entry = await self.store.append(self.stream, seal)
        if self.anchor is not None and entry.seq % self._every == 0:
            await self._publish(Head(entry.seq, entry.link))
        return entry

    def said(self, entry: Entry) -> Record:
        """What an entry says. Raises DecryptionError without the key it was encrypted under."""
        fields = json.loads(entry.body)
        moment = fields["at"] / 1_000_000
        if "sealed" in fields:
            if self._cipher is None:
                raise DecryptionError("the entry is encrypted, and there is no cipher")
            blob = base64.b64decode(fields["sealed"])
            fields = json.loads(self._cipher.decrypt(blob, _CONTEXT, self.stream))
        return Record(entry.seq, moment, fields["action"], fields["actor"], fields["detail"])

    def now(self) -> int:
        """Microseconds since the epoch."""
        return round(self._clock.now() * 1_000_000)

    async def heartbeat(self) -> Entry:
        """An entry that says the writer is alive, so that silence is noticed."""
        return await self.record("heartbeat", actor=None)

    async def checkpoint(self) -> None:
        """Publish where the stream stands now; nothing for an empty stream."""
        head = await self.store.head(self.stream)
        if head.seq:
            await self._publish(head)

    async def _publish(self, head: Head) -> None:
        if self.anchor is not None:
            point = Checkpoint(self.stream, head.seq, head.link, self.now())
            await self.anchor.publish(point.sign(self._keys))

    async def announce(self, statement: Retired) -> None:
        """Publish, for this stream, that entries leave on purpose."""
        if self.anchor is not None:
            await self.anchor.publish(replace(statement, stream=self.stream, at=self.now()).sign(self._keys))

    async def statements(self) -> tuple[Retired, ...]:
        """What was announced for this stream, oldest first."""
        found = (Retired.parse(line, self._keys) for line in await self._lines())
        return tuple(each for each in found if each is not None and each.stream == self.stream)

    async def _lines(self) -> list[str]:
        return await self.anchor.lines() if self.anchor is not None else []

    async def verify(self) -> AuditReport:
        """Read the whole stream and compare it with itself, the keys and the anchor."""
        return await self.verify_entries(self.store.read(self.stream))

    async def verify_entries(
        self, entries: AsyncIterable[Entry], *, archived: bool = False, part: bool = False
    ) -> AuditReport:
        """The same for other entries: with the `archived` ones among them, or of a `part` of the stream."""
        lines = await self._lines()
        report = await verify_chain(self.stream, entries, lines, self._keys, archived=archived)
        if part:
            kept = tuple(each for each in report.breaches if each.kind is not BreachKind.TRUNCATION)
            report = replace(report, breaches=kept)
        return report


def _json(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


class _Chain:
    """The state of a verification."""

    def __init__(
        self, stream: str, keys: KeyRing, wanted: Mapping[int, bytes], gone: Mapping[int, bytes]
    ) -> None:
        self._stream = stream
        self._keys = keys
        self._wanted = wanted
        self._gone = gone
        self.retired = 0
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
        if entry.seq > expected_seq and genuine and self._gone.get(entry.seq - 1) == entry.previous:
            self.retired += entry.seq - expected_seq
        elif entry.seq > expected_seq:
            self.add(BreachKind.GAP, expected_seq, f"{entry.seq - expected_seq} missing")
        elif entry.seq < expected_seq:
            kind = BreachKind.FORK if genuine else BreachKind.EDIT
            self.add(kind, entry.seq, "a second entry at this position")
            return
        elif genuine and entry.previous != expected_link:
            self.add(BreachKind.FORK, entry.seq, "it continues another entry than the one before it")
        moment = moment_of(entry.body) if genuine else None
        if moment is not None:
            if moment + _TOLERANCE_MICROS < self._moment:
                self.add(BreachKind.TIME, entry.seq, "earlier than the entry before it")
            self._moment = max(self._moment, moment)
        if genuine and self._wanted.get(entry.seq, entry.link) != entry.link:
            self.add(BreachKind.REWRITE, entry.seq, "a checkpoint saw another entry here")
        self.last = entry


async def verify_chain(
    stream: str,
    entries: AsyncIterable[Entry],
    anchor_lines: Iterable[str],
    keys: KeyRing,
    *,
    archived: bool = False,
) -> AuditReport:
    """Verify entries in the order given against checkpoints. Never raises for what the entries contain.

    Entries may be absent where the anchor says that they were retired; with `archived`, where those of the
    archive are among them, only where it says that they were erased.
    """
    seen: dict[int, bytes] = {}
    gone: dict[int, bytes] = {}
    problems: list[Breach] = []
    genuine = 0
    for number, line in enumerate(anchor_lines, 1):
        point = Checkpoint.parse(line, keys) or Retired.parse(line, keys)
        if point is None:
            problems.append(Breach(BreachKind.ANCHOR, 0, f"line {number} is not a genuine checkpoint"))
        elif point.stream == stream:
            genuine += 1
            if seen.setdefault(point.seq, point.link) != point.link:
                problems.append(Breach(BreachKind.ANCHOR, point.seq, "two checkpoints differ"))
            if isinstance(point, Retired) and (point.kind == "erased" or not archived):
                gone[point.seq] = point.link
    chain = _Chain(stream, keys, seen, gone)
    async for entry in entries:
        chain.take(entry)
    newest, anchored = chain.last.seq if chain.last else 0, max(seen, default=0)
    if anchored > newest:
        missing = anchored - newest
        chain.add(BreachKind.TRUNCATION, newest + 1, f"at least {missing} missing at the end")
    breaches = (*problems, *chain.breaches)
    return AuditReport(chain.count, genuine, max(0, newest - anchored), breaches, chain.retired)


def moment_of(body: bytes) -> int | None:
    """When an entry was written, in microseconds since the epoch; None where it does not say."""
    try:
        value = json.loads(body)["at"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, int) else None
