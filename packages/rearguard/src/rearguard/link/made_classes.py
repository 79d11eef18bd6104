"""Classes told apart by what their objects are made of, as makers of functions are.

`class Controller { constructor(service) { this.service = service } }` answers for as many resources as there
are services that it is made with: each `new Controller(users)`, and each class that extends it with
`super(users)`, gets a copy of its methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import structs

from rearguard.link.ids import family_of, function_id
from rearguard.link.makers import (
    MARK,
    MAX_ADDED,
    MAX_COPIES,
    MAX_SIZE,
    Copies,
    Given,
    Sites,
    Writer,
    given_at,
    within,
)
from rearguard.link.refs import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

_KEPT = ("class", "staticmethod")
"""What a class has without an object."""


def copy_classes(linker: Linker, copies: Copies) -> None:
    """Add a copy of each class for each of the things that its objects are made of."""
    found = {cid: names for cid in _classes(linker) if (names := _deciding(linker, cid))}
    if not found:
        return
    sites = _sites(linker, found)
    handed = {
        ref.id
        for (kind, _, _), refs in linker.slots.items()
        if kind == "param"
        for ref in refs
        if ref.kind is Kind.CLASS
    }
    for cid, calls in sites.items():
        several = 1 < len(set(calls.values())) <= MAX_COPIES
        if not several or not _copy(linker, cid, calls, copies):
            continue
        if None not in calls.values() and cid not in handed:
            _empty(linker, cid, copies)


def _classes(linker: Linker) -> Iterator[str]:
    """Classes of JavaScript that extend nothing and have a constructor."""
    for path, module in linker.modules.items():
        if family_of(module.language) != "javascript":
            continue
        for name, cls in module.classes.items():
            plain = not cls.bases and not cls.decorators and "constructor" in cls.methods
            if plain and MARK not in name and function_id(path, name) in linker.functions:
                yield function_id(path, name)


def _deciding(linker: Linker, cid: str) -> frozenset[str]:
    """Parameters of the constructor that are kept in fields whose members the methods run."""
    path, _, name = cid.rpartition("::")
    constructor = function_id(path, linker.modules[path].classes[name].methods["constructor"])
    if constructor not in linker.functions or linker.functions[constructor].decorators:
        return frozenset()
    params = {param.name for param in linker.functions[constructor].params if param.kind == "positional"}
    defined = {instr.dst: instr for instr in linker.code(constructor)}
    kept: dict[str, str] = {}
    for instr in linker.contents(constructor).writes:
        if instr.op == Op.SETATTR and _is_this(defined.get(instr.args[0])):
            held = defined.get(instr.args[1])
            if held is not None and held.op == Op.LOAD and held.name in params:
                kept[instr.name] = held.name
    if not kept:
        return frozenset()
    used: set[str] = set()
    for fid in within(linker, cid):
        if fid != constructor:
            used.update(_run(linker, fid))
    return frozenset(param for field, param in kept.items() if field in used)


def _is_this(instr: Instr | None) -> bool:
    return instr is not None and instr.op == Op.LOAD and instr.name == "this"


def _run(linker: Linker, fid: str) -> Iterator[str]:
    """Fields of its own object that a function calls, or reads a member of."""
    defined = {instr.dst: instr for instr in linker.code(fid)}
    for instr in linker.code(fid):
        if instr.op in (Op.ATTR, Op.ITEM, Op.CALL, Op.NEW):
            held = defined.get(instr.args[0])
            if held is not None and held.op == Op.ATTR and _is_this(defined.get(held.args[0])):
                yield held.name


def _sites(linker: Linker, found: Mapping[str, frozenset[str]]) -> dict[str, Sites]:
    """Class -> where objects of it are made, and classes that extend it."""
    sites: dict[str, Sites] = {cid: {} for cid in found}
    made: dict[str, list[tuple[str, Instr]]] = {}
    for caller in linker.functions:
        refs = linker.refs[caller]
        for instr in linker.contents(caller).calls:
            for ref in refs[instr.args[0]]:
                if ref.kind is Kind.CLASS:
                    made.setdefault(ref.id, []).append((caller, instr))
    for cid, names in found.items():
        for caller, instr in made.get(cid, ()):
            given = given_at(linker, _constructor(linker, cid), names, caller, instr)
            sites[cid][caller, instr.args[0]] = given
    for path, module in linker.modules.items():
        for name, cls in module.classes.items():
            parent = function_id(path, cls.parent)
            for value in cls.bases if parent in linker.refs else ():
                for ref in linker.refs[parent][value]:
                    if ref.kind is Kind.CLASS and ref.id in found:
                        sub = function_id(path, name)
                        sites[ref.id][parent, value] = _handed_up(linker, ref.id, found[ref.id], sub, made)
    return sites


def _constructor(linker: Linker, cid: str) -> str:
    path, _, name = cid.rpartition("::")
    return function_id(path, linker.modules[path].classes[name].methods["constructor"])


def _handed_up(
    linker: Linker,
    cid: str,
    names: frozenset[str],
    sub: str,
    made: Mapping[str, list[tuple[str, Instr]]],
) -> Given | None:
    """What a class gives the constructor of the one that it extends; `None` if that is not one thing."""
    path, _, name = sub.rpartition("::")
    own = linker.modules[path].classes[name].methods.get("constructor")
    constructor = _constructor(linker, cid)
    if own is None:
        places = made.get(sub, [])
    else:
        inner = function_id(path, own)
        loaded = {i.dst for i in linker.code(inner) if i.op == Op.LOAD and i.name == "super"}
        places = [(inner, call) for call in linker.contents(inner).calls if call.args[0] in loaded]
    given = {given_at(linker, constructor, names, caller, instr) for caller, instr in places}
    return given.pop() if len(given) == 1 else None


def _copy(linker: Linker, cid: str, calls: Sites, copies: Copies) -> bool:
    path, _, name = cid.rpartition("::")
    inside = [linker.functions[each] for each in within(linker, cid)]
    size = sum(len(linker.code(each)) for each in within(linker, cid))
    groups: dict[Given, list[tuple[str, int]]] = {}
    for place, given in calls.items():
        if given is not None:
            groups.setdefault(given, []).append(place)
    module = copies.modules[path]
    nested = any(other.startswith(f"{name}.") for other in module.classes)
    if nested or size > MAX_SIZE or copies.added + size * len(groups) > MAX_ADDED:
        return False
    functions, classes = dict(module.functions), dict(module.classes)
    for number, places in enumerate(groups.values(), 1):
        made = f"{name}{MARK}{number}"
        renamed = {function.name: made + function.name[len(name) :] for function in inside}
        writer = Writer(inside, renamed, {})
        for function in inside:
            functions[renamed[function.name]] = writer.function(function)
        methods = {key: renamed.get(method, method) for key, method in classes[name].methods.items()}
        classes[made] = structs.replace(classes[name], name=made, methods=methods)
        copies.copied |= {function_id(path, each) for each in renamed.values()}
        copies.added += size
        copies.classes.setdefault(cid, []).append(function_id(path, made))
        for caller, value in places:
            copies.chosen.setdefault(caller, {})[value] = (cid, function_id(path, made))
    copies.modules[path] = structs.replace(module, functions=functions, classes=classes)
    return True


def _empty(linker: Linker, cid: str, copies: Copies) -> None:
    """Leave the methods of a class empty of which only copies have objects."""
    path = cid.rpartition("::")[0]
    functions = dict(copies.modules[path].functions)
    for method in linker.inner.get(cid, ()):
        function = linker.functions[method]
        if function.kind in _KEPT:
            continue
        for inner in within(linker, method):
            functions.pop(linker.functions[inner].name, None)
        functions[function.name] = structs.replace(function, body=[])
    copies.modules[path] = structs.replace(copies.modules[path], functions=functions)


__all__ = ["copy_classes"]
