"""Maps made of pairs: `Object.fromEntries([...form.entries()].filter(([key]) => !key.startsWith("$")))`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import Atoms, made_of
from rearguard.link import Kind
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

_STARTS = ("startsWith", "endsWith")
_LISTS = ("entries", "from")
_NO_VALUE = ("", None)
MAX_STEPS = 8
"""Calls of one chain."""


def paired(origins: Origins, fid: str, instr: Instr, path: tuple[str, ...]) -> Atoms | None:
    """What a map comes from that is made of another one's pairs; `None` where that is not told.

    Where only pairs pass that were asked for their key, it is no longer the other one.
    """
    value, limited = instr.args[1], False
    for _ in range(MAX_STEPS):
        found = origins.resolved(fid, value)
        if found is None or found[0] != fid:
            break
        made = found[1]
        if made.op == Op.COLLECT and made.keys == ("*",):
            value = made.args[0]
            continue
        called = origins.view.definitions(fid).get(made.args[0]) if made.op == Op.CALL else None
        if called is None or called.op != Op.ATTR:
            break
        if called.name in _LISTS:
            # `map.entries()`, `Object.entries(map)`, `Array.from(map)`
            value = made.args[1] if len(made.args) > 1 else called.args[0]
        elif called.name in ("filter", "map"):
            limited = limited or (called.name == "filter" and not _takes_out(origins, fid, made))
            value = called.args[0]
        else:
            break
    atoms = origins.of(fid, value, path)
    return (made_of(atoms) if limited else atoms) or None


def _takes_out(origins: Origins, fid: str, call: Instr) -> bool:
    """Whether a filter only takes out what is empty or begins with a mark, and lets all other keys pass."""
    asked = [r.id for v in call.args[1:] for r in origins.linker.refs[fid][v] if r.kind is Kind.FUNCTION]
    said = [(target, value) for target in asked for value in origins.returned(target)]
    return bool(said) and all(_refuses_few(origins, target, value) for target, value in said)


def _refuses_few(origins: Origins, fid: str, value: int) -> bool:
    definitions = origins.view.definitions(fid)
    instr = definitions.get(value)
    if instr is None:
        return False
    if instr.op == Op.COMPARE:
        parts = [definitions.get(part) for part in instr.args]
        empty = any(
            p is not None and ((p.op == Op.CONST and p.value in _NO_VALUE) or p.name == "undefined")
            for p in parts
        )
        return empty and instr.name in ("!=", "!==")
    if instr.op != Op.UNARY or instr.name not in ("not", "!"):
        return False
    negated = definitions.get(instr.args[0])
    called = definitions.get(negated.args[0]) if negated is not None and negated.op == Op.CALL else None
    return called is not None and called.name in _STARTS


__all__ = ["paired"]
