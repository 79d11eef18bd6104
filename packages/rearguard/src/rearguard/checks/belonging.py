"""Objects that are somebody's by what they are part of, and roles that reach across tenants."""

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal

_READS = ("read", "list")


def is_kept_by_its_whole(access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether what an object is part of is kept to its owner where it is read: an attachment of a ticket."""
    if access.owner_field or not access.part_of or normal(access.resource) in USER_WORDS:
        return False
    wholes = [
        (row, other)
        for row in rows
        for other in row.accesses
        if normal(other.resource) == access.part_of and other.operation in _READS
    ]
    kept = any(a.restricted.state == "restricted" and a.restricted.reason != PRIVILEGED for _, a in wholes)
    # What strangers may read has parts that they may read.
    return kept and not any(
        row.authentication.state in ("none", "optional")
        and not row.public
        and other.restricted.state != "restricted"
        for row, other in wholes
    )


def is_across_tenants(row: Row, access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether callers with a role reach any tenant's object here, and their own tenant's alone elsewhere."""
    field = access.tenant_field
    if not field or access.tenant_named or access.restricted.reason != PRIVILEGED:
        return False
    asked = _roles(row)
    return bool(asked) and any(
        other.restricted.state == "restricted"
        and other.restricted.reason != PRIVILEGED
        and (field, None) in other.keys
        for beside in rows
        if beside is not row and _roles(beside) == asked
        for other in beside.accesses
        if normal(other.resource) == normal(access.resource)
    )


def _roles(row: Row) -> frozenset[str]:
    """What asks for a role, by name."""
    checks = row.surface.checks if row.surface is not None else ()
    return frozenset(check.name for check in checks if check.kind == "authorization")
