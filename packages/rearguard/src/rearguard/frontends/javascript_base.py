"""State of one JavaScript or TypeScript lowering: dispatch, names and block scopes.

What each construct means stands in the `javascript_*` modules as plain functions of the lowering and a
node; `javascript.py` holds the table that joins them to node kinds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node

from rearguard.frontends.lowering import MAX_DEPTH, Lowering, Scope
from rearguard.program import NO_VALUE, Block, Const, Function, Instr, Op

LOAD = int(Op.LOAD)
STORE = int(Op.STORE)
CONST = int(Op.CONST)
UNKNOWN = int(Op.UNKNOWN)

TOO_DEEP = "too deep"

Around: TypeAlias = tuple[Scope, Block, dict[str, str], set[str], list[str] | None]
"""What `open_function` puts aside."""

STATEMENT_COST = 2
"""Depth one nested statement costs: its regions nest several levels in the encoded module."""

NAMES = frozenset({"identifier", "shorthand_property_identifier", "this", "super"})
IGNORED = frozenset({"comment", "html_comment"})

Value: TypeAlias = Callable[["JavaScript", Node], int]
Effect: TypeAlias = Callable[["JavaScript", Node], object]
Declared: TypeAlias = Callable[["JavaScript", Node], list[str]]
Steps: TypeAlias = list[tuple[Effect, Node]]


def decoded(text: str) -> str:
    """Text of which each character stands for a byte, as UTF-8; undecodable bytes are replaced."""
    return text.encode("latin-1").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a statement does to its block."""

    step: Effect | None
    """Lowers it in its place."""
    names: Declared | None
    """The names it binds in the block."""
    hoisted: Effect | None
    """What it does before the block's first statement runs."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Node kind (the grammar's numeric id) to what lowers it, for one grammar."""

    values: dict[int, Value]
    """Expressions."""
    effects: dict[int, Effect]
    """Expressions where nobody reads their value."""
    conditions: dict[int, Value]
    """Expressions that decide a branch."""
    statements: dict[int, Rule]
    links: dict[int, str]
    """Kinds that make up a chain of properties and calls, with their names."""
    nameable: frozenset[int]
    """Functions and classes that take the name of what they are assigned to."""
    skipped: frozenset[int]
    """Punctuation, key words and comments."""
    identifier: int
    template: int
    parenthesized: int


class JavaScript(Lowering):
    """Lowers one tree. Drive it with `statements`, then call `module`."""

    def __init__(self, text: bytes, root: Node, language: str, tables: Tables) -> None:
        super().__init__(text, root)
        self.language = language
        # One character per byte: spans index it, and ASCII slices need no decoding.
        self.chars = text.decode("latin-1")
        self.ascii = self.chars.isascii()
        self.tables = tables
        self.values = tables.values
        self.skipped = tables.skipped
        self.renamed: dict[str, str] = {}
        """Names in force that stand for another variable of an inner block."""
        self.bound: list[set[str]] = [set()]
        """Names bound by the functions and blocks around the current place, innermost last."""
        self.function_bound = self.bound[0]
        self.implicit: set[str] = set()
        """Names assigned but never declared: globals, kept as variables of the module."""
        self.last_exports: list[Callable[[], None]] = []
        """`export {...}` clauses: live bindings, so emitted after everything else."""
        self.hint = ""
        """The name an anonymous function takes if it is the next expression lowered."""
        self.namespace: list[str] | None = None
        """Names exported by the TypeScript namespace around the current place."""

    # -- text -------------------------------------------------------------------------------------

    def chars_of(self, node: Node) -> str:
        """The text of a node, undecodable bytes replaced."""
        text = self.chars[node.start_byte : node.end_byte]
        return text if self.ascii or text.isascii() else decoded(text)

    # -- emitting ---------------------------------------------------------------------------------

    def put(
        self,
        op: int,
        node: Node,
        name: str = "",
        args: tuple[int, ...] = (),
        keys: tuple[str | None, ...] = (),
        value: Const = None,
    ) -> int:
        """`emit` with a plain operation code: enum members cost more than the rest of it."""
        scope = self.scope
        dst = scope.values
        scope.values = dst + 1
        self.block.append(Instr(op, dst, node.start_byte, node.end_byte, name, args, keys, value))
        return dst

    def do(
        self, op: int, node: Node, name: str = "", args: tuple[int, ...] = (), value: Const = None
    ) -> None:
        """`act` with a plain operation code."""
        self.block.append(Instr(op, NO_VALUE, node.start_byte, node.end_byte, name, args, (), value))

    def undefined(self, node: Node) -> int:
        """The value `undefined`."""
        return self.put(CONST, node, "undefined")

    # -- dispatch ---------------------------------------------------------------------------------

    def value(self, node: Node) -> int:
        """Lower an expression and return its value."""
        handler = self.values.get(node.kind_id)
        if handler is None:
            return self.unreadable(node)
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        result = handler(self, node)
        self.depth -= 1
        return result

    def named(self, node: Node, name: str) -> int:
        """Lower an expression; if it is an anonymous function or class, `name` becomes its name.

        Source: ECMA-262, NamedEvaluation.
        """
        if node.kind_id in self.tables.nameable and name.isidentifier():
            self.hint = name
            value = self.value(node)
            self.hint = ""
            return value
        return self.value(node)

    def effect(self, node: Node) -> None:
        """Lower an expression whose value nobody reads."""
        handler = self.tables.effects.get(node.kind_id)
        if handler is None or self.depth >= MAX_DEPTH:
            self.value(node)
            return
        self.depth += 1
        handler(self, node)
        self.depth -= 1

    def condition(self, node: Node) -> int:
        """Lower an expression that decides a branch: its `&&`, `||` and `!` stay readable."""
        handler = self.tables.conditions.get(node.kind_id)
        if handler is None or self.depth >= MAX_DEPTH:
            return self.value(node)
        self.depth += 1
        result = handler(self, node)
        self.depth -= 1
        return result

    def leftover(self, node: Node) -> None:
        """A node where a statement should stand: broken source, lowered for its parts."""
        if node.kind_id in self.values:
            self.effect(node)
        else:
            self.statements(node.children)

    def unreadable(self, node: Node) -> int:
        """A value whose kind has no rule: depends on its children's values."""
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node)
        self.depth += 1
        args = tuple([self.value(child) for child in node.children if child.kind_id not in self.skipped])
        self.depth -= 1
        return self.unknown(node, args)

    def too_deep(self, node: Node) -> int:
        """Cut an expression or statement that nests too deeply; it still depends on its names."""
        names: dict[str, Node] = {}
        stack = [node]
        while stack:
            inner = stack.pop()
            if inner.type in NAMES:
                names.setdefault(self.chars_of(inner), inner)
            stack.extend(inner.children)
        args = tuple([self.load(name, found) for name, found in names.items() if name])
        self.unlowered[TOO_DEEP] += 1
        return self.put(UNKNOWN, node, TOO_DEEP, args)

    # -- names ------------------------------------------------------------------------------------

    def load(self, name: str, node: Node) -> int:
        """Read a variable by the name the program uses; where the parser missed one, nothing is known."""
        if not name:
            return self.unknown(node, ())
        return self.put(LOAD, node, self.renamed.get(name, name))

    def write(self, name: str, value: int, node: Node) -> None:
        """Assign a variable by the name the program uses. An undeclared one is the module's."""
        if not name:
            return
        actual = self.renamed.get(name, name)
        if actual is name and name not in self.scope.locals and not self.visible(name):
            self.implicit.add(name)
        self.block.append(Instr(STORE, NO_VALUE, node.start_byte, node.end_byte, actual, (value,)))

    def visible(self, name: str) -> bool:
        """Whether a declaration around the current place binds `name`."""
        return any(name in names for names in self.bound)

    def declare(self, name: str) -> None:
        """Bind a name in the whole function: `var`, parameters."""
        scope = self.scope
        if self.renamed.get(name, name) not in scope.locals:
            self.renamed.pop(name, None)
            scope.locals.add(name)
        self.function_bound.add(name)

    def declare_in_block(self, names: Iterable[str]) -> None:
        """Bind names in the innermost block; one that hides another variable is renamed."""
        block = self.bound[-1]
        for name in names:
            if name in block:
                continue
            if block is self.function_bound:
                self.renamed.pop(name, None)
                self.scope.locals.add(name)
            elif self.visible(name):
                count = 1
                while self.visible(fresh := f"{name}${count}"):
                    count += 1
                self.renamed[name] = fresh
                self.scope.locals.add(fresh)
                block.add(fresh)
            else:
                self.scope.locals.add(name)
            block.add(name)

    # -- blocks -----------------------------------------------------------------------------------

    def read_block(self, nodes: Iterable[Node]) -> tuple[list[str], Steps]:
        """The names that statements bind in their block, and their steps: what is hoisted comes first."""
        rules = self.tables.statements
        names: list[str] = []
        hoisted: Steps = []
        steps: Steps = []
        for node in nodes:
            kind = node.kind_id
            rule = rules.get(kind)
            if rule is None:
                if kind not in self.skipped:
                    steps.append((JavaScript.leftover, node))
                continue
            if rule.names is not None:
                names += rule.names(self, node)
            if rule.hoisted is not None:
                hoisted.append((rule.hoisted, node))
            if rule.step is not None:
                steps.append((rule.step, node))
        return names, hoisted + steps if hoisted else steps

    def perform(self, steps: Steps) -> None:
        """Lower the statements of a block."""
        if self.depth >= MAX_DEPTH:
            for _, node in steps:
                self.too_deep(node)
            return
        self.depth += STATEMENT_COST
        for step, node in steps:
            step(self, node)
        self.depth -= STATEMENT_COST

    def statements(self, nodes: Iterable[Node]) -> None:
        """Lower a block with its own scope."""
        names, steps = self.read_block(nodes)
        saved = self.open_block(names)
        self.perform(steps)
        self.close_block(saved)

    def function_statements(self, nodes: Iterable[Node]) -> None:
        """Lower a function's outermost block, whose names are the function's."""
        names, steps = self.read_block(nodes)
        self.declare_in_block(names)
        self.perform(steps)

    def open_block(self, names: Sequence[str]) -> dict[str, str] | None:
        """Begin a scope with names of its own; give the result to `close_block`."""
        if not names:
            return None
        renamed = self.renamed
        self.renamed = renamed.copy()
        self.bound.append(set())
        self.declare_in_block(names)
        return renamed

    def close_block(self, saved: dict[str, str] | None) -> None:
        """End a scope."""
        if saved is not None:
            self.bound.pop()
            self.renamed = saved

    def begin(self) -> Block:
        """Emit into a new block from here on; the caller restores `block`."""
        fresh: Block = []
        self.block = fresh
        return fresh

    def body(self, node: Node) -> Block:
        """A new block with the lowering of a statement, block or not."""
        outer = self.block
        inner = self.begin()
        self.statements(node.children if node.type == "statement_block" else (node,))
        self.block = outer
        return inner

    # -- functions --------------------------------------------------------------------------------

    def open_function(
        self, qualified: str, kind: str, node: Node, owner: str, receiver: str
    ) -> tuple[Function, Around]:
        """Begin a function; fill in what is known of it and give both results to `close_function`."""
        around = (self.scope, self.block, self.renamed, self.function_bound, self.namespace)
        scope = self.scope = Scope(qualified, kind, around[0].name, owner, receiver, node)
        self.block = scope.body
        self.renamed = self.renamed.copy()
        self.function_bound = set()
        self.bound.append(self.function_bound)
        self.namespace = None
        function = Function(
            qualified,
            kind,
            (),
            scope.body,
            scope.parent,
            owner,
            receiver,
            frozenset(),
            0,
            (),
            "",
            False,
            False,
            node.start_byte,
            node.end_byte,
            node.start_byte,
            node.start_byte,
            "",
        )
        # The name is taken at once, so that an inner definition of the same name gets another.
        self.functions[qualified] = function
        return function, around

    def close_function(self, function: Function, around: Around, name: Node) -> None:
        """End a function. `name` spans its name; the function's own node, that there is none."""
        scope = self.scope
        function.locals = frozenset(scope.locals)
        function.values = scope.values
        function.name_start = name.start_byte
        function.name_end = name.start_byte if name is scope.node else name.end_byte
        self.bound.pop()
        self.scope, self.block, self.renamed, self.function_bound, self.namespace = around
