"""Functions that merge one object into another, key by key and level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link import Kind, function_id
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.program import ValueProgram

MAX_STEPS = 4
"""Variables and choices between a value and what it may be."""


def merges(program: ValueProgram, fid: str, name: str) -> bool:
    """Whether the function that has the parameter `name` calls itself with `name[key]` in its place."""
    home = _home(program, fid, name)
    if home is None:
        return False
    linker = program.linker
    position = [p.name for p in linker.functions[home].params].index(name)
    path = linker.module_of[home]
    inside = [
        current
        for current in (function_id(path, n) for n in linker.modules[path].functions)
        if current == home or current.startswith(home + ".")
    ]
    for current in inside:
        for instr in linker.code(current):
            if instr.op != Op.CALL or len(instr.args) < 2 + position:
                continue
            called = linker.refs[current][instr.args[0]]
            again = any(ref.kind is Kind.FUNCTION and ref.id == home for ref in called)
            if again and _is_under(program, current, instr.args[1 + position], name):
                return True
    return False


def _home(program: ValueProgram, fid: str, name: str) -> str | None:
    path = program.linker.module_of[fid]
    current = fid
    while current in program.linker.functions:
        function = program.linker.functions[current]
        if any(param.name == name for param in function.params):
            return current
        if not function.parent:
            return None
        current = function_id(path, function.parent)
    return None


def _is_under(program: ValueProgram, fid: str, number: int, name: str, depth: int = 0) -> bool:
    """Whether a value may be `name[key]`, also through a variable: `name[key] ?? {}`."""
    definitions = program.definitions(fid)
    instr: Instr | None = definitions.get(number)
    if instr is None or depth > MAX_STEPS:
        return False
    if instr.op == Op.LOAD:
        stores = program.assignments(fid).get(instr.name, [])
        return any(_is_under(program, fid, store.args[0], name, depth + 1) for store in stores)
    if instr.op == Op.LOGIC:
        return any(_is_under(program, fid, part, name, depth + 1) for part in instr.args)
    if instr.op != Op.ITEM or instr.value is not None:
        return False
    base = definitions.get(instr.args[0])
    return base is not None and base.op == Op.LOAD and base.name == name
