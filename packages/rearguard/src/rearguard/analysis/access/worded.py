"""Conditions that a query builder is given as text, with named values: `where("n.owner = :me", { me })`."""

from collections.abc import Iterator

from rearguard.analysis.access import sql
from rearguard.analysis.access.atoms import NOTHING, Atoms, Key, union
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.statements import statement_text
from rearguard.models.concepts import ResourceAccess
from rearguard.program import Instr, Op

__all__ = ["narrowed_in_place", "worded"]

_ONE, _MANY = "setParameter", "setParameters"
_NARROWS = ("where", "andWhere")
_ANY = "SELECT * FROM it WHERE "


def worded(origins: Origins, fid: str, call: Instr, concept: ResourceAccess) -> Iterator[Key]:
    """The columns that the text of a call compares, with what they are compared with."""
    values, _ = origins.program.selected(call, concept.text)
    text = statement_text(origins, fid, values[0]) if values else ""
    if not text:
        return
    bound = origins.program.selected(call, concept.bound)[0] if concept.bound else ()
    statement = sql.parse(_ANY + text)
    for column, slot in statement.keys:
        yield column, _given(origins, fid, slot, bound)
    yield from ((column, NOTHING) for column in statement.flags)


def narrowed_in_place(origins: Origins, fid: str, call: Instr, concept: ResourceAccess) -> Iterator[Key]:
    """What other calls on the same variable ask, before the one that runs the query."""
    name = _variable(origins, fid, call)
    if not name:
        return
    before = set(_chain(origins, fid, call))
    for other in origins.linker.contents(fid).calls:
        callee = origins.view.definitions(fid).get(other.args[0])
        asks = callee is not None and callee.op == Op.ATTR and callee.name in _NARROWS
        # What the same chain asked before is known from there, with what it took the place of.
        if asks and other.dst not in before and _variable(origins, fid, other) == name:
            yield from worded(origins, fid, other, _WHERE)


_WHERE = ResourceAccess("", op="read", text="(0)", bound="(1)")


def _variable(origins: Origins, fid: str, call: Instr) -> str:
    """The variable at the beginning of a chain of calls: `query` of `query.andWhere(...).take(5)`."""
    definitions = origins.view.definitions(fid)
    *_, first = _chain(origins, fid, call)
    callee = definitions.get(definitions[first].args[0])
    instr = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
    return instr.name if instr is not None and instr.op == Op.LOAD else ""


def _chain(origins: Origins, fid: str, call: Instr) -> Iterator[int]:
    """The calls of a chain, from its last on."""
    definitions = origins.view.definitions(fid)
    instr: Instr | None = call
    while instr is not None and instr.op == Op.CALL:
        yield instr.dst
        callee = definitions.get(instr.args[0])
        instr = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None


def _given(origins: Origins, fid: str, slot: sql.Slot, bound: tuple[int, ...]) -> Atoms:
    if slot.hole >= 0:
        return origins.of(fid, slot.hole)
    name = slot.name or str(slot.index)
    found = union(origins.of(fid, value, (name,)) for value in bound)
    if found or not slot.name:
        return found
    definitions = origins.view.definitions(fid)
    for call in origins.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        if callee is None or callee.op != Op.ATTR:
            continue
        if callee.name == _ONE and len(call.args) > 2 and origins.constant(fid, call.args[1]) == name:
            return origins.of(fid, call.args[2])
        if callee.name == _MANY and len(call.args) > 1 and (held := origins.of(fid, call.args[1], (name,))):
            return held
    return NOTHING
