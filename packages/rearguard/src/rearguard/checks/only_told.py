"""Comparisons whose outcome is only told: a warning, or the end of the program."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.program import Block, If, Instr, Op, Places, instructions, walk

_TELLS = re.compile(r"warn(?:ing)?|error|critical|fatal|exit|abort")


def only_warns(context: Context, fid: str, compared: Instr) -> bool:
    """Whether equality is only told, or ends the program: `if (password === 'pass') console.warn(...)`. Then the
    text is a default that somebody should have changed, and opens nothing.
    """
    branch = _branch_on(context, fid, compared)
    if branch is None:
        return False
    definitions = context.view.definitions(fid)
    held = list(instructions(branch.then))
    calls = [one for one in held if one.op in (Op.CALL, Op.NEW)]
    tells = [one for one in calls if _TELLS.fullmatch(words(_callee(definitions, one))) is not None]
    # What is put together to be told does nothing by itself: `console.warn(format("still %s", name))`.
    told = {number for one in tells for number in _within(definitions, one)}
    done = any(one.op in (Op.RETURN, Op.STORE, Op.SETATTR, Op.SETITEM) for one in held)
    return not done and bool(tells) and all(one in tells or one.dst in told for one in calls)


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
    return (statement for statement in walk(block) if isinstance(statement, If))


def _branch_on(context: Context, fid: str, compared: Instr) -> If | None:
    """The first `if` whose condition a comparison is, or is part of."""
    known = context.notes.setdefault("conditions", {})
    assert isinstance(known, dict)
    found = known.get(fid)
    if found is None:
        definitions = context.view.definitions(fid)
        made = [
            (definitions.get(branch.cond), branch) for branch in branches(context.view.function(fid).body)
        ]
        found = known[fid] = Places((one.start, one.end, branch) for one, branch in made if one is not None)
    holding: list[If] = found.around(compared.start, compared.end) if compared.start < compared.end else []
    return holding[0] if holding else None


def _callee(definitions: dict[int, Instr], call: Instr) -> str:
    found = definitions.get(call.args[0])
    return found.name if found is not None and found.op in (Op.LOAD, Op.ATTR) else ""
