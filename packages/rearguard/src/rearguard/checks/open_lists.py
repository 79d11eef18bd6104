"""Lists of everybody's objects, in an application that keeps the same objects to their owners elsewhere."""

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import is_caller
from rearguard.checks.base import Context
from rearguard.checks.meant_for_many import is_shown
from rearguard.checks.privileged import is_privileged
from rearguard.program import Instr, Op

_FEWEST = 2
_LEVELS = 3
"""Functions called by functions that are followed."""


def is_open_list(context: Context, access: Access, row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether an access lists what belongs to many, where another list of the same is kept to the caller, and so are
    at least as many accesses to single objects as are not."""
    if not _is_list(access) or access.restricted.state == "restricted" or access.owner_field == "id":
        return False
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return False
    if is_privileged(row) or is_shown(context, access):
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


_STEPS = 16
"""Steps from an access back to what it chooses from."""


def _is_of_tenant(context: Context, access: Access, row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether an access lists what everybody of the caller's tenant has, where each of these is shown to its owner and
    to who has a role alone, and nothing else shows it to the whole tenant: the export of all invoices."""
    if not _is_list(access) or access.limit != "tenant" or not access.tenant_field:
        return False
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return False
    if is_privileged(row) or is_shown(context, access) or normal(access.resource) in context.matrix.accounts:
        return False
    owned, kept = False, 0
    for other in rows:
        if other.endpoint.handler.functions == row.endpoint.handler.functions:
            continue
        same = [a for a in other.accesses if a.resource == access.resource and a.operation != "create"]
        shown = [a for a in same if a.operation in ("read", "list") or a.limit]
        if other.authorization.state == "none" and any(a.limit not in ("owner", "role") for a in shown):
            # Others see it elsewhere, too: those of the same tenant, or everybody.
            return False
        single = [a for a in shown if not _is_list(a)]
        if single and all(a.limit in ("owner", "role") for a in single):
            owned = owned or any(a.limit == "owner" for a in single)
            kept += 1
    return owned and kept >= _FEWEST


def open_list(context: Context, row: Row, rows: tuple[Row, ...]) -> Access | None:
    """The list of everybody's objects that an endpoint answers with."""
    shown = {(part.atom.fid, part.atom.value) for part in row.answers}
    implied = row.endpoint.implied
    pages = (implied is not None and implied.operation == "list") or (
        row.surface is not None
        and any(fact.kind == "answer" and fact.value < 0 for fact in row.surface.facts)
    )
    for access in row.accesses:
        if _is_of_tenant(context, access, row, rows) and not _hands_caller_on(context, row, access):
            return access
        if (pages or (access.fid, access.value) in shown) and is_open_list(context, access, row, rows):
            if _is_chosen_from(context, row, access):
                continue
            return None if _hands_caller_on(context, row, access) else access
    return None


def _is_chosen_from(context: Context, row: Row, access: Access) -> bool:
    """Whether one of what is listed is chosen, here, by another access: `get_object_or_404(related(Post.objects.all()))`."""
    origins = context.matrix.origins
    for other in row.accesses:
        if other.operation == "list" or (other.fid, other.resource) != (access.fid, access.resource):
            continue
        made = context.view.definitions(other.fid).get(other.value)
        pending = list(made.args) if made is not None else []
        for _ in range(_STEPS):
            found = origins.resolved(other.fid, pending.pop()) if pending else None
            if found is None or found[0] != other.fid:
                continue
            if found[1].dst == access.value:
                return True
            pending.extend(found[1].args)
    return False


def _hands_caller_on(context: Context, row: Row, access: Access) -> bool:
    """Whether a function of the project that has to do with what is listed is told who calls, and may limit it by
    that: the list is made there, or what it gives is used for it. `audit(req.user)` beside it is no matter."""
    origins = context.matrix.origins
    for fid in row.endpoint.handler.functions[:1]:
        for instr in context.view.linker.code(fid) if fid in context.view.linker.functions else ():
            targets = origins.targets(fid, instr) if instr.op == Op.CALL else ()
            if not targets:
                continue
            given = (atom for value in instr.args[1:] for atom in origins.of(fid, value))
            if any(is_caller(atom) for atom in given) and (
                _leads_to(context, targets, access.fid) or _serves(context, fid, instr, access)
            ):
                return True
    return False


def _leads_to(context: Context, targets: tuple[str, ...], fid: str) -> bool:
    """Whether functions run another, by themselves or by what they call."""
    origins, seen, level = context.matrix.origins, set[str](), set(targets)
    for _ in range(_LEVELS):
        if fid in level:
            return True
        seen |= level
        level = {
            target
            for each in level
            for call in context.view.linker.contents(each).calls
            for target in origins.targets(each, call)
        } - seen
    return fid in level


def _serves(context: Context, fid: str, call: Instr, access: Access) -> bool:
    """Whether a call and the list have to do with each other in one function: one is made of the other."""
    if access.fid != fid:
        return False
    return access.value in _behind(context, fid, call.dst) or call.dst in _behind(context, fid, access.value)


def _behind(context: Context, fid: str, value: int) -> set[int]:
    """The values of a function that one is made of, through its variables."""
    definitions, origins = context.view.definitions(fid), context.matrix.origins
    pending, seen = [value], set[int]()
    while pending:
        number = pending.pop()
        made = definitions.get(number)
        if made is None or number in seen:
            continue
        seen.add(number)
        pending.extend(made.args)
        if made.op == Op.LOAD:
            pending.extend(held for held in origins.stores(fid, made) if held >= 0)
    return seen


def _is_limited(access: Access) -> bool:
    return access.restricted.state == "restricted" and access.restricted.reason != PRIVILEGED


def _is_list(access: Access) -> bool:
    """Whether many are read, and the client chooses none of them."""
    return access.operation in ("read", "list") and all(source is None for _, source in access.keys)
