"""Elements that a function singles out: `club.members.find((m) => m.user === id)` is looked up by `user`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import KEYED, Atoms, Key
from rearguard.analysis.access.either import either
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["singled_out"]

_PICKS = frozenset({"find", "filter"})
_SAME = frozenset({"==", "==="})
_EQUALS = frozenset({"equals", "eq"})
_IDS = frozenset({"id", "_id"})
MAX_PARTS = 6


def singled_out(origins: Origins, fid: str, call: Instr, name: str, given: Atoms) -> Atoms:
    """The elements of a list that was loaded, with what they are compared with among their keys."""
    if name not in _PICKS or len(call.args) != 2 or not any(a.kind in KEYED for a in given):
        return given
    keys = tuple(_compared(origins, fid, call.args[1]))
    if not keys:
        return given
    return frozenset(a._replace(keys=(*a.keys, *keys)) if a.kind in KEYED else a for a in given)


def _compared(origins: Origins, fid: str, value: int) -> Iterator[Key]:
    """Members of the element that must be the same as something, with what that is."""
    for ref in origins.linker.refs[fid][value]:
        if ref.kind is Kind.FUNCTION and ref.id.startswith(f"{fid}."):
            for returned in origins.returned(ref.id):
                yield from _parts(origins, ref.id, returned)


def _parts(origins: Origins, fid: str, value: int) -> Iterator[Key]:
    definitions = origins.view.definitions(fid)
    pending = [value]
    for _ in range(MAX_PARTS):
        instr = definitions.get(pending.pop()) if pending else None
        if instr is None:
            return
        if instr.op == Op.LOGIC and instr.name == "and":
            pending.extend(instr.args)
        elif instr.op == Op.LOAD and instr.name.startswith("$"):
            pending.extend(_both(origins, fid, instr.name))
        elif instr.op == Op.COMPARE and instr.name in _SAME:
            yield from _key(origins, fid, *instr.args[:2])
        elif instr.op == Op.CALL and len(instr.args) == 2:
            callee = definitions.get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name in _EQUALS:
                yield from _key(origins, fid, callee.args[0], instr.args[1])


def _both(origins: Origins, fid: str, name: str) -> Iterator[int]:
    """The sides of an `and` of which the second calls something: a branch, and a variable of its own."""
    stores = origins.linker.contents(fid).stores.get(name, ())
    if len(stores) == 2 and not any(first.name == name for first, _ in either(origins.view, fid)):
        first, second = stores
        if first.start <= second.start and second.end <= first.end:
            yield from (first.args[0], second.args[0])


def _key(origins: Origins, fid: str, one: int, other: int) -> Iterator[Key]:
    for side, against in ((one, other), (other, one)):
        name = _member(origins, fid, side)
        compared = origins.of(fid, against)
        if name and compared and not _member(origins, fid, against):
            yield name, compared
            return


def _member(origins: Origins, fid: str, value: int) -> str:
    """`user` of `m.user`, `String(m.user)` and `m.user._id`, where `m` is the element; else ""."""
    definitions, params = origins.view.definitions(fid), origins.linker.functions[fid].params
    names: list[str] = []
    instr = definitions.get(value)
    for _ in range(MAX_PARTS):
        if instr is None:
            return ""
        if instr.op == Op.ATTR:
            names.append(instr.name)
            instr = definitions.get(instr.args[0])
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name == "toString":
                instr = definitions.get(callee.args[0])
            else:
                instr = definitions.get(instr.args[1]) if len(instr.args) == 2 else None
        else:
            break
    if instr is None or instr.op != Op.LOAD or not params or instr.name != params[0].name:
        return ""
    return next((name for name in names if name not in _IDS), "")
