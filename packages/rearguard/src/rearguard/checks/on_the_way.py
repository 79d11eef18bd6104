"""What stands on the way of a value: the functions that it passes, and what these name."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.program import MODULE_BODY, Op

MAX_LEVELS = 3
"""Functions named by functions that are followed."""


def texts_on_the_way(context: Context, flow: Flow) -> Iterator[str]:
    """The text of every function that a flow passes, of those that are named in them, and of the constants of their
    files that they name."""
    linker = context.view.linker
    seen: set[str] = set()
    level = {flow.source.fid, flow.site.fid, flow.fid, *(hop.fid for hop in flow.hops)}
    for _ in range(MAX_LEVELS):
        level = {fid for fid in level if fid in linker.functions and linker.functions[fid].kind != "module"}
        level -= seen
        seen |= level
        for fid in sorted(level):
            yield from _texts(context, fid)
        level = {named for fid in level for named in _named(context, fid)}


def _named(context: Context, fid: str) -> Iterator[str]:
    """Functions that one names, and those that are written in it."""
    linker = context.view.linker
    yield from context.matrix.origins.made_in(fid)
    for instr in linker.code(fid):
        if instr.op in (Op.LOAD, Op.ATTR):
            yield from ValueView(context.view, fid, instr.dst).functions


def _texts(context: Context, fid: str) -> Iterator[str]:
    linker = context.view.linker
    path, function = linker.module_of[fid], linker.functions[fid]
    yield context.text(context.view.span(fid, function.start, function.end))
    module = f"{path}::{MODULE_BODY}"
    if module not in linker.functions:
        return
    stores, definitions = linker.contents(module).stores, context.view.definitions(module)
    names = {instr.name for instr in linker.code(fid) if instr.op == Op.LOAD}
    for name in sorted(names & stores.keys()):
        for store in stores[name]:
            made = definitions.get(store.args[0])
            if made is not None and made.op != Op.FUNC:
                yield context.text(context.view.span(module, made.start, made.end))


__all__ = ["texts_on_the_way"]
