"""Statements made by a builder that takes the values out of them, and hands these to the call on the side."""

from collections.abc import Iterator

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.program import Instr, Op

__all__ = ["is_bound_by_builder"]

_ADDS = ("append", "extend", "add", "insert", "update", "push")
_MAX = 200
"""Instructions that are followed back from a statement, or from what is bound in it."""


def is_bound_by_builder(context: Context, flow: Flow) -> bool:
    """Whether a builder from elsewhere made the part of the statement in which the input was, and an object that it
    was given holds what the same call binds: `execute(f"... {translate(rule, binder)}", {**binder.params})`.

    The effect of the builder is not known, but what an object is filled with for binding is no text of the
    statement.
    """
    fid = flow.site.fid
    definitions = context.view.definitions(fid)
    call = definitions.get(flow.site.value)
    if not flow.uncertain or call is None or call.op not in (Op.CALL, Op.NEW):
        return False
    bound = [number for number in call.args[1:] if number != flow.site.argument]
    stores = _stores(context, fid, definitions)
    holders = {
        instr.name
        for number in bound
        for attribute in _behind(definitions, stores, number)
        if attribute.op == Op.ATTR
        and (instr := definitions.get(attribute.args[0])) is not None
        and instr.op == Op.LOAD
        and _is_made_here(definitions, stores, instr.name)
    }
    if not holders:
        return False
    return any(
        made.op == Op.CALL
        and not context.matrix.origins.targets(fid, made)
        and any(
            one.op == Op.LOAD and one.name in holders
            for given in made.args[1:]
            for one in _behind(definitions, stores, given)
        )
        for made in _behind(definitions, stores, flow.site.argument)
    )


def _stores(context: Context, fid: str, definitions: dict[int, Instr]) -> dict[str, list[int]]:
    """Variable -> the values that it is given, those that are put into it included."""
    found: dict[str, list[int]] = {}
    for instr in context.view.linker.code(fid):
        if instr.op == Op.STORE:
            found.setdefault(instr.name, []).append(instr.args[0])
        elif instr.op in (Op.SETITEM, Op.SETATTR):
            held = definitions.get(instr.args[0])
            if held is not None and held.op == Op.LOAD:
                found.setdefault(held.name, []).append(instr.args[-1])
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
            if callee is not None and callee.name in _ADDS and held is not None and held.op == Op.LOAD:
                found.setdefault(held.name, []).extend(instr.args[1:])
    return found


def _behind(definitions: dict[int, Instr], stores: dict[str, list[int]], number: int) -> Iterator[Instr]:
    """What a value is made of in its function, itself first."""
    pending, seen = [number], set[int]()
    while pending and len(seen) < _MAX:
        value = pending.pop()
        instr = definitions.get(value)
        if value in seen or instr is None:
            continue
        seen.add(value)
        yield instr
        pending.extend(instr.args)
        if instr.op == Op.LOAD:
            pending.extend(stores.get(instr.name, ()))


def _is_made_here(definitions: dict[int, Instr], stores: dict[str, list[int]], name: str) -> bool:
    """Whether a variable is an object that the function makes, with nothing in it that it was given."""
    made = [definitions.get(value) for value in stores.get(name, ())]
    return bool(made) and all(one is not None and one.op in (Op.CALL, Op.NEW) for one in made)
