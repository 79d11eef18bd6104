"""Calls as they would be written without a variable in between, so that every room sees the same call.

`run = cursor.execute; run(text)` calls a method of `cursor`, and `options = {"verify": False}` spread into a
call is `verify=False`. Only variables of the function itself that are assigned once are looked through, and
of containers only those that nothing else is done with, here or in a function inside.
"""

from collections.abc import Mapping

from rearguard.program import Block, Function, Instr, Module, Op, children, instructions, used_inside

__all__ = ["straightened"]

_ATTR, _ITEM, _COLLECT = int(Op.ATTR), int(Op.ITEM), int(Op.COLLECT)
_STORE, _LOAD, _IMPORT = int(Op.STORE), int(Op.LOAD), int(Op.IMPORT)
_CALLS = (int(Op.CALL), int(Op.NEW))


def straightened(module: Module) -> Module:
    """The module, its calls changed in place."""
    found = [(function, *_held(function)) for function in module.functions.values()]
    if any(held for _, _, held in found):
        bodies = [(function, code) for function, code, _ in found]
        stored = used_inside(module.functions, bodies, Op.STORE)
        loaded = used_inside(module.functions, bodies, Op.LOAD)
        for function, code, held in found:
            changed, shared = stored.get(function.name, ()), loaded.get(function.name, ())
            ours = {
                name: made
                for name, made in held.items()
                if name not in changed and (made.op == _ATTR or name not in shared)
            }
            if ours and function.kind != "class":
                seen: dict[str, tuple[int, int]] = {}
                _places(function.body, ours, 0, seen)
                _look_through(code, ours, seen)
    return module


def _held(function: Function) -> tuple[list[Instr], dict[str, Instr]]:
    """The code of a function, and its variables that are assigned once: a member, or a written container."""
    code = instructions(function.body)
    found: dict[str, Instr] = {}
    several = {param.name for param in function.params}
    imports: set[int] = set()
    before: Instr | None = None
    for instr in code:
        if instr.op == _IMPORT:
            imports.add(instr.dst)
        elif instr.op == _STORE:
            name = instr.name
            if name in several or name[:1] == "$":
                found.pop(name, None)
            else:
                several.add(name)
                if (
                    before is not None
                    and before.dst == instr.args[0]
                    and before.op in (_ATTR, _COLLECT)
                    # `const { check } = require("./guards")` is called by its own name.
                    and not (before.op == _ATTR and before.args[0] in imports)
                    and name in function.locals
                ):
                    found[name] = before
        before = instr
    return code, found


def _places(block: Block, held: Mapping[str, Instr], start: int, seen: dict[str, tuple[int, int]]) -> int:
    """Find for every variable its assignment and the end of the block that this stands in, as positions in
    the code; the last one is returned. What a branch computes is not there behind it."""
    place = start
    ours: dict[str, int] = {}
    for statement in block:
        if isinstance(statement, Instr):
            if statement.op == _STORE and statement.name in held:
                ours[statement.name] = place
            place += 1
        else:
            for inner in children(statement):
                place = _places(inner, held, place, seen)
    seen.update((name, (stored, place)) for name, stored in ours.items())
    return place


def _look_through(code: list[Instr], held: dict[str, Instr], seen: Mapping[str, tuple[int, int]]) -> None:
    loads: dict[int, str] = {}
    spreads: list[Instr] = []
    touched: set[str] = set()
    for place, instr in enumerate(code):
        op = instr.op
        if op == _LOAD:
            if instr.name in held:
                stored, end = seen[instr.name]
                if stored < place < end:
                    loads[instr.dst] = instr.name
                else:
                    touched.add(instr.name)
            continue
        if not loads or not instr.args:
            continue
        if op in _CALLS:
            name = loads.get(instr.args[0])
            if name is not None and held[name].op == _ATTR:
                instr.args = (held[name].dst, *instr.args[1:])
            keys = instr.keys or (None,) * (len(instr.args) - 1)
            for key, value in zip(keys, instr.args[1:], strict=True):
                if value in loads:
                    if key in ("*", "**"):
                        if not spreads or spreads[-1] is not instr:
                            spreads.append(instr)
                    else:
                        touched.add(loads[value])
        elif op != _ITEM:
            touched.update(loads[value] for value in instr.args if value in loads)
    for call in spreads:
        _write_out(call, loads, {name: made for name, made in held.items() if name not in touched})


def _write_out(call: Instr, loads: dict[int, str], held: dict[str, Instr]) -> None:
    """Put the entries of the containers that are spread into a call in their place."""
    args = [call.args[0]]
    keys: list[str | None] = []
    for key, value in zip(call.keys, call.args[1:], strict=True):
        made = held.get(loads.get(value, ""))
        if key == "*" and made is not None and made.op == _COLLECT and made.name in ("list", "tuple"):
            args += made.args
            keys += made.keys or (None,) * len(made.args)
        elif key == "**" and made is not None and made.op == _COLLECT and "?" not in made.keys:
            args += made.args
            keys += made.keys
        else:
            args.append(value)
            keys.append(key)
    call.args = tuple(args)
    call.keys = tuple(keys) if any(key is not None for key in keys) else ()
