"""Which endpoints are for privileged callers, and which of those ask for nothing more than a login."""

import re
from dataclasses import dataclass

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.checks.endpoints import same_router
from rearguard.findings import Confidence

PRIVILEGED = frozenset(
    [
        "admin",
        "admins",
        "administration",
        "administrator",
        "superadmin",
        "superuser",
        "sysadmin",
        "staff",
        "internal",
        "manage",
        "management",
        "backoffice",
        "debug",
        "audit",
        "audits",
        "audit-log",
        "audit-logs",
    ]
)
"""Words of a path that is for operators."""
_OPERATORS = re.compile(r"audit|admin|debug|internal", re.IGNORECASE)
_CHANGES = ("create", "update", "delete")
MIN_SIBLINGS = 3


@dataclass(frozen=True, slots=True)
class Lack:
    """An endpoint that should ask for a role or permission and asks for none."""

    why: str
    """For the message: `its path is for operators`."""
    confidence: Confidence
    reason: str
    kept: tuple[Row, ...]
    """Endpoints that do ask."""


def is_privileged(row: Row) -> bool:
    """Whether the path says that it is for operators."""
    return any(part in PRIVILEGED for part in row.endpoint.path.lower().split("/"))


def is_field(row: Row) -> bool:
    """Whether the endpoint is a field of a GraphQL schema, which shares its address with all others."""
    return row.endpoint.method in ("QUERY", "MUTATION", "SUBSCRIPTION") and "#" in row.endpoint.path


def unguarded_field(context: Context, row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """What a resolver that asks nobody who they are lets everyone do."""
    if not is_field(row) or row.public or row.authentication.state != "none":
        return None
    outer = [other for other in rows if not is_field(other) and "graphql" in other.endpoint.path.lower()]
    if any(other.authentication.state in ("required", "unknown") for other in outer):
        return None
    kept = tuple(o for o in rows if is_field(o) and o.authentication.state == "required")
    if not (kept or outer):
        return None
    changed = [access for access in row.accesses if access.operation in ("update", "delete")]
    if changed or (kept and any(access.operation in _CHANGES for access in row.accesses)):
        return Lack(
            "neither the schema's address nor the resolver asks who they are",
            Confidence.CERTAIN if kept else Confidence.LIKELY,
            "other fields of the schema ask for a login and this one does not"
            if kept
            else "stored data is changed, and no field of the schema knows who calls",
            kept,
        )
    words = row.endpoint.path.rpartition("#")[2]
    if any(a.operation in ("read", "list") for a in row.accesses) and _OPERATORS.search(words):
        return Lack(
            "its name is for operators", Confidence.LIKELY, "records that only operators need are shown", kept
        )
    return None


def lack(context: Context, row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """What an endpoint with known callers lacks; `None` when it asks, or needs not."""
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return None
    if not (row.accesses or row.effects or row.discloses) or _is_own(row) or row.for_services:
        return None
    asking = [other for other in rows if other is not row and other.authorization.state == "required"]
    if is_privileged(row):
        beside = tuple(other for other in asking if is_privileged(other))
        if beside:
            return Lack(
                "its path is for operators",
                Confidence.CERTAIN,
                "other endpoints for operators ask for a role, and this one for a login alone",
                beside,
            )
        roles = asking or _has_roles(context)
        return Lack(
            "its path is for operators",
            Confidence.LIKELY if roles else Confidence.QUESTION,
            "the project knows roles, and anyone with a login may call this"
            if roles
            else "no role is known anywhere in the project, so every account may be an operator's",
            tuple(asking),
        )
    return _weaker(row, asking, rows)


def _is_own(row: Row) -> bool:
    """Whether callers deal with what is theirs alone."""
    touched = [access for access in row.accesses if access.operation != "create"]
    return bool(touched) and all(access.restricted.state == "restricted" for access in touched)


def _has_roles(context: Context) -> bool:
    return any(
        "role" in name or "admin" in name
        for word in USER_WORDS
        for name in context.matrix.fields.privileged(word)
    )


def _weaker(row: Row, asking: list[Row], rows: tuple[Row, ...]) -> Lack | None:
    """Changes that are guarded more weakly than the look at the same objects, or than their siblings."""
    changed = [access for access in row.accesses if access.operation in _CHANGES]
    for access in changed:
        kin = [other for other in asking if same_router(row, other) and _touches(other, access)]
        looks = [other for other in kin if not any(a.operation in _CHANGES for a in other.accesses)]
        if access.restricted.state == "restricted":
            continue
        owned = bool(access.owner_field) and normal(access.resource) not in USER_WORDS
        if looks and access.operation != "create" and not (owned and _seen_without_role(row, access, rows)):
            return Lack(
                f"even looking at a {access.resource} asks for a role",
                Confidence.LIKELY,
                "the read of the same objects asks for a role or permission, and this change does not",
                tuple(looks),
            )
        changing = [
            other
            for other in rows
            if other is not row
            and same_router(row, other)
            and _touches(other, access)
            and _is_change(other, access)
        ]
        guarded = [other for other in changing if other.authorization.state == "required"]
        twins = [other for other in guarded if other.endpoint.path == row.endpoint.path]
        if twins and len(twins) == sum(o.endpoint.path == row.endpoint.path for o in changing):
            return Lack(
                f"{twins[0].endpoint.method} of the same path asks for a role",
                Confidence.LIKELY,
                "the other changes of the very same path ask for a role or permission, and this one does not",
                tuple(twins),
            )
        if any(_is_kept_to_owner(other, access) for other in changing):
            # Such objects are their owners' to change: whose this one is should be asked, not for a role.
            continue
        if (access.operation == "delete" and guarded) or (
            len(guarded) >= MIN_SIBLINGS and len(guarded) >= 0.75 * len(changing)
        ):
            return Lack(
                f"other changes of a {access.resource} ask for a role",
                Confidence.LIKELY,
                f"{len(guarded)} of {len(changing)} other changes of the same objects ask for a role or permission",
                tuple(guarded),
            )
    return None


def _seen_without_role(row: Row, access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether some callers without a role look at the same objects beside this: the role is for lists of all."""
    return any(
        other is not row
        and same_router(row, other)
        and other.authorization.state != "required"
        and not any(a.operation in _CHANGES for a in other.accesses)
        and _touches(other, access)
        for other in rows
    )


def _touches(row: Row, access: Access) -> bool:
    return any(normal(a.resource) == normal(access.resource) for a in row.accesses)


def _is_kept_to_owner(row: Row, access: Access) -> bool:
    """Whether those without a role change their own objects alone."""
    return row.authorization.state == "none" and any(
        a.operation in ("update", "delete")
        and a.restricted.state == "restricted"
        and normal(a.resource) == normal(access.resource)
        for a in row.accesses
    )


def _is_change(row: Row, access: Access) -> bool:
    return any(
        a.operation in _CHANGES and normal(a.resource) == normal(access.resource) for a in row.accesses
    )
