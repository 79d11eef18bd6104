"""The intermediate representation: structured three-address code, one form for every language.

A front end lowers bytes to one `Module`; everything above reads only this. The types are
`msgspec` structs outside the cyclic garbage collector: millions exist at once, and the same
definition is the cache's wire format, which cannot execute (docs/decisions/0001-ir-structs.md).

Conventions every front end keeps
---------------------------------
* A value id is a small integer, unique within one function; `NO_VALUE` means none. Each id is
  defined by exactly one instruction (`dst`), before its uses in program order.
* Local variables are not values: `STORE` writes a name, `LOAD` reads one. Names that a function
  assigns are in `Function.locals` (parameters included); any other name is looked up in
  `Function.parent`, and so on to the module, then it is a builtin or a global.
* Spans are byte offsets into the source, half open. A span of an instruction covers the expression
  it computes (for `STORE`, the whole assignment statement).
* A decorated definition is lowered as what it means: the definition's value is passed to the
  decorator's value by a `CALL` whose span is the decorator's, and the last result is stored.
* What a front end does not know, it lowers to `UNKNOWN` over its children's values, and counts the
  grammar's node kind in `Module.unlowered`. It never raises on input.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeAlias

import msgspec

from rearguard.program.members import direct

NO_VALUE = -1
MODULE_BODY = "<module>"
"""The qualified name of the function that holds a module's top-level code."""

Const: TypeAlias = str | int | float | bool | None


@direct
class Op(IntEnum):
    """What an instruction does. `a`, `b`, `c` below are the entries of `args` in order."""

    CONST = 0
    """`dst = value`. Integers outside 64 bits become floats; bytes become text (latin-1) with `name` "bytes";
    a regular expression literal is its text with its flags in `name` ("regex:gi")."""
    LOAD = 1
    """`dst = variable name`. `this`, `super` and builtins are loaded by name too."""
    STORE = 2
    """`variable name = a`."""
    ATTR = 3
    """`dst = a.name`. JavaScript `a['b']` with a constant key is this too."""
    ITEM = 4
    """`dst = a[b]`; `value` holds the key when it is constant (str or int)."""
    SETATTR = 5
    """`a.name = b`."""
    SETITEM = 6
    """`a[b] = c`; `value` holds the key when it is constant."""
    CALL = 7
    """`dst = a(b, c, ...)`. `keys` is empty when all arguments are positional; else it is aligned
    with `args[1:]`: `None` positional, a keyword's name, `"*"` a spread list, `"**"` a spread map."""
    NEW = 8
    """`dst = new a(b, ...)` (JavaScript), keys as for `CALL`."""
    FUNC = 9
    """`dst = function name` (a qualified name of this module): the point where a closure is made."""
    CLASS = 10
    """`dst = class name` (a qualified name of this module); `args` are the bases."""
    COLLECT = 11
    """`dst` = a new container; `name` is list, tuple, set, dict. `keys` aligned with `args`:
    a constant key (numbers as text), `None` for a list element in its place, `"*"` or `"**"` for a spread,
    `"?"` for a value whose key is not constant."""
    JOIN = 12
    """`dst` = text made of the parts in `args`, in order. `name` says how: f-string, template,
    percent, format, join, plus. (`plus` may also be arithmetic: the operands decide.)"""
    BINARY = 13
    """`dst = a name b` for operators other than text joining."""
    UNARY = 14
    """`dst = name a`; `name` is not, -, +, ~, typeof, void, delete."""
    COMPARE = 15
    """`dst = a name b`; ==, !=, <, <=, >, >=, in, not in, is, is not, ===, !==, instanceof."""
    LOGIC = 16
    """`dst = a name b` for and, or, ?? whose operands are already computed (see `If` for the others)."""
    AWAIT = 17
    """`dst = await a`."""
    ITER = 18
    """`dst` = one element of `a`; `name` is value (for...of, Python for) or key (for...in)."""
    PUSH = 19
    """Appends `b` to the container `a` (comprehensions; a dict comprehension pushes key then value)."""
    YIELD = 20
    """`dst = yield a` (`name` is `from` for delegation)."""
    RETURN = 21
    """Leaves the function with `a` (no args: nothing)."""
    RAISE = 22
    """Leaves with the error `a` (no args: the current one again)."""
    BREAK = 23
    CONTINUE = 24
    IMPORT = 25
    """`dst` = module `name` as written (relative ones too), or its member `value`. `value` is `None` for
    the module itself, `"default"` for a default import, `"*"` for all its names (Python star import, which
    stores nothing)."""
    EXPORT = 26
    """Exports `a` as `name` (JavaScript). `"default"`; `"*"` re-exports all of `a`; `"="` is
    `module.exports = a`."""
    ENTER = 27
    """`dst` = what the context manager `a` gives."""
    ASSERT = 28
    """Leaves with an error unless `a` (Python `assert`)."""
    DELETE = 29
    """Removes variable `name` (no args), attribute or constant key `name` of `a`, or key `b` of `a`."""
    UNKNOWN = 30
    """`dst` depends on all of `args` in some way; `name` is the grammar's node kind."""
    CAUGHT = 31
    """`dst` = the error that the enclosing handler caught. First instruction of a handler that names it."""


class Instr(msgspec.Struct, array_like=True, tag=0, gc=False):
    """One instruction; see `Op` for the meaning of the fields."""

    op: int
    dst: int
    start: int
    end: int
    name: str = ""
    args: tuple[int, ...] = ()
    keys: tuple[str | None, ...] = ()
    value: Const = None


class If(msgspec.Struct, array_like=True, tag=1):
    """Two-way branch. `cond`'s instructions come before it.

    Conditional expressions, and `and`/`or`/`??` whose right side calls something, are this too, storing
    to a temporary variable named `$N` that is loaded after; but in a condition (`if`, `while`, `not`,
    `assert`) they stay `LOGIC`, so that the condition's parts can be read.
    """

    cond: int
    then: "Block"
    orelse: "Block"
    start: int
    end: int


class Loop(msgspec.Struct, array_like=True, tag=2):
    """A loop. `head` runs before each round; `cond` is a value of `head` (`NO_VALUE`: endless or `for`).

    A `for` loop's body starts with `ITER` and the stores of its targets.
    """

    head: "Block"
    cond: int
    body: "Block"
    orelse: "Block"
    start: int
    end: int


class Handler(msgspec.Struct, array_like=True):
    """One `except`/`catch`. `types` are value ids computed before the `Try`; empty catches everything."""

    types: tuple[int, ...]
    body: "Block"
    start: int
    end: int


class Try(msgspec.Struct, array_like=True, tag=3):
    """try / except / else / finally."""

    body: "Block"
    handlers: tuple[Handler, ...]
    orelse: "Block"
    final: "Block"
    start: int
    end: int


class Case(msgspec.Struct, array_like=True):
    """One case. `head` computes `tests` (values compared with the subject) and `guard`.

    No tests: the default (or a pattern that captures without a constant, whose stores start `body`).
    """

    head: "Block"
    tests: tuple[int, ...]
    guard: int
    body: "Block"
    start: int
    end: int


class Switch(msgspec.Struct, array_like=True, tag=4):
    """Python `match` (`falls_through` false) and JavaScript `switch` (true; `BREAK` leaves it)."""

    subject: int
    cases: tuple[Case, ...]
    falls_through: bool
    start: int
    end: int


class With(msgspec.Struct, array_like=True, tag=5):
    """Body run inside context managers, whose `ENTER` instructions come before it. `contexts` are
    the manager values (the args of those `ENTER`s), so that `suppress(...)` and locks can be told."""

    contexts: tuple[int, ...]
    body: "Block"
    start: int
    end: int


Statement: TypeAlias = Instr | If | Loop | Try | Switch | With
Block: TypeAlias = list[Statement]


class Param(msgspec.Struct, array_like=True):
    """A parameter, receiver excluded.

    `default`, `annotation` and `decorators` are values of the *enclosing* function (`Function.parent`),
    computed where the function is made. A destructured JavaScript parameter has the name `$N` and the
    body starts by taking it apart.
    """

    name: str
    kind: str
    """positional, keyword (only), rest (`*args`, `...xs`), rest-map (`**kwargs`)."""
    default: int
    annotation: int
    annotation_text: str
    decorators: tuple[int, ...]
    start: int
    end: int


class Function(msgspec.Struct, array_like=True):
    """A function, method, lambda, class body, or a module's top level (`MODULE_BODY`)."""

    name: str
    """Qualified within its module: `Class.method`, `outer.inner`; anonymous ones `outer.<n>` in order."""
    kind: str
    """module, class (a class body), function, method, classmethod, staticmethod, property, arrow, getter,
    setter, constructor."""
    params: tuple[Param, ...]
    body: Block
    parent: str
    """Qualified name of the enclosing function ("" for the module). A method's parent is its class body."""
    owner: str
    """Qualified name of the class whose method this is ("" if none)."""
    receiver: str
    """Name under which the body loads its receiver (`self`, `cls`, `this`), or "". Arrows have none."""
    locals: frozenset[str]
    values: int
    """Number of value ids used: ids are 0 .. values-1."""
    decorators: tuple[int, ...]
    """Decorator values, outermost first, in the enclosing function."""
    returns: str
    """Return annotation as written, or ""."""
    is_async: bool
    is_generator: bool
    start: int
    end: int
    """The whole definition, decorators excluded."""
    name_start: int
    name_end: int
    """The name; for an anonymous function, its parameter list."""
    doc: str
    """The docstring, or ""."""


class Field(msgspec.Struct, array_like=True):
    """A declared class field (annotated or assigned in the class body, TypeScript property).

    `annotation`, `default` and `decorators` are values of the class body function.
    """

    name: str
    annotation: int
    annotation_text: str
    default: int
    decorators: tuple[int, ...]
    start: int
    end: int


class Class(msgspec.Struct, array_like=True):
    """A class. Its body is the function with the same qualified name and kind `class`."""

    name: str
    bases: tuple[int, ...]
    """Base values, in the enclosing function. Python keyword bases (`metaclass=`) are left out."""
    base_texts: tuple[str, ...]
    methods: dict[str, str]
    """Method name -> qualified function name. Getters, setters as `name`; constructor as written
    (`__init__`, `constructor`)."""
    fields: tuple[Field, ...]
    decorators: tuple[int, ...]
    """In the enclosing function."""
    parent: str
    start: int
    end: int


class Module(msgspec.Struct, array_like=True):
    """One lowered file. Holds no path: the same bytes give the same module wherever they lie."""

    language: str
    """python, javascript, typescript, tsx, jinja, ejs, handlebars, pug."""
    functions: dict[str, Function]
    classes: dict[str, Class]
    errors: list[tuple[int, int]]
    """Spans the grammar could not read: reported, never hidden."""
    unlowered: dict[str, int]
    """Node kinds that became `UNKNOWN`, with counts."""
    comments: list[tuple[int, int]]
    """Spans of comments that contain `rearguard:` (suppressions)."""


def walk(block: Block) -> Iterator[Statement]:
    """Yield every statement of `block` in program order, regions before what they contain."""
    # No generator inside a generator: a chain of a thousand `elif`s is as deep.
    pending = [iter(block)]
    while pending:
        for statement in pending[-1]:
            yield statement
            if type(statement) is not Instr:
                pending.extend(iter(inner) for inner in reversed(children(statement)))
                break
        else:
            pending.pop()


def deciding(block: Block) -> Iterator[int]:
    """The values that decide which way `block` goes: what `if`, `while`, `match` look at."""
    for statement in walk(block):
        match statement:
            case If() | Loop():
                yield statement.cond
            case Switch():
                yield statement.subject
                for case in statement.cases:
                    yield case.guard


def children(region: Statement) -> tuple[Block, ...]:
    """The blocks directly inside a region, in program order; none for an instruction."""
    match region:
        case If():
            return (region.then, region.orelse)
        case Loop():
            return (region.head, region.body, region.orelse)
        case Try():
            return (region.body, *(handler.body for handler in region.handlers), region.orelse, region.final)
        case Switch():
            return tuple(block for case in region.cases for block in (case.head, case.body))
        case With():
            return (region.body,)
        case _:
            return ()


def instructions(block: Block) -> list[Instr]:
    """Every instruction of `block`, nested ones included, in program order."""
    found: list[Instr] = []
    _gather(block, found)
    return found


def _gather(block: Block, found: list[Instr]) -> None:
    # Asked for every function many times over: no generator, and no list of children for a plain block.
    for statement in block:
        if type(statement) is Instr:
            found.append(statement)
        else:
            for child in children(statement):
                if child:
                    _gather(child, found)
