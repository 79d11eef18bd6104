"""Promises made by hand: they hold what their executor calls its first parameter with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atoms, union
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins


def promised(origins: Origins, fid: str, instr: Instr, path: tuple[str, ...]) -> Atoms | None:
    """What `new Promise((resolve, reject) => ...)` holds; `None` for anything else."""
    defined = origins.view.definitions(fid)
    callee = defined.get(instr.args[0])
    if instr.op != Op.NEW or callee is None or callee.name != "Promise" or len(instr.args) < 2:
        return None
    executors = [ref.id for ref in origins.linker.refs[fid][instr.args[1]] if ref.kind is Kind.FUNCTION]
    if len(executors) != 1 or not origins.linker.functions[executors[0]].params:
        return None
    resolve = origins.linker.functions[executors[0]].params[0].name
    return union(
        origins.of(inner, call.args[1], path)
        for inner in _with_inner(origins, executors[0])
        for call in origins.linker.contents(inner).calls
        if len(call.args) > 1
        and (called := origins.view.definitions(inner).get(call.args[0])) is not None
        and called.op == Op.LOAD
        and called.name == resolve
    )


def _with_inner(origins: Origins, fid: str) -> tuple[str, ...]:
    """A function, and those written in it."""
    found = [fid]
    for each in found:
        found.extend(origins.made_in(each))
    return tuple(found)


__all__ = ["promised"]
