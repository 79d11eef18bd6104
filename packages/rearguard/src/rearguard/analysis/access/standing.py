"""Whether a test asks those who are known for more: a role or a permission, and not only who they are."""

import re
from typing import Final

from rearguard.analysis.access.atoms import spaced
from rearguard.analysis.access.events import Condition, Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import (
    ROLE,
    asks_role,
    callers,
    is_caller,
    is_caller_itself,
    is_mark,
    is_of_anybody,
    is_rank_within,
)
from rearguard.program import Instr, Op

__all__ = ["is_role"]

_OPERATORS: Final = re.compile(
    r"(?:super_?)?(?:admin|administrator|operator|staff|root)(?:_|$)", re.IGNORECASE
)


def _names_role(condition: Condition, instr: Instr | None) -> bool:
    """`caller.admin`, whatever the functions give that look the caller up: it is asked for its role."""
    member = instr is not None and instr.op == Op.ATTR and ROLE.search(instr.name) is not None
    return member and bool(condition.atoms) and all(map(is_caller, condition.atoms))


def _asks_who(condition: Condition, instr: Instr, origins: Origins) -> bool:
    """Whether it is only asked if the session says who that is: `"uid" in session`, `session.get("uid")`."""
    if instr.op == Op.COMPARE and instr.name in ("in", "not in"):
        key = origins.constant(condition.fid, instr.args[0])
        return key is not None and is_of_anybody(key)
    names = {atom.path[-1] if atom.path else "" for atom in condition.atoms}
    return instr.op == Op.CALL and condition.presence and all(map(is_of_anybody, names))


def is_role(condition: Condition, fact: Fact, origins: Origins) -> bool:
    """Whether a refusal looks at what only some of those have who are known: a role, a permission, a rank."""
    known = callers(condition.atoms)
    instr = origins.view.definitions(condition.fid).get(condition.value)
    whole = condition.presence and (instr is None or instr.op != Op.LOGIC)
    if asks_role(condition.atoms, whole, standing=True):
        return True
    if not condition.presence and is_rank_within(condition.atoms):
        return True
    if fact.status == 403 and _names_role(condition, instr):
        return True
    if fact.status == 403 and condition.presence and not condition.holds and is_mark(condition.atoms):
        return True
    records = {spaced(atom.name) for atom in known if atom.kind == "stored"}
    if records and all(map(_OPERATORS.match, records)):
        # Who calls is looked up among operators: `AdminSession`, `StaffToken`.
        return True
    if fact.status != 403 or not any(atom.kind == "principal" or is_caller_itself(atom) for atom in known):
        return False
    if condition.presence and instr is not None and instr.op == Op.COMPARE:
        # `member is None` says whether there is one, as `not member` does.
        return False
    if instr is not None and _asks_who(condition, instr, origins):
        return False
    computed = instr is not None and instr.op in (Op.CALL, Op.COMPARE)
    return computed or not any(atom.exact for atom in known)
