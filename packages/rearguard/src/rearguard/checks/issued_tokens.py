"""Signed tokens that the program makes, by the variables that hold them, whatever they are called."""

from collections.abc import Iterator, Mapping
from typing import cast

from rearguard.analysis import ValueView
from rearguard.checks.base import Context
from rearguard.models.concepts import TokenIssue
from rearguard.program import Instr, Op

__all__ = ["logged_tokens"]

_PARTS = (Op.JOIN, Op.COLLECT, Op.BINARY, Op.LOGIC, Op.AWAIT)
_DEPTH = 5


def logged_tokens(context: Context, fid: str, call: Instr) -> Iterator[tuple[str, ValueView]]:
    """What a call that writes to a log is given of tokens that were just made."""
    names = _variables(context).get(fid, frozenset())
    for value in call.args[1:] if names else ():
        for part, name in _loads(context, fid, value, 0):
            if name in names:
                yield name, ValueView(context.view, fid, part)


def _loads(context: Context, fid: str, value: int, depth: int) -> Iterator[tuple[int, str]]:
    made = context.view.definitions(fid).get(value)
    if made is None or depth > _DEPTH:
        return
    if made.op == Op.LOAD:
        yield value, made.name
    for part in made.args if made.op in _PARTS else ():
        yield from _loads(context, fid, part, depth + 1)


def _variables(context: Context) -> Mapping[str, frozenset[str]]:
    """Function -> its variables that hold a token: what is made there, or by a function that hands it back."""
    known = context.notes.get("issued tokens")
    if known is None:
        made = {(use.fid, use.instr.dst) for use in context.uses.of(TokenIssue)}
        found: dict[str, set[str]] = {}
        makers = {fid for fid, _ in made if _returns(context, fid, made)}
        for fid in context.view.linker.functions if made else ():
            for instr in context.view.linker.code(fid):
                if instr.op == Op.STORE and _is_made(context, fid, instr.args[0], made, makers):
                    found.setdefault(fid, set()).add(instr.name)
        known = {fid: frozenset(names) for fid, names in found.items()}
        context.notes["issued tokens"] = known
    return cast("Mapping[str, frozenset[str]]", known)


def _returns(context: Context, fid: str, made: set[tuple[str, int]]) -> bool:
    returned = context.matrix.origins.returned(fid)
    resolved = (context.matrix.origins.resolved(fid, number) for number in returned)
    return any((fid, number) in made for number in returned) or any(
        found is not None and (found[0], found[1].dst) in made for found in resolved
    )


def _is_made(context: Context, fid: str, value: int, made: set[tuple[str, int]], makers: set[str]) -> bool:
    held = context.view.definitions(fid).get(value)
    if held is not None and held.op == Op.AWAIT:
        return _is_made(context, fid, held.args[0], made, makers)
    if held is None or held.op != Op.CALL:
        return False
    return (fid, value) in made or bool(
        makers.intersection(ValueView(context.view, fid, held.args[0]).functions)
    )
