"""Source text, and places in it.

Offsets are bytes everywhere inside the engine; lines and columns exist only for people, so they are
computed here, on demand, from one line index per file.
"""

import bisect
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


@dataclass(frozen=True)
class Source:
    """One file as read. `path` is relative to the reviewed root, with forward slashes."""

    path: str
    text: bytes = field(repr=False)
    language: str

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.text).hexdigest()

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Byte offset of the first byte of each line; line feed, or CR LF, ends a line."""
        starts = [0]
        position = self.text.find(b"\n")
        while position != -1:
            starts.append(position + 1)
            position = self.text.find(b"\n", position + 1)
        return tuple(starts)

    def line_of(self, offset: int) -> int:
        """The line, from 1, that holds the byte at `offset`."""
        return bisect.bisect_right(self.line_starts, offset)

    def column_of(self, offset: int) -> int:
        """The column, from 1, in Unicode code points (SARIF `columnKind: unicodeCodePoints`)."""
        start = self.line_starts[self.line_of(offset) - 1]
        return len(self.text[start:offset].decode("utf-8", "replace")) + 1

    def line_text(self, line: int) -> str:
        """Text of line `line` (from 1) without its line ending; "" beyond the end."""
        if not 1 <= line <= len(self.line_starts):
            return ""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].decode("utf-8", "replace").rstrip("\r\n")

    def slice(self, start: int, end: int) -> str:
        """The text between two offsets."""
        return self.text[start:end].decode("utf-8", "replace")


class Span(NamedTuple):
    """A half-open range of bytes in the file at `path`: the only location type of the engine.

    Made, compared and hashed by the million: hence no dataclass.
    """

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of evidence: a place, and one sentence about what happens there.

    `kind` is one of source, pass, sanitizer, sink, guard, contrast, note.
    """

    span: Span
    text: str
    kind: str = "note"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something is said: ordered steps, and conforming places that show the project's own way."""

    steps: tuple[Step, ...]
    contrast: tuple[Step, ...] = ()
