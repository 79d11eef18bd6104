"""Errors that are thrown to be caught again: what they carry goes no further than the next handler."""

from rearguard.checks.base import Context
from rearguard.program import Function, Handler, Instr, Op, Try, instructions, walk

__all__ = ["is_caught_again"]

_BROAD = frozenset({"Exception", "BaseException", "StandardError"})
MAX_OUTER = 4


def is_caught_again(context: Context, fid: str, value: int) -> bool:
    """Whether what is made by an instruction is thrown inside a `try` whose handler throws nothing.

    `throw new HttpException(error)` in a transaction's callback ends in the `catch` around the transaction.
    """
    made = context.view.definitions(fid).get(value)
    function = context.view.function(fid)
    if made is None or not any(i.op == Op.RAISE and value in i.args for i in instructions(function.body)):
        return False
    path = fid.partition("::")[0]
    for _ in range(MAX_OUTER):
        if _ends_here(context, f"{path}::{function.name}", function, made):
            return True
        outer = context.view.linker.functions.get(f"{path}::{function.parent}")
        if outer is None or outer.kind in ("module", "class"):
            return False
        function = outer
    return False


def _ends_here(context: Context, fid: str, function: Function, made: Instr) -> bool:
    for region in walk(function.body):
        if not isinstance(region, Try) or not region.start <= made.start < region.end:
            continue
        if any(handler.start <= made.start < handler.end for handler in region.handlers):
            continue
        broad = [handler for handler in region.handlers if _catches_all(context, fid, handler)]
        if broad and not any(i.op == Op.RAISE for i in instructions(broad[-1].body)):
            return True
    return False


def _catches_all(context: Context, fid: str, handler: Handler) -> bool:
    definitions = context.view.definitions(fid)
    names = {definitions[number].name for number in handler.types if number in definitions}
    return not handler.types or not _BROAD.isdisjoint(names)
