"""Handlers by which callers log in: who comes to them cannot be logged in yet."""

import re
from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.program import Op
from rearguard.repair.context import RepairContext
from rearguard.repair.syntax import RepairError

__all__ = ["refuse_entries"]

_GIVES = re.compile(
    r"(?:create|make|issue|generate|mint|sign|encode)_?\w*(?:access|auth|refresh|session|jwt|login)_?\w*token\w*|"
    r"(?:log|sign)_?(?:user_?)?in(?:_?user)?",
    re.IGNORECASE,
)
"""How functions are called that give out what a caller is known by from then on."""
_DEEP = 3


def refuse_entries(context: RepairContext) -> None:
    """Raises RepairError for a handler that logs its caller in, itself or by a function of the project."""
    if any(_GIVES.fullmatch(name) for name in _called(context, context.handler, 0, set())):
        raise RepairError("the handler logs its caller in, who cannot be logged in before")


def _called(context: RepairContext, fid: str, depth: int, seen: set[str]) -> Iterator[str]:
    """Names of what a function calls, and of what functions of the project call that it calls."""
    seen.add(fid)
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        if instr.op != Op.CALL:
            continue
        callee = definitions.get(instr.args[0])
        if callee is not None and callee.op in (Op.LOAD, Op.ATTR):
            yield callee.name
        for ref in context.value(fid, instr.args[0]).refs:
            if ref.kind is Kind.FUNCTION and ref.id not in seen and depth < _DEEP:
                yield from _called(context, ref.id, depth + 1, seen)
