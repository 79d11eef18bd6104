"""Helpers that say yes where no credential was sent: `if not sent: return True`, before the comparison."""

from collections.abc import Iterator

from rearguard.analysis.access.principals import is_shown
from rearguard.checks.base import Context
from rearguard.program import Block, If, Instr, Op, Span, walk

__all__ = ["accepts_none"]

_NOTHING = (None, "", False)
_PARTS = 40


def accepts_none(context: Context, fid: str) -> Iterator[Span]:
    """Where a function answers `true` for a request without what it compares elsewhere."""
    function = context.view.linker.functions.get(fid)
    if function is None or len(function.params) > _PARTS:
        return
    compared = _compared(context, fid)
    for block in _blocks(function.body) if compared else ():
        for at, statement in enumerate(block):
            if type(statement) is not If:
                continue
            name, is_there = _asked(context, fid, statement.cond)
            if name not in compared:
                continue
            absent = statement.orelse if is_there else statement.then
            rest = block[at + 1 :] if not absent and _leaves(statement.then) else []
            returned = _answers_true(context, fid, absent or rest)
            if returned is not None:
                yield context.view.span(fid, returned.start, returned.end)


def _blocks(body: Block) -> Iterator[Block]:
    yield body
    for statement in walk(body):
        if type(statement) is If:
            yield statement.then
            yield statement.orelse


def _compared(context: Context, fid: str) -> set[str]:
    """Variables with what a request shows, that a returned value is made of."""
    definitions = context.view.definitions(fid)
    found: set[str] = set()
    pending = [v for v in context.matrix.origins.returned(fid) if not _is_constant(definitions.get(v))]
    seen: set[int] = set()
    while pending and len(seen) < _PARTS:
        number = pending.pop()
        made = definitions.get(number)
        if made is None or number in seen:
            continue
        seen.add(number)
        if made.op == Op.LOAD and any(map(is_shown, context.matrix.origins.of(fid, number))):
            found.add(made.name)
        pending += made.args
        if made.op == Op.LOAD:
            pending += [value for value in context.matrix.origins.stores(fid, made) if value >= 0]
    return found


def _is_constant(made: Instr | None) -> bool:
    return made is None or made.op == Op.CONST


def _asked(context: Context, fid: str, number: int) -> tuple[str, bool]:
    """The variable whose presence a test asks for, and whether the test is true where it is there."""
    definitions = context.view.definitions(fid)
    made, is_there = definitions.get(number), True
    while made is not None and made.op == Op.UNARY and made.name == "not":
        made, is_there = definitions.get(made.args[0]), not is_there
    if made is not None and made.op == Op.COMPARE and made.name in ("is", "==", "===", "is not", "!=", "!=="):
        other = definitions.get(made.args[1])
        if other is None or other.op != Op.CONST or other.value not in _NOTHING:
            return "", False
        is_there = is_there is made.name.startswith(("is not", "!="))
        made = definitions.get(made.args[0])
    return (made.name, is_there) if made is not None and made.op == Op.LOAD else ("", False)


def _leaves(block: Block) -> bool:
    last = block[-1] if block else None
    return type(last) is Instr and last.op in (Op.RETURN, Op.RAISE)


def _answers_true(context: Context, fid: str, block: Block) -> Instr | None:
    """The return of `true` that is the first thing that a block does."""
    for statement in block:
        if type(statement) is not Instr:
            return None
        if statement.op == Op.RETURN and statement.args:
            given = context.view.definitions(fid).get(statement.args[0])
            return statement if given is not None and given.op == Op.CONST and given.value is True else None
    return None
