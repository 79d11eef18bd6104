"""Python binding: assignment targets, comprehensions, and the patterns of `match`."""

from collections.abc import Sequence
from typing import ClassVar

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.frontends.python_expressions import ExpressionTable
from rearguard.frontends.python_texts import Texts
from rearguard.program import NO_VALUE, If, Loop, Op

__all__ = ["Targets"]

_UNPACKED = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"})
_SPLATS = frozenset({"list_splat", "list_splat_pattern", "dictionary_splat_pattern"})
_CONTAINERS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "list",
}


class Targets(Texts):
    """Lowers whatever gives names to values inside expressions and statements."""

    # -- assignment -------------------------------------------------------------------------------

    def assign(self, target: Node, value: int, node: Node) -> None:
        """Store `value` in a target; `node` is the whole assignment."""
        kind = target.type
        if kind == "identifier":
            name = self.name_of(target)
            if name:
                self.store(self.renames.get(name, name) if self.renames else name, value, node)
        elif kind == "attribute":
            children = target.children
            owner = self.expression(children[0])
            self.act(Op.SETATTR, node, self.name_of(children[-1]), (owner, value))
        elif kind == "subscript":
            children = target.children
            owner = self.expression(children[0])
            key = self.key(target, children)
            self.act(Op.SETITEM, node, args=(owner, key, value), value=self.last_constant(key))
        elif self.depth >= MAX_DEPTH:
            self.too_deep(target)
        else:
            self.depth += 1
            if kind in _UNPACKED:
                self.unpack(self.solid(target), value, node)
            elif kind in _SPLATS or kind in ("parenthesized_expression", "as_pattern_target"):
                for child in self.solid(target):
                    self.assign(child, value, node)
            else:
                self.expression(target)
            self.depth -= 1

    def unpack(self, targets: Sequence[Node], value: int, node: Node) -> None:
        """Take a sequence apart: items by constant index, a starred target by slice."""
        star = next((index for index, target in enumerate(targets) if target.type in _SPLATS), len(targets))
        for index, target in enumerate(targets):
            if index == star:
                key = self.rest_slice(target, star, star - len(targets) + 1)
                self.assign(target, self.emit(Op.ITEM, target, args=(value, key)), node)
                continue
            position = index if index < star else index - len(targets)
            key = self.emit(Op.CONST, target, value=position)
            self.assign(target, self.emit(Op.ITEM, target, args=(value, key), value=position), node)

    def rest_slice(self, node: Node, start: int, stop: int) -> int:
        """The slice that a starred target takes; `stop` is 0 or counts from the end."""
        callee = self.emit(Op.LOAD, node, "slice")
        first = self.emit(Op.CONST, node, value=start)
        last = self.emit(Op.CONST, node, value=stop or None)
        return self.emit(Op.CALL, node, args=(callee, first, last))

    def walrus(self, node: Node) -> int:
        """`name := value`."""
        children = self.solid(node)
        if len(children) != 2:
            return self.unread(node)
        value = self.expression(children[1])
        self.assign(children[0], value, node)
        return value

    def captured(self, node: Node) -> int:
        """`value as target` in a place where the grammar reads it as an expression."""
        children = self.solid(node)
        if len(children) != 2:
            return self.unread(node)
        value = self.expression(children[0])
        self.assign(children[1], value, node)
        return value

    # -- comprehensions ---------------------------------------------------------------------------

    def comprehension(self, node: Node) -> int:
        """Loops that push to a fresh container. Their targets are renamed, for they are no one else's."""
        children = self.solid(node)
        if len(children) < 2:
            return self.unread(node)
        body, clauses = children[0], children[1:]
        container = self.emit(Op.COLLECT, node, _CONTAINERS[node.type])
        outer_block, outer_renames, outer_depth = self.block, self.renames, self.depth
        for clause in clauses:
            # Each clause nests what follows it: a thousand of them are as deep as a thousand brackets.
            self.depth = min(self.depth + 1, MAX_DEPTH)
            if clause.type == "for_in_clause":
                self.comprehension_loop(clause, node)
            elif clause.type == "if_clause":
                self.comprehension_filter(clause)
        if body.type == "pair":
            key = body.children[0]
            self.act(Op.PUSH, key, "key", args=(container, self.expression(key)))
        element = body.children[-1] if body.type == "pair" else body
        self.act(Op.PUSH, element, args=(container, self.expression(element)))
        self.block, self.renames, self.depth = outer_block, outer_renames, outer_depth
        return container

    def comprehension_loop(self, clause: Node, node: Node) -> None:
        """One `for ... in ...`; what follows is emitted into its body."""
        target = clause.child_by_field_name("left")
        iterables = clause.children_by_field_name("right")
        values = [self.expression(iterable) for iterable in iterables if iterable.is_named]
        if len(values) == 1:
            source = values[0]
        else:
            source = self.emit(Op.COLLECT, clause, "tuple", tuple(values), (None,) * len(values))
        if self.depth >= MAX_DEPTH:
            self.unlowered["too deep"] += 1
        else:
            loop = Loop([], NO_VALUE, [], [], node.start_byte, node.end_byte)
            self.block.append(loop)
            self.block = loop.body
        element = self.emit(Op.ITER, clause, "value", (source,))
        if target is not None:
            self.rename_targets(target)
            self.assign(target, element, clause)

    def comprehension_filter(self, clause: Node) -> None:
        """One `if ...`; what follows is emitted into its branch."""
        children = self.solid(clause)
        if not children:
            return
        condition = self.condition(children[-1])
        if self.depth >= MAX_DEPTH:
            self.unlowered["too deep"] += 1
            return
        branch = If(condition, [], [], clause.start_byte, clause.end_byte)
        self.block.append(branch)
        self.block = branch.then

    def rename_targets(self, target: Node) -> None:
        """Give each name that a comprehension binds a local variable of its own."""
        self.renames = dict(self.renames)
        pending = [target]
        while pending:
            node = pending.pop()
            if node.type == "identifier":
                name = self.name_of(node)
                self.scope.temporaries += 1
                self.renames[name] = f"{name}${self.scope.temporaries}"
            elif node.type in _UNPACKED or node.type in _SPLATS or node.type == "parenthesized_expression":
                pending.extend(reversed(self.solid(node)))

    expressions: ClassVar[ExpressionTable] = Texts.expressions | {
        "named_expression": walrus,
        "as_pattern": captured,
        "list_comprehension": comprehension,
        "set_comprehension": comprehension,
        "dictionary_comprehension": comprehension,
        "generator_expression": comprehension,
    }
