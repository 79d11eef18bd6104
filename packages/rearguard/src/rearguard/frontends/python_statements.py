"""Python statements: control flow, assignment, imports, and Python 2's `print` and `exec`."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.frontends.python_patterns import Patterns
from rearguard.program import NO_VALUE, Block, Case, Handler, If, Instr, Loop, Op, Switch, Try, With

__all__ = ["StatementTable", "Statements"]

StatementTable: TypeAlias = dict[str, Callable[[Any, Node], None]]

MAX_BRANCHES = 40
"""Cases of a `match` that are read as branches, each of which lies in the one before it."""
_COMPOUND = frozenset(
    {
        "class_definition",
        "decorated_definition",
        "for_statement",
        "function_definition",
        "if_statement",
        "match_statement",
        "try_statement",
        "while_statement",
        "with_statement",
    }
)


class Statements(Patterns):
    """Lowers statements: each method takes a node and emits into the current block."""

    # -- blocks -----------------------------------------------------------------------------------

    def run(self, node: Node | None) -> None:
        """Lower the statements of a block (or of anything that contains statements) in order."""
        if node is None:
            return
        self.run_all(node, node.named_children)

    def run_all(self, node: Node, children: list[Node]) -> None:
        """Lower statements that lie in `node`."""
        if self.depth >= MAX_DEPTH:
            self.too_deep(node)
            return
        # A block costs four frames of Python's stack, an expression two: they are counted accordingly.
        self.depth += 2
        statements = self.statements
        for child in children:
            lower = statements.get(child.type)
            if lower is not None:
                lower(self, child)
            else:
                self.expression(child)
            if self.broken and child.has_error and child.type in _COMPOUND:
                # What the grammar put beside the parts of a broken statement is read after it.
                for part in child.children:
                    if part.is_error:
                        self.stray(part)
        self.depth -= 2

    def suite(self, node: Node | None) -> Block:
        """A block of its own with the statements of `node`."""
        outer = self.block
        block: Block = []
        self.block = block
        self.run(node)
        self.block = outer
        return block

    def stray(self, node: Node) -> None:
        """What an `ERROR` node holds: statements and expressions are still read."""
        if self.depth >= MAX_DEPTH:
            self.too_deep(node)
            return
        self.depth += 1
        for child in self.solid(node):
            kind = child.type
            lower = self.statements.get(kind, None if kind in self.expressions else Statements.stray)
            if lower is not None:
                lower(self, child)
            else:
                self.expression(child)
        self.depth -= 1

    def nothing(self, node: Node) -> None:
        """A statement without effect."""

    # -- simple statements ------------------------------------------------------------------------

    def expression_statement(self, node: Node) -> None:
        """An expression, an assignment, or several expressions (a tuple that no one keeps)."""
        for child in node.children:
            if not child.is_named:
                continue
            lower = self.statements.get(child.type)
            if lower is not None:
                lower(self, child)
            else:
                self.expression(child)

    def assignment(self, node: Node) -> None:
        """`a = b = value`, `a: type = value`, `a: type`."""
        children = node.children
        if len(children) == 3 and children[2].type != "assignment" and children[1].type == "=":
            self.assign_one(children[0], children[2], node)
            return
        targets: list[Node] = []
        right: Node | None = node
        annotation = NO_VALUE
        annotation_node: Node | None = None
        while right is not None and right.type == "assignment":
            targets.append(right.children[0])
            if right.children[-2].type == ":" or len(right.children) > 3:
                annotation_node = right.child_by_field_name("type") or annotation_node
            right = right.child_by_field_name("right")
        if annotation_node is not None:
            annotation = self.expression(annotation_node)
        if right is None:
            self.declared(targets[-1], annotation, annotation_node, node)
            return
        value = self.expression(right)
        for target in targets:
            self.assign(target, value, node)
            if self.scope.kind == "class" and target.type == "identifier":
                self.field(target, annotation, annotation_node, value, node)

    def assign_one(self, target: Node, right: Node, node: Node) -> None:
        """`a = value`."""
        kind = target.type
        if kind == "identifier":
            value = self.expression(right)
            self.assign(target, value, node)
            if self.scope.kind == "class":
                self.field(target, NO_VALUE, None, value, node)
        elif not self.assign_pairs(target, right, node):
            self.assign(target, self.expression(right), node)

    def assign_pairs(self, target: Node, right: Node, node: Node) -> bool:
        """`a, b = x, y`: each its own value, all computed before the first is stored."""
        if target.type not in ("pattern_list", "tuple_pattern") or right.type not in (
            "expression_list",
            "tuple",
        ):
            return False
        targets, values = self.solid(target), self.solid(right)
        if len(targets) != len(values) or any("splat" in each.type for each in (*targets, *values)):
            return False
        ids = [self.expression(value) for value in values]
        for each, value in zip(targets, ids, strict=True):
            self.assign(each, value, node)
        return True

    def declared(self, target: Node, annotation: int, annotation_node: Node | None, node: Node) -> None:
        """`a: type` makes `a` local without giving it a value."""
        if target.type != "identifier":
            self.expression(target)
            return
        name = self.name_of(target)
        if name and name not in self.scope.outer:
            self.scope.locals.add(name)
        if self.scope.kind == "class":
            self.field(target, annotation, annotation_node, NO_VALUE, node)

    def field(
        self, target: Node, annotation: int, annotation_node: Node | None, default: int, node: Node
    ) -> None:
        """Record a class field. See `Definitions`."""
        raise NotImplementedError

    def augmented(self, node: Node) -> None:
        """`a += b`: read, combine, write; the target's parts are computed once."""
        target = node.children[0]
        right = node.children[-1]
        operator = node.child_by_field_name("operator")
        sign = operator.type[:-1] if operator is not None else ""
        kind = target.type
        if kind == "attribute":
            children = target.children
            owner = self.expression(children[0])
            name = self.name_of(children[-1])
            old = self.emit(Op.ATTR, target, name, (owner,))
            self.act(Op.SETATTR, node, name, (owner, self.combine(node, sign, old, right)))
        elif kind == "subscript":
            children = target.children
            owner = self.expression(children[0])
            key = self.key(target, children)
            constant = self.last_constant(key)
            old = self.emit(Op.ITEM, target, args=(owner, key), value=constant)
            new = self.combine(node, sign, old, right)
            self.act(Op.SETITEM, node, args=(owner, key, new), value=constant)
        else:
            new = self.combine(node, sign, self.expression(target), right)
            self.assign(target, new, node)

    def combine(self, node: Node, sign: str, old: int, right: Node) -> int:
        """The new value of an augmented assignment."""
        value = self.expression(right)
        if sign == "+":
            return self.emit(Op.JOIN, node, "plus", (old, value))
        return self.emit(Op.BINARY, node, sign, (old, value))

    def leave(self, node: Node) -> None:
        """`return`."""
        children = self.solid(node)
        self.act(Op.RETURN, node, args=(self.expression(children[0]),) if children else ())

    def fail(self, node: Node) -> None:
        """`raise error from cause`; Python 2's `raise type, value` too."""
        children = self.solid(node)
        if children and children[0].type == "expression_list":
            children = self.solid(children[0]) + children[1:]
        values = [self.expression(child) for child in children]
        self.act(Op.RAISE, node, args=tuple(values[:1]))

    def affirm(self, node: Node) -> None:
        """`assert condition, message`."""
        children = self.solid(node)
        if not children:
            return
        condition = self.condition(children[0])
        for message in children[1:]:
            self.expression(message)
        self.act(Op.ASSERT, node, args=(condition,))

    def delete(self, node: Node) -> None:
        """`del`: each target apart."""
        pending = self.solid(node)[::-1]
        while pending:
            target = pending.pop()
            kind = target.type
            if kind == "identifier":
                name = self.name_of(target)
                if name not in self.scope.outer:
                    self.scope.locals.add(name)
                self.act(Op.DELETE, target, name)
            elif kind == "attribute":
                owner = self.expression(target.children[0])
                self.act(Op.DELETE, target, self.name_of(target.children[-1]), (owner,))
            elif kind == "subscript":
                owner = self.expression(target.children[0])
                key = self.key(target, target.children)
                constant = self.last_constant(key)
                args = (owner, key) if constant is None else (owner,)
                self.act(Op.DELETE, target, "" if constant is None else str(constant), args)
            elif kind in ("expression_list", "tuple", "list", "parenthesized_expression"):
                pending.extend(reversed(self.solid(target)))
            else:
                self.expression(target)

    def break_(self, node: Node) -> None:
        """`break`."""
        self.act(Op.BREAK, node)

    def continue_(self, node: Node) -> None:
        """`continue`."""
        self.act(Op.CONTINUE, node)

    def declare(self, node: Node) -> None:
        """`global`, `nonlocal`: names assigned here that are not local. A module's own stay its own."""
        if self.scope.kind != "module":
            names = {self.name_of(child) for child in self.solid(node)}
            # A name that is already local stays so: Python refuses such code.
            self.scope.outer |= names - self.scope.locals

    def type_alias(self, node: Node) -> None:
        """`type Name[T] = value`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            self.run_all(node, self.solid(node))
            return
        value = self.expression(right)
        while left.type in ("type", "generic_type") and left.named_children:
            left = left.named_children[0]
        self.assign(left, value, node)

    def legacy_call(self, node: Node) -> None:
        """Python 2's `print a, b`, `print >>file, a` and `exec code in scope`, as the calls they are."""
        keyword = node.children[0]
        args = [self.emit(Op.LOAD, keyword, keyword.type)]
        keys: list[str | None] = [None]
        for child in self.solid(node):
            target = child.type == "chevron"
            args.append(self.expression(self.solid(child)[-1] if target and self.solid(child) else child))
            keys.append("file" if target else None)
        self.emit(Op.CALL, node, args=tuple(args), keys=tuple(keys[1:]) if any(keys) else ())

    # -- imports ----------------------------------------------------------------------------------

    def import_name(self, node: Node) -> str:
        """A module's name as written, leading dots kept, blanks and comments not."""
        kind = node.type
        if kind in ("identifier", "import_prefix"):
            return self.name_of(node)
        separator = "." if kind == "dotted_name" else ""
        return separator.join(self.import_name(child) for child in self.solid(node))

    def import_(self, node: Node) -> None:
        """`import a.b` stores `a`; `import a.b as c` stores the module `a.b`."""
        for child in self.solid(node):
            if child.type == "aliased_import":
                name, alias = self.alias(child)
                self.assign(alias, self.emit(Op.IMPORT, child, self.import_name(name)), node)
            elif child.type == "dotted_name":
                first = child.named_children[0]
                self.assign(first, self.emit(Op.IMPORT, child, self.name_of(first)), node)

    def import_from(self, node: Node) -> None:
        """`from module import name as alias, ...`; `*` stores nothing."""
        source = node.child_by_field_name("module_name")
        module = "__future__" if source is None else self.import_name(source)
        for child in self.solid(node):
            kind = child.type
            if kind == "wildcard_import":
                self.emit(Op.IMPORT, child, module, value="*")
            elif kind == "aliased_import":
                name, alias = self.alias(child)
                self.assign(alias, self.emit(Op.IMPORT, child, module, value=self.import_name(name)), node)
            elif kind == "dotted_name" and child != source:
                value = self.emit(Op.IMPORT, child, module, value=self.import_name(child))
                self.assign(child.named_children[-1], value, node)

    def alias(self, node: Node) -> tuple[Node, Node]:
        """The name and the alias of `name as alias`."""
        children = self.solid(node)
        return children[0], children[-1]

    # -- control flow -----------------------------------------------------------------------------

    def branch(self, node: Node) -> None:
        """`if`, with its `elif`s nested in each other's `else`."""
        outer = self.block
        block = outer
        depth = self.depth
        clause = node
        alternatives = [
            child for child in node.named_children if child.type in ("elif_clause", "else_clause")
        ]
        alternatives.reverse()
        while True:
            self.block = block
            parts = self.solid(clause)
            condition = self.condition(parts[0]) if parts else self.unknown(clause, ())
            then = self.suite(next((part for part in parts if part.type == "block"), None))
            orelse: Block = []
            self.block.append(If(condition, then, orelse, clause.start_byte, node.end_byte))
            # Beyond the depth limit the rest of a chain follows instead of nesting: no branch is lost.
            if self.depth < MAX_DEPTH - 8:
                self.depth += 1
                block = orelse
            if not alternatives:
                break
            clause = alternatives.pop()
            if clause.type == "else_clause":
                self.block = block
                self.run(clause.child_by_field_name("body"))
                break
        self.block = outer
        self.depth = depth

    def while_(self, node: Node) -> None:
        """`while`; a condition that is always true is none."""
        outer = self.block
        head: Block = []
        condition = NO_VALUE
        condition_node = node.child_by_field_name("condition")
        if condition_node is not None:
            constant, value = self.constant_of(condition_node)
            if not (constant and value):
                self.block = head
                condition = self.condition(condition_node)
                self.block = outer
        body = self.suite(node.child_by_field_name("body"))
        orelse = self.suite(self.alternative(node))
        self.block.append(Loop(head, condition, body, orelse, node.start_byte, node.end_byte))

    def alternative(self, node: Node) -> Node | None:
        """The body of a loop's `else`."""
        clause = node.child_by_field_name("alternative")
        return None if clause is None else clause.child_by_field_name("body")

    def for_(self, node: Node) -> None:
        """`for target in iterable`; `async for` is the same here."""
        right, left = node.child_by_field_name("right"), node.child_by_field_name("left")
        source = self.expression(right) if right is not None else self.unknown(node, ())
        outer = self.block
        body: Block = []
        self.block = body
        element = self.emit(Op.ITER, left or node, "value", (source,))
        if left is not None:
            self.assign(left, element, left)
        self.run(node.child_by_field_name("body"))
        self.block = outer
        orelse = self.suite(self.alternative(node))
        self.block.append(Loop([], NO_VALUE, body, orelse, node.start_byte, node.end_byte))

    def try_(self, node: Node) -> None:
        """`try`, with the types of its handlers computed before it."""
        clauses = [child for child in node.named_children if child.type == "except_clause"]
        caught = [self.caught_types(clause) for clause in clauses]
        body = self.suite(node.child_by_field_name("body"))
        orelse: Block = []
        final: Block = []
        handlers = tuple(
            self.handler(clause, types, alias) for clause, (types, alias) in zip(clauses, caught, strict=True)
        )
        for child in node.named_children:
            if child.type == "else_clause":
                orelse = self.suite(child.child_by_field_name("body"))
            elif child.type == "finally_clause":
                final = self.suite(
                    next((each for each in child.named_children if each.type == "block"), None)
                )
        self.block.append(Try(body, handlers, orelse, final, node.start_byte, node.end_byte))

    def caught_types(self, clause: Node) -> tuple[tuple[int, ...], Node | None]:
        """The values of the types that a handler names, and the node of the name it gives the error."""
        values = clause.children_by_field_name("value")
        alias = clause.child_by_field_name("alias")
        if len(values) == 1 and values[0].type == "as_pattern":
            value, alias = self.alias(values[0])
            values = [value]
        elif len(values) == 2 and alias is None and self.source_text(values[1])[:1].islower():
            # Python 2 wrote `except Type, name`; Python 3.14 writes types there, which are capitalised.
            alias = values.pop()
        types: list[int] = []
        for value in values:
            inner = self.unwrap(value)
            elements = self.solid(inner) if inner.type == "tuple" else [inner]
            types.extend(self.expression(element) for element in elements)
        return tuple(types), alias

    def handler(self, clause: Node, types: tuple[int, ...], alias: Node | None) -> Handler:
        """One `except`."""
        outer = self.block
        body: Block = []
        self.block = body
        if alias is not None:
            self.assign(alias, self.emit(Op.CAUGHT, alias), alias)
        self.run(next((child for child in clause.named_children if child.type == "block"), None))
        self.block = outer
        return Handler(types, body, clause.start_byte, clause.end_byte)

    def with_(self, node: Node) -> None:
        """`with`, `async with`: enter every context, then the body."""
        contexts: list[int] = []
        for clause in node.named_children:
            if clause.type == "with_clause":
                for item in self.solid(clause):
                    self.enter(item, contexts)
        body = self.suite(node.child_by_field_name("body"))
        self.block.append(With(tuple(contexts), body, node.start_byte, node.end_byte))

    def enter(self, item: Node, contexts: list[int]) -> None:
        """One item of a `with`, or the items of a parenthesised list that the grammar reads as a tuple."""
        node = item.child_by_field_name("value") if item.type == "with_item" else item
        node = self.unwrap(item if node is None else node)
        if node.type == "tuple" and any(child.type == "as_pattern" for child in node.named_children):
            for child in self.solid(node):
                self.enter(child, contexts)
            return
        target = None
        if node.type == "as_pattern":
            node, target = self.alias(node)
        manager = self.expression(node)
        contexts.append(manager)
        value = self.emit(Op.ENTER, node, args=(manager,))
        if target is not None:
            self.assign(target, value, item)

    def match(self, node: Node) -> None:
        """`match`."""
        subjects = node.children_by_field_name("subject")
        if len(subjects) == 1:
            subject = self.expression(subjects[0])
        else:
            subject = self.collect("tuple", node, subjects)
        body = node.child_by_field_name("body")
        clauses = [each for each in (body.named_children if body else ()) if each.type == "case_clause"]
        if len(clauses) > MAX_BRANCHES:
            cases = tuple(self.case(clause, subject) for clause in clauses)
            self.block.append(Switch(subject, cases, False, node.start_byte, node.end_byte))
        else:
            self.branches(node, clauses, subject)

    def branches(self, node: Node, clauses: Sequence[Node], subject: int) -> None:
        """The cases of a `match` as the `if` and `elif` that mean the same, so that both are read alike."""
        outer = self.block
        for clause in clauses:
            case = self.case(clause, subject)
            self.block.extend(case.head)
            condition = self.both(clause, self.equal(clause, subject, case), case.guard)
            if condition == NO_VALUE:
                self.block.extend(case.body)
                break
            rest: Block = []
            self.block.append(If(condition, case.body, rest, clause.start_byte, node.end_byte))
            self.block = rest
        self.block = outer

    def equal(self, clause: Node, subject: int, case: Case) -> int:
        """The comparison of the subject with the constants of a case; `NO_VALUE` when it has none."""
        made = {each.dst: each for each in case.head if isinstance(each, Instr)}
        condition = NO_VALUE
        for test in case.tests:
            constant = made.get(test)
            is_one = (
                constant is not None
                and constant.op == Op.CONST
                and (constant.value is None or isinstance(constant.value, bool))
            )
            each = self.emit(Op.COMPARE, clause, "is" if is_one else "==", (subject, test))
            condition = (
                each if condition == NO_VALUE else self.emit(Op.LOGIC, clause, "or", (condition, each))
            )
        return condition

    statements: ClassVar[StatementTable] = {
        "expression_statement": expression_statement,
        "assignment": assignment,
        "augmented_assignment": augmented,
        "return_statement": leave,
        "raise_statement": fail,
        "assert_statement": affirm,
        "delete_statement": delete,
        "pass_statement": nothing,
        "comment": nothing,
        "line_continuation": nothing,
        "break_statement": break_,
        "continue_statement": continue_,
        "global_statement": declare,
        "nonlocal_statement": declare,
        "import_statement": import_,
        "import_from_statement": import_from,
        "future_import_statement": import_from,
        "if_statement": branch,
        "while_statement": while_,
        "for_statement": for_,
        "try_statement": try_,
        "with_statement": with_,
        "match_statement": match,
        "type_alias_statement": type_alias,
        "print_statement": legacy_call,
        "exec_statement": legacy_call,
        "block": run,
        "ERROR": stray,
    }
