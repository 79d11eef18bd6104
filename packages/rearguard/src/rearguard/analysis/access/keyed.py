"""Readers of the program's own, which are told what to read: `request.arg("name")`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rearguard.analysis.access.methods import GETTERS
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

__all__ = ["given_keys", "reading"]

_MAX_LENGTH = 60
"""Instructions of a function that only reads."""
_Given = TypeVar("_Given")


def given_keys(origins: Origins, fid: str, call: Instr, target: str) -> dict[tuple[str, str], str]:
    """Parameters by which a function reads entries -> what a call gives for them, where that is one text."""
    named = origins.read_by.get(target)
    if named is None:
        named = origins.read_by[target] = _read_by(origins, target)
    if not named:
        return {}
    given, found = origins.arguments(call, target), dict[tuple[str, str], str]()
    for name in named:
        texts = origins.constants(fid, given[name]) if name in given else ()
        if len(texts) == 1:
            found[target, name] = texts[0]
    return found


def reading(origins: Origins, keys: dict[tuple[str, str], str], ask: Callable[[], _Given]) -> _Given:
    """What is answered while parameters are these keys; other answers are not mixed up with it."""
    outer, known = origins.bound_keys, (origins.answers, origins.touched)
    origins.bound_keys = {**outer, **keys}
    remembered = origins.keyed.setdefault(tuple(sorted(origins.bound_keys.items())), ({}, {}))
    origins.answers, origins.touched = remembered
    try:
        return ask()
    finally:
        origins.bound_keys = outer
        origins.answers, origins.touched = known


def _read_by(origins: Origins, fid: str) -> tuple[str, ...]:
    """Parameters of a short function that name what it reads."""
    code, definitions = origins.linker.code(fid), origins.view.definitions(fid)
    names = {param.name for param in origins.linker.functions[fid].params}
    found: dict[str, None] = {}
    for instr in code if len(code) <= _MAX_LENGTH else ():
        key = -1
        if instr.op == Op.ITEM and len(instr.args) > 1 and instr.value is None:
            key = instr.args[1]
        elif instr.op == Op.CALL and len(instr.args) > 1:
            callee = definitions.get(instr.args[0])
            reads = callee is not None and (
                (callee.op == Op.ATTR and callee.name in GETTERS) or origins.targets(fid, instr)
            )
            key = instr.args[1] if reads else -1
        held = definitions.get(key)
        if held is not None and held.op == Op.LOAD and held.name in names:
            found[held.name] = None
    return tuple(found)
