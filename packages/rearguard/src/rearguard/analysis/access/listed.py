"""Lists that grow before they are used: `where.append("owner = ?")` beside `values.append(me.id)`."""

from collections.abc import Iterator
from typing import NamedTuple

from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op

_ADDS = frozenset(("append", "push"))
_EXTENDS = frozenset(("extend", "concat"))
_COPIES = frozenset(("list", "tuple"))
MAX_DEPTH = 6


class Element(NamedTuple):
    """What stands in a list: one value, or any number of values that another one holds."""

    value: int
    is_spread: bool = False


def elements(origins: Origins, fid: str, value: int, depth: int = 0) -> list[Element] | None:
    """What a list of a function holds, in the order in which it is put in; `None` if that is not known."""
    instr = origins.view.definitions(fid).get(value)
    if instr is None or depth > MAX_DEPTH:
        return None
    if instr.op == Op.LOAD:
        return _of_variable(origins, fid, instr, depth)
    if instr.op == Op.COLLECT and instr.name in ("list", "tuple", ""):
        return _collected(origins, fid, instr, depth)
    if instr.op in (Op.BINARY, Op.JOIN) and instr.name in ("+", ""):
        parts = [elements(origins, fid, inner, depth + 1) for inner in instr.args]
        if all(part is None for part in parts):
            return None
        return [
            one
            for inner, part in zip(instr.args, parts, strict=True)
            for one in (part if part is not None else [Element(inner, True)])
        ]
    if instr.op == Op.CALL and len(instr.args) == 2:
        callee = origins.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.op == Op.LOAD and callee.name in _COPIES:
            return elements(origins, fid, instr.args[1], depth + 1) or [Element(instr.args[1], True)]
    return None


def _collected(origins: Origins, fid: str, made: Instr, depth: int) -> list[Element]:
    found: list[Element] = []
    keys = made.keys or (None,) * len(made.args)
    for inner, key in zip(made.args, keys, strict=False):
        if key == "*":
            found.extend(elements(origins, fid, inner, depth + 1) or [Element(inner, True)])
        else:
            found.append(Element(inner))
    pushed = any(i.op == Op.PUSH and i.args[0] == made.dst for i in origins.linker.code(fid))
    return [*found, Element(made.dst, True)] if pushed else found


def _of_variable(origins: Origins, fid: str, load: Instr, depth: int) -> list[Element] | None:
    if load.name not in origins.linker.functions[fid].locals:
        return None
    stores = origins.linker.contents(fid).stores.get(load.name, ())
    if len(stores) != 1:
        return None
    begun = elements(origins, fid, stores[0].args[0], depth + 1)
    added = list(_added(origins, fid, load, depth))
    if begun is None:
        return [Element(stores[0].args[0], True), *added] if added else None
    return [*begun, *added]


def _added(origins: Origins, fid: str, load: Instr, depth: int) -> Iterator[Element]:
    """What later calls put at the end of a variable's list, before it is used."""
    definitions = origins.view.definitions(fid)
    for instr in origins.linker.code(fid):
        if instr.dst == load.dst:
            return
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or callee.op != Op.ATTR:
            continue
        held = definitions.get(callee.args[0])
        if held is None or held.op != Op.LOAD or held.name != load.name:
            continue
        if callee.name in _ADDS:
            keys = instr.keys or (None,) * (len(instr.args) - 1)
            yield from (Element(v, k == "*") for v, k in zip(instr.args[1:], keys, strict=False))
        elif callee.name in _EXTENDS and len(instr.args) == 2:
            given = elements(origins, fid, instr.args[1], depth + 1)
            yield from given if given is not None else [Element(instr.args[1], True)]


__all__ = ["Element", "elements"]
