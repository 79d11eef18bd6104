"""Python operators that are not text building: conditions, comparisons, branches within expressions."""

from typing import ClassVar

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.frontends.python_expressions import EXTRAS, Expressions, ExpressionTable
from rearguard.program import Block, If, Instr, Op

__all__ = ["Operators"]

_ACTIVE = frozenset({Op.CALL, Op.AWAIT, Op.YIELD, Op.STORE})
"""Operations that make the right side of `and`/`or` more than a value."""


class Operators(Expressions):
    """Lowers operators, and what else decides the course of an expression."""

    def unary(self, node: Node) -> int:
        """`-a`, `+a`, `~a`; a negative number is a constant."""
        constant, value = self.constant_of(node)
        if constant:
            return self.emit(Op.CONST, node, value=value)
        children = node.children
        return self.emit(Op.UNARY, node, children[0].type, (self.expression(children[-1]),))

    def negation(self, node: Node) -> int:
        """`not a`, whose operand is a condition."""
        return self.emit(Op.UNARY, node, "not", (self.condition(node.children[-1]),))

    def comparison(self, node: Node) -> int:
        """`a < b < c`: each pair compared, joined by `and`."""
        children = [child for child in node.children if child.type not in EXTRAS]
        left = self.expression(children[0])
        result = -1
        for index in range(1, len(children) - 1, 2):
            operator = children[index].type
            right = self.expression(children[index + 1])
            test = self.emit(Op.COMPARE, node, "!=" if operator == "<>" else operator, (left, right))
            result = test if result < 0 else self.emit(Op.LOGIC, node, "and", (result, test))
            left = right
        return result if result >= 0 else left

    def condition(self, node: Node) -> int:
        """An expression whose truth decides: `and`, `or`, `not` stay readable as `LOGIC`."""
        node = self.unwrap(node)
        if node.type != "boolean_operator":
            return self.expression(node)
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        base, links = self.spine(node)
        value = self.condition(base)
        for link, operator, right in reversed(links):
            value = self.emit(Op.LOGIC, link, operator, (value, self.condition(right)))
        self.depth -= 1
        return value

    def spine(self, node: Node) -> tuple[Node, list[tuple[Node, str, Node]]]:
        """Operators nested on their left: the leftmost operand, and the operators, outermost first."""
        kind = node.type
        links: list[tuple[Node, str, Node]] = []
        while node.type == kind:
            children = node.children
            if len(children) != 3:
                children = [child for child in children if child.type not in EXTRAS]
                if len(children) < 3:
                    break
            links.append((node, children[1].type, children[-1]))
            node = children[0]
        return node, links

    def boolean(self, node: Node) -> int:
        """`and`/`or` in a value's place: a branch where the right side does something."""
        base, links = self.spine(node)
        if not links:
            return self.unread(node)
        value = self.expression(base)
        name = ""
        for link, operator, right in reversed(links):
            outer = self.block
            inner: Block = []
            self.block = inner
            result = self.expression(right)
            self.block = outer
            if not any(type(each) is not Instr or each.op in _ACTIVE for each in inner):
                outer.extend(inner)
                value = self.emit(Op.LOGIC, link, operator, (value, result))
                continue
            name = name or self.temporary()
            self.act(Op.STORE, link, name, (value,))
            inner.append(Instr(int(Op.STORE), -1, right.start_byte, right.end_byte, name, (result,)))
            empty: Block = []
            then, orelse = (inner, empty) if operator == "and" else (empty, inner)
            outer.append(If(value, then, orelse, link.start_byte, link.end_byte))
            value = self.emit(Op.LOAD, link, name)
        return value

    def conditional(self, node: Node) -> int:
        """`a if c else b`: a branch that stores to a temporary."""
        parts = self.solid(node)
        if len(parts) != 3:
            return self.unread(node)
        condition = self.condition(parts[1])
        name = self.temporary()
        branches: list[Block] = []
        outer = self.block
        for part in (parts[0], parts[2]):
            self.block = []
            self.act(Op.STORE, part, name, (self.expression(part),))
            branches.append(self.block)
        self.block = outer
        outer.append(If(condition, branches[0], branches[1], node.start_byte, node.end_byte))
        return self.emit(Op.LOAD, node, name)

    def wait(self, node: Node) -> int:
        """`await a`."""
        return self.emit(Op.AWAIT, node, args=(self.expression(node.children[-1]),))

    def produce(self, node: Node) -> int:
        """`yield`, `yield a`, `yield from a`."""
        self.scope.is_generator = True
        children = self.solid(node)
        args = (self.expression(children[-1]),) if children else ()
        delegates = any(child.type == "from" for child in node.children)
        return self.emit(Op.YIELD, node, "from" if delegates else "", args)

    expressions: ClassVar[ExpressionTable] = Expressions.expressions | {
        "unary_operator": unary,
        "not_operator": negation,
        "boolean_operator": boolean,
        "comparison_operator": comparison,
        "conditional_expression": conditional,
        "await": wait,
        "yield": produce,
    }
