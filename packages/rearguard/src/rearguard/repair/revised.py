"""What a repair made of the code, as it reads afterwards."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Source, Span
from rearguard.repair.edits import Shift, apply, by_path
from rearguard.repair.syntax import BLOCKS, FUNCTIONS, RepairError, Tree

__all__ = ["Revisions"]

MAX_LINES = 90
"""Lines beyond which a whole handler is not shown for a repair of some of its statements."""
MAX_READ = 30_000_000
"""Bytes that may be parsed to show repairs; after that lines are shown, whatever statement they are of."""


class Revisions:
    """Shows repairs of one program. A long file has many: of none is it read from the start again."""

    def __init__(self, sources: Mapping[str, Source], trees: dict[str, Tree]) -> None:
        """`sources` are those before any repair; `trees`, their syntax, grow by what is asked for."""
        self._sources = sources
        self._trees = trees
        self._tops: dict[str, tuple[list[int], list[int]]] = {}
        self._left = MAX_READ

    def of(self, edits: Sequence[Edit]) -> str:
        """The repaired code: of each file the handler when several edits touch it, else the statements with a
        line around them. New imports and definitions come first, as in the file."""
        shift = Shift(edits)
        parts: list[str] = []
        files = by_path(edits)
        for path, many in files.items():
            source = self._sources[path]
            text = apply(source.text, many)
            ranges = [shift.written(each) for each in sorted(many, key=lambda e: e.span)]
            windows = self._windows(source, text, many, shift) if source.language in _COMMENTS else []
            places = [_Place(text, span, _around(windows, span)) for span in ranges]
            lines = _merged([place.lines() for place in places])
            if source.language in _COMMENTS:
                lines = _merged(_whole_functions(text, places, lines))
            shown = "\n\n".join(_dedented(text, start, end) for start, end in lines)
            head = f"{_COMMENTS.get(source.language, '')} {path}".lstrip()
            parts.append(shown if len(files) == 1 else f"{head}\n{shown}")
        return "\n\n".join(parts)

    def _windows(self, source: Source, text: bytes, edits: Sequence[Edit], shift: Shift) -> list["_Window"]:
        """The syntax of the statements of the file's top level that the edits touch, as they read now."""
        path = source.path
        if path not in self._tops:
            tree = self._trees[path] = self._trees.get(path) or Tree(source)
            nodes = [] if tree.root.has_error else tree.root.children
            self._tops[path] = [node.start_byte for node in nodes], [node.end_byte for node in nodes]
        starts, ends = self._tops[path]
        found: list[tuple[int, int]] = []
        for each in edits:
            written = shift.written(each)
            low, high = written.start, written.end
            first = bisect_left(ends, each.span.start)
            behind = bisect_right(starts, each.span.end)
            if first < behind:
                # Whole lines: indentation, and what else stands before a statement, has its meaning.
                start = source.text.rfind(b"\n", 0, starts[first]) + 1
                place = shift.span(Span(path, start, ends[behind - 1]))
                low, high = min(low, place.start), max(high, place.end)
            found.append((low, high))
        if not starts:
            found = [(0, len(text))]
        windows: list[_Window] = []
        for low, high in _merged(found):
            if high - low <= self._left:
                self._left -= high - low
                windows.append(_Window(low, Tree(Source(path, text[low:high], source.language))))
        return windows


_COMMENTS = {"python": "#", "javascript": "//", "typescript": "//", "tsx": "//"}
"""How a comment begins in the languages whose syntax is known here."""


def _lines_of(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The range grown to whole lines, the ending of the last included."""
    last = text.find(b"\n", max(start, end - 1))
    return text.rfind(b"\n", 0, start) + 1, last + 1 if last >= 0 else len(text)


class _Window:
    """A part of a text with its syntax."""

    def __init__(self, start: int, tree: Tree) -> None:
        self.start = start
        self.end = start + len(tree.source.text)
        self.tree = tree


def _around(windows: Sequence[_Window], span: Span) -> _Window | None:
    return next((w for w in windows if w.start <= span.start and span.end <= w.end), None)


class _Place:
    """Where an edit was written."""

    def __init__(self, text: bytes, span: Span, window: _Window | None) -> None:
        self._text = text
        self._start, self._end = span.start, span.end
        self._window = window

    def _node(self, start: int, end: int) -> Node | None:
        if self._window is None:
            return None
        start, end = start - self._window.start, end - self._window.start
        return self._window.tree.root.named_descendant_for_byte_range(start, max(start, end - 1))

    def _lines_of(self, node: Node) -> tuple[int, int]:
        before = self._window.start if self._window is not None else 0
        return _lines_of(self._text, before + node.start_byte, before + node.end_byte)

    def _breaks(self, node: Node) -> int:
        """Line breaks within a node."""
        before = self._window.start if self._window is not None else 0
        start = before + node.start_byte
        return self._text.count(b"\n", start, max(start, before + node.end_byte - 1))

    def lines(self) -> tuple[int, int]:
        """The lines of the statements that the edit touches."""
        text, start, end = self._text, self._start, self._end
        if self._window is None:
            return _lines_of(text, start, end)
        while start < end and text[start : start + 1].isspace():
            start += 1
        while end > start and text[end - 1 : end].isspace():
            end -= 1
        first, last = _lines_of(text, start, end)
        node = self._node(start, end)
        while node is not None and (parent := node.parent) is not None and parent.type not in BLOCKS:
            node = parent
        if node is not None and node.parent is not None and self._breaks(node) <= 12:
            low, high = self._lines_of(node)
            first, last = min(first, low), max(last, high)
        return first, last

    def function(self) -> tuple[int, int] | None:
        """The lines of the statement that holds the innermost function around the edit, if it is short."""
        node = self._node(self._start, self._end)
        while node is not None and node.type not in FUNCTIONS:
            node = node.parent
        if node is None or self._window is None:
            return None
        try:
            statement = node if node.type == "method_definition" else self._window.tree.statement(node)
        except RepairError:
            statement = node
        return self._lines_of(statement) if self._breaks(statement) < MAX_LINES else None


def _whole_functions(
    text: bytes, places: Sequence[_Place], lines: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Grow to a function that several edits touch; elsewhere by one line around."""
    touched = Counter(place.function() for place in places)
    whole = [span for span, count in touched.items() if span is not None and count > 1]
    found = list(whole)
    for first, last in lines:
        if any(low <= first and last <= high for low, high in whole):
            continue
        if first > 0:
            before = text.rfind(b"\n", 0, first - 1) + 1
            first = before if text[before:first].strip() else first
        _, after = _lines_of(text, last, last)
        found.append((first, after if text[last:after].strip() else last))
    return found


def _merged(lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that touch put together."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(lines):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _dedented(text: bytes, start: int, end: int) -> str:
    lines = [line.decode("utf-8", "replace") for line in text[start:end].removesuffix(b"\n").split(b"\n")]
    blanks = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    cut = min(blanks) if blanks else 0
    return "\n".join(line[cut:].rstrip() for line in lines)
