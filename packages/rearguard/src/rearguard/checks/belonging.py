"""Objects that are somebody's by what they are part of, and those that say who is part of what."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import normal, spaced
from rearguard.analysis.access.ownership import PRIVILEGED
from rearguard.analysis.access.principals import ROLE, USER_WORDS, is_caller, is_caller_itself

_READS = ("read", "list")
_MEMBERSHIP = re.compile(r"member|participant|collaborator|_users?$|team_?user", re.IGNORECASE)


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


def is_membership(resource: str) -> bool:
    """Whether an object says who belongs to what: `TeamMember`, `project_users`."""
    return _MEMBERSHIP.search(spaced(resource)) is not None and normal(resource) not in USER_WORDS


def is_of_any_membership(row: Row, access: Access) -> bool:
    """Whether what is changed may be of any club that the caller is a member of: who leads one is a mere member of
    others."""
    held = [
        atom
        for touch in (row.surface.touches if row.surface is not None else ())
        if (touch.fid, touch.value, touch.operation) == (access.fid, access.value, access.operation)
        for _, atoms in touch.keys
        for atom in atoms
        if is_caller(atom)
    ]
    return (
        access.operation in ("update", "delete")
        and bool(held)
        and all(
            atom.kind == "stored"
            and not is_caller_itself(atom)
            and not any(map(ROLE.search, (*atom.path, *(name for name, _ in atom.keys))))
            for atom in held
        )
    )
