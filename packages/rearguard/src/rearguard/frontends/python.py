"""The Python front end: source bytes to one `Module`.

Grammar: tree-sitter-python, which reads Python 3 and most of Python 2.
"""

import re

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from rearguard.frontends.python_definitions import Definitions
from rearguard.program import Module

__all__ = ["parse_python", "read_python"]

_CONTINUATIONS = re.compile(rb"(?:\\\r?\n[ \t\f]*){20,}")
_OPEN_NAME = re.compile(rb"\\N\{(?![^}\n]{1,100}\})")
_SUPPRESSION = b"rearguard:"


def parse_python(text: bytes) -> Node:
    """The root of the concrete syntax tree."""
    return Parser(Language(tree_sitter_python.language())).parse(_tamed(text)).root_node


def read_python(text: bytes) -> Module:
    """Lower Python source. Never raises: what cannot be read is in `errors` and `unlowered`."""
    root = parse_python(text)
    lowering = Definitions(text, root)
    lowering.body(root)
    if root.has_error:
        lowering.errors += _error_spans(root)
    if _SUPPRESSION in text:
        lowering.comments += _suppressions(root, text)
    return lowering.module()


def _tamed(text: bytes) -> bytes:
    """Text of the same length and meaning that the grammar's lexer reads in linear time.

    The lexer looks ahead over a whole run of line continuations, and from `\\N{` to the next `}`, again at
    each of them.
    """
    if _OPEN_NAME.search(text):
        text = _OPEN_NAME.sub(rb"\\N(", text)
    if b"\\" in text:
        text = _CONTINUATIONS.sub(lambda match: b" " * len(match[0]), text)
    return text


def _error_spans(root: Node) -> list[tuple[int, int]]:
    """Spans of the outermost unreadable places, and of tokens that are missing (empty spans)."""
    spans: list[tuple[int, int]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            spans.append((node.start_byte, node.end_byte))
        elif node.has_error:
            pending.extend(reversed(node.children))
    return spans


def _suppressions(root: Node, text: bytes) -> list[tuple[int, int]]:
    """Spans of comments that speak to us."""
    spans: list[tuple[int, int]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "comment":
            if text.find(_SUPPRESSION, node.start_byte, node.end_byte) >= 0:
                spans.append((node.start_byte, node.end_byte))
        elif text.find(_SUPPRESSION, node.start_byte, node.end_byte) >= 0:
            pending.extend(reversed(node.children))
    return spans
