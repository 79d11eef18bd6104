"""`first || second()` where the second does something: a branch, and a variable of its own."""

from collections.abc import Iterator

from rearguard.models.view import ModelView
from rearguard.program import If, Instr, Op, walk

__all__ = ["either"]


def either(view: ModelView, fid: str) -> Iterator[tuple[Instr, Instr]]:
    """Where a value goes before another: what keeps the first, and what the second where that is missing."""
    firsts: dict[str, Instr] = {}
    for statement in walk(view.function(fid).body):
        if type(statement) is Instr:
            if statement.op == Op.STORE and statement.name.startswith("$"):
                firsts.setdefault(statement.name, statement)
        elif isinstance(statement, If) and not statement.then and statement.orelse:
            last = statement.orelse[-1]
            first = firsts.get(last.name) if isinstance(last, Instr) and last.op == Op.STORE else None
            if first is not None and isinstance(last, Instr):
                yield first, last
