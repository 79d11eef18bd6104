"""The patterns of Python's `match` statement, lowered to tests, conditions and captures.

A pattern that is a constant, or an alternative of constants, is compared with the subject (`Case.tests`).
Any other pattern becomes a condition that says the same in plain expressions (`isinstance`, `len`, `in`,
`==`), which joins the guard. Source: Python Language Reference, The match statement.
"""

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.frontends.python_targets import Targets
from rearguard.program import NO_VALUE, Block, Case, Op

__all__ = ["Patterns"]

_LITERALS = frozenset(
    {"string", "concatenated_string", "integer", "float", "true", "false", "none", "complex_pattern"}
)


class Patterns(Targets):
    """Lowers case clauses."""

    def case(self, clause: Node, subject: int) -> Case:
        """One `case` of a match over `subject`."""
        patterns = [child for child in clause.named_children if child.type == "case_pattern"]
        guard_node = clause.child_by_field_name("guard")
        outer = self.block
        head: Block = []
        self.block = head
        captures: list[tuple[Node, int]] = []
        tests: tuple[int, ...] = ()
        guard = NO_VALUE
        if len(patterns) == 1:
            constants = self.alternatives(patterns[0])
            if constants:
                tests = tuple(self.constant_pattern(constant) for constant in constants)
            else:
                guard = self.pattern(patterns[0], subject, captures)
        elif patterns:
            guard = self.sequence_pattern(clause, patterns, subject, captures)
        body: Block = []
        if guard_node is not None:
            # The guard may read what the pattern captured.
            self.capture(captures)
            guard = self.both(guard_node, guard, self.condition(guard_node.named_children[-1]))
            self.block = body
        else:
            self.block = body
            self.capture(captures)
        self.run(clause.child_by_field_name("consequence"))
        self.block = outer
        return Case(head, tests, guard, body, clause.start_byte, clause.end_byte)

    def run(self, node: Node | None) -> None:
        """Lower the statements of a block. See `Statements`."""
        raise NotImplementedError

    def capture(self, captures: list[tuple[Node, int]]) -> None:
        """Store what a pattern captured."""
        for name, value in captures:
            self.assign(name, value, name)

    def both(self, node: Node, left: int, right: int) -> int:
        """Both conditions, where either may be absent."""
        if left == NO_VALUE or right == NO_VALUE:
            return max(left, right)
        return self.emit(Op.LOGIC, node, "and", (left, right))

    # -- constants --------------------------------------------------------------------------------

    def bare(self, node: Node) -> Node:
        """The pattern inside wrappers and parentheses."""
        while node.type in ("case_pattern", "tuple_pattern"):
            children = self.solid(node)
            if len(children) != 1 or any(child.type == "," for child in node.children):
                break
            node = children[0]
        return node

    def alternatives(self, node: Node) -> list[Node]:
        """The constants of a pattern that is nothing but constants; else none."""
        pending, found = [self.bare(node)], []
        while pending:
            current = self.bare(pending.pop())
            kind = current.type
            if kind == "union_pattern":
                pending.extend(reversed(self.solid(current)))
            elif kind in _LITERALS or self.is_dotted(current):
                found.append(current)
            else:
                return []
        return found

    def is_negative(self, node: Node) -> bool:
        """Whether a minus stands before a number: the grammar makes it the number's neighbour."""
        before = self.text[max(0, node.start_byte - 16) : node.start_byte]
        return node.type in ("integer", "float") and before.rstrip().endswith(b"-")

    def is_dotted(self, node: Node) -> bool:
        """Whether a pattern is a value pattern: a dotted name, not a capture."""
        return node.type == "dotted_name" and len(self.solid(node)) > 1

    def constant_pattern(self, node: Node) -> int:
        """The value of a literal or dotted pattern."""
        if self.is_negative(node):
            _, value = self.constant_of(node)
            if isinstance(value, int | float):
                return self.emit(Op.CONST, node, value=-value)
        if node.type == "complex_pattern":
            return self.unknown(node, ())
        return self.expression(node)

    # -- everything else --------------------------------------------------------------------------

    def pattern(self, node: Node, subject: int, captures: list[tuple[Node, int]]) -> int:
        """The condition that a pattern puts on `subject`; `NO_VALUE` when it always matches."""
        node = self.bare(node)
        kind = node.type
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        try:
            if kind in _LITERALS or self.is_dotted(node):
                name = "is" if kind in ("true", "false", "none") else "=="
                return self.emit(Op.COMPARE, node, name, (subject, self.constant_pattern(node)))
            if kind == "dotted_name":
                captures.append((self.solid(node)[0], subject))
                return NO_VALUE
            if kind == "as_pattern":
                children = self.solid(node)
                condition = self.pattern(children[0], subject, captures)
                captures.append((children[-1], subject))
                return condition
            if kind == "union_pattern":
                return self.union_pattern(node, subject, captures)
            if kind == "class_pattern":
                return self.class_pattern(node, subject, captures)
            if kind == "dict_pattern":
                return self.dict_pattern(node, subject, captures)
            if kind in ("list_pattern", "tuple_pattern"):
                return self.sequence_pattern(node, self.solid(node), subject, captures)
            if kind == "splat_pattern":
                captures.extend((child, subject) for child in self.solid(node) if child.type == "identifier")
                return NO_VALUE
            if kind == "case_pattern":  # the wildcard is an anonymous token
                return NO_VALUE
            return self.unknown(node, (subject,))
        finally:
            self.depth -= 1

    def union_pattern(self, node: Node, subject: int, captures: list[tuple[Node, int]]) -> int:
        """Any of several patterns."""
        condition = NO_VALUE
        for alternative in self.solid(node):
            each = self.pattern(alternative, subject, captures)
            if each == NO_VALUE:
                return NO_VALUE
            condition = each if condition == NO_VALUE else self.emit(Op.LOGIC, node, "or", (condition, each))
        return condition

    def class_pattern(self, node: Node, subject: int, captures: list[tuple[Node, int]]) -> int:
        """`Class(attribute=pattern)`: positional parts depend on the class, so they see the subject."""
        children = self.solid(node)
        callee = self.emit(Op.LOAD, children[0], "isinstance")
        condition = self.emit(Op.CALL, node, args=(callee, subject, self.expression(children[0])))
        for child in children[1:]:
            inner = self.bare(child)
            if inner.type == "keyword_pattern":
                name, *rest = self.solid(inner)
                value = self.emit(Op.ATTR, inner, self.name_of(name), (subject,))
                each = self.pattern(rest[-1], value, captures) if rest else NO_VALUE
            else:
                value = self.emit(Op.UNKNOWN, inner, "class_pattern", (subject,))
                each = self.pattern(child, value, captures)
            condition = self.both(node, condition, each)
        return condition

    def dict_pattern(self, node: Node, subject: int, captures: list[tuple[Node, int]]) -> int:
        """`{key: pattern, **rest}`."""
        condition = NO_VALUE
        keys = [key for key in node.children_by_field_name("key") if key.is_named]
        values = node.children_by_field_name("value")
        for key_node, value_node in zip(keys, values, strict=False):
            key = self.constant_pattern(key_node)
            constant = self.last_constant(key)
            present = self.emit(Op.COMPARE, key_node, "in", (key, subject))
            condition = self.both(node, condition, present)
            item = self.emit(Op.ITEM, value_node, args=(subject, key), value=constant)
            condition = self.both(node, condition, self.pattern(value_node, item, captures))
        for child in self.solid(node):
            if child.type == "splat_pattern":
                self.pattern(child, subject, captures)
        return condition

    def sequence_pattern(
        self, node: Node, patterns: list[Node], subject: int, captures: list[tuple[Node, int]]
    ) -> int:
        """`[a, b, *rest]`: the length, then each item."""
        stars = [index for index, each in enumerate(patterns) if self.bare(each).type == "splat_pattern"]
        star = stars[0] if stars else len(patterns)
        callee = self.emit(Op.LOAD, node, "len")
        length = self.emit(Op.CALL, node, args=(callee, subject))
        expected = self.emit(Op.CONST, node, value=len(patterns) - bool(stars))
        condition = self.emit(Op.COMPARE, node, ">=" if stars else "==", (length, expected))
        for index, each in enumerate(patterns):
            if index == star:
                key = self.rest_slice(each, star, star - len(patterns) + 1)
                item = self.emit(Op.ITEM, each, args=(subject, key))
            else:
                position = index if index < star else index - len(patterns)
                key = self.emit(Op.CONST, each, value=position)
                item = self.emit(Op.ITEM, each, args=(subject, key), value=position)
            condition = self.both(node, condition, self.pattern(each, item, captures))
        return condition
