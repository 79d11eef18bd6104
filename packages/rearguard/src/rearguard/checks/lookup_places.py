"""Where an object should be limited to the caller: in the handler, or in the service that looks it up."""

from rearguard.analysis.access import Access, Row
from rearguard.checks.base import Context
from rearguard.checks.endpoints import first_line, location
from rearguard.program import Span


def place_of(context: Context, row: Row, access: Access, rows: tuple[Row, ...]) -> Span:
    """Where it is repaired: where the object is looked up, if that is a service which knows the caller itself."""
    own = location(context, row)
    if access.span.path == own.path:
        return own
    told = {(f.touch.fid, f.touch.value) for f in context.matrix.events.of(access.fid) if f.touch is not None}
    if any(o.limit in ("owner", "tenant") and (o.fid, o.value) in told for o in row.accesses):
        # The very function that acts on this asks whose something is.
        return first_line(context, access.span)
    return first_line(context, access.span) if _asks_in_service(context, access, rows) else own


def _asks_in_service(context: Context, access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether the functions beside the one that looks the object up know, or are told, whose it is."""
    beside = (other for each in rows for other in each.accesses if other.span.path == access.span.path)
    return any(
        other.limit in ("owner", "tenant") and _is_of_service(context, other)
        for other in beside
        # A list of one's own tenant says nothing of where single objects are to be limited.
        if other.resource == access.resource and (other.operation != "list" or access.operation == "list")
    )


def _is_of_service(context: Context, access: Access) -> bool:
    """Whether an object is limited by what its method's own object holds, `self.org_id`, or by the tenant it is told."""
    function = context.view.linker.functions.get(access.fid)
    if function is None or not function.receiver or not function.owner:
        return False
    return any(
        atom.kind == "principal"
        or (atom.kind == "parameter" and atom.path[:1] in ((function.receiver,), ("$receiver",)))
        or (atom.kind == "parameter" and access.limit == "tenant" and name == access.tenant_field)
        for fact in context.matrix.events.of(access.fid)
        if fact.touch is not None and fact.touch.value == access.value
        for name, atoms in fact.touch.keys
        for atom in atoms
    )
