"""Accesses that take nothing of others: they ask whether there is such an object, or how many, and show nothing of it,
or add to it what is the caller's own."""

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.checks.endpoints import handler_id
from rearguard.program import Op

__all__ = ["adds_own", "only_asked"]

_COUNTS = frozenset(("count", "exists", "aexists", "acount", "count_documents", "countDocuments"))
_SAID = frozenset(("==", "!=", "===", "!==", "is", "is not", "in", "not in", "<", ">", "<=", ">="))
_OWN_KEYS = frozenset(("id", "_id", "pk", "uuid"))


def only_asked(context: Context, row: Row, access: Access) -> bool:
    """Whether nothing of an object is read: `SELECT 1 FROM bookings`, `loans.filter(book=book).count()`, or those
    that stand in the way of one that is made here for the caller."""
    if access.operation not in ("read", "list") or _is_answered(row, access):
        return False
    return (
        _asks_if_there(row, access)
        or _is_counted(context, access)
        or _looks_for_room(row, access)
        or _gives_verdict(context, row, access)
    )


def _is_answered(row: Row, access: Access) -> bool:
    return any((part.atom.fid, part.atom.value) == (access.fid, access.value) for part in row.answers)


def _asks_if_there(row: Row, access: Access) -> bool:
    touches = row.surface.touches if row.surface is not None else ()
    found = [touch for touch in touches if (touch.fid, touch.value) == (access.fid, access.value)]
    return (
        access.operation == "read"
        and bool(found)
        and all(touch.concept is None and not touch.shown and not touch.pending for touch in found)
    )


def _is_counted(context: Context, access: Access) -> bool:
    definitions = context.view.definitions(access.fid)
    made = definitions.get(access.value)
    callee = definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
    if callee is not None and callee.name in _COUNTS:
        return True
    used = [instr for instr in definitions.values() if access.value in instr.args]
    return bool(used) and all(instr.op == Op.ATTR and instr.name in _COUNTS for instr in used)


def _gives_verdict(context: Context, row: Row, access: Access) -> bool:
    """Whether a function beside the handler looks at an object and says yes or no: `may_see(user, agent_id)`."""
    if access.fid == handler_id(row):
        return False
    definitions = context.view.definitions(access.fid)
    given = [definitions.get(value) for value in context.matrix.origins.returned(access.fid)]
    return bool(given) and all(
        made is not None
        and (
            (made.op == Op.CONST and isinstance(made.value, bool))
            or (made.op == Op.COMPARE and made.name in _SAID)
            or (made.op == Op.UNARY and made.name in ("not", "!"))
        )
        for made in given
    )


def _looks_for_room(row: Row, access: Access) -> bool:
    """Whether others of the same kind, of the same room or book, are looked at before one is made."""
    chosen = [name for name, source in access.keys if source is not None]
    return (
        bool(chosen)
        and _OWN_KEYS.isdisjoint(chosen)
        and any(
            other.operation == "create" and normal(other.resource) == normal(access.resource)
            for other in row.accesses
        )
    )


def adds_own(row: Row, access: Access) -> bool:
    """Whether a change puts the caller's own into what is for everybody: a reply, a place on a waiting list, or oneself
    where nobody stood (`{ lentTo: null }` becomes `{ lentTo: me }`)."""
    touches = row.surface.touches if row.surface is not None and access.operation == "update" else ()
    found = [touch for touch in touches if (touch.fid, touch.value) == (access.fid, access.value)]
    written = [(name, atoms, touch.flags) for touch in found for name, atoms in touch.written]
    own = [name for name, atoms, _ in written if any(map(is_caller, atoms))]
    return bool(own) and all(
        (name != access.owner_field or name in flags) if name in own else not atoms
        for name, atoms, flags in written
    )
