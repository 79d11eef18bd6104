"""What readers of settings files write into, and the bounds that hold for all of them."""

import itertools
import re

from rearguard.program import Const, Entry

MAX_ENTRIES = 20_000
MAX_DEPTH = 60
"""Containers inside containers."""
_INTEGER = re.compile(r"[-+]?\d{1,15}")
_FLOAT = re.compile(r"[-+]?\d{1,15}\.\d{1,15}")


class Draft:
    """A settings file while it is read. Positions given to it are of the decoded text; it keeps bytes."""

    def __init__(self, data: bytes) -> None:
        self.bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.text = data[self.bom :].decode("utf-8", "surrogateescape")
        self.entries: list[Entry] = []
        self.errors: list[tuple[int, int]] = []
        self.comments: list[tuple[int, int]] = []
        self._bytes: list[int] | None = None
        if not self.text.isascii():
            sizes = (len(char.encode("utf-8", "surrogateescape")) for char in self.text)
            self._bytes = list(itertools.accumulate(sizes, initial=0))

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken in."""
        return len(self.entries) >= MAX_ENTRIES

    def offset(self, position: int) -> int:
        """The byte at a position of the text."""
        return self.bom + (position if self._bytes is None else self._bytes[min(position, len(self.text))])

    def add(self, keys: tuple[str, ...], value: Const, start: int, value_start: int, end: int) -> None:
        """Take an entry in; text that is no UTF-8 is replaced in values, so that any report can hold them."""
        if self.is_full:
            return
        if isinstance(value, str):
            value = clean(value)
        self.entries.append(
            Entry(
                tuple(clean(key) for key in keys),
                value,
                self.offset(start),
                self.offset(value_start),
                self.offset(end),
            )
        )

    def fail(self, start: int, end: int) -> None:
        """Note a part that could not be read."""
        self.errors.append((self.offset(start), self.offset(end)))

    def comment(self, start: int, end: int) -> None:
        """Keep a comment if it speaks to the reviewer."""
        if "rearguard:" in self.text[start:end]:
            self.comments.append((self.offset(start), self.offset(end)))


def clean(text: str) -> str:
    """The text without what UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def scalar(text: str) -> Const:
    """A plain scalar of YAML or TOML: boolean, null, number or text. `yes` and `on` stay text: keys and
    values mean them as words more often than not."""
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered in ("", "null", "~"):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
