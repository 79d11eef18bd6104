"""Lists of everybody's objects, in an application that keeps the same objects to their owners elsewhere."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import is_caller
from rearguard.checks.base import Context
from rearguard.checks.privileged import is_privileged
from rearguard.program import Op

_SHOWN = re.compile(
    r"publish|public|visib|shar|listed|featured|approved|active|open_to|status", re.IGNORECASE
)
"""Fields that a list is limited by where its objects are meant for more than their owners."""
_FEWEST = 2


def is_open_list(access: Access, row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether an access lists what belongs to many, where another list of the same is kept to the caller, and so are
    at least as many accesses to single objects as are not."""
    if not _is_list(access) or access.restricted.state == "restricted" or access.owner_field == "id":
        return False
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return False
    if is_privileged(row) or any(_SHOWN.search(name) for name, _ in access.keys):
        return False
    kept, left, own_list = 0, 0, False
    for other in rows:
        if other.authentication.state != "required" or is_privileged(other):
            continue
        if other.endpoint.handler.functions == row.endpoint.handler.functions:
            continue
        same = [a for a in other.accesses if a.resource == access.resource and a.operation != "create"]
        own_list = own_list or any(_is_list(one) and _is_limited(one) for one in same)
        single = [_is_limited(one) for one in same if not _is_list(one)]
        kept += bool(single) and all(single)
        left += bool(single) and not all(single)
    return own_list and kept >= max(left, _FEWEST)


def open_list(context: Context, row: Row, rows: tuple[Row, ...]) -> Access | None:
    """The list of everybody's objects that an endpoint answers with."""
    if _hands_caller_on(context, row):
        return None
    shown = {(part.atom.fid, part.atom.value) for part in row.answers}
    implied = row.endpoint.implied
    pages = (implied is not None and implied.operation == "list") or (
        row.surface is not None
        and any(fact.kind == "answer" and fact.value < 0 for fact in row.surface.facts)
    )
    for access in row.accesses:
        if (pages or (access.fid, access.value) in shown) and is_open_list(access, row, rows):
            return access
    return None


def _hands_caller_on(context: Context, row: Row) -> bool:
    """Whether a handler tells a function of the project who calls, which may limit by that what could not be read."""
    origins = context.matrix.origins
    for fid in row.endpoint.handler.functions[:1]:
        for instr in context.view.linker.code(fid) if fid in context.view.linker.functions else ():
            if instr.op == Op.CALL and origins.targets(fid, instr):
                given = (atom for value in instr.args[1:] for atom in origins.of(fid, value))
                if any(is_caller(atom) for atom in given):
                    return True
    return False


def _is_limited(access: Access) -> bool:
    return access.restricted.state == "restricted" and access.restricted.reason != PRIVILEGED


def _is_list(access: Access) -> bool:
    """Whether many are read, and the client chooses none of them."""
    return access.operation in ("read", "list") and all(source is None for _, source in access.keys)
