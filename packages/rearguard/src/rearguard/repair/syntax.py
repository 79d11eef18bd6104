"""The concrete syntax of a source: what an edit has to respect and the representation does not keep."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.frontends.javascript import parse_javascript
from rearguard.frontends.python import parse_python
from rearguard.program import Source
from rearguard.repair.edits import edit

__all__ = ["RepairError", "Tree", "called", "quoted", "unwrap", "word"]

BLOCKS = frozenset(("module", "block", "program", "statement_block", "switch_case", "switch_default"))
FUNCTIONS = frozenset(
    (
        "function_definition",
        "lambda",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "arrow_function",
        "method_definition",
    )
)
ASSIGNMENTS = frozenset(
    (
        "assignment",
        "assignment_expression",
        "augmented_assignment",
        "augmented_assignment_expression",
        "variable_declarator",
    )
)
_BLANK = re.compile(rb"[ \t]*")


class RepairError(Exception):
    """A recipe does not apply; the message is the reason, for the reader of the review."""


class Tree:
    """One source with its syntax tree."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.is_python = source.language == "python"
        self._assigned: dict[int, dict[str, list[Node]]] = {}
        self.root: Node = (
            parse_python(source.text) if self.is_python else parse_javascript(source.text, source.language)
        )

    def at(self, start: int, end: int) -> Node:
        """The outermost node that spans exactly this place, else the innermost around it."""
        node = self.root.named_descendant_for_byte_range(start, end)
        if node is None:
            raise RepairError("the place is not in the text")
        while node.parent is not None and node.parent.start_byte == start and node.parent.end_byte == end:
            if node.parent.type in BLOCKS or node.parent.type == "expression_statement":
                break
            node = node.parent
        return node

    def text(self, node: Node) -> str:
        """The node as written. Raises RepairError when it is not UTF-8."""
        return self.slice(node.start_byte, node.end_byte)

    def slice(self, start: int, end: int) -> str:
        """The text between two offsets. Raises RepairError when it is not UTF-8."""
        try:
            return self.source.text[start:end].decode("utf-8")
        except UnicodeDecodeError:
            raise RepairError("the text is not UTF-8") from None

    def edit(self, start: int, end: int, text: str) -> Edit:
        """The edit that puts `text` there."""
        return edit(self.source, start, end, text)

    def replace(self, node: Node, text: str) -> Edit:
        """The edit that puts `text` in place of a node."""
        return self.edit(node.start_byte, node.end_byte, text)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that inserts `text`."""
        return self.edit(offset, offset, text)

    # -- surroundings -----------------------------------------------------------------------------

    def statement(self, node: Node) -> Node:
        """The statement that a node is part of. Raises RepairError when it is part of none."""
        current = node
        for parent in reversed(self.above(node)):
            if parent.type in BLOCKS:
                return current
            if parent.type in FUNCTIONS and current.type not in BLOCKS:
                raise RepairError("the expression is a function's whole body, so no statement can precede it")
            current = parent
        raise RepairError("the place is in no statement")

    def function(self, node: Node) -> Node | None:
        """The innermost function around a node."""
        return next((outer for outer in reversed(self.above(node)) if outer.type in FUNCTIONS), None)

    def above(self, node: Node) -> list[Node]:
        """The nodes around a node, outermost first. To ask for each parent begins at the root again."""
        found: list[Node] = []
        current: Node | None = self.root
        while current is not None and current != node:
            found.append(current)
            current = current.child_with_descendant(node)
        return found

    @staticmethod
    def waits(function: Node | None) -> bool:
        """Whether `await` may stand in a function."""
        return function is not None and any(child.type == "async" for child in function.children)

    def line_start(self, offset: int) -> int:
        """Offset of the first byte of the line."""
        return self.source.line_starts[self.source.line_of(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Offset just after the line's ending."""
        line = self.source.line_of(offset)
        starts = self.source.line_starts
        return starts[line] if line < len(starts) else len(self.source.text)

    def indent(self, offset: int) -> str:
        """The blanks with which the line begins."""
        match = _BLANK.match(self.source.text, self.line_start(offset))
        return match[0].decode() if match else ""

    @cached_property
    def unit(self) -> str:
        """One step of indentation, as the file does it where a line lies deeper than the one before."""
        steps: dict[int, int] = {}
        before = tabs = spaces = 0
        for line in self.source.text.splitlines()[:400]:
            tabs += line.startswith(b"\t")
            spaces += line.startswith(b"  ")
            stripped = line.lstrip(b" ")
            width = len(line) - len(stripped)
            if not stripped or stripped.startswith((b"*", b"//", b"#")):
                continue
            if width > before + 1:
                steps[width - before] = steps.get(width - before, 0) + 1
            before = width
        if tabs > spaces:
            return "\t"
        usual = max(steps.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))[0]
        return " " * (usual if 2 <= usual <= 8 else 4 if self.is_python else 2)

    def begins_line(self, node: Node) -> bool:
        """Whether nothing but blanks precedes the node on its line."""
        return not self.source.text[self.line_start(node.start_byte) : node.start_byte].strip()

    def before(self, statement: Node, lines: str) -> Edit:
        """Put whole lines, written without indentation, before a statement that begins a line."""
        if not self.begins_line(statement):
            raise RepairError("several statements share the line")
        indent = self.indent(statement.start_byte)
        start = self.line_start(statement.start_byte)
        return self.insert(start, indented(lines, indent))

    def after(self, statement: Node, lines: str) -> Edit:
        """Put whole lines after a statement that ends its line."""
        end = self.line_end(max(statement.start_byte, statement.end_byte - 1))
        rest = self.source.text[statement.end_byte : end].strip()
        if rest and not rest.startswith((b"#", b"//", b";")):
            raise RepairError("several statements share the line")
        text = indented(lines, self.indent(statement.start_byte))
        if not self.source.text[:end].endswith(b"\n"):
            return self.insert(end, "\n" + text.removesuffix("\n"))
        return self.insert(end, text)

    def walk(self, node: Node | None = None) -> Iterator[Node]:
        """Every named node, in order of its start."""
        stack = [node or self.root]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(reversed(current.named_children))

    def assigned(self, scope: Node) -> Mapping[str, Sequence[Node]]:
        """What is assigned in a piece of code, as written, with its assignments in order.

        Kept: recipes ask for one variable after another, and each question would walk the whole again.
        """
        known = self._assigned.get(scope.id)
        if known is None:
            known = {}
            for node in self.walk(scope):
                if node.type in ASSIGNMENTS:
                    left = node.child_by_field_name("left") or node.child_by_field_name("name")
                    if left is not None:
                        known.setdefault(self.text(left), []).append(node)
            self._assigned[scope.id] = known
        return known

    @cached_property
    def quote(self) -> str:
        """The quote that most plain string literals of the file are written with."""
        single = double = 0
        for node in self.walk():
            if node.type == "string":
                text = self.source.text[node.start_byte : node.start_byte + 4]
                if text[:1] == b"'" and text[:3] != b"'''":
                    single += 1
                elif text[:1] == b'"' and text[:3] != b'"""':
                    double += 1
        if single == double:
            return '"' if self.is_python else "'"
        return "'" if single > double else '"'

    @cached_property
    def semicolon(self) -> str:
        """`;` when the file ends its statements so, "" in Python."""
        if self.is_python:
            return ""
        ends = [
            self.source.text[node.end_byte - 1 : node.end_byte] == b";"
            for node in self.walk()
            if node.type in ("lexical_declaration", "expression_statement", "return_statement")
        ]
        return ";" if not ends or sum(ends) * 2 >= len(ends) else ""


def indented(lines: str, indent: str) -> str:
    """Whole lines, each that is not empty indented; a line feed ends the last."""
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines.splitlines())


def quoted(text: str, quote: str) -> str:
    """A string literal of Python and JavaScript alike."""
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    body = body.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return quote + body + quote


def unwrap(node: Node) -> Node:
    """The expression inside parentheses, type assertions and awaits."""
    while node.type in (
        "parenthesized_expression",
        "as_expression",
        "non_null_expression",
        "satisfies_expression",
    ):
        inner = node.named_children
        if not inner:
            return node
        node = inner[0]
    return node


def called(node: Node) -> tuple[Node, Node]:
    """A call node's callee and arguments. Raises RepairError when it is no call with an argument list."""
    if node.type == "await_expression" or node.type == "await":
        node = node.named_children[0]
    if node.type == "new_expression":
        callee = node.child_by_field_name("constructor")
    else:
        callee = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if callee is None or arguments is None or arguments.type not in ("argument_list", "arguments"):
        raise RepairError("the call is not written in a form that can be edited")
    return callee, arguments


def word(name: str) -> str:
    """A pattern for a name as a whole: names of scripts may hold `$`, at which no word ends."""
    return rf"(?<![\w$]){re.escape(name)}(?![\w$])"
