"""`and` and `or` in a value's place, which the front ends turn into branches, read as what they were."""

from typing import NamedTuple

from rearguard.program import Block, If, Instr, Op, walk


class Combined(NamedTuple):
    """One operator."""

    operator: str
    """and, or."""
    left: int
    right: int
    """Value ids of the operands."""


def combinations(body: Block) -> dict[int, Combined]:
    """Value id of the load of a temporary variable to the operator that filled it.

    The form is that of `program.If`: a branch on the left operand, one side of which stores the right
    operand, then the load. A conditional expression stores on both sides and is none.
    """
    found: dict[int, Combined] = {}
    pending: dict[str, Combined] = {}
    for statement in walk(body):
        if type(statement) is Instr:
            if statement.op == Op.LOAD and statement.name in pending:
                found[statement.dst] = pending.pop(statement.name)
        elif type(statement) is If and bool(statement.then) is not bool(statement.orelse):
            last = (statement.then or statement.orelse)[-1]
            if type(last) is Instr and last.op == Op.STORE and last.name.startswith("$"):
                operator = "and" if statement.then else "or"
                pending[last.name] = Combined(operator, statement.cond, last.args[0])
    return found
