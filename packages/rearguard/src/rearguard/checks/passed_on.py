"""Answers of another program part that are put into the framework's form and passed on whole."""

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.program import Instr, Op

__all__ = ["is_passed_on"]

_STATUS = frozenset(("status_code", "status"))
_DEEP = 8


def is_passed_on(context: Context, flow: Flow) -> bool:
    """Whether a call answers with body, status and headers of one object: `Response(r.body, r.status, r.headers)`.

    Whoever made that object decided what the body is and how it is sent.
    """
    definitions = context.view.definitions(flow.site.fid)
    call = definitions.get(flow.site.value)
    if call is None or call.op not in (Op.CALL, Op.NEW) or not call.keys:
        return False
    given = dict(zip(call.keys, call.args[1:], strict=False))
    status = next((_root(definitions, given[key]) for key in _STATUS if key in given), "")
    return bool(status) and "headers" in given and _root(definitions, given["headers"]) == status


def _root(definitions: dict[int, Instr], value: int) -> str:
    """The variable whose member, or a call of whose method, a value is."""
    for _ in range(_DEEP):
        instr = definitions.get(value)
        if instr is None or not instr.args:
            break
        if instr.op in (Op.ATTR, Op.ITEM):
            value = instr.args[0]
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            member = callee is not None and callee.op == Op.ATTR
            # `dict(answer.headers)`
            value = instr.args[0] if member or len(instr.args) == 1 else instr.args[1]
        else:
            break
    found = definitions.get(value)
    return found.name if found is not None and found.op == Op.LOAD else ""
