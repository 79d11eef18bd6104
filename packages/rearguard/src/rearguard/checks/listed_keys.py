"""Fields that are set by a name of the request, and only where that is one of a few."""

from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.own_columns import of_record
from rearguard.checks.base import Context
from rearguard.program import Op

__all__ = ["is_listed"]


def is_listed(context: Context, fact: Fact) -> bool:
    """Whether `setattr(user, key, value)` is only reached for keys of a list: `if key in ALLOWED`, `if key not in ALLOWED:
    continue`. A list of what must not be set is none, nor is one of all the fields that there are."""
    if fact.touch is None:
        return False
    definitions = context.view.definitions(fact.touch.fid)
    call = definitions.get(fact.touch.value)
    if call is None or call.op != Op.CALL or len(call.args) < 4:
        return False
    callee, key = definitions.get(call.args[0]), definitions.get(call.args[2])
    if callee is None or callee.name != "setattr" or key is None or key.op != Op.LOAD:
        return False
    for condition in fact.conditions:
        if condition.fid != fact.touch.fid:
            continue
        pending = [(condition.value, condition.holds)]
        while pending:
            value, holds = pending.pop()
            asked = definitions.get(value)
            if asked is None:
                continue
            if asked.op == Op.UNARY and asked.name == "not":
                pending.append((asked.args[0], not holds))
            elif asked.op == Op.LOGIC and (asked.name == "and") == holds:
                pending.extend((part, holds) for part in asked.args)
            elif asked.op == Op.COMPARE and asked.name in ("in", "not in") and (asked.name == "in") == holds:
                named = definitions.get(asked.args[0])
                same = named is not None and named.op == Op.LOAD and named.name == key.name
                if same and not of_record(context.matrix.origins, condition.fid, asked.args[1]):
                    return True
    return False
