"""Functions that make others, told apart by what they are given.

`list = (service, name) => async (req, res) => res.json(await service[name](req.query))` stands for as many
handlers as there are calls of it. Linked once, its closure would be all of them at a time. So whoever is
called with different things gets a copy for each of them, of which a program's text knows nothing: its
places are those of the original.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from msgspec import structs

from rearguard.link.ids import family_of, function_id
from rearguard.link.refs import Kind, Refs
from rearguard.program import (
    Block,
    Const,
    Function,
    If,
    Instr,
    Loop,
    Module,
    Op,
    Statement,
    Switch,
    Try,
    With,
    instructions,
)

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

MAX_COPIES = 64
"""Copies of one maker; one that is called with more different things stays one for all."""
MAX_SIZE = 1_500
"""Instructions of a maker with all that is written in it."""
MAX_ADDED = 60_000
"""Instructions that all copies of a program may have."""
MAX_TOLD = 3
"""Things that one argument may be: a module, and what it exports, for one."""
_TELLING = (Kind.FUNCTION, Kind.CLASS, Kind.INSTANCE, Kind.MODULE, Kind.COLLECT, Kind.CONST, Kind.CALL)
"""What an argument may be that tells one call from another."""
MARK = "~made"

Given: TypeAlias = tuple[Refs, ...]
Sites: TypeAlias = dict[tuple[str, int], Given | None]
Chosen: TypeAlias = dict[str, dict[int, tuple[str, str]]]
"""Function -> value that is called -> the function that it stands for, and the copy that it is here."""


@dataclass(slots=True)
class Copies:
    """The modules of a program with copies of their makers."""

    modules: dict[str, Module]
    chosen: Chosen = field(default_factory=dict)
    classes: dict[str, list[str]] = field(default_factory=dict)
    """Class -> its copies."""
    copied: frozenset[str] = frozenset()
    """The copies, and what is written in them."""
    added: int = 0
    """Instructions that they have."""


def copy_makers(linker: Linker, copies: Copies) -> None:
    """Add a copy of each maker for each of the things that it is called with."""
    makers = {fid: names for fid in linker.functions if (names := _used_inside(linker, fid))}
    sites = _sites(linker, makers) if makers else {}
    handed = _handed(linker, makers) if sites else frozenset()
    done = [fid for fid, calls in sites.items() if _copy(linker, fid, calls, copies, makers[fid])]
    again = {inner for fid in done for inner in within(linker, fid)}
    for fid in done:
        # A maker that copies of another call is told apart for these next.
        unknown = fid in handed or None in sites[fid].values()
        if not unknown and again.isdisjoint(caller for caller, _ in sites[fid]):
            _empty(linker, fid, copies)


# -- who makes functions of what it is given ------------------------------------------------------


def _used_inside(linker: Linker, fid: str) -> frozenset[str]:
    """Parameters of a function by which those written in it decide what they run."""
    function = linker.functions[fid]
    path = linker.module_of[fid]
    if fid not in linker.enclosing or function.kind in ("module", "class", "constructor"):
        return frozenset()
    if function.decorators or not function.params or family_of(linker.modules[path].language) != "javascript":
        return frozenset()
    if not _gives_functions(linker, fid):
        return frozenset()
    own = {param.name for param in function.params if param.kind == "positional"}
    names = {name: own & {name} for name in own}
    for instr in linker.code(fid):
        # What is taken out of a parameter, or made of it, tells as much.
        if instr.op == Op.STORE:
            names.setdefault(instr.name, set()).update(_behind(linker, fid, instr.args[0], names))
    found: set[str] = set()
    for inner in within(linker, fid):
        if inner != fid:
            found.update(name for used in _deciding(linker, fid, inner) for name in names.get(used, ()))
    return frozenset(found)


def _gives_functions(linker: Linker, fid: str) -> bool:
    """Whether a function returns one that is written in it, or an object of such."""
    for ref in linker.slots.get(("return", fid, ""), ()):
        held: Refs = (ref,)
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            held = linker.slots.get(("items", f"{ref.step[0]}#{ref.step[1]}", ""), ())
        if any(each.kind is Kind.FUNCTION and each.id.startswith(f"{fid}.") for each in held):
            return True
    return False


def within(linker: Linker, fid: str) -> Iterator[str]:
    """A function and those written in it."""
    yield fid
    for inner in linker.inner.get(fid, ()):
        yield from within(linker, inner)


def _behind(linker: Linker, fid: str, value: int, names: Mapping[str, set[str]]) -> set[str]:
    defined = {instr.dst: instr for instr in linker.code(fid)}
    pending, found, seen = [value], set[str](), set[int]()
    while pending and len(seen) < 40:
        current = pending.pop()
        instr = defined.get(current)
        if instr is None or current in seen:
            continue
        seen.add(current)
        if instr.op == Op.LOAD:
            found |= names.get(instr.name, set())
        elif instr.op in (Op.ATTR, Op.ITEM, Op.CALL, Op.NEW, Op.LOGIC, Op.COLLECT):
            pending.extend(instr.args)
    return found


def _deciding(linker: Linker, maker: str, fid: str) -> Iterator[str]:
    """Names from around a function by which it decides what it runs: what it calls or reads a member of, and
    the keys under which it looks."""
    function = linker.functions[fid]
    loaded = {
        instr.dst: instr.name
        for instr in linker.code(fid)
        if instr.op == Op.LOAD and instr.name not in function.locals
    }
    forwarded = set(linker.forwarded(fid))
    for instr in linker.code(fid):
        if instr.op in (Op.ATTR, Op.ITER):
            read = instr.args[:1]
        elif instr.op == Op.ITEM:
            read = instr.args
        elif instr.op in (Op.CALL, Op.NEW):
            read = instr.args[:1]
        else:
            continue
        for value in read:
            name = loaded.get(value)
            if name is not None and name not in forwarded:
                yield name


# -- what it is given -----------------------------------------------------------------------------


def _sites(linker: Linker, makers: Mapping[str, frozenset[str]]) -> dict[str, Sites]:
    """Maker -> its calls `(function, value called)`, each with what it is given of what decides."""
    found: dict[str, Sites] = {fid: {} for fid in makers}
    for caller in linker.functions:
        refs = linker.refs[caller]
        for instr in linker.contents(caller).calls:
            for ref in refs[instr.args[0]]:
                if ref.kind is Kind.FUNCTION and ref.id in makers:
                    given = given_at(linker, ref.id, makers[ref.id], caller, instr)
                    found[ref.id][caller, instr.args[0]] = given
    return {
        fid: calls
        for fid, calls in found.items()
        if 1 < (count := len(set(calls.values()))) <= MAX_COPIES
        or (count == 1 and not _is_copy(fid) and _is_told(linker, fid, calls))
    }


def _is_copy(fid: str) -> bool:
    return MARK in fid.rpartition(".")[2]


def _is_told(linker: Linker, fid: str, calls: Sites) -> bool:
    """Whether a maker is always given the same name, and looks something up by it."""
    given = next(iter(calls.values()))
    if given is None or not any(ref.kind is Kind.CONST for refs in given for ref in refs):
        return False
    for inner in within(linker, fid):
        loaded = {
            i.dst for i in linker.code(inner) if i.op == Op.LOAD and i.name in linker.parameters(fid)[1]
        }
        if any(i.op == Op.ITEM and i.args[1] in loaded for i in linker.code(inner)):
            return True
    return False


def given_at(linker: Linker, fid: str, names: frozenset[str], caller: str, instr: Instr) -> Given | None:
    """What a call gives for the parameters that decide; `None` where one may be several things."""
    if "*" in instr.keys:
        return None
    positional, _ = linker.parameters(fid)
    refs = linker.refs[caller]
    chosen = {one.dst for one in linker.code(caller) if one.op == Op.LOGIC}
    found: list[Refs] = []
    for place, name in enumerate(positional):
        if name not in names:
            continue
        value = instr.args[1 + place] if place + 1 < len(instr.args) else -1
        held = refs[value] if value >= 0 else ()
        if value in chosen:
            return None
        telling = tuple(ref for ref in held if ref.kind in _TELLING)
        if len(telling) > MAX_TOLD:
            return None
        found.append(telling)
    return tuple(found)


# -- copies ---------------------------------------------------------------------------------------


def _handed(linker: Linker, makers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Makers that are given to others, who call them unseen."""
    return frozenset(
        ref.id
        for (kind, _, _), refs in linker.slots.items()
        if kind == "param"
        for ref in refs
        if ref.kind is Kind.FUNCTION and ref.id in makers
    ) | frozenset(fid for fid in makers if linker.function_types.get(fid))


def _copy(
    linker: Linker,
    fid: str,
    calls: Sites,
    copies: Copies,
    decides: frozenset[str],
) -> bool:
    """A copy of a maker for each of the things that it is called with, and who calls which."""
    path, name = linker.module_of[fid], linker.functions[fid].name
    inside = [linker.functions[each] for each in within(linker, fid)]
    size = sum(len(linker.code(each)) for each in within(linker, fid))
    groups: dict[Given, list[tuple[str, int]]] = {}
    for place, given in calls.items():
        if given is not None:
            groups.setdefault(given, []).append(place)
    if size > MAX_SIZE or copies.added + size * len(groups) > MAX_ADDED:
        return False
    if any(instr.op == Op.CLASS for function in inside for instr in instructions(function.body)):
        return False
    functions = dict(copies.modules[path].functions)
    names = [name for name in linker.parameters(fid)[0] if name in decides]
    for given, places in groups.items():
        number = 1
        while f"{name}{MARK}{number}" in functions:
            number += 1
        made = f"{name}{MARK}{number}"
        renamed = {function.name: made + function.name[len(name) :] for function in inside}
        writer = Writer(inside, renamed, _constants(linker, fid, names, given))
        for function in inside:
            functions[renamed[function.name]] = writer.function(function)
        copies.copied |= {function_id(path, each) for each in renamed.values()}
        copies.added += size
        for caller, value in places:
            copies.chosen.setdefault(caller, {})[value] = (fid, function_id(path, made))
    copies.modules[path] = structs.replace(copies.modules[path], functions=functions)
    return True


def _empty(linker: Linker, fid: str, copies: Copies) -> None:
    """Leave nothing of a maker that only its copies stand for."""
    path, name = linker.module_of[fid], linker.functions[fid].name
    functions = dict(copies.modules[path].functions)
    for inner in within(linker, fid):
        functions.pop(linker.functions[inner].name, None)
    functions[name] = structs.replace(linker.functions[fid], body=[])
    copies.modules[path] = structs.replace(copies.modules[path], functions=functions)


def _constants(linker: Linker, fid: str, names: Sequence[str], given: Given) -> dict[str, Const]:
    """Parameters that are one constant in a copy, and are assigned nothing."""
    assigned = {i.name for each in within(linker, fid) for i in linker.code(each) if i.op == Op.STORE}
    return {
        name: ref.step
        for name, refs in zip(names, given, strict=True)
        for ref in refs
        if len(refs) == 1 and ref.kind is Kind.CONST and not isinstance(ref.step, tuple)
        if name not in assigned
    }


class Writer:
    """Writes the copies of functions: under new names, with constants in place of what is one there."""

    def __init__(
        self, inside: Sequence[Function], names: Mapping[str, str], constants: Mapping[str, Const]
    ) -> None:
        self.inside = {function.name: function for function in inside}
        self.names = names
        self.constants = constants
        self.known: dict[int, Const] = {}
        """Values of the function at hand that are constants."""

    def function(self, function: Function) -> Function:
        """The copy of a function."""
        shadowed = self._shadowed(function)
        self.known = {
            instr.dst: self.constants[instr.name]
            for instr in instructions(function.body)
            if instr.op == Op.LOAD and instr.name in self.constants and instr.name not in shadowed
        }
        return structs.replace(
            function,
            name=self.names[function.name],
            parent=self.names.get(function.parent, function.parent),
            owner=self.names.get(function.owner, function.owner),
            body=self.block(function.body),
        )

    def _shadowed(self, function: Function) -> set[str]:
        """Names that mean something nearer than the maker's parameters."""
        found: set[str] = set()
        current: Function | None = function
        while current is not None and current.parent in self.names:
            found |= current.locals | {param.name for param in current.params}
            current = self.inside.get(current.parent)
        return found

    def block(self, block: Block) -> Block:
        """The block; what changes nowhere stays what it is."""
        if not any(self._changes(instr) for instr in instructions(block)):
            return block
        return [self._statement(one) for one in block]

    def _changes(self, instr: Instr) -> bool:
        if instr.op == Op.FUNC:
            return instr.name in self.names
        return instr.dst in self.known or (
            instr.op in (Op.ITEM, Op.SETITEM) and isinstance(self.known.get(instr.args[1]), str)
        )

    def _instr(self, instr: Instr) -> Instr:
        if not self._changes(instr):
            return instr
        if instr.op == Op.FUNC:
            return structs.replace(instr, name=self.names[instr.name])
        if instr.op == Op.LOAD:
            return Instr(int(Op.CONST), instr.dst, instr.start, instr.end, value=self.known[instr.dst])
        # `service[name]` is `service.login` where `name` is that.
        op = Op.ATTR if instr.op == Op.ITEM else Op.SETATTR
        name = str(self.known[instr.args[1]])
        args = (instr.args[0], *instr.args[2:])
        return Instr(int(op), instr.dst, instr.start, instr.end, name, args)

    def _statement(self, one: Statement) -> Statement:
        match one:
            case Instr():
                return self._instr(one)
            case If():
                return structs.replace(one, then=self.block(one.then), orelse=self.block(one.orelse))
            case Loop():
                return structs.replace(
                    one, head=self.block(one.head), body=self.block(one.body), orelse=self.block(one.orelse)
                )
            case Try():
                return structs.replace(
                    one,
                    body=self.block(one.body),
                    handlers=tuple(structs.replace(h, body=self.block(h.body)) for h in one.handlers),
                    orelse=self.block(one.orelse),
                    final=self.block(one.final),
                )
            case Switch():
                cases = (
                    structs.replace(c, head=self.block(c.head), body=self.block(c.body)) for c in one.cases
                )
                return structs.replace(one, cases=tuple(cases))
            case With():
                return structs.replace(one, body=self.block(one.body))


__all__ = [
    "MARK",
    "MAX_ADDED",
    "MAX_COPIES",
    "MAX_SIZE",
    "Chosen",
    "Copies",
    "Given",
    "Sites",
    "Writer",
    "copy_makers",
    "given_at",
    "within",
]
