"""Which roles an endpoint asks for, and whether those who have them are bound to something of their own."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.columns import TENANT
from rearguard.analysis.access.guards import INLINE, Check
from rearguard.analysis.access.principals import USER_WORDS, is_caller
from rearguard.analysis.access.resources import normal
from rearguard.analysis.access.tenants import shared, stem
from rearguard.analysis.identity import words

_WORDS = re.compile(r"['\"]([\w:.-]+)['\"]")
_OPERATORS = re.compile(
    r"\w*(?:admin|superuser)\w*|(?:super|sys|staff|operator|moderator|root|manager|owner|internal|system)s?"
)
"""Words of a role, or of a path, for those who look after what belongs to others."""
_FEW, _MOST = 6, 0.6
"""How many endpoints tell what all are asked for, and what part of them is nearly all."""
_PLAIN = ("", "id", "_id", "pk", "uuid")


def roles(row: Row) -> frozenset[str]:
    """What asks for a role, by name, with the marks that say which."""
    asked = guards(row)
    marks = {link.label for link in row.endpoint.chain if link.how == "decorator"} if asked else set()
    return frozenset(asked | marks)


def guards(row: Row) -> frozenset[str]:
    """What stands before an endpoint and asks for a role, by name."""
    checks = row.surface.checks if row.surface is not None else ()
    return frozenset(c.name for c in checks if c.kind == "authorization" and c.name != INLINE)


def asked_roles(row: Row) -> frozenset[str]:
    """The roles by their names, or what asks for one where it names none: `@admin`."""
    return role_words(row) or guards(row)


def told_roles(row: Row) -> str:
    """The same for a sentence: any of the roles is enough, and all guards have to let a caller through."""
    words = role_words(row)
    return " or ".join(sorted(words)) if words else " and ".join(sorted(guards(row)))


def same_role(row: Row, other: Row) -> bool:
    """Whether some callers with one role get through to both endpoints."""
    named, other_named = role_words(row), role_words(other)
    if named and other_named:
        # One guard may stand before both and ask for different roles: `Security(current, scopes=["orders:write"])`.
        return bool(named & other_named)
    one = roles(row)
    return bool(one) and one == roles(other)


def role_words(row: Row) -> frozenset[str]:
    """The roles that are asked for by their names: `requireRole("agent", "lead")`, `member(Role.admin)`."""
    told = {word.lower() for name in roles(row) for word in _WORDS.findall(name)}
    return frozenset(told.union(*(check.roles for check in asking(row))))


def asking(row: Row) -> tuple[Check, ...]:
    """What asks the callers of an endpoint for more than a login."""
    checks = row.surface.checks if row.surface is not None else ()
    return tuple(check for check in checks if check.kind == "authorization")


def least_rank(row: Row) -> int | None:
    """How high the lowest role is that gets through, as the program orders them; `None` where that is not known."""
    ranks = [check.rank for check in asking(row)]
    known = [rank for rank in ranks if rank is not None]
    return max(known) if known and len(known) == len(ranks) else None


def beyond_role(row: Row, access: Access, rows: tuple[Row, ...]) -> str:
    """Why callers with a role should not reach whatever object they name; "" where nothing says so."""
    if access.limit != "role" or row.authorization.state != "required" or _asks_owner(row, access):
        return ""
    kin = [other for other in rows if other is not row and same_role(row, other)]
    field = access.tenant_field
    told = TENANT.fullmatch(field) is not None or any(_keeps_one(other, access) for other in rows)
    if field and told and not access.tenant_named and any(_stays_within(o, field, access) for o in kin):
        return f"others with the same role are limited to `{field}` of the caller; this is not"
    asked = role_words(row)
    above = all(map(is_for_operators, asked)) if asked else any(map(is_for_operators, roles(row)))
    if (above and not is_of_all(row, rows)) or any(map(is_for_operators, row.endpoint.path.split("/"))):
        return ""
    if any(_lists_all(other, access) for other in kin):
        return ""
    if normal(access.resource) in USER_WORDS:
        # Everybody changes their own account, and some look after all.
        return ""
    named = {name for name, source in access.keys if source is not None and name not in _PLAIN}
    for other in kin:
        for kept in other.accesses:
            if kept.limit != "owner" or all(source is None for _, source in kept.keys):
                # A list of one's own says nothing of who may see the rest.
                continue
            if access.owner_field not in ("", "id") and normal(kept.resource) == normal(access.resource):
                return f"others with the same role are limited to the caller's own {access.resource}; this is not"
            both = named & {name for name, source in kept.keys if source is not None}
            if both:
                return f"others with the same role ask whose the `{min(both)}` is; this does not"
    return ""


def _asks_owner(row: Row, access: Access) -> bool:
    """Whether the endpoint refuses who is not the owner, or has no further right, once the object is loaded."""
    return bool(access.owner_field) and any(
        fact.kind == "denial"
        and any(
            any(atom.kind == "stored" and access.owner_field in atom.path for atom in condition.atoms)
            and any(map(is_caller, condition.atoms))
            for condition in fact.conditions
        )
        for fact in (row.surface.facts if row.surface is not None else ())
    )


def is_of_all(row: Row, rows: tuple[Row, ...]) -> bool:
    """Whether what asks for the role asks it of nearly everybody: `StaffOnlyMiddleware` before a whole program.
    Those who have such a role are its ordinary users, whatever it is called."""
    asked = roles(row)
    known = [other for other in rows if other.authentication.state == "required"]
    return len(known) >= _FEW and sum(asked <= roles(other) for other in known) >= len(known) * _MOST


def is_for_operators(name: str) -> bool:
    """Whether one of the words of a name is theirs: `requireRole("fleet-manager")`, not `ecosystem`."""
    return any(_OPERATORS.fullmatch(word) for word in words(name).split("_"))


def _lists_all(row: Row, access: Access) -> bool:
    """Whether those with the same role see all such objects anyway."""
    return any(
        normal(other.resource) == normal(access.resource)
        and other.operation in ("read", "list")
        and other.limit == "role"
        and all(source is None for _, source in other.keys)
        for other in row.accesses
    )


def _keeps_one(row: Row, access: Access) -> bool:
    """Whether a single object of the kind is kept to the caller's tenant: by what is no more than a list of those
    of one's own branch, nothing is said of who may see the rest."""
    return any(
        (kept.limit == "tenant" or (kept.limit == "owner" and (access.tenant_field, None) in kept.keys))
        and normal(kept.resource) == normal(access.resource)
        and any(source is not None for _, source in kept.keys)
        for kept in row.accesses
    )


def _stays_within(row: Row, field: str, access: Access) -> bool:
    """Whether an endpoint keeps its callers to their own tenant, or makes things in it."""
    kind = stem(field) if field not in _PLAIN else normal(access.resource)
    touches = row.surface.touches if row.surface is not None else ()
    return any(
        shared(atom).rstrip("?") == kind
        for touch in touches
        for _, atoms in (*touch.keys, *touch.written)
        for atom in atoms
    )


__all__ = ["beyond_role", "guards", "is_of_all", "role_words", "roles", "same_role"]
