"""Which endpoints are for privileged callers, and which of those ask for nothing more than a login."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.columns import TENANT
from rearguard.analysis.access.guards import compares_owner
from rearguard.analysis.access.principals import asks_role, is_caller, is_open
from rearguard.analysis.access.resources import normal
from rearguard.analysis.access.surface import late_place
from rearguard.checks.among_guarded import (
    acts_among,
    acts_beside,
    asks_less,
    changes_what_few_change,
    does,
    lists_what_few_list,
)
from rearguard.checks.base import Context, with_article
from rearguard.checks.endpoints import is_trace, same_router
from rearguard.checks.lacking import RANK, STANDING, Lack
from rearguard.checks.left_out import asked_with_nothing, before_the_guard, over_colleagues
from rearguard.checks.meant_for_many import is_shown
from rearguard.checks.roles import asked_roles, is_for_operators, told_roles
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
_DECISIONS = re.compile(
    r"approve|reject|refuse|deny|decline|refund|void|waive|ban|unban|suspend|unsuspend|verify|promote|demote|unlock|role|permissions?|"
    r"settings?|config|bank|billing|payout|plan|credit|quota|impersonate|override|fee|price|paid"
)
"""Words for what somebody decides about what belongs to others, or to all."""
_PRIVATE = re.compile(
    r"e?_?mail(?:_?address)?|phone(?:_?number)?|mobile|address|birth_?(?:date|day)|dob|ssn|salary|iban",
    re.IGNORECASE,
)
"""Fields of an account that others have no business with."""
_MAKES_ACCOUNTS = ("registration", "creates an account")
MIN_SIBLINGS = 3


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
    if not row.public and row.authorization.state == "required" and not row.for_services:
        return _lower(row, rows) or _less(context, row, rows)
    if row.public or row.authentication.state != "required" or row.authorization.state != "none":
        return None
    if not (row.accesses or row.effects or row.discloses) or row.for_services:
        return None
    late = row.surface.late if row.surface is not None else None
    if late is not None:
        return Lack(
            f"`{late.label}` is written for it, {late_place(late)}",
            Confidence.CERTAIN,
            "what should ask is named, and stands where it decides nothing",
            (),
        )
    half = half_asked(row, rows)
    asking = [other for other in rows if other is not row and other.authorization.state == "required"]
    beside = acts_beside(row, rows) if half is None else ()
    if beside:
        return Lack(
            "all else that is done to one beside it asks for a role",
            Confidence.LIKELY,
            f"all {len(beside)} other actions on the same objects ask for a role among those who share them",
            beside,
        )
    if half is None:
        before = before_the_guard(context, row, rows, is_privileged(row))
        half = before or over_colleagues(context, row, asking) or asked_with_nothing(context, row, rows)
    if half is not None or (_is_own(row) and not (_decision(row) or does(row))):
        return half
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
    return (
        hands_out(context, row)
        or _weaker(context.matrix.accounts, row, asking, rows)
        or lists_accounts(context, row, asking, rows)
        or _among(context, row, asking, rows)
    )


def _among(context: Context, row: Row, asking: list[Row], rows: tuple[Row, ...]) -> Lack | None:
    """What stands among endpoints for few, and asks for a login alone."""
    for access in row.accesses:
        elsewhere = changes_what_few_change(row, access, rows)
        if elsewhere:
            return Lack(
                f"every other change of {with_article(access.resource)} asks for a role",
                Confidence.LIKELY,
                f"{len(elsewhere)} other endpoints change such objects, which are nobody's own, and all ask for a role",
                elsewhere,
            )
    beside = acts_among(row, rows, bool(_decision(row)))
    if beside:
        return Lack(
            "everything else that is done beside it asks for a role",
            Confidence.LIKELY,
            f"all {len(beside)} other endpoints beside it that change or start something ask for a role or permission",
            beside,
        )
    listed = lists_what_few_list(context, row, asking, rows, _PRIVATE)
    if listed is not None:
        access, field, kept = listed
        return Lack(
            f"it takes `{field}` of every {access.resource}, and other lists of them ask for a role",
            Confidence.LIKELY,
            "the other lists of all accounts ask for a role or permission, and this one for a login",
            kept,
        )
    return None


def _lower(row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """A decision for which a role of customers is enough, where every decision like it is for operators."""
    asked = asked_roles(row)
    if not _decision(row) or not asked or any(map(is_for_operators, row.endpoint.path.split("/"))):
        return None
    if all(map(is_for_operators, asked)):
        return None
    for access in row.accesses:
        named = any(source is not None for _, source in access.keys)
        if access.operation != "update" or access.limit != "role" or not named:
            continue
        like = [
            other
            for other in rows
            if other is not row
            and same_router(row, other)
            and _decision(other)
            and any(a.operation == "update" and a.resource == access.resource for a in other.accesses)
        ]
        if like and all(o.authorization.state == "required" and _is_above(o) for o in like):
            told = told_roles(row)
            return Lack(
                f"`{_decision(like[0])}` of the same {access.resource} asks for more",
                Confidence.LIKELY,
                f"every decision like it is for operators, and for this one `{told}` is enough",
                tuple(like),
                told,
            )
    return None


def _less(context: Context, row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """A decision for which less is asked than for every other change beside it: the guard of the router alone, and not
    the second one that its siblings have."""
    for touch in row.surface.touches if row.surface is not None else ():
        place = (touch.fid, touch.value, touch.operation)
        access = next((a for a in row.accesses if (a.fid, a.value, a.operation) == place), None)
        if access is None or access.operation not in ("update", "delete") or is_trace(access):
            continue
        if access.limit not in ("role", "", "tenant") or all(s is None for _, s in access.keys):
            continue
        rank = normal(touch.resource) in context.matrix.accounts and any(
            RANK.fullmatch(name) or STANDING.fullmatch(name) or name in context.matrix.powers
            for name, _ in touch.written
        )
        removes = access.operation == "delete"
        kept = asks_less(row, access, rows) if rank or removes or _decision(row) else ()
        twin = removes and any(other.endpoint.path == row.endpoint.path for other in kept)
        if kept and (rank or twin or len(kept) > 1):
            told = told_roles(row)
            return Lack(
                f"every other change of {with_article(access.resource)} beside it asks for more",
                Confidence.LIKELY,
                f"{len(kept)} other change(s) of the same objects ask for what this asks, and for more",
                kept,
                told,
            )
    return None


def _is_above(row: Row) -> bool:
    asked = asked_roles(row)
    return bool(asked) and all(map(is_for_operators, asked))


def hands_out(context: Context, row: Row) -> Lack | None:
    """Power over the service that goes to whichever account the request names: `SET ranger = true WHERE id = ?`."""
    for touch in row.surface.touches if row.surface is not None else ():
        if touch.operation != "update" or normal(touch.resource) not in context.matrix.accounts:
            continue
        keyed = [atom for _, atoms in touch.keys for atom in atoms]
        if any(map(is_caller, keyed)) or not any(map(is_open, keyed)):
            continue
        for name, _ in touch.written:
            if RANK.fullmatch(name) or name in context.matrix.powers:
                return Lack(
                    f"it sets `{name}`, which decides what an account may do",
                    Confidence.CERTAIN if name in context.matrix.powers else Confidence.LIKELY,
                    f"`{name}` of whichever {touch.resource} the request names is changed, and no role is asked for before",
                    (),
                )
            if STANDING.fullmatch(name):
                return Lack(
                    f"it sets `{name}`, which decides whether an account may be used at all",
                    Confidence.LIKELY,
                    f"`{name}` of whichever {touch.resource} the request names is changed, and no role is asked for before",
                    (),
                )
    return None


def half_asked(row: Row, rows: tuple[Row, ...]) -> Lack | None:
    """A view that changes objects whole or in part, and asks for a role, or of the object, for one of the two alone."""
    implied = row.endpoint.implied
    if implied is None or implied.operation != "update":
        return None
    asked = _asked_for(row)
    for other in rows:
        same = other.endpoint.implied == implied and other.endpoint.path == row.endpoint.path
        if same and asked < _asked_for(other):
            return Lack(
                f"{other.endpoint.method} of the same path asks for {_what_more(other, asked)}",
                Confidence.CERTAIN,
                "both methods change the same objects, and one asks for more",
                (other,),
            )
    return None


def _asked_for(row: Row) -> frozenset[tuple[str, str]]:
    """What callers are asked for before they may act: a role, or something of the object, and by whom."""
    checks = row.surface.checks if row.surface is not None else ()
    return frozenset((c.kind, c.name) for c in checks if c.kind in ("authorization", "ownership"))


def _what_more(other: Row, asked: frozenset[tuple[str, str]]) -> str:
    kind, name = min(_asked_for(other) - asked)
    return "a role" if kind == "authorization" else f"`{name}`"


def _is_own(row: Row) -> bool:
    """Whether callers change what is theirs alone, and look at nothing that is not their tenant's."""
    touched = [access for access in row.accesses if access.operation != "create"]
    return bool(touched) and all(
        access.limit in ("owner", "role")
        or (access.limit == "tenant" and access.operation in ("read", "list"))
        for access in touched
    )


def _has_roles(context: Context) -> bool:
    return any(
        "role" in name or "admin" in name
        for word in context.matrix.accounts
        for name in context.matrix.fields.privileged(word)
    )


def _weaker(accounts: frozenset[str], row: Row, asking: list[Row], rows: tuple[Row, ...]) -> Lack | None:
    """Changes that are guarded more weakly than the look at the same objects, or than their siblings."""
    for access in row.accesses:
        if access.operation in _CHANGES and access.limit not in ("owner", "role") and not is_trace(access):
            found = _than_the_look(accounts, row, access, asking, rows) or _than_siblings(row, access, rows)
            if found is not None:
                return found
    return None


def _than_the_look(
    accounts: frozenset[str], row: Row, access: Access, asking: list[Row], rows: tuple[Row, ...]
) -> Lack | None:
    kin = [other for other in asking if same_router(row, other) and _touches(other, access)]
    looks = [other for other in kin if not any(a.operation in _CHANGES for a in other.accesses)]
    makes_account = normal(access.resource) in accounts and len(kin) > len(looks)
    if not looks or (access.operation == "create" and not makes_account) or _asks_role_or_owner(row):
        return None
    if (
        access.owner_field
        and normal(access.resource) not in accounts
        and _seen_without_role(row, access, rows)
    ):
        return None
    return Lack(
        f"even looking at {with_article(access.resource)} asks for a role",
        Confidence.LIKELY,
        "the read of the same objects asks for a role or permission, and this change does not",
        tuple(looks),
    )


def _asks_role_or_owner(row: Row) -> bool:
    """`user.role !== "manager" && user.id !== id`: refused is who has neither the role nor the object, whatever
    else limits the query."""
    return any(
        any(compares_owner(condition) for condition in check.fact.conditions)
        and any(asks_role(condition.atoms, condition.presence) for condition in check.fact.conditions)
        for check in (row.surface.checks if row.surface is not None else ())
        if check.kind == "ownership" and check.strength == "required" and check.fact is not None
    )


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


def _removes_common(row: Row, access: Access, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The other endpoints, wherever they stand, that change what belongs to nobody, if all of several ask for a role."""
    if (
        access.operation != "delete"
        or access.owner_field
        or access.part_of
        or all(source is None for _, source in access.keys)
    ):
        return ()
    others = tuple(o for o in rows if o is not row and _touches(o, access) and _is_change(o, access))
    return others if len(others) > 1 and all(o.authorization.state == "required" for o in others) else ()


def _than_siblings(row: Row, access: Access, rows: tuple[Row, ...]) -> Lack | None:
    changing = [
        other
        for other in rows
        if other is not row
        and same_router(row, other)
        and _touches(other, access)
        and _is_change(other, access)
    ]
    guarded = tuple(other for other in changing if other.authorization.state == "required")
    twins = tuple(
        other
        for other in guarded
        if other.endpoint.path == row.endpoint.path
        # Who works with what belongs to all in a tenant need not be allowed to remove it.
        and not (
            (access.limit == "tenant" or (access.tenant_field and not access.limit))
            and access.operation == "update"
            and other.endpoint.method == "DELETE"
        )
    )
    if twins and len(twins) == sum(o.endpoint.path == row.endpoint.path for o in changing):
        return Lack(
            f"{twins[0].endpoint.method} of the same path asks for a role",
            Confidence.LIKELY,
            "the other changes of the very same path ask for a role or permission, and this one does not",
            twins,
        )
    removed = _removes_common(row, access, rows)
    if removed:
        return Lack(
            f"every other change of {with_article(access.resource)} asks for a role",
            Confidence.LIKELY,
            "nobody owns such an object, what else changes one asks for a role or permission, and this removes it",
            removed,
        )
    decided = [other for other in changing if _decision(other)] if access.limit == "tenant" else []
    if decided and _decision(row) and all(other in guarded for other in decided):
        return Lack(
            f"`{_decision(decided[0])}` of the same {access.resource} asks for a role, and `{_decision(row)}` is a decision "
            "like it",
            Confidence.LIKELY,
            "the other decisions on the same objects ask for a role or permission, and this one asks for a colleague",
            tuple(decided),
        )
    return _than_most(row, access, changing, guarded)


def _than_most(row: Row, access: Access, changing: list[Row], guarded: tuple[Row, ...]) -> Lack | None:
    """What most other changes of the same objects ask, or all that remove them."""
    if any(_is_kept_to_owner(other, access) for other in changing):
        # Such objects are their owners' to change: whose this one is should be asked, not for a role.
        return None
    if access.operation != "delete" and _is_recorded(row, access):
        return None
    if access.operation == "create" and (_is_put_into_own_tenant(row, access) or _is_made_of_own(row)):
        # Everyday work makes things; what becomes of them few decide.
        return None
    all_but_this = len(guarded) >= MIN_SIBLINGS and len(guarded) >= 0.75 * len(changing)
    if (access.operation == "delete" and guarded) or all_but_this:
        return Lack(
            f"other changes of {with_article(access.resource)} ask for a role",
            Confidence.LIKELY,
            f"{len(guarded)} of {len(changing)} other changes of the same objects ask for a role or permission",
            guarded,
        )
    deed = _decision(row) if access.operation == "update" else ""
    if deed and guarded and 2 * len(guarded) > len(changing):
        return Lack(
            f"`{deed}` is a decision, and most other changes of {with_article(access.resource)} ask for a role",
            Confidence.LIKELY,
            f"{len(guarded)} of {len(changing)} other changes of the same objects ask for a role or permission, and this is "
            "not the caller's own object",
            guarded,
        )
    return None


def _is_put_into_own_tenant(row: Row, access: Access) -> bool:
    """Whether what is made belongs to the caller's tenant, as the caller's session or token says it."""
    written = [
        pair
        for touch in (row.surface.touches if row.surface is not None else ())
        if (touch.fid, touch.value) == (access.fid, access.value)
        for pair in touch.written
    ]
    tenant = access.tenant_field.lower()
    return any(
        (TENANT.fullmatch(name) or name.lower() == tenant) and any(map(is_caller, atoms))
        for name, atoms in written
    )


def _is_made_of_own(row: Row) -> bool:
    """Whether it starts from what is the caller's own: an order from one's cart."""
    return any(a.limit == "owner" and a.operation in ("read", "list") for a in row.accesses)


def _is_recorded(row: Row, access: Access) -> bool:
    """Whether something of the tenant's changes and who did it is kept beside it, as everyday work is."""
    return access.limit == "tenant" and any(
        touch.operation == "create"
        and normal(touch.resource) != normal(access.resource)
        and any(
            is_caller(atom)
            for name, atoms in touch.written
            for atom in atoms
            if TENANT.fullmatch(name) is None
        )
        for touch in (row.surface.touches if row.surface is not None else ())
    )


def _decision(row: Row) -> str:
    """The word in an endpoint's path or its handler's name that says that somebody with power decides; or ""."""
    last = next((p for p in reversed(row.endpoint.path.split("/")) if p and p[0] not in ":{<["), "")
    for name in (last, row.endpoint.handler.label.rpartition(".")[2]):
        words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
        found = next((word for word in words if _DECISIONS.fullmatch(word)), "")
        if found:
            return found
    return ""


def lists_accounts(context: Context, row: Row, asking: list[Row], rows: tuple[Row, ...]) -> Lack | None:
    """Everybody's personal data, for whoever makes an account."""
    if not asking or not any(other.purpose in _MAKES_ACCOUNTS and other.accesses for other in rows):
        return None
    for part in row.answers:
        access = next((a for a in row.accesses if (a.fid, a.value) == (part.atom.fid, part.atom.value)), None)
        if (
            access is None
            or access.limit
            or normal(access.resource) not in context.matrix.accounts
            or not part.whole
        ):
            continue
        named = any(name in ("id", "_id", "pk", "uuid") for name, _ in access.keys)
        shown = sorted(
            name
            for name in context.matrix.fields.of(access.resource) - part.without
            if _PRIVATE.fullmatch(name)
        )
        if access.operation == "list" and shown and not named and not is_shown(context, access):
            return Lack(
                f"it lists every {access.resource} with `{shown[0]}`",
                Confidence.LIKELY,
                "people make accounts themselves, the project knows roles, and this asks for none",
                (),
            )
    return None


def _touches(row: Row, access: Access) -> bool:
    return any(normal(a.resource) == normal(access.resource) for a in row.accesses)


def _is_kept_to_owner(row: Row, access: Access) -> bool:
    """Whether those without a role change their own objects alone."""
    return row.authorization.state == "none" and any(
        a.operation in ("update", "delete")
        and a.limit == "owner"
        and normal(a.resource) == normal(access.resource)
        for a in row.accesses
    )


def _is_change(row: Row, access: Access) -> bool:
    return any(
        a.operation in _CHANGES and normal(a.resource) == normal(access.resource) for a in row.accesses
    )
