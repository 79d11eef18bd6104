"""Edits of bytes: applied all or none, and where a place of the old text lies in the new one.

Offsets are bytes of the text as read, so whatever an edit does not name stays as it was: line endings,
encoding, trailing blanks.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate

from rearguard.findings import Edit
from rearguard.program import Source, Span

__all__ = ["EditError", "Shift", "Taken", "apply", "apply_all", "by_path", "edit", "newline"]


class EditError(ValueError):
    """Edits that cannot be applied: they overlap, leave the text, or do not fit its encoding."""


def newline(text: bytes) -> str:
    """The line ending of a text: that of its first line, a line feed when it has none."""
    end = text.find(b"\n")
    return "\r\n" if end > 0 and text[end - 1 : end] == b"\r" else "\n"


def edit(source: Source, start: int, end: int, text: str) -> Edit:
    """The edit that puts `text`, written with line feeds, in place of `start` to `end` of `source`."""
    return Edit(Span(source.path, start, end), text.replace("\n", newline(source.text)))


def ordered(edits: Iterable[Edit], length: int) -> list[Edit]:
    """Edits of one text by place; insertions at one place keep their order.

    Raises EditError when two overlap or one lies outside the text.
    """
    found = sorted(edits, key=lambda e: (e.span.start, e.span.end))
    position = 0
    for each in found:
        span = each.span
        if not 0 <= span.start <= span.end <= length:
            raise EditError(f"edit of {span.start}..{span.end} in a text of {length} bytes")
        if span.start < position:
            raise EditError(f"edits overlap at byte {span.start}")
        position = span.end
    return found


def apply(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text after the edits, all of which are taken to be of this text. Raises EditError."""
    found = ordered(edits, len(text))
    ascii_only = not _is_utf8(text)
    pieces: list[bytes] = []
    position = 0
    for each in found:
        if ascii_only and not each.text.isascii():
            raise EditError("the text is not UTF-8, so only ASCII can be put into it")
        pieces += [text[position : each.span.start], each.text.encode("utf-8")]
        position = each.span.end
    pieces.append(text[position:])
    return b"".join(pieces)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def apply_all(sources: Mapping[str, Source], edits: Iterable[Edit]) -> dict[str, Source]:
    """The changed sources by path. Raises EditError; then nothing is changed."""
    changed: dict[str, Source] = {}
    for path, many in by_path(edits).items():
        source = sources.get(path)
        if source is None:
            raise EditError(f"edit of {path}, which was not read")
        changed[path] = Source(path, apply(source.text, many), source.language)
    return changed


def by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Edits by file, files in order of their path."""
    found: dict[str, list[Edit]] = {}
    for each in sorted(edits, key=lambda e: e.span.path):
        found.setdefault(each.span.path, []).append(each)
    return found


class Shift:
    """Where places of the old texts lie after edits."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        """The edits must be applicable together."""
        self._files = {path: _Moves(many) for path, many in by_path(edits).items()}

    def span(self, old: Span) -> Span:
        """The new place: what an edit replaced in part grows to the whole replacement.

        What is inserted at its edges stays outside.
        """
        moves = self._files.get(old.path)
        return old if moves is None else Span(old.path, *moves.place(old.start, old.end))

    def written(self, each: Edit) -> Span:
        """Where the text of one of the edits lies."""
        path = each.span.path
        start = each.span.start + self._files[path].before[id(each)]
        return Span(path, start, start + len(each.text.encode("utf-8")))


class _Moves:
    """How places of one text move, found without asking every edit of it."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        found = sorted(edits, key=lambda e: (e.span.start, e.span.end))
        self._lows = [e.span.start for e in found]
        self._highs = [e.span.end for e in found]
        self._lengths = [len(e.text.encode("utf-8")) for e in found]
        grown = (
            length - (high - low)
            for low, high, length in zip(self._lows, self._highs, self._lengths, strict=True)
        )
        self._moved = [0, *accumulate(grown)]
        """By how much what follows the first n edits moves."""
        self.before: dict[int, int] = {}
        """The same by `id` of the edit that comes next."""
        for each, moved in zip(found, self._moved, strict=False):
            self.before.setdefault(id(each), moved)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The new place of `start` to `end`."""
        behind = bisect_left(self._lows, end)
        first = min(bisect_right(self._highs, start), behind)
        low = min(start, self._lows[first]) if first < len(self._lows) else start
        new_start = low + self._moved[first]
        if first < behind and self._highs[behind - 1] > end:
            last = behind - 1
            return new_start, self._lows[last] + self._moved[last] + self._lengths[last]
        return new_start, max(new_start, end + self._moved[behind])


class Taken:
    """Places that edits change, to ask which others can be applied with them whatever their order."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[list[int], list[int]]] = {}

    def add(self, edits: Iterable[Edit]) -> None:
        """Note the places of edits."""
        for each in edits:
            path, low, high = each.span
            lows, highs = self._files.setdefault(path, ([], []))
            # Those that touch it become one place with it.
            first, last = bisect_left(highs, low), bisect_right(lows, high)
            if first < last:
                low, high = min(low, lows[first]), max(high, highs[last - 1])
            lows[first:last], highs[first:last] = [low], [high]

    def leaves(self, edits: Iterable[Edit]) -> bool:
        """Whether the edits neither overlap nor touch any place that is taken."""
        for each in edits:
            path, low, high = each.span
            lows, highs = self._files.get(path, ((), ()))
            if bisect_left(highs, low) < bisect_right(lows, high):
                return False
        return True
