"""Indentation for code that came without any, as pasted code does."""

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Span
from rearguard.repair.edits import Shift, apply
from rearguard.repair.syntax import Tree, indented

__all__ = ["laid_out"]

_OPEN, _CLOSE = "([{", ")]}"


def laid_out(tree: Tree, node: Node, edits: list[Edit]) -> list[Edit]:
    """The edits, with a script's statement of several lines indented if no line of it is.

    All edits inside the statement become one.
    """
    lines = tree.text(node).splitlines()
    if len(lines) < 4 or any(line[:1] in (" ", "\t") for line in lines) or "`" in tree.text(node):
        return edits
    changed = apply(tree.source.text, edits)
    region = Shift(edits).span(Span(tree.source.path, node.start_byte, node.end_byte))
    text = changed[region.start : region.end].decode("utf-8").replace("\r\n", "\n")
    outside = [e for e in edits if e.span.end <= node.start_byte or e.span.start >= node.end_byte]
    return [*outside, tree.edit(node.start_byte, node.end_byte, _indented(text, tree.unit))]


def _indented(text: str, unit: str) -> str:
    """Each line by the brackets open before it; one that begins with closing ones stands with their opener.

    Strings and comments are skipped; brackets opened on one line count once.
    """
    found: list[str] = []
    open_: list[int] = []
    for number, line in enumerate(text.splitlines()):
        stripped = line.strip()
        leading = len(stripped) - len(stripped.lstrip(_CLOSE))
        stack = open_[: len(open_) - leading] if leading else open_
        depth = len(set(stack))
        found.append(indented(stripped, unit * depth).rstrip("\n"))
        for character in _code(stripped):
            if character in _OPEN:
                open_.append(number)
            elif open_:
                open_.pop()
    return "\n".join(found)


def _code(line: str) -> str:
    """The brackets of a line that are not in strings or comments."""
    found: list[str] = []
    quote = ""
    index = 0
    while index < len(line):
        character = line[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
        elif line.startswith("//", index):
            break
        elif character in _OPEN or character in _CLOSE:
            found.append(character)
        index += 1
    return "".join(found)
