"""Members of an object of a mapper, by what its class declares its columns with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link.refs import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

__all__ = ["owner_of_column"]

_NARROW = frozenset(("choices", "validators"))
"""Options that say which texts a column takes."""


def owner_of_column(run: Regions, instr: Instr) -> str | None:
    """What the class is called whose column `self.name` reads, where the column takes any text."""
    if instr.op != Op.ATTR:
        return None
    for ref in run.refs[instr.args[0]]:
        if ref.kind is not Kind.INSTANCE or ref.base is None or ref.base.kind is not Kind.CLASS:
            continue
        for cid in run.linker.lineage(ref.base.id):
            made = _declared(run, cid, instr.name)
            if made is not None:
                narrow = made.keys is not None and not _NARROW.isdisjoint(key or "" for key in made.keys)
                return None if narrow else ref.base.id.rpartition("::")[2].lower()
    return None


def _declared(run: Regions, cid: str, name: str) -> Instr | None:
    """The call with which the body of a class gives a name its column."""
    if cid not in run.linker.functions:
        return None
    definitions = run.program.definitions(cid)
    for instr in run.linker.code(cid):
        if instr.op == Op.STORE and instr.name == name:
            return definitions.get(instr.args[0])
    return None
