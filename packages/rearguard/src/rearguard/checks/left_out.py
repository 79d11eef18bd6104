"""Endpoints that a role's guard leaves out: those written above it on their router, and what colleagues do to accounts."""

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.checks.base import Context
from rearguard.checks.endpoints import same_router
from rearguard.checks.lacking import RANK, STANDING, Lack
from rearguard.checks.told_of_people import told_of_people
from rearguard.findings import Confidence

__all__ = ["asked_with_nothing", "before_the_guard", "over_colleagues"]

_READS = ("GET", "HEAD")
_CHANGES = ("create", "update", "delete")
_INVITES = ("invitation", "invite", "membership")
MIN_BESIDE = 2


def before_the_guard(context: Context, row: Row, rows: tuple[Row, ...], for_operators: bool) -> Lack | None:
    """A guard that the router asks of all its routes, and above which this one was written: `router.use(admin)`.

    Routes that everybody uses often stand there on purpose; those of operators, and lists of all accounts, do not.
    """
    if not (for_operators or any(_shows_accounts(context, access) for access in row.accesses)):
        return None
    if any(access.limit == "owner" for access in row.accesses):
        return None
    beside = [
        other
        for other in rows
        if same_router(row, other) and other.endpoint.handler.functions != row.endpoint.handler.functions
    ]
    kept = tuple(other for other in beside if other.authorization.state == "required")
    if len(kept) < MIN_BESIDE or not any(other.endpoint.method in _READS for other in kept):
        return None
    own = {link.span for link in row.endpoint.chain}
    common = set.intersection(*({link.span for link in other.endpoint.chain} for other in kept)) - own
    path, start = row.endpoint.span.path, row.endpoint.span.start
    below = [span for span in common if span.path == path and span.start > start]
    # What stands above the guard with it was left out as this was.
    above = [other for other in beside if other not in kept and other.endpoint.span.start > start]
    if not below or above:
        return None
    return Lack(
        "the guard of the router stands below it, and every route behind that asks for a role",
        Confidence.LIKELY,
        "routes are asked in the order in which they are written, and this one answers before the guard is reached",
        kept,
    )


def _shows_accounts(context: Context, access: Access) -> bool:
    """Whether accounts are read that the request does not name."""
    return (
        normal(access.resource) in context.matrix.accounts
        and access.operation in ("read", "list")
        and access.limit in ("", "tenant")
        and all(source is None for _, source in access.keys)
    )


def asked_with_nothing(context: Context, row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """A guard that is made without what it should ask for, as all others of the router have it: `partner()` beside
    `partner("slots:read")`. Where people are told of, that is no list for whoever has a key."""
    told = told_of_people(context, row)
    if told is None or told[0].limit == "owner":
        return None
    beside = [
        other
        for other in rows
        if same_router(row, other) and other.endpoint.handler.functions != row.endpoint.handler.functions
    ]
    for link in row.endpoint.chain:
        maker, _, given = link.label.partition("(")
        if given != ")" or not link.functions:
            continue
        same = [(o, x) for o in beside for x in o.endpoint.chain if x.label.partition("(")[0] == maker]
        kept = tuple(o for o, x in same if x.label != link.label and o.authorization.state == "required")
        if len(kept) >= MIN_BESIDE and len(kept) == len(same):
            return Lack(
                f"`{maker}` is told here of nothing to ask for, and shows `{told[1]}` of every {told[0].resource}",
                Confidence.LIKELY,
                "all others beside it say what the caller needs, where the same guard is made",
                kept,
            )
    return None


def over_colleagues(context: Context, row: Row, asking: list[Row]) -> Lack | None:
    """Power over the account of any colleague whom the request names, where other changes of accounts ask for a role."""
    kept = tuple(other for other in asking if any(_changes_accounts(context, a) for a in other.accesses))
    for touch in row.surface.touches if row.surface is not None and kept else ():
        if (
            touch.operation not in ("update", "delete")
            or normal(touch.resource) not in context.matrix.accounts
        ):
            continue
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None or access.limit != "tenant" or not _is_named(touch):
            continue
        field = next(
            (name for name, _ in touch.written if RANK.fullmatch(name) or STANDING.fullmatch(name)), ""
        )
        if field or touch.operation == "delete":
            does = f"it sets `{field}` of" if field else "it removes"
            return Lack(
                f"{does} any colleague's account, and other changes of accounts ask for a role",
                Confidence.LIKELY,
                "whoever belongs to the same tenant may name any account in it, and no role is asked for before",
                kept,
            )
    return None


def _changes_accounts(context: Context, access: Access) -> bool:
    name = normal(access.resource)
    return access.operation in _CHANGES and (name in context.matrix.accounts or name in _INVITES)


def _is_named(touch: Touch) -> bool:
    """Whether the request names the account, and the caller is no part of the name but the tenant."""
    own = [name for name, atoms in touch.keys if any(map(is_caller, atoms))]
    return any(is_open(atom) for _, atoms in touch.keys for atom in atoms) and not any(
        name in ("", "id", "_id", "pk", "uuid") for name in own
    )
