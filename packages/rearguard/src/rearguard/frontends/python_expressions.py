"""Python expressions: names, constants, calls, attributes, items, containers, types in annotations."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH, Lowering
from rearguard.frontends.python_literals import identifier_text, number_value, read_literal, text_value
from rearguard.program import Const, Instr, Op

__all__ = ["EXTRAS", "ExpressionTable", "Expressions"]

ExpressionTable: TypeAlias = dict[str, Callable[[Any, Node], int]]

_CHAIN = frozenset({"call", "attribute", "subscript"})
_MEMBERS = ("getattr", "setattr")
_NAMED = ("keyword_argument", "dictionary_splat")
_TEXT = frozenset({"string", "concatenated_string", "parenthesized_expression"})
_SEQUENCES = {
    "list": "list",
    "tuple": "tuple",
    "set": "set",
    "expression_list": "tuple",
    "pattern_list": "tuple",
}
EXTRAS = frozenset({"comment", "line_continuation"})
"""Nodes that may stand anywhere and mean nothing."""
# Hot operations, looked up once: on Python 3.11 an enumeration's member costs as much as an instruction.
_LOAD, _CONST, _ATTR, _CALL = Op.LOAD, Op.CONST, Op.ATTR, Op.CALL


class Expressions(Lowering):
    """Lowers expressions: each method takes a node and returns the id of its value."""

    language = "python"

    def __init__(self, text: bytes, root: Node) -> None:
        super().__init__(text, root)
        self.names: dict[bytes, str] = {}
        self.broken = root.has_error
        """Whether the file has places that the grammar could not read."""
        self.renames: dict[str, str] = {}
        """Comprehension targets in force, and the unique local variables that stand for them."""

    # -- reaching nodes ---------------------------------------------------------------------------

    def expression(self, node: Node) -> int:
        """Lower any expression; unknown and too deeply nested ones become `UNKNOWN`."""
        kind = node.type
        if kind == "identifier":
            return self.load(node)
        lower = self.expressions.get(kind)
        if lower is None:
            return self.unread(node)
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        value = lower(self, node)
        self.depth -= 1
        return value

    def solid(self, node: Node) -> list[Node]:
        """The children that carry meaning: named ones, without comments and line continuations."""
        return [child for child in node.named_children if child.type not in EXTRAS]

    def name_of(self, node: Node) -> str:
        """The identifier that a node spells."""
        raw = self.text[node.start_byte : node.end_byte]
        name = self.names.get(raw)
        if name is None:
            name = self.names[raw] = identifier_text(raw)
        return name

    def unread(self, node: Node) -> int:
        """A node kind without a rule: its children's values decide it."""
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        values = tuple(self.expression(child) for child in self.solid(node))
        self.depth -= 1
        return self.unknown(node, values)

    def too_deep(self, node: Node) -> int:
        """Cut nesting, but keep what the expression depends on: the variables it names."""
        self.unlowered["too deep"] += 1
        leaves: dict[str, Node] = {}
        pending = [node]
        while pending:
            current = pending.pop()
            if current.type == "identifier":
                leaves.setdefault(self.name_of(current), current)
            else:
                pending.extend(reversed(current.named_children))
        return self.emit(Op.UNKNOWN, node, "too deep", tuple(self.load(leaf) for leaf in leaves.values()))

    def recover(self, node: Node) -> int:
        """Read what can be read inside an `ERROR` node, whose span is reported apart."""
        values = tuple(self.expression(child) for child in self.solid(node) if child.type in self.expressions)
        return self.emit(Op.UNKNOWN, node, node.type, values)

    def inner(self, node: Node) -> int:
        """A node that only wraps one expression."""
        children = node.named_children
        if len(children) != 1:
            children = self.solid(node)
            if len(children) != 1:
                return self.unread(node)
        return self.expression(children[0])

    def unwrap(self, node: Node) -> Node:
        """The expression inside any parentheses."""
        while node.type == "parenthesized_expression":
            children = self.solid(node)
            if len(children) != 1:
                break
            node = children[0]
        return node

    # -- leaves -----------------------------------------------------------------------------------

    def load(self, node: Node) -> int:
        """A variable. Written out, since every third instruction is one."""
        start, end = node.start_byte, node.end_byte
        name = self.names.get(self.text[start:end]) or self.name_of(node)
        if not name:
            return self.unknown(node, ())
        if self.renames:
            name = self.renames.get(name, name)
        scope = self.scope
        dst = scope.values
        scope.values = dst + 1
        self.block.append(Instr(+_LOAD, dst, start, end, name))
        return dst

    def number(self, node: Node) -> int:
        """An integer or float; the imaginary part stands for an imaginary number."""
        text = self.source_text(node)
        value = number_value(text)
        if value is None:
            return self.emit(_CONST, node, "imaginary", value=number_value(text[:-1]))
        return self.emit(_CONST, node, value=value)

    def true(self, node: Node) -> int:
        """`True`."""
        return self.emit(_CONST, node, value=True)

    def false(self, node: Node) -> int:
        """`False`."""
        return self.emit(_CONST, node, value=False)

    def none(self, node: Node) -> int:
        """`None`."""
        return self.emit(_CONST, node)

    def ellipsis(self, node: Node) -> int:
        """`...`: told from `None` by the instruction's name."""
        return self.emit(_CONST, node, "ellipsis")

    def constant_of(self, node: Node) -> tuple[bool, Const]:
        """Whether a node is a literal constant, and its value; emits nothing."""
        node = self.unwrap(node)
        kind = node.type
        if kind == "string":
            literal = read_literal(self.text[node.start_byte : node.end_byte])
            if literal.is_template:
                return False, None
            return True, text_value(literal.content, literal.prefix)
        if kind in ("integer", "float"):
            value = number_value(self.source_text(node))
            return value is not None, value
        if kind == "unary_operator":
            children = self.solid(node)
            if (
                len(children) == 1
                and node.children[0].type == "-"
                and children[0].type in ("integer", "float")
            ):
                number = number_value(self.source_text(children[0]))
                return number is not None, None if number is None else -number
        if kind in ("true", "false"):
            return True, kind == "true"
        return kind == "none", None

    def last_constant(self, value: int) -> str | int | None:
        """The key that `value` is, when the instruction just emitted made it a constant str or int."""
        last = self.block[-1] if self.block else None
        if type(last) is Instr and last.dst == value and last.op == _CONST:
            key = last.value
            if isinstance(key, str | int) and not isinstance(key, bool):
                return key
        return None

    # -- attributes, items, calls -----------------------------------------------------------------

    def chain(self, node: Node) -> int:
        """Calls, attributes and items hang on each other's left: walked without recursion."""
        links: list[tuple[str, Node, list[Node]]] = []
        kind = node.type
        while kind in _CHAIN:
            children = node.children
            links.append((kind, node, children))
            node = children[0]
            kind = node.type
        value = -1
        if kind in _TEXT and len(links) > 1 and links[-1][0] == "attribute" and links[-2][0] == "call":
            value = self.text_method(node, self.name_of(links[-1][2][-1]), links[-2][1], links[-2][2][-1])
            if value >= 0:
                del links[-2:]
        if kind == "identifier" and links and links[-1][0] == "call":
            value = self.builtin(self.name_of(node), links[-1][1], links[-1][2][-1])
            if value >= 0:
                del links[-1:]
        if value < 0:
            value = self.expression(node)
        for kind, link, children in reversed(links):
            if kind == "attribute":
                value = self.emit(_ATTR, link, self.name_of(children[-1]), (value,))
            elif kind == "call":
                value = self.call(link, value, children[-1])
            else:
                key = self.key(link, children)
                value = self.emit(Op.ITEM, link, args=(value, key), value=self.last_constant(key))
        return value

    def text_method(self, base: Node, method: str, call: Node, arguments: Node) -> int:
        """A call of a method on a text literal that builds text; -1 if it is none. See `Texts`."""
        raise NotImplementedError

    def builtin(self, function: str, call: Node, arguments: Node) -> int:
        """A call of a builtin that has a form of its own in the language; -1 if it is none."""
        if function in _MEMBERS:
            return self.named_member(function, call, arguments)
        if function == "dict" and function not in self.scope.locals:
            return self.made_dictionary(call, arguments)
        return -1

    def made_dictionary(self, call: Node, arguments: Node) -> int:
        """`dict(a=1)`, `dict(other, a=1)`: the display that means the same; -1 for a copy or a conversion."""
        given = self.solid(arguments)
        if arguments.type != "argument_list" or any(child.type == "list_splat" for child in given):
            return -1
        first = given[0] if given and given[0].type not in _NAMED else None
        if (first is not None and len(given) == 1) or any(child.type not in _NAMED for child in given[1:]):
            return -1
        args: list[int] = []
        keys: list[str | None] = []
        if first is not None:
            args.append(self.expression(first))
            keys.append("**")
        self.named_arguments(given[first is not None :], args, keys)
        return self.emit(Op.COLLECT, call, "dict", tuple(args), tuple(keys))

    def named_arguments(self, given: Sequence[Node], args: list[int], keys: list[str | None]) -> None:
        """Arguments by keyword, and maps that are spread among them."""
        for child in given:
            if child.type == "keyword_argument":
                keys.append(self.name_of(child.children[0]))
                args.append(self.expression(child.children[-1]))
            else:
                self.spread(child, args, keys)

    def spread(self, node: Node, args: list[int], keys: list[str | None]) -> None:
        """`*xs` and `**xs`: what is written out is what it would be in its place."""
        operand = self.unwrap(node.children[-1])
        self.depth += 1
        written_out = self.depth < MAX_DEPTH and self.spread_out(node.type, operand, args, keys)
        self.depth -= 1
        if not written_out:
            keys.append("*" if node.type == "list_splat" else "**")
            args.append(self.expression(operand))

    def spread_out(self, kind: str, operand: Node, args: list[int], keys: list[str | None]) -> bool:
        """Append the entries of what is spread, if they are written there; whether they are."""
        if kind == "list_splat":
            if operand.type not in ("list", "tuple"):
                return False
            self.elements(self.solid(operand), args, keys)
        elif operand.type == "dictionary" and self.has_constant_keys(operand):
            self.entries(self.solid(operand), args, keys)
        elif operand.type == "call" and self.name_of(operand.children[0]) == "dict":
            given = self.solid(operand.children[-1])
            if "dict" in self.scope.locals or not all(child.type in _NAMED for child in given):
                return False
            self.named_arguments(given, args, keys)
        else:
            return False
        return True

    def has_constant_keys(self, display: Node) -> bool:
        """Whether every key of a dict display is a constant text, but for maps that are spread into it."""
        return all(
            child.type == "dictionary_splat"
            or (child.type == "pair" and isinstance(self.constant_of(child.children[0])[1], str))
            for child in self.solid(display)
        )

    def named_member(self, function: str, call: Node, arguments: Node) -> int:
        """`getattr(x, "name")`, with a default too, `setattr(x, "name", y)`; -1 if it is none of them."""
        given = self.solid(arguments)
        if arguments.type != "argument_list" or len(given) < 2 or given[1].type != "string":
            return -1
        if any(child.type in ("keyword_argument", "list_splat", "dictionary_splat") for child in given):
            return -1
        is_constant, name = self.constant_of(given[1])
        if not is_constant or not isinstance(name, str) or not name.isidentifier():
            return -1
        if function == "setattr":
            if len(given) != 3:
                return -1
            target, value = self.expression(given[0]), self.expression(given[2])
            self.act(Op.SETATTR, call, name, (target, value))
            return self.emit(Op.CONST, call)
        member = self.emit(_ATTR, call, name, (self.expression(given[0]),))
        if len(given) == 2:
            return member
        return self.emit(Op.LOGIC, call, "or", (member, self.expression(given[2])))

    def call(self, node: Node, callee: int, arguments: Node) -> int:
        """`callee(arguments)`."""
        args = [callee]
        keys: list[str | None] = []
        named = False
        self.depth += 1
        if arguments.type == "argument_list":
            named = self.arguments(arguments, args, keys)
        else:
            args.append(self.expression(arguments))
        self.depth -= 1
        return self.emit(_CALL, node, "", tuple(args), tuple(keys) if named else ())

    def arguments(self, node: Node, args: list[int], keys: list[str | None]) -> bool:
        """Append the values and keys of an argument list; whether any is not positional."""
        named = False
        for child in node.named_children:
            kind = child.type
            if kind == "keyword_argument":
                parts = child.children
                keys.append(self.name_of(parts[0]))
                args.append(self.expression(parts[-1]))
                named = True
            elif kind in ("list_splat", "dictionary_splat"):
                before = len(keys)
                self.spread(child, args, keys)
                named = named or any(key is not None for key in keys[before:])
            elif kind not in EXTRAS:
                keys.append(None)
                args.append(self.expression(child))
        return named

    def key(self, node: Node, children: list[Node]) -> int:
        """The key of a subscript; several make a tuple."""
        if len(children) == 4:
            return self.expression(children[2])
        keys = [child for child in children[1:] if child.is_named and child.type not in EXTRAS]
        trailing_comma = len(children) > 2 and children[-2].type == ","
        if len(keys) == 1 and not trailing_comma:
            return self.expression(keys[0])
        return self.collect("tuple", node, keys)

    def slice(self, node: Node) -> int:
        """`a:b:c` means the builtin `slice(a, b, c)`."""
        parts: list[Node | None] = [None]
        for child in node.children:
            if child.type == ":":
                parts.append(None)
            elif child.type not in EXTRAS:
                parts[-1] = child
        callee = self.emit(Op.LOAD, node, "slice")
        values = [self.expression(part) if part is not None else self.none(node) for part in parts]
        return self.emit(Op.CALL, node, args=(callee, *values))

    def dotted(self, node: Node) -> int:
        """A dotted name in a pattern: a variable and its attributes."""
        names = self.solid(node)
        value = self.load(names[0])
        for part in names[1:]:
            value = self.emit(Op.ATTR, part, self.name_of(part), (value,))
        return value

    # -- containers -------------------------------------------------------------------------------

    def sequence(self, node: Node) -> int:
        """A list, tuple or set display."""
        return self.collect(_SEQUENCES[node.type], node, node.named_children)

    def collect(self, name: str, node: Node, elements: list[Node]) -> int:
        """A container of elements, spreads among them."""
        args: list[int] = []
        keys: list[str | None] = []
        self.elements(elements, args, keys)
        return self.emit(Op.COLLECT, node, name, tuple(args), tuple(keys))

    def elements(self, nodes: Sequence[Node], args: list[int], keys: list[str | None]) -> None:
        """Elements of a list, spreads among them."""
        for element in nodes:
            kind = element.type
            if kind == "list_splat":
                self.spread(element, args, keys)
            elif kind not in EXTRAS:
                is_spread = kind == "list_splat_pattern"
                keys.append("*" if is_spread else None)
                args.append(self.expression(element.children[-1] if is_spread else element))

    def splat(self, node: Node) -> int:
        """A spread in a place where only its operand can be told."""
        children = self.solid(node)
        return self.expression(children[-1]) if children else self.unknown(node, ())

    def dictionary(self, node: Node) -> int:
        """A dict display; constant keys are names, not values."""
        args: list[int] = []
        keys: list[str | None] = []
        computed = self.entries(node.named_children, args, keys)
        made = self.emit(Op.COLLECT, node, "dict", tuple(args), tuple(keys))
        for key, value in computed:
            self.act(Op.PUSH, key, "key", args=(made, value))
        return made

    def entries(
        self, nodes: Sequence[Node], args: list[int], keys: list[str | None]
    ) -> list[tuple[Node, int]]:
        """Entries of a map, spreads among them; gives the keys that are computed, with their values."""
        computed: list[tuple[Node, int]] = []
        for child in nodes:
            kind = child.type
            if kind == "pair":
                parts = child.children
                keys.append(self.constant_key(parts[0], computed))
                args.append(self.expression(parts[-1]))
            elif kind == "dictionary_splat":
                self.spread(child, args, keys)
            elif kind not in EXTRAS:
                keys.append("?")
                args.append(self.expression(child))
        return computed

    def constant_key(self, node: Node, computed: list[tuple[Node, int]]) -> str:
        """A dict key as text; one that is not constant is evaluated, and is "?"."""
        constant, key = self.constant_of(node)
        if constant:
            return key if isinstance(key, str) else str(key)
        computed.append((node, self.expression(node)))
        return "?"

    # -- types ------------------------------------------------------------------------------------

    def generic_type(self, node: Node) -> int:
        """`a[b, c]` in an annotation: the same item access as elsewhere."""
        children = self.solid(node)
        if len(children) != 2:
            return self.unread(node)
        value = self.load(children[0])
        parameters = self.solid(children[1])
        if len(parameters) == 1:
            key = self.expression(parameters[0])
        else:
            key = self.collect("tuple", children[1], parameters)
        return self.emit(Op.ITEM, node, args=(value, key), value=self.last_constant(key))

    def union_type(self, node: Node) -> int:
        """`a | b` in an annotation."""
        base, links = node, []
        while True:
            children = self.solid(base)
            kind = base.type
            if kind == "type" and len(children) == 1:
                base = children[0]
            elif kind == "union_type" and len(children) == 2:
                links.append((base, children[1]))
                base = children[0]
            else:
                break
        if not links:
            return self.unread(node)
        value = self.expression(base)
        for link, right in reversed(links):
            value = self.emit(Op.BINARY, link, "|", (value, self.expression(right)))
        return value

    def member_type(self, node: Node) -> int:
        """`a.b` in an annotation, where `a` is not a plain expression."""
        children = self.solid(node)
        if len(children) != 2:
            return self.unread(node)
        return self.emit(Op.ATTR, node, self.name_of(children[1]), (self.expression(children[0]),))

    def constrained_type(self, node: Node) -> int:
        """`T: bound` in a type parameter list: the bound is what it is."""
        children = self.solid(node)
        return self.expression(children[-1]) if children else self.unknown(node, ())

    expressions: ClassVar[ExpressionTable] = {
        "identifier": load,
        "call": chain,
        "attribute": chain,
        "subscript": chain,
        "integer": number,
        "float": number,
        "true": true,
        "false": false,
        "none": none,
        "ellipsis": ellipsis,
        "parenthesized_expression": inner,
        "type": inner,
        "expression_statement": inner,
        "as_pattern_target": inner,
        "list": sequence,
        "tuple": sequence,
        "set": sequence,
        "expression_list": sequence,
        "pattern_list": sequence,
        "list_splat": splat,
        "list_splat_pattern": splat,
        "dictionary_splat": splat,
        "dictionary": dictionary,
        "slice": slice,
        "generic_type": generic_type,
        "union_type": union_type,
        "member_type": member_type,
        "constrained_type": constrained_type,
        "splat_type": splat,
        "dotted_name": dotted,
        "ERROR": recover,
    }
    """Grammar node kind -> the method that lowers it. Plain functions: bound ones would make a cycle that
    keeps every syntax tree alive until the garbage collector runs."""
