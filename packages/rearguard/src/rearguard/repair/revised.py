"""What a repair made of the code, as it reads afterwards."""

from collections.abc import Mapping, Sequence

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Source
from rearguard.repair.edits import Shift, by_path
from rearguard.repair.syntax import BLOCKS, FUNCTIONS, RepairError, Tree

__all__ = ["revised"]

MAX_LINES = 90
"""Lines beyond which a whole handler is not shown for a repair of some of its statements."""


def revised(edits: Sequence[Edit], changed: Mapping[str, Source]) -> str:
    """The repaired code: of each file the handler when several edits touch it, else the statements with a
    line around them. New imports and definitions come first, as in the file."""
    shift = Shift(edits)
    parts: list[str] = []
    files = by_path(edits)
    for path, many in files.items():
        source = changed[path]
        if source.language not in _COMMENTS:
            spans = [shift.written(each) for each in many]
            lines = _merged([_only_lines(source, span.start, span.end) for span in spans])
            text = "\n\n".join(_dedented(source, first, last) for first, last in lines)
            parts.append(text if len(files) == 1 else f"{path}\n{text}")
            continue
        tree = Tree(source)
        ranges: list[tuple[int, int]] = []
        for each in sorted(many, key=lambda e: e.span):
            span = shift.written(each)
            ranges.append((span.start, span.end))
        lines = _merged([_lines(tree, start, end) for start, end in ranges])
        lines = _merged(_whole_functions(tree, ranges, lines))
        text = "\n\n".join(_dedented(source, first, last) for first, last in lines)
        parts.append(text if len(files) == 1 else f"{_COMMENTS[source.language]} {path}\n{text}")
    return "\n\n".join(parts)


_COMMENTS = {"python": "#", "javascript": "//", "typescript": "//", "tsx": "//"}
"""How a comment begins in the languages whose syntax is known here."""


def _only_lines(source: Source, start: int, end: int) -> tuple[int, int]:
    return source.line_of(start), source.line_of(max(start, end - 1))


def _lines(tree: Tree, start: int, end: int) -> tuple[int, int]:
    """First and last line of the statements that a range touches."""
    text = tree.source.text
    while start < end and text[start : start + 1].isspace():
        start += 1
    while end > start and text[end - 1 : end].isspace():
        end -= 1
    first, last = tree.source.line_of(start), tree.source.line_of(max(start, end - 1))
    node = tree.root.named_descendant_for_byte_range(start, max(start, end - 1))
    while node is not None and node.parent is not None and node.parent.type not in BLOCKS:
        node = node.parent
    if node is not None and node.parent is not None:
        low, high = tree.source.line_of(node.start_byte), tree.source.line_of(max(0, node.end_byte - 1))
        if high - low <= 12:
            first, last = min(first, low), max(last, high)
    return first, last


def _whole_functions(
    tree: Tree, ranges: Sequence[tuple[int, int]], lines: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Grow to a function that several edits touch; elsewhere by one line around."""
    touched: dict[tuple[int, int], int] = {}
    for start, end in ranges:
        node = tree.root.named_descendant_for_byte_range(start, max(start, end - 1))
        span = _outer_function(tree, node)
        if span is not None:
            touched[span] = touched.get(span, 0) + 1
    whole = [span for span, count in touched.items() if count > 1 and span[1] - span[0] < MAX_LINES]
    found = list(whole)
    total = len(tree.source.line_starts)
    for first, last in lines:
        if any(low <= first and last <= high for low, high in whole):
            continue
        before = first - 1 if first > 1 and tree.source.line_text(first - 1).strip() else first
        after = last + 1 if last < total and tree.source.line_text(last + 1).strip() else last
        found.append((before, after))
    return found


def _outer_function(tree: Tree, node: Node | None) -> tuple[int, int] | None:
    """Lines of the statement that holds the innermost function around a node."""
    while node is not None and node.type not in FUNCTIONS:
        node = node.parent
    if node is None:
        return None
    try:
        statement = tree.statement(node) if node.type != "method_definition" else node
    except RepairError:
        statement = node
    return tree.source.line_of(statement.start_byte), tree.source.line_of(statement.end_byte - 1)


def _merged(lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of lines in order, those that touch put together."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(lines):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _dedented(source: Source, first: int, last: int) -> str:
    lines = [source.line_text(number) for number in range(first, last + 1)]
    blanks = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    cut = min(blanks) if blanks else 0
    return "\n".join(line[cut:].rstrip() for line in lines)
