"""Edits of bytes: applied all or none, and where a place of the old text lies in the new one.

Offsets are bytes of the text as read, so whatever an edit does not name stays as it was: line endings,
encoding, trailing blanks.
"""

from collections.abc import Iterable, Mapping, Sequence

from rearguard.findings import Edit
from rearguard.program import Source, Span

__all__ = ["EditError", "Shift", "apply", "apply_all", "by_path", "disjoint", "edit", "newline"]


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
        self._all = {
            path: sorted(many, key=lambda e: (e.span.start, e.span.end))
            for path, many in by_path(edits).items()
        }
        self._edits = {
            path: [(e.span.start, e.span.end, len(e.text.encode("utf-8"))) for e in many]
            for path, many in self._all.items()
        }

    def span(self, old: Span) -> Span:
        """The new place: what an edit replaced in part grows to the whole replacement.

        What is inserted at its edges stays outside.
        """
        start, end = old.start, old.end
        moved = 0
        new_start: int | None = None
        for low, high, length in self._edits.get(old.path, ()):
            if high > start or low >= end:
                new_start = min(start, low) + moved if new_start is None else new_start
                if low >= end:
                    break
                if high > end:
                    return Span(old.path, new_start, low + moved + length)
            moved += length - (high - low)
        new_start = start + moved if new_start is None else new_start
        return Span(old.path, new_start, max(new_start, end + moved))

    def written(self, each: Edit) -> Span:
        """Where the text of one of the edits lies."""
        moved = 0
        path = each.span.path
        for other in self._all.get(path, ()):
            if other is each:
                break
            moved += len(other.text.encode("utf-8")) - (other.span.end - other.span.start)
        start = each.span.start + moved
        return Span(path, start, start + len(each.text.encode("utf-8")))


def disjoint(edits: Sequence[Edit], others: Iterable[Edit]) -> bool:
    """Whether two sets of edits can be applied together whatever their order."""
    taken = [e.span for e in edits]
    return not any(
        one.path == other.span.path and one.start <= other.span.end and other.span.start <= one.end
        for other in others
        for one in taken
    )
