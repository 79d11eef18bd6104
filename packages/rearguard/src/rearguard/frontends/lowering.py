"""What every front end shares: emitting instructions, nesting regions, opening functions.

A language's front end is a subclass with a table from grammar node kind to method. The base knows
neither a grammar nor a language.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rearguard.program import (
    MODULE_BODY,
    NO_VALUE,
    Block,
    Class,
    Const,
    Function,
    Instr,
    Module,
    Op,
    Param,
)

MAX_DEPTH = 180
"""Grammar nesting beyond which an expression becomes `UNKNOWN`: Python's own stack is the limit, and
no hand-written program comes near it. Front ends count what they cut as kind `too deep`."""


class Place(Protocol):
    """What instructions are emitted for: a node of a syntax tree, or a range of a file that has no tree."""

    @property
    def start_byte(self) -> int: ...

    @property
    def end_byte(self) -> int: ...

    @property
    def type(self) -> str: ...


@dataclass(slots=True)
class Scope:
    """A function under construction."""

    name: str
    kind: str
    parent: str
    owner: str
    receiver: str
    node: Place
    values: int = 0
    temporaries: int = 0
    anonymous: int = 0
    locals: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    """Names declared `global`/`nonlocal`: assigned here, but not local."""
    body: Block = field(default_factory=list)
    is_generator: bool = False


class Lowering:
    """Builds one `Module`. Subclasses drive it over a tree-sitter tree."""

    language: str

    def __init__(self, text: bytes, root: Place) -> None:
        self.text = text
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, Class] = {}
        self.same_names: dict[str, int] = {}
        """How many definitions each qualified name has, so that finding a free one takes no search."""
        self.errors: list[tuple[int, int]] = []
        self.unlowered: Counter[str] = Counter()
        self.comments: list[tuple[int, int]] = []
        self.depth = 0
        self.scope = Scope(MODULE_BODY, "module", "", "", "", root)
        self.block: Block = self.scope.body

    # -- emitting ---------------------------------------------------------------------------------

    def emit(
        self,
        op: Op,
        node: Place,
        name: str = "",
        args: tuple[int, ...] = (),
        keys: tuple[str | None, ...] = (),
        value: Const = None,
    ) -> int:
        """Append an instruction that defines a value, and return the value's id."""
        scope = self.scope
        dst = scope.values
        scope.values = dst + 1
        # `+op` is the plain integer, in a fifth of the time of `int(op)`: this runs for every instruction.
        self.block.append(Instr(+op, dst, node.start_byte, node.end_byte, name, args, keys, value))
        return dst

    def act(
        self,
        op: Op,
        node: Place,
        name: str = "",
        args: tuple[int, ...] = (),
        keys: tuple[str | None, ...] = (),
        value: Const = None,
    ) -> None:
        """Append an instruction that defines no value."""
        self.block.append(Instr(+op, NO_VALUE, node.start_byte, node.end_byte, name, args, keys, value))

    def store(self, name: str, value: int, node: Place) -> None:
        """Assign a variable, which thereby becomes local unless declared otherwise."""
        if name not in self.scope.outer:
            self.scope.locals.add(name)
        self.act(Op.STORE, node, name, (value,))

    def temporary(self) -> str:
        """A fresh variable name that no program can spell."""
        self.scope.temporaries += 1
        name = f"${self.scope.temporaries}"
        self.scope.locals.add(name)
        return name

    # -- functions --------------------------------------------------------------------------------

    def qualify(self, name: str) -> str:
        """The qualified name of a definition called `name` here; unique within the module.

        A second definition of the same name becomes `name~2`, and so on.
        """
        prefix = "" if self.scope.name == MODULE_BODY else self.scope.name + "."
        if not name:
            self.scope.anonymous += 1
            name = f"<{self.scope.anonymous}>"
        first = qualified = prefix + name
        count = self.same_names.get(first, 1)
        if count > 1:
            qualified = f"{first}~{count}"
        while qualified in self.functions or qualified in self.classes or qualified == self.scope.name:
            count += 1
            qualified = f"{first}~{count}"
        self.same_names[first] = count
        return qualified

    @contextmanager
    def function(
        self, qualified: str, kind: str, node: Place, owner: str = "", receiver: str = ""
    ) -> Iterator[Scope]:
        """Open a function; close it with `finish` inside the context."""
        outer_scope, outer_block = self.scope, self.block
        self.scope = Scope(qualified, kind, outer_scope.name, owner, receiver, node)
        self.block = self.scope.body
        # The name is taken at once, so that an inner definition of the same name gets another.
        self.functions[qualified] = self.finish(node.start_byte, node.start_byte)
        try:
            yield self.scope
        finally:
            self.scope, self.block = outer_scope, outer_block

    def finish(
        self,
        name_start: int,
        name_end: int,
        params: tuple[Param, ...] = (),
        decorators: tuple[int, ...] = (),
        returns: str = "",
        is_async: bool = False,
        doc: str = "",
    ) -> Function:
        """Make the open scope a `Function` and register it."""
        scope = self.scope
        function = Function(
            scope.name,
            scope.kind,
            params,
            scope.body,
            scope.parent,
            scope.owner,
            scope.receiver,
            frozenset(scope.locals),
            scope.values,
            decorators,
            returns,
            is_async,
            scope.is_generator,
            scope.node.start_byte,
            scope.node.end_byte,
            name_start,
            name_end,
            doc,
        )
        self.functions[scope.name] = function
        return function

    def unknown(self, node: Place, args: tuple[int, ...]) -> int:
        """A value we cannot read; its kind is counted."""
        self.unlowered[node.type] += 1
        return self.emit(Op.UNKNOWN, node, node.type, args)

    def source_text(self, node: Place) -> str:
        """The text of a node; undecodable bytes are replaced."""
        return self.text[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def module(self) -> Module:
        """The finished module. Call once, after the whole tree was driven."""
        self.finish(0, 0)
        return Module(
            self.language,
            self.functions,
            self.classes,
            self.errors,
            dict(sorted(self.unlowered.items())),
            self.comments,
        )
