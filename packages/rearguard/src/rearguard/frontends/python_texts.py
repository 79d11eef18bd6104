"""Python text building: string literals, f-strings, `%`, `str.format`, `str.join`, `+`; all become `JOIN`.

`Instr.keys` of a `JOIN` is empty, or aligned with `args`: the conversion of a hole as written (`%d`, `!r`,
`:>10`; `None` for a text piece or a plain hole), `"*"` for an iterable whose elements are the parts.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from tree_sitter import Node

from rearguard.frontends.python_expressions import EXTRAS, ExpressionTable
from rearguard.frontends.python_literals import (
    Hole,
    Literal,
    format_template,
    percent_template,
    read_literal,
    text_value,
)
from rearguard.frontends.python_operators import Operators
from rearguard.program import Instr, Op

__all__ = ["Texts"]

_LITERALS = ("string", "concatenated_string")


class Texts(Operators):
    """Lowers what builds text, and the binary operators, which text building is written with."""

    # -- literals ---------------------------------------------------------------------------------

    def literal(self, node: Node) -> Literal:
        """A string node's literal."""
        return read_literal(self.text[node.start_byte : node.end_byte])

    def string(self, node: Node) -> int:
        """One string literal."""
        prefix, content = self.literal(node)
        if "f" in prefix or "t" in prefix:
            return self.interpolated(node, [node])
        return self.emit(Op.CONST, node, "bytes" if "b" in prefix else "", value=text_value(content, prefix))

    def concatenation(self, node: Node) -> int:
        """Adjacent literals: one constant when all are."""
        strings = self.solid(node)
        literals = [self.literal(each) for each in strings if each.type == "string"]
        if any(literal.is_template for literal in literals):
            return self.interpolated(node, strings)
        value = "".join(text_value(literal.content, literal.prefix) for literal in literals)
        return self.emit(
            Op.CONST, node, "bytes" if any(each.is_bytes for each in literals) else "", value=value
        )

    def constant_text(self, node: Node) -> tuple[str, bool] | None:
        """The value of a string node, and whether it is bytes; `None` unless it is constant text."""
        node = self.unwrap(node)
        if node.type not in _LITERALS:
            return None
        strings = [node] if node.type == "string" else self.solid(node)
        literals = [self.literal(each) for each in strings if each.type == "string"]
        if any(literal.is_template for literal in literals):
            return None
        value = "".join(text_value(literal.content, literal.prefix) for literal in literals)
        return value, any(literal.is_bytes for literal in literals)

    def text_at(self, start: int, end: int, value: str, name: str = "") -> int:
        """A constant piece of text that no single node spans."""
        dst = self.scope.values
        self.scope.values = dst + 1
        self.block.append(Instr(int(Op.CONST), dst, start, end, name, (), (), value))
        return dst

    def interpolated(self, node: Node, strings: Sequence[Node]) -> int:
        """Literals of which at least one is an f-string: text pieces and values in order."""
        args: list[int] = []
        keys: list[str | None] = []
        pending: list[str] = []
        start = end = node.start_byte

        def flush() -> None:
            text = "".join(pending)
            pending.clear()
            if text:
                args.append(self.text_at(start, end, text))
                keys.append(None)

        for string in strings:
            prefix = self.literal(string).prefix if string.type == "string" else ""
            template = "f" in prefix or "t" in prefix
            for child in string.children:
                kind = child.type
                if kind == "string_content":
                    start = child.start_byte if not pending else start
                    end = child.end_byte
                    pending.append(text_value(self.text[child.start_byte : end], prefix, template))
                elif kind == "interpolation":
                    if any(part.type == "=" for part in child.children):
                        start = child.start_byte if not pending else start
                        end = child.end_byte
                        pending.append(self.source_text(child)[1:].partition("=")[0] + "=")
                    flush()
                    self.interpolation(child, args, keys)
        flush()
        values = [key for key in keys if key is not None]
        if not args or (len(args) == 1 and type(self.block[-1]) is Instr and self.block[-1].op == Op.CONST):
            return self.only_text(node, args)
        return self.emit(Op.JOIN, node, "f-string", tuple(args), tuple(keys) if values else ())

    def only_text(self, node: Node, args: list[int]) -> int:
        """An f-string without values is a constant."""
        return args[0] if args else self.emit(Op.CONST, node, value="")

    def interpolation(self, node: Node, args: list[int], keys: list[str | None]) -> None:
        """One `{...}` of an f-string: its value, then the values in its format specification."""
        conversion = ""
        inner: list[Node] = []
        expressions: list[Node] = []
        for child in node.named_children:
            kind = child.type
            if kind == "type_conversion":
                conversion = self.source_text(child)
            elif kind == "format_specifier":
                conversion += self.source_text(child)
                inner = [each for each in child.named_children if each.type == "format_expression"]
            elif kind not in EXTRAS:
                expressions.append(child)
        for child in expressions:
            args.append(self.expression(child))
            keys.append(conversion or None)
        for child in inner:
            self.depth += 1
            self.interpolation(child, args, keys)
            self.depth -= 1

    # -- operators --------------------------------------------------------------------------------

    def binary(self, node: Node) -> int:
        """Binary operators, walked along their left spine; successive `+` make one `JOIN`."""
        base, links = self.spine(node)
        if not links:
            return self.unread(node)
        parts: list[int] = []
        last = node
        value = -1
        for index in range(len(links) - 1, -1, -1):
            link, operator, right = links[index]
            if operator == "%" and value < 0 and not parts:
                value = self.percent(link, base, right)
            else:
                if value < 0 and not parts:
                    value = self.expression(base)
                if operator == "+":
                    parts = parts or [value]
                    parts.append(self.expression(right))
                    last = link
                    continue
                if parts:
                    value = self.emit(Op.JOIN, last, "plus", tuple(parts))
                    parts = []
                value = self.emit(Op.BINARY, link, operator, (value, self.expression(right)))
        if parts:
            return self.emit(Op.JOIN, last, "plus", tuple(parts))
        return value

    def is_text(self, node: Node) -> bool:
        """Whether an expression certainly is text: a literal, or a sum that contains one."""
        pending = [node]
        while pending:
            current = self.unwrap(pending.pop())
            if current.type in _LITERALS:
                return True
            if current.type == "binary_operator" and len(current.children) == 3:
                left, operator, right = current.children
                if operator.type == "+":
                    pending += [left, right]
        return False

    def percent(self, node: Node, left: Node, right: Node) -> int:
        """`left % right`: text when the left side is, else arithmetic."""
        constant = self.constant_text(left)
        if constant is not None:
            return self.percent_holes(node, left, self.unwrap(right), *constant)
        value = self.expression(left)
        if not self.is_text(left):
            return self.emit(Op.BINARY, node, "%", (value, self.expression(right)))
        return self.emit(Op.JOIN, node, "percent", (value, *self.operands(self.unwrap(right))))

    def operands(self, node: Node) -> list[int]:
        """The values on the right of `%` when the template is not known."""
        if node.type == "tuple":
            return [self.expression(child) for child in self.solid(node)]
        return [self.expression(node)]

    def percent_holes(self, node: Node, left: Node, right: Node, template: str, is_bytes: bool) -> int:
        """`"template" % right` with the template's holes filled."""
        parts = percent_template(template)
        holes = [part for part in parts if isinstance(part, Hole)]
        values: dict[int | str, int] = {}
        every: list[int] = []
        whole = -1
        if right.type == "tuple" and not any(child.type == "list_splat" for child in self.solid(right)):
            for index, child in enumerate(self.solid(right)):
                values[index] = self.expression(child)
                every.append(values[index])
        elif right.type == "dictionary" and all(child.type == "pair" for child in self.solid(right)):
            for child in self.solid(right):
                constant, key = self.constant_of(child.children[0])
                value = self.expression(child.children[-1])
                every.append(value)
                if constant and isinstance(key, str):
                    values[key] = value
        else:
            whole = self.expression(right)
            if len(holes) == 1 and holes[0].key == 0:
                values[0] = whole
        if whole < 0 and any(hole.key not in values for hole in holes):
            # A key that is missing, or not constant: any of the values may fill the hole.
            whole = self.emit(Op.COLLECT, right, "list", tuple(every), (None,) * len(every))
        if whole >= 0:
            for hole in holes:
                if hole.key not in values:
                    key = self.emit(Op.CONST, right, value=hole.key)
                    values[hole.key] = self.emit(Op.ITEM, right, args=(whole, key), value=hole.key)
        return self.fill(node, left, "percent", parts, values, "bytes" if is_bytes else "")

    def fill(
        self,
        node: Node,
        template: Node,
        name: str,
        parts: Sequence[str | Hole],
        values: Mapping[int | str, int],
        kind: str,
    ) -> int:
        """Emit the `JOIN` of a template whose holes' values are known."""
        args: list[int] = []
        keys: list[str | None] = []
        for part in parts:
            if isinstance(part, str):
                args.append(self.emit(Op.CONST, template, kind, value=part))
                keys.append(None)
                continue
            value = values[part.key]
            for step in part.path:
                if step[0] == ".":
                    value = self.emit(Op.ATTR, template, step[1:], (value,))
                    continue
                item: str | int = int(step) if step.isdecimal() and len(step) < 10 else step
                key = self.emit(Op.CONST, template, value=item)
                value = self.emit(Op.ITEM, template, args=(value, key), value=item)
            args.append(value)
            keys.append(part.conversion)
        return self.emit(Op.JOIN, node, name, tuple(args), tuple(keys) if any(keys) else ())

    # -- methods of text --------------------------------------------------------------------------

    def text_method(self, base: Node, method: str, call: Node, arguments: Node) -> int:
        """`"...".format(...)` and `"...".join(...)`; -1 for anything else."""
        if method not in ("format", "join"):
            return -1
        constant = self.constant_text(base)
        if constant is None:
            return -1
        if method == "join":
            return self.join(call, base, arguments, constant[1])
        if arguments.type != "argument_list":
            return -1
        parts = format_template(constant[0])
        return -1 if parts is None else self.format(call, base, arguments, parts)

    def format(self, call: Node, base: Node, arguments: Node, parts: Sequence[str | Hole]) -> int:
        """`"template".format(...)`."""
        args: list[int] = []
        keys: list[str | None] = []
        self.arguments(arguments, args, keys)
        values: dict[int | str, int] = {}
        position = 0
        spread = {key: value for key, value in zip(keys, args, strict=True) if key in ("*", "**")}
        for key, value in zip(keys, args, strict=True):
            if key is None:
                values[position] = value
                position += 1
            elif key not in spread:
                values[key] = value
        for part in parts:
            if isinstance(part, Hole) and part.key not in values:
                source = spread.get("*" if isinstance(part.key, int) else "**")
                if source is None:
                    # The call fails when it runs, unless the values come from elsewhere.
                    values[part.key] = self.emit(Op.UNKNOWN, call, "format", tuple(args))
                    self.unlowered["format"] += 1
                    continue
                index = self.emit(Op.CONST, call, value=part.key)
                values[part.key] = self.emit(Op.ITEM, call, args=(source, index), value=part.key)
        return self.fill(call, base, "format", parts, values, "")

    def join(self, call: Node, base: Node, arguments: Node, is_bytes: bool) -> int:
        """`"separator".join(parts)`: parts in order when they are written out, else a spread."""
        operands = self.solid(arguments) if arguments.type == "argument_list" else [arguments]
        if len(operands) != 1 or operands[0].type in ("list_splat", "dictionary_splat", "keyword_argument"):
            return -1
        parts = self.plain_parts(self.unwrap(operands[0]))
        elements = self.solid(parts) if parts.type in ("list", "tuple") else []
        if not elements or any(each.type == "list_splat" for each in elements):
            separator = self.expression(base)
            return self.emit(Op.JOIN, call, "join", (separator, self.expression(parts)), (None, "*"))
        separator = self.expression(base)
        args: list[int] = []
        for element in elements:
            if args:
                args.append(separator)
            args.append(self.expression(element))
        return self.emit(Op.JOIN, call, "join", tuple(args))

    def plain_parts(self, node: Node) -> Node:
        """What is joined, without each part's conversion: `map(str, parts)`, `str(p) for p in parts`."""
        if node.type == "call" and self.source_text(node.children[0]) == "map":
            given = self.solid(node.children[-1])
            if len(given) == 2 and self.source_text(given[0]) == "str":
                return self.unwrap(given[1])
        elif node.type in ("generator_expression", "list_comprehension"):
            element, *clauses = self.solid(node)
            if element.type == "call" and self.source_text(element.children[0]) == "str":
                given = self.solid(element.children[-1])
                element = given[0] if len(given) == 1 else element
            if len(clauses) == 1 and clauses[0].type == "for_in_clause" and element.type == "identifier":
                target, iterated = clauses[0].child_by_field_name("left"), clauses[0].children[-1]
                if target is not None and self.source_text(target) == self.source_text(element):
                    return self.unwrap(iterated)
        return node

    expressions: ClassVar[ExpressionTable] = Operators.expressions | {
        "string": string,
        "concatenated_string": concatenation,
        "binary_operator": binary,
    }
