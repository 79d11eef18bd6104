"""Text that code puts together, taken apart into characters and holes with their places in the file.

An f-string, `%`, `.format()`, a template literal, `+`, adjacent literals, and variables that hold such
text give the same list of atoms, so that a recipe can read the text as a whole and edit it where it is
written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from tree_sitter import Node

from rearguard.repair.syntax import RepairError, Tree, unwrap

__all__ = ["Atom", "BuiltText", "Hole", "Literal", "read_text"]

_PERCENT = re.compile(r"%(?:%|(?P<flags>[-#0 +]*\d*(?:\.\d+)?)(?P<kind>[a-zA-Z])|\((?P<key>[^)]*)\)[a-zA-Z])")
_FORMAT = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)(?P<rest>[^{}]*)\}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "`": "`", "\\": "\\", "$": "$", "\n": ""}
_DOUBLED = {"f-string": ("{{", "}}"), "format": ("{{", "}}"), "percent": ("%%",)}
MAX_OPERANDS = 200
"""Parts put together in one expression, beyond which it is not rewritten."""
_TOO_MANY = "the text is put together of too many parts"
MAX_DEPTH = 4
"""Variables inside variables that are looked through."""


@dataclass(eq=False)
class Literal:
    """A string literal: `prefix`, delimiters, and where its content lies."""

    node: Node
    prefix: str
    delimiter: str
    start: int
    end: int
    holes: list["Hole"] = field(default_factory=list)
    doubled: list[tuple[int, int]] = field(default_factory=list)
    """Places of `{{`, `}}` or `%%`, which mean one character."""
    tail: tuple[int, int] | None = None
    """Place of ` % (...)` or `.format(...)` after it, which goes once all holes are bound."""
    how: str = ""
    """f-string, template, percent, format, or "" for a plain literal."""


@dataclass(eq=False)
class Hole:
    """A value inside the text."""

    node: Node
    """The expression."""
    start: int
    end: int
    """What stands for it in the file: `{x}`, `%s`, or the operand of `+`."""
    literal: Literal | None
    """The literal it is inside of; `None` for an operand of `+`."""
    form: str = ""
    """Conversion or format specification as written."""
    left: Literal | None = None
    right: Literal | None = None
    """Neighbours of an operand of `+`."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One character of the text, or a hole."""

    text: str
    start: int
    end: int
    literal: Literal | None
    hole: Hole | None = None
    statement: Node | None = None
    """The assignment that adds it, when the text is held in a variable."""


@dataclass
class BuiltText:
    """The whole text, in order."""

    atoms: list[Atom]
    literals: list[Literal]
    first: Node | None = None
    """The first assignment of the variable that holds it, or `None` when it is written at its use."""
    grows: bool = False
    """Whether some part is added by `+=`, perhaps under a condition."""

    @property
    def holes(self) -> list[Hole]:
        """The holes in order."""
        return [atom.hole for atom in self.atoms if atom.hole is not None]


def read_text(tree: Tree, node: Node) -> BuiltText:
    """Take the text that an expression gives apart. Raises RepairError for what is not understood."""
    reader = _Reader(tree)
    reader.expression(unwrap(node), None, 0)
    return BuiltText(reader.atoms, reader.literals, reader.first, reader.grows)


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.atoms: list[Atom] = []
        self.literals: list[Literal] = []
        self.first: Node | None = None
        self.grows = False

    def expression(self, node: Node, statement: Node | None, depth: int) -> None:
        """Append the atoms of an expression that gives text."""
        operands = list(islice(_operands(node), MAX_OPERANDS + 1))
        if len(operands) > MAX_OPERANDS:
            raise RepairError(_TOO_MANY)
        kinds = [self._literal_of(operand) for operand in operands]
        for index, (operand, literal) in enumerate(zip(operands, kinds, strict=True)):
            if literal is not None:
                self._literal(operand, literal, statement, depth)
            elif not self._variable(operand, depth):
                if len(operands) == 1 and operand.type == "identifier":
                    raise RepairError("the text is not made in this function, or not in plain steps")
                if len(operands) == 1:
                    raise RepairError("the text is put together in a way that is not taken apart")
                hole = Hole(operand, operand.start_byte, operand.end_byte, None)
                hole.left = kinds[index - 1] if index else None
                hole.right = kinds[index + 1] if index + 1 < len(kinds) else None
                self.atoms.append(Atom("", hole.start, hole.end, None, hole, statement))

    # -- variables --------------------------------------------------------------------------------

    def _variable(self, node: Node, depth: int) -> bool:
        """Whether the node is a local variable that holds text read so far; then its atoms are appended."""
        if node.type != "identifier" or depth >= MAX_DEPTH:
            return False
        name = self.tree.text(node)
        function = self.tree.function(node)
        if function is None:
            return False
        assigned = list(_assignments(self.tree, function, name))
        if not assigned or assigned[0][1] or any(not grows for _, grows, _ in assigned[1:]):
            return False
        values = [value for _, _, value in assigned]
        if not _holds_text(unwrap(values[0])):
            return False
        written = len(assigned)
        used = [n for n in self.tree.walk(function) if n.type == "identifier" and self.tree.text(n) == name]
        if len(used) - written != 1:
            raise RepairError(f"`{name}` is used in other places too")
        if self.first is not None:
            raise RepairError("the text is spread over several variables")
        self.first = self.tree.statement(assigned[0][0])
        for place, grows, value in assigned:
            self.grows = self.grows or grows
            self.expression(unwrap(value), self.tree.statement(place), depth + 1)
        return True

    # -- literals ---------------------------------------------------------------------------------

    def _literal_of(self, node: Node) -> Literal | None:
        """The literal that an operand is, with `%` or `.format` after it; `None` for another expression."""
        base, tail = node, None
        how = ""
        if node.type == "binary_operator" and _operator(node) == "%":
            base, how = unwrap(node.named_children[0]), "percent"
            tail = (base.end_byte, node.end_byte)
        elif node.type == "call":
            callee = node.child_by_field_name("function")
            if callee is not None and callee.type == "attribute":
                method = callee.child_by_field_name("attribute")
                target = callee.child_by_field_name("object")
                if method is not None and target is not None and self.tree.text(method) == "format":
                    base, how = unwrap(target), "format"
                    tail = (base.end_byte, node.end_byte)
        if base.type not in ("string", "template_string"):
            if how and base.type == "concatenated_string":
                raise RepairError("the text is put together in a way that is not taken apart")
            return None
        text = self.tree.text(base)
        prefix = re.match(r"[A-Za-z]*", text)
        letters = prefix[0].lower() if prefix and self.tree.is_python else ""
        body = text[len(letters) :]
        delimiter = body[:3] if body[:3] in ('"""', "'''") and self.tree.is_python else body[:1]
        start = base.start_byte + len(letters) + len(delimiter)
        literal = Literal(base, letters, delimiter, start, base.end_byte - len(delimiter), tail=tail, how=how)
        if not how and ("f" in letters or base.type == "template_string"):
            literal.how = "f-string" if "f" in letters else "template"
        if "b" in letters or "t" in letters:
            raise RepairError("the text is made of bytes or templates")
        return literal

    def _literal(self, operand: Node, literal: Literal, statement: Node | None, depth: int) -> None:
        self.literals.append(literal)
        if literal.how in ("f-string", "template"):
            self._interpolated(literal, statement, depth)
        elif literal.how == "percent":
            self._percent(operand, literal, statement)
        elif literal.how == "format":
            self._format(operand, literal, statement)
        else:
            self._characters(literal, literal.start, literal.end, statement)

    def _characters(self, literal: Literal, start: int, end: int, statement: Node | None) -> None:
        """Append raw text as characters; an escape is one."""
        text = self.tree.slice(start, end)
        position = start
        index = 0
        raw = "r" in literal.prefix
        while index < len(text):
            size = 1
            shown = text[index]
            pair = text[index : index + 2]
            if shown == "\\" and not raw and index + 1 < len(text):
                size, shown = 2, _ESCAPES.get(text[index + 1], "\\")
            elif pair in _DOUBLED.get(literal.how, ()):
                size = 2
            width = len(text[index : index + size].encode("utf-8"))
            if pair in _DOUBLED.get(literal.how, ()) and size == 2:
                literal.doubled.append((position, position + width))
            self.atoms.append(Atom(shown, position, position + width, literal, None, statement))
            index += size
            position += width

    def _hole(self, hole: Hole, statement: Node | None) -> None:
        if hole.literal is not None:
            hole.literal.holes.append(hole)
        self.atoms.append(Atom("", hole.start, hole.end, hole.literal, hole, statement))

    def _interpolated(self, literal: Literal, statement: Node | None, depth: int) -> None:
        position = literal.start
        holes = [
            n for n in literal.node.named_children if n.type in ("interpolation", "template_substitution")
        ]
        if len(holes) > MAX_OPERANDS:
            raise RepairError(_TOO_MANY)
        for child in holes:
            self._characters(literal, position, child.start_byte, statement)
            position = child.end_byte
            inner = [
                n
                for n in child.named_children
                if n.type not in ("type_conversion", "format_specifier", "comment")
            ]
            if len(inner) != 1:
                raise RepairError("a value in the text is not taken apart")
            if any(part.type == "=" for part in child.children):
                raise RepairError("a value is written with `=`")
            value = inner[0]
            form = self.tree.slice(value.end_byte, child.end_byte - 1).strip()
            if form or not self._variable(unwrap(value), depth):
                hole = Hole(value, child.start_byte, child.end_byte, literal, form)
                self._hole(hole, statement)
        self._characters(literal, position, literal.end, statement)

    def _percent(self, operand: Node, literal: Literal, statement: Node | None) -> None:
        right = operand.named_children[-1]
        right = unwrap(right)
        values = (
            [n for n in right.named_children if n.type != "comment"] if right.type == "tuple" else [right]
        )
        if right.type in ("dictionary", "call") and right.type == "dictionary":
            raise RepairError("the values come from a map")
        self._marked(literal, _PERCENT, values, {}, statement)

    def _format(self, operand: Node, literal: Literal, statement: Node | None) -> None:
        arguments = operand.child_by_field_name("arguments")
        values: list[Node] = []
        named: dict[str, Node] = {}
        for child in arguments.named_children if arguments is not None else ():
            if child.type == "keyword_argument":
                key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    named[self.tree.text(key)] = value
            elif child.type in ("list_splat", "dictionary_splat"):
                raise RepairError("the values come from a container")
            elif child.type != "comment":
                values.append(child)
        self._marked(literal, _FORMAT, values, named, statement)

    def _marked(
        self,
        literal: Literal,
        pattern: re.Pattern[str],
        values: list[Node],
        named: dict[str, Node],
        statement: Node | None,
    ) -> None:
        """Text with markers, and the values that they stand for."""
        text = self.tree.slice(literal.start, literal.end)
        position = 0
        taken = 0
        for match in pattern.finditer(text):
            if match[0] in ("%%", "{{", "}}"):
                continue
            groups = match.groupdict()
            name = groups.get("name") or groups.get("key") or ""
            if groups.get("key"):
                raise RepairError("the values come from a map")
            if name in named:
                value = named[name]
            elif name.isdigit() and int(name) < len(values):
                value = values[int(name)]
            elif not name and taken < len(values):
                value = values[taken]
                taken += 1
            else:
                raise RepairError("a marker of the text has no plain value")
            low = literal.start + len(text[:position].encode())
            start = literal.start + len(text[: match.start()].encode())
            end = start + len(match[0].encode())
            self._characters(literal, low, start, statement)
            form = groups.get("rest") or ""
            if groups.get("kind") not in (None, "s", "d", "i") or groups.get("flags"):
                form = match[0]
            self._hole(Hole(value, start, end, literal, form), statement)
            position = match.end()
        self._characters(literal, literal.start + len(text[:position].encode()), literal.end, statement)


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""


def _operands(node: Node) -> Iterator[Node]:
    """Operands of successive `+`, and adjacent literals, in order."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.type in ("binary_operator", "binary_expression") and _operator(node) == "+":
            sides = (node.child_by_field_name("right"), node.child_by_field_name("left"))
            pending.extend(unwrap(child) for child in sides if child is not None)
        elif node.type == "concatenated_string":
            yield from (child for child in node.named_children if child.type == "string")
        else:
            yield node


def _holds_text(node: Node) -> bool:
    """Whether an expression certainly gives text, so that a variable of it can be looked through."""
    for operand in _operands(node):
        current = operand
        if current.type == "binary_operator" and _operator(current) == "%":
            current = unwrap(current.named_children[0])
        if current.type == "call":
            callee = current.child_by_field_name("function")
            method = callee.child_by_field_name("attribute") if callee is not None else None
            target = callee.child_by_field_name("object") if callee is not None else None
            if method is not None and target is not None and method.text == b"format":
                current = unwrap(target)
        if current.type in ("string", "template_string", "concatenated_string"):
            return True
    return False


def _assignments(tree: Tree, function: Node, name: str) -> Iterator[tuple[Node, bool, Node]]:
    """`(node, adds to it, value)` for each assignment of a variable in a function, in order."""
    for node in tree.assigned(function).get(name, ()):
        grows = node.type in ("augmented_assignment", "augmented_assignment_expression")
        if grows and _augmented(node) != "+=":
            continue
        field = "value" if node.type == "variable_declarator" else "right"
        right = node.child_by_field_name(field)
        if right is None:
            raise RepairError(f"`{name}` is declared without a value")
        yield node, grows, right


def _augmented(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else "+="
