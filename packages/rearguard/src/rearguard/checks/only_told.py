"""Comparisons whose outcome is only told: a warning, or the end of the program."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.program import Block, If, Instr, Op, children, instructions

_TELLS = re.compile(r"warn(?:ing)?|error|critical|fatal|exit|abort")


def only_warns(context: Context, fid: str, compared: Instr) -> bool:
    """Whether equality is only told, or ends the program: `if (password === 'pass') console.warn(...)`. Then the
    text is a default that somebody should have changed, and opens nothing.
    """
    view = context.view
    for branch in branches(view.function(fid).body):
        condition = view.definitions(fid).get(branch.cond)
        if condition is None or not condition.start <= compared.start < compared.end <= condition.end:
            continue
        held = list(instructions(branch.then))
        calls = [one for one in held if one.op in (Op.CALL, Op.NEW)]
        tells = [
            one for one in calls if _TELLS.fullmatch(words(_callee(view.definitions(fid), one))) is not None
        ]
        # What is put together to be told does nothing by itself: `console.warn(format("still %s", name))`.
        told = {number for one in tells for number in _within(view.definitions(fid), one)}
        done = any(one.op in (Op.RETURN, Op.STORE, Op.SETATTR, Op.SETITEM) for one in held)
        return not done and bool(tells) and all(one in tells or one.dst in told for one in calls)
    return False


def _within(definitions: Mapping[int, Instr], call: Instr) -> Iterator[int]:
    """Values that a call is given, and those that they are made of."""
    pending, seen = list(call.args[1:]), set[int]()
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        yield number
        made = definitions.get(number)
        pending.extend(made.args if made is not None else ())


def branches(block: Block) -> Iterator[If]:
    """Every `if` of a block, inner ones too."""
    for statement in block:
        if isinstance(statement, If):
            yield statement
        if not isinstance(statement, Instr):
            for inner in children(statement):
                yield from branches(inner)


def _callee(definitions: dict[int, Instr], call: Instr) -> str:
    found = definitions.get(call.args[0])
    return found.name if found is not None and found.op in (Op.LOAD, Op.ATTR) else ""
